"""What vLLM does with the messages of a chat before the tokenizer has them.

For a Mistral model nothing of it reaches the tokens but what it changes or refuses. The
iterators that pydantic makes of tool calls and content parts can be read once; they are
read here, as they are there.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any, NamedTuple

from pyshim.server.errors import Refused, refuse_if
from pyshim.server.vllm_twin.checks import validator
from pyshim.server.vllm_twin.prompt_ids import MEDIA, PARTS, TEXTS

Json = dict[str, Any]

_EMBEDS = ("image_embeds", "audio_embeds", "video_embeds")
# The order in which a part without a type is looked through.
_KEYS = (
    "image_url", "image_pil", "image_embeds", "audio_embeds", "video_embeds", "prompt_embeds",
    "audio_url", "input_audio", "video_url", "tool_reference",
)  # fmt: skip


class Taken(NamedTuple):
    """What a model takes beside text, image or audio, and its name."""

    model: str
    kinds: frozenset[str]


class Medium(NamedTuple):
    """An image or audio: what names it, and the name that the request gives to it."""

    kind: str
    url: Any
    uuid: str | None


# How many of a kind a chat may have.
_MOST = {"image": 999, "audio": 5}


def read(messages: list[Any], taken: Taken) -> list[Medium]:
    """Read the messages of a chat; return the images and audio in them.

    Refused, ValueError and others for what is refused.
    """
    calls: list[Any] = []
    media: list[Medium] = []
    for message in messages:
        calls += _message(message, taken, media)
    for call in calls:
        _read_arguments(call)
    return media


def _message(message: Any, taken: Taken, media: list[Medium]) -> list[Any]:
    role = message["role"]
    content, reasoning = message.get("content"), message.get("reasoning")
    if isinstance(reasoning, dict) and reasoning.get("type") == "prompt_embeds":
        _part(reasoning, taken, media)
    if content is None or isinstance(content, str):
        content = []
    if role == "system":
        content = list(content)
    for part in content:
        if not isinstance(part, str):
            _part(part, taken, media)
    if role == "assistant" and message.get("tool_calls") is not None:
        return list(message["tool_calls"])
    return []


def _part(part: Any, taken: Taken, media: list[Medium]) -> None:
    kind = _kind(part)
    if kind in TEXTS or kind == "tool_reference":
        return
    refuse_if(kind not in MEDIA, "type", f"A content part cannot be of the type {kind!r}.")
    refuse_if(kind == "prompt_embeds", kind, "`prompt_embeds` are not taken.")
    if not taken.kinds:
        raise ValueError(f"{taken.model} is not a multimodal model")
    refuse_if(kind in _EMBEDS, kind, f"`{kind}` are not taken.")
    modality = next(name for name in ("image", "audio", "video") if name in kind)
    refuse_if(modality not in taken.kinds, modality, f"{taken.model} takes no {modality}.")
    most = _MOST[modality]
    enough = sum(one.kind == modality for one in media) == most
    refuse_if(enough, modality, f"A chat may have {most} parts of {modality}.")
    uuid = part.get("uuid")
    media.append(Medium(modality, _url(part, kind), None if uuid is None else str(uuid)))


def _url(part: Any, kind: str) -> Any:
    """Return what names an image or audio; that of input_audio is no URL."""
    if kind == "input_audio":
        return part.get("input_audio")
    value = part.get("image_url" if kind == "input_image" else kind)
    return value.get("url") if isinstance(value, dict) else value


def _kind(part: Any) -> str:
    assert isinstance(part, dict)
    kind, uuid = part.get("type"), part.get("uuid")
    if isinstance(kind, str) and kind in PARTS and uuid is None:
        if kind in ("image_url", "audio_url", "video_url"):
            validator(kind).validate_python(part)
        return kind
    if kind is None or uuid is not None:
        for key in _KEYS:
            if key in part and (key, kind) != ("audio_embeds", "video_embeds"):
                return key
    refuse_if(uuid is not None or not isinstance(kind, str), "type", "A content part has no type.")
    return str(kind)


def _read_arguments(call: Any) -> None:
    """Leave in a tool call what its arguments stand for."""
    function = call.get("function") if isinstance(call, dict) else None
    if not isinstance(function, dict) or call.get("type", "function") != "function":
        raise Refused("A tool call must be an object, and call a function.", "tool_calls")
    given = function.get("arguments")
    if isinstance(given, str):
        text, given = given, None
        with suppress(json.JSONDecodeError):
            given = json.loads(text) if text else {}
    function["arguments"] = given if isinstance(given, dict) else {}
