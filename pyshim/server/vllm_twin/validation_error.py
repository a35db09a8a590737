"""How vLLM's server tells of a body that is not what its models say."""

from __future__ import annotations

import re
from typing import Any

from pyshim.server.errors import Json, VLLMValidationError, content

# Of many errors so many are told; of an error, and of what was given, so much.
MOST, MOST_INPUT, MOST_CHARS = 10, 200, 1000

# Parts of a place that are pydantic's and no field's name.
_BRACKETS = re.compile(r"[\[\]{}()]")
_MARKERS = frozenset(
    """
    function-wrap function-after function-before function-plain json-or-python lax-or-strict
    chain default nullable tagged-union union call arguments is-instance is-subclass callable
    str int float bool bytes bytearray list tuple dict set frozenset complex none nonetype
    """.split()  # noqa: SIM905 - a list to be read
)


def answer(errors: list[Any]) -> Json:
    """Return the object that vLLM answers for these errors, with status 400."""
    return content(_message(errors), "Bad Request", 400, _param(errors))


def _message(errors: list[Any]) -> str:
    if not errors:
        return "Validation error"
    label = "error" if len(errors) == 1 else "errors"
    lines = [f"{len(errors)} validation {label}:\n"]
    lines += [f"  {_line(error)}\n" for error in errors[:MOST]]
    if len(errors) > MOST:
        lines.append(f"  ...and {len(errors) - MOST} more {label}\n")
    return "".join(lines).rstrip()


def _param(errors: list[Any]) -> str | None:
    for error in errors:
        raised = error.get("ctx", {}).get("error") if isinstance(error, dict) else None
        if isinstance(raised, VLLMValidationError) and raised.parameter is not None:
            return raised.parameter
    first = errors[0] if errors else None
    loc = first.get("loc") if isinstance(first, dict) else None
    return clean(tuple(loc)) if loc else None


def clean(loc: tuple[Any, ...]) -> str:
    """Join a place with dots, without what is pydantic's own."""
    parts = [str(part) for part in loc]
    kept = [part for part in parts if not _BRACKETS.search(part) and part.lower() not in _MARKERS]
    return ".".join(kept or parts)


def _line(error: Any) -> str:
    if isinstance(error, dict):
        error = dict(error)
        if "input" in error:
            error["input"] = _input(error["input"])
        if isinstance(error.get("loc"), tuple | list):
            error["loc"] = clean(tuple(error["loc"]))
    return _cut(str(error), MOST_CHARS)


def _input(value: Any) -> Any:
    if isinstance(value, str):
        return _cut(value, MOST_INPUT)
    if isinstance(value, bytes | bytearray):
        return f"<{type(value).__name__} of {len(value)} bytes>"
    if isinstance(value, list | tuple | set | frozenset | dict):
        return f"<{type(value).__name__} of {len(value)} items>"
    try:
        return _cut(str(value), MOST_INPUT)
    except Exception:
        return f"<{type(value).__name__}>"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[:most] + "...[truncated]"
