"""instruct: methods of the instruct tokenizer, one message or one part at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyshim.errors import UnknownMethod
from pyshim.media import arrays
from pyshim.media.policy import check
from pyshim.ops.classes import PROTOCOL, arguments, find
from pyshim.ops.requests import instruct_model
from pyshim.tokenizers.registry import REGISTRY
from pyshim.wire import marks
from pyshim.wire.codec import Has, Reply, Request, dumps, reply_json
from pyshim.wire.keywords import keywords_of

# What is a model among the keywords of each method; the rest passes as JSON gives it.
ENCODERS = (
    "encode_user_message",
    "encode_user_content",
    "encode_system_message",
    "encode_tool_message",
    "encode_assistant_message",
    "encode_think",
)
METHODS = (*ENCODERS, "start", "find_first_last_user", "validate_messages")

ROLES = {
    "user": "UserMessage",
    "system": "SystemMessage",
    "assistant": "AssistantMessage",
    "tool": "ToolMessage",
}


def run_instruct(request: Request) -> Reply:
    """Operation instruct: {"m", "k"}; an encoder's tokens come as ints, its media as buffers."""
    args = arguments(request.json(), "m")
    name = args["m"]
    if name not in METHODS:
        raise UnknownMethod(f"instruct offers {', '.join(METHODS)}; not {name!r}")
    inner = REGISTRY.get(request.handle).need_chat().instruct_tokenizer
    keywords = keywords_of(args)
    if isinstance(keywords, dict):
        keywords = {key: _READERS.get(key, _as_given)(value) for key, value in keywords.items()}
    check(list(keywords.values()))
    check(keywords)
    made = {
        key: _MODELS[key](value) if key in _MODELS else value for key, value in keywords.items()
    }
    result = getattr(inner, name)(**made)
    return _encoded(result) if name in ENCODERS else reply_json(result)


def _encoded(result: Any) -> Reply:
    tokens, *rest = result if isinstance(result, tuple) else (result,)
    audios = rest.pop() if rest else []
    images = rest.pop() if rest else []
    bufs: list[bytes] = []
    body = {
        "prefix_ids": None,
        "text": None,
        "images": [arrays.image(image, bufs) for image in images],
        "audios": [arrays.audio(audio, bufs) for audio in audios],
    }
    if not bufs:
        return Reply(ints=tokens)
    return Reply(dumps(body), Has.BODY_JSON.value, tokens, tuple(bufs))


def _as_given(value: Any) -> Any:
    return value


def _message(value: Any) -> Any:
    role = value.get("role") if isinstance(value, dict) else None
    return find(f"{PROTOCOL}.messages", ROLES.get(str(role), "UserMessage")).model_validate(value)


def _messages(value: Any) -> Any:
    return instruct_model({"messages": value}).model_validate({"messages": value}).messages


def _tools(value: Any) -> Any:
    tool = find(f"{PROTOCOL}.tool_calls", "Tool")
    return None if value is None else [tool.model_validate(item) for item in value]


def _content(value: Any) -> Any:
    if isinstance(value, str):
        return value
    return _message({"role": "user", "content": value}).content


def _read_request(value: Any) -> Any:
    return marks.read(instruct_model(value), value)


def _read_messages(value: Any) -> Any:
    return _read_request({"messages": value})["messages"]


def _read_content(value: Any) -> Any:
    return marks.read_message({"role": "user", "content": value})["content"]


# Where one of them holds bytes.
_READERS: dict[str, Callable[[Any], Any]] = {
    "message": marks.read_message,
    "messages": _read_messages,
    "content": _read_content,
    "request": _read_request,
}

_MODELS: dict[str, Callable[[Any], Any]] = {
    "message": _message,
    "messages": _messages,
    "available_tools": _tools,
    "content": _content,
    "settings": lambda value: find(f"{PROTOCOL}.request", "ModelSettings").model_validate(value),
    "chunk": lambda value: find(f"{PROTOCOL}.chunk", "ThinkChunk").model_validate(value),
    "request": lambda value: instruct_model(value).model_validate(value),
}
