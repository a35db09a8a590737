"""encode_openai: the body of an OpenAI chat completion, as clients send it, to tokens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pyshim.errors import UnsupportedField
from pyshim.media.policy import check_messages
from pyshim.ops.chat import SPANS, WHOLE, request_model
from pyshim.ops.spans import Recording
from pyshim.ops.tokenized import answer
from pyshim.shortcuts import switches
from pyshim.tokenizers.registry import REGISTRY
from pyshim.wire.codec import Reply, Request

# What of a body from_openai makes tokens of. Everything else is for sampling or accounting.
KEPT = (
    "model",  # which a tokenizer in serving mode asks for
    "messages",
    "tools",
    "response_format",
    "reasoning_effort",
    "continue_final_message",
    "truncate_for_context_length",
)

# What makes or changes a prompt elsewhere, and is unknown to from_openai, which would drop it.
# The values are those that change nothing.
REFUSED: dict[str, tuple[Any, ...]] = {
    "functions": ([],),
    "function_call": ("none", "auto"),
    "documents": ([],),
    "chat_template": (),
    "chat_template_kwargs": ({},),
    "add_special_tokens": (False,),
    "truncate_prompt_tokens": (),
    "mm_processor_kwargs": ({},),
    "media_io_kwargs": ({},),
    "web_search_options": (),
    "prompt_mode": (),
    "safe_prompt": (False,),
    "previous_response_id": (),
}
REFUSED_IN_MESSAGE: dict[str, tuple[Any, ...]] = {
    "function_call": (),
    "refusal": ("",),
    "audio": (),
}
ROLES = ("system", "developer", "user", "assistant", "tool")
PARTS = ("text", "image_url", "image", "input_audio", "audio_url", "thinking")
IMAGE_URL = ("url", "detail")


def run_encode_openai(request: Request) -> Reply:
    """Operation encode_openai; equals encode_chat_completion(from_openai(**clean(body)), arg)."""
    loaded = REGISTRY.get(request.handle)
    flags = request.flags
    plain = loaded.need_chat()
    body = clean(request.json(), schema=_writes_schema(plain))
    check_messages(body)
    model = request_model(None)
    limit = None if request.arg < 0 else request.arg
    short = not flags & WHOLE and switches.SETTINGS.text
    tokenizer = (loaded.textless if short else None) or plain
    if flags & SPANS:
        done, found = Recording(tokenizer).chat(model.from_openai(**body), limit)
        return answer(done, flags, spans=found)
    packed = loaded.packed if short and switches.SETTINGS.pack else None
    ids = None
    if packed is not None and switches.allowed(body):
        done, ids = packed.encode(model.from_openai(**body), limit)
    else:
        done = tokenizer.encode_chat_completion(model.from_openai(**body), limit)
    if tokenizer is not plain and switches.due():
        with switches.PLAINLY:
            whole = plain.encode_chat_completion(model.from_openai(**body), limit)
            if not switches.agree(done.tokens if ids is None else ids, whole.tokens):
                return answer(whole, flags)
    return answer(done, flags, ids)


def clean(body: Any, *, schema: bool = True) -> dict[str, Any]:
    """Return a copy of a body without what changes no token.

    What would change them and that from_openai does not read raises UnsupportedField.
    schema: whether the tokenizer writes the response format's schema into the prompt.
    """
    if not isinstance(body, dict):
        raise TypeError(f"the body has to be an object, not a {type(body).__name__}")
    for name, harmless in REFUSED.items():
        _refuse(body, name, harmless, name)
    continued = body.get("continue_final_message")
    if body.get("add_generation_prompt") is False and not continued:
        raise UnsupportedField("add_generation_prompt: false is for continue_final_message alone")
    left = {name: body[name] for name in KEPT if body.get(name) is not None}
    if "messages" not in left:
        raise UnsupportedField("messages: it is missing; it has to be a list")
    if not schema:
        left.pop("response_format", None)
    if isinstance(left.get("response_format"), dict):
        left["response_format"] = _format(left["response_format"])
    messages = left["messages"]
    if not isinstance(messages, list):
        raise UnsupportedField(f"messages: it has to be a list, not a {type(messages).__name__}")
    left["messages"] = [_message(m, f"messages.{at}") for at, m in enumerate(messages)]
    for at in _prefixes(messages):
        if at != len(messages) - 1 or messages[at].get("role") != "assistant":
            raise UnsupportedField(f"messages.{at}.prefix: only the last answer can be continued")
        if continued is False:
            raise UnsupportedField(f"messages.{at}.prefix: continue_final_message says otherwise")
        left["continue_final_message"] = True
    return left


def _refuse(where: dict[str, Any], name: str, harmless: tuple[Any, ...], place: str) -> None:
    value = where.get(name)
    if value is None or any(type(value) is type(h) and value == h for h in harmless):
        return
    raise UnsupportedField(
        f"{place}: it can change the prompt, and the reference's from_openai does not read it; "
        "leave it out, or say the same in messages and tools"
    )


def _message(message: Any, place: str) -> Any:
    if not isinstance(message, dict):
        raise UnsupportedField(f"{place}: it has to be an object, not a {type(message).__name__}")
    role = message.get("role")
    if role not in ROLES:
        what = f"{role!r:.40}" if isinstance(role, str) else "what is there"
        raise UnsupportedField(f"{place}.role: {what} is none of {', '.join(ROLES)}")
    for name, harmless in REFUSED_IN_MESSAGE.items():
        _refuse(message, name, harmless, f"{place}.{name}")
    needed = {"user": ("content",), "tool": ("content", "tool_call_id"), "assistant": ()}
    for name in needed.get(role, ("content",)):
        if name not in message:
            raise UnsupportedField(f"{place}.{name}: it is missing")
    content = message.get("content")
    if not isinstance(content, list):
        return message
    parts = [_part(part, f"{place}.content.{at}") for at, part in enumerate(content)]
    return {**message, "content": parts}


def _part(part: Any, place: str) -> Any:
    if not isinstance(part, dict):
        raise UnsupportedField(f"{place}: it has to be an object, not a {type(part).__name__}")
    kind = part.get("type")
    if kind not in PARTS:
        what = f"{kind!r:.40}" if isinstance(kind, str) else "what is there"
        raise UnsupportedField(f"{place}.type: {what} is none of {', '.join(PARTS)}")
    url = part.get("image_url")
    if kind == "image_url" and isinstance(url, dict):
        return {**part, "image_url": {k: v for k, v in url.items() if k in IMAGE_URL}}
    return part


def _format(given: dict[str, Any]) -> dict[str, Any]:
    schema = given.get("json_schema")
    if isinstance(schema, dict) and schema.get("strict", False) is None:
        return {**given, "json_schema": {k: v for k, v in schema.items() if k != "strict"}}
    return given


def _prefixes(messages: list[Any]) -> Iterator[int]:
    for at, message in enumerate(messages):
        prefix = message.get("prefix")
        if prefix is True:
            yield at
        elif prefix is not None and prefix is not False:
            raise UnsupportedField(f"messages.{at}.prefix: it has to be true or false")


def _writes_schema(tokenizer: Any) -> bool:
    # Releases that do not know settings write none.
    builder = getattr(tokenizer._instruct_request_normalizer, "_model_settings_builder", None)
    return getattr(builder, "json_schema", None) is not None
