"""Token ids that a request brings along, in the place of those of its messages."""

from __future__ import annotations

from typing import Any

from pyshim.server.errors import VLLMValidationError

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
    """Tell whether a list of messages holds anything but text."""
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


def forget_ids(data: dict[str, Any]) -> None:
    """Drop the ids of a request whose messages hold media, which they would leave out."""
    params = data.get("kv_transfer_params")
    if (
        isinstance(params, dict)
        and params.get("prompt_token_ids") is not None
        and has_media(data.get("messages"))
    ):
        params.pop("prompt_token_ids")


def take_ids(request: Any, messages: Any, most: int) -> list[int] | None:
    """Take the ids out of a request; None if there are none to be used. most is the highest."""
    params = getattr(request, "kv_transfer_params", None)
    ids = params.pop("prompt_token_ids", None) if isinstance(params, dict) else None
    if ids is None or getattr(request, "echo", False) or has_media(messages):
        return None
    if not isinstance(ids, list) or not ids or any(type(x) is not int or x < 0 for x in ids):
        raise VLLMValidationError(
            "`kv_transfer_params['prompt_token_ids']` must be a non-empty list "
            "of non-negative integers.",
            parameter=_PLACE,
        )
    if max(ids) > most:
        raise VLLMValidationError(f"Token id {max(ids)} is out of vocabulary", parameter=_PLACE)
    return ids
