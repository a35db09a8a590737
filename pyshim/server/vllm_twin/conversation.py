"""What vLLM does with the messages of a chat before the tokenizer has them.

For a Mistral model nothing of it reaches the tokens but what it changes or refuses. The
iterators that pydantic makes of tool calls and content parts can be read once; they are
read here, as they are there.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any, NamedTuple

from pyshim.server.errors import VLLMValidationError
from pyshim.server.vllm_twin.models.prompt_ids import MEDIA, PARTS, TEXTS

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


def read(messages: list[Any], taken: Taken) -> list[str]:
    """Read the messages of a chat; return the kinds of the media in them, one each.

    VLLMValidationError, ValueError and others for what is refused.
    """
    calls: list[Any] = []
    media: list[str] = []
    for message in messages:
        calls += _message(message, taken, media)
    _check_calls(calls)
    _check_places(messages, media)
    return media


def _message(message: Any, taken: Taken, media: list[str]) -> list[Any]:
    role = message["role"]
    content = message.get("content")
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


def _part(part: Any, taken: Taken, media: list[str]) -> None:
    kind, given = _kind(part)
    if kind in ("text", "refusal") and given is None:
        return
    if kind in TEXTS or kind == "tool_reference":
        return
    if kind not in MEDIA:
        raise VLLMValidationError(
            f"Unsupported chat content part type: {kind!r}. "
            f"Supported types: {', '.join(sorted(PARTS))}.",
            parameter="type",
            value=kind,
        )
    if kind == "prompt_embeds":
        if not given:
            raise VLLMValidationError(
                "prompt_embeds content part requires a non-empty `data` field "
                "with base64-encoded tensor bytes.",
                parameter="prompt_embeds",
            )
        raise VLLMValidationError(
            "You must set `--enable-prompt-embeds` to input `prompt_embeds`",
            parameter="prompt_embeds",
        )
    if kind in _EMBEDS:
        if not taken.kinds:
            raise ValueError("The model is not multimodal.")
        raise VLLMValidationError(
            f"You must set `--enable-mm-embeds` to input `{kind}`", parameter=kind
        )
    if not taken.kinds:
        raise ValueError(f"{taken.model} is not a multimodal model")
    modality = next(name for name in ("image", "audio", "video") if name in kind)
    if modality not in taken.kinds:
        raise VLLMValidationError(
            f"At most 0 {modality}(s) may be provided in one prompt.", parameter=modality
        )
    media.append(modality)


def _kind(part: Any) -> tuple[str, Any]:
    assert isinstance(part, dict)
    kind, uuid = part.get("type"), part.get("uuid")
    if isinstance(kind, str) and kind in PARTS and uuid is None:
        return kind, _value(kind, part)
    if kind is None or uuid is not None:
        for key in _KEYS:
            if key in part:
                return key, part.get("data" if key == "prompt_embeds" else key)
        raise VLLMValidationError("Missing 'type' field in multimodal part.", parameter="type")
    if not isinstance(kind, str):
        raise VLLMValidationError("Invalid 'type' field in multimodal part.", parameter="type")
    return kind, "unknown part_type content"


def _value(kind: str, part: Json) -> Any:
    if kind in ("image_url", "audio_url", "video_url"):
        from pyshim.server.vllm_twin.adapters import media

        return media(kind).validate_python(part).get(kind, {}).get("url")
    if kind in ("input_text", "output_text"):
        return part.get("text")
    return part.get("data" if kind == "prompt_embeds" else kind)


def _check_places(messages: list[Any], media: list[str]) -> None:
    """Refuse media whose parts have no type: the tokenizer is not given those."""
    if not media:
        return
    lists = [m["content"] for m in messages if isinstance(m.get("content"), list)]
    typed = sum(part.get("type") in MEDIA for parts in lists for part in parts)
    if typed < len(media):
        raise RuntimeError(
            f"Expected there to be {len(media)} prompt placeholders corresponding to "
            f"{len(media)} {media[0]} items, but instead found {typed} prompt placeholders! "
            "Make sure the implementation of `_apply_hf_processor_main` and "
            "`_get_mm_fields_config` are consistent with each other."
        )


def _check_calls(calls: list[Any]) -> None:
    """Read the arguments of the calls, and leave in them what they stand for."""
    for call in calls:
        if not isinstance(call, dict):
            raise VLLMValidationError(
                "assistant tool_calls entries must be objects.", parameter="tool_calls"
            )
        function = call.get("function")
        if call.get("type", "function") != "function" or not isinstance(function, dict):
            raise VLLMValidationError(
                "chat completions only support assistant tool_calls of type 'function'.",
                parameter="tool_calls",
            )
        given = function.get("arguments")
        function["arguments"] = given if isinstance(given, dict) else _parsed(given)


def _parsed(given: Any) -> Json:
    parsed = given
    if isinstance(given, str):
        parsed = None
        with suppress(json.JSONDecodeError):
            parsed = json.loads(given) if given else {}
    return parsed if isinstance(parsed, dict) else {}
