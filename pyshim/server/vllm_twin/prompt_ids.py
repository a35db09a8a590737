"""What vLLM calls the parts of a message, and token ids that a request brings along."""

from __future__ import annotations

from typing import Any

from pyshim.server.errors import Refused

# The types of content parts that vLLM reads, and those of them that are texts.
TEXTS = frozenset({"text", "input_text", "output_text", "refusal", "thinking"})
MEDIA = frozenset(
    """
    input_image image_url image_embeds audio_embeds video_embeds prompt_embeds image_pil
    audio_url input_audio video_url
    """.split()  # noqa: SIM905 - a list to be read
)
PARTS = TEXTS | MEDIA | {"tool_reference"}

_PLACE = "kv_transfer_params.prompt_token_ids"


def has_media(messages: Any) -> bool:
    """Return whether a list of messages holds anything but text."""
    if not isinstance(messages, list):
        return False
    for message in messages:
        content = message.get("content") if isinstance(message, dict) else None
        for part in content if isinstance(content, list) else ():
            if isinstance(part, dict) and (
                not MEDIA.isdisjoint(part) or not _is_text(part.get("type", "text"))
            ):
                return True
    return False


def _is_text(kind: Any) -> bool:
    return isinstance(kind, str) and (kind in TEXTS or kind == "tool_reference")


def take_ids(request: Any, messages: Any, most: int) -> list[int] | None:
    """Take the ids out of a request; None if there are none to be used. most is the highest."""
    params = getattr(request, "kv_transfer_params", None)
    ids = params.pop("prompt_token_ids", None) if isinstance(params, dict) else None
    if ids is None or getattr(request, "echo", False) or has_media(messages):
        return None
    if not isinstance(ids, list) or not ids or any(type(x) is not int or x < 0 for x in ids):
        raise Refused(f"`{_PLACE}` must be a list of token ids, and not empty.", _PLACE)
    if max(ids) > most:
        raise Refused(f"`{_PLACE}`: {max(ids)} is no token of this tokenizer.", _PLACE)
    return ids
