"""to_openai and from_openai of every class that has them."""

from __future__ import annotations

from typing import Any

from pyshim.chat import request_model
from pyshim.classes import PROTOCOL, arguments, find
from pyshim.codec import Reply, Request, reply_json
from pyshim.dumping import dump, undump
from pyshim.errors import UnknownClass
from pyshim.families import instruct_model
from pyshim.mediapolicy import measure

CONVERTERS = f"{PROTOCOL}.converters"


def run_to_openai(request: Request) -> Reply:
    """Operation to_openai; equals cls.model_validate(x).to_openai(**k)."""
    args = arguments(request.json(), "mod", "cls", "x")
    cls = _class(args, "to_openai")
    given = undump(args["x"])
    measure(given)
    keywords = undump(args.get("k") or {})
    _adapt(keywords)
    return reply_json(dump(_of(cls, given).model_validate(given).to_openai(**keywords)))


def run_from_openai(request: Request) -> Reply:
    """Operation from_openai; equals cls.from_openai(*a, **k).

    cls may also be convert_openai_messages or convert_openai_tools of the converters module.
    """
    args = arguments(request.json(), "mod", "cls")
    positional, keywords = undump(args.get("a") or []), undump(args.get("k") or {})
    for value in (*positional, keywords):
        measure(value)
    if args["mod"] == CONVERTERS:
        return reply_json(dump(find(CONVERTERS, args["cls"])(*positional, **keywords)))
    cls = _class(args, "from_openai")
    return reply_json(dump(cls.from_openai(*positional, **keywords)))


def _class(args: dict[str, Any], method: str) -> Any:
    found = find(args["mod"], args["cls"])
    if not (isinstance(found, type) and hasattr(found, method)):
        raise UnknownClass(f"{args['mod']}.{args['cls']} has no {method}")
    return found


def _of(cls: Any, given: Any) -> Any:
    # A request is generic in its messages: those that carry `weight` ask for their own type.
    if cls.__name__ == "ChatCompletionRequest":
        return request_model(given)
    return instruct_model(given) if cls.__name__ == "InstructRequest" else cls


def _adapt(keywords: dict[str, Any]) -> None:
    # The reference takes only the enum and only a tuple, and JSON has neither.
    from mistral_common.protocol.instruct.messages import ReasoningFieldFormat

    name = keywords.get("reasoning_field_format")
    if isinstance(name, str) and name in set(ReasoningFieldFormat):
        keywords["reasoning_field_format"] = ReasoningFieldFormat(name)
    if isinstance(keywords.get("exclude"), list):
        keywords["exclude"] = tuple(keywords["exclude"])
