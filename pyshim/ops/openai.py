"""to_openai and from_openai of every class that has them."""

from __future__ import annotations

from typing import Any

from pyshim.errors import UnknownClass
from pyshim.media.policy import measure
from pyshim.ops.chat import request_model
from pyshim.ops.classes import PROTOCOL, arguments, find
from pyshim.ops.requests import instruct_model
from pyshim.wire import marks
from pyshim.wire.codec import Reply, Request, Want, reply_json
from pyshim.wire.dump import dump
from pyshim.wire.keywords import keywords_of, positional_of

JSON = Want.JSON.value
CONVERTERS = f"{PROTOCOL}.converters"


def run_to_openai(request: Request) -> Reply:
    """Operation to_openai; equals cls.model_validate(x).to_openai(**k)."""
    args = arguments(request.json(), "mod", "cls", "x")
    cls = _class(args, "to_openai")
    model = _of(cls, args["x"])
    given = marks.read(model, args["x"])
    measure(given)
    keywords = keywords_of(args)
    _adapt(keywords)
    return reply_json(dump(model.model_validate(given).to_openai(**keywords)))


def run_from_openai(request: Request) -> Reply:
    """Operation from_openai; equals cls.from_openai(*a, **k).

    cls may also be convert_openai_messages or convert_openai_tools of the converters module.
    With the JSON flag the body is the keywords of ChatCompletionRequest.from_openai, alone.
    """
    if request.flags & JSON:
        chat = request_model(None)
        body = request.json()
        if not isinstance(body, dict):
            raise TypeError(f"the body has to be an object, not a {type(body).__name__}")
        return _converted(chat, chat.from_openai, [], body)
    args = arguments(request.json(), "mod", "cls")
    positional, keywords = positional_of(args), keywords_of(args)
    if args["mod"] == CONVERTERS:
        return _converted(None, find(CONVERTERS, args["cls"]), positional, keywords)
    cls = _class(args, "from_openai")
    return _converted(cls, cls.from_openai, positional, keywords)


def _converted(owner: Any, function: Any, positional: Any, keywords: Any) -> Reply:
    positional, keywords = marks.openai(owner, function, positional, keywords)
    for value in (*positional, keywords):
        measure(value)
    return reply_json(dump(function(*positional, **keywords)))


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
