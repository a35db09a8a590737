"""One request both ways, and whether the outcomes are the same."""

from __future__ import annotations

import json
import re
from typing import Any

from subjects import as_json

# Where an object lies in memory is in some texts, and is another in every process.
ADDRESS = re.compile(r"0x[0-9a-f]{6,}")


class Difference(AssertionError):
    """The two outcomes of a request are not the same."""

    def __init__(self, tokenizer: str, case: Any, mtok: Any, python: Any) -> None:
        super().__init__("the outcomes differ")
        self.found = {"tokenizer": tokenizer, "case": case, "mtok": mtok, "python": python}


def check(subject: Any, case: dict[str, Any], tally: dict[str, int]) -> None:
    """Raise Difference unless mtok and Python have the same outcome."""
    # Both sides get what JSON makes of the case, so that they are given the same.
    case = json.loads(json.dumps(case))
    got = outcome(subject.through(case), subject)
    want = called(subject, case)
    tally["requests"] += 1
    tally["errors" if "error" in want else "ok"] += 1
    if got != want:
        raise Difference(subject.name, case, got, want)


def outcome(answer: dict[str, Any], subject: Any) -> dict[str, Any]:
    """Return what an answer says: a value, or the type and text of an exception."""
    if "ok" in answer:
        return {"value": subject.plain(answer["ok"])}
    err = answer["err"]
    found = {"error": f"{err['module']}.{err['type']}", "text": same(err["message"])}
    if "cause" in err:
        cause = err["cause"]
        found["cause"] = [f"{cause['module']}.{cause['type']}", same(cause["message"])]
    return found


def called(subject: Any, case: dict[str, Any]) -> dict[str, Any]:
    """Return the same of the direct call."""
    try:
        value = subject.direct(case)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a Rust panic is no Exception
        found: dict[str, Any] = {"error": name(error), "text": same(text(error))}
        wrapped = subject.operation == "apply_mistral_chat_template" and "op" not in case
        if wrapped and error.__cause__ is not None:
            found["cause"] = [name(error.__cause__), same(text(error.__cause__))]
        return found
    return {"value": as_json(value)}


def name(error: BaseException) -> str:
    """Return module and qualified name of an exception's class."""
    return f"{type(error).__module__}.{type(error).__qualname__}"


def text(error: BaseException) -> str:
    """Return what the protocol calls the message."""
    message = getattr(error, "message", None)
    return message if isinstance(message, str) else str(error)


def same(message: str) -> str:
    """Take out of a text what differs from process to process."""
    return ADDRESS.sub("0x…", message)
