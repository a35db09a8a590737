"""The validators of the routes' bodies, each built when it is first asked for."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import TypeAdapter


def adapter(model: Any) -> TypeAdapter[Any]:
    """Build a validator."""
    from pydantic import TypeAdapter

    return TypeAdapter(model)


@cache
def tokenize() -> TypeAdapter[Any]:
    """POST /tokenize."""
    from pyshim.server.vllm_twin.models.tokenize import TokenizeRequest

    return adapter(TokenizeRequest)


@cache
def detokenize() -> TypeAdapter[Any]:
    """POST /detokenize."""
    from pyshim.server.vllm_twin.models.tokenize import DetokenizeRequest

    return adapter(DetokenizeRequest)


@cache
def chat() -> TypeAdapter[Any]:
    """POST /v1/chat/completions/render."""
    from pyshim.server.vllm_twin.models.chat import ChatCompletionRequest

    return adapter(ChatCompletionRequest)


@cache
def completion() -> TypeAdapter[Any]:
    """POST /v1/completions/render."""
    from pyshim.server.vllm_twin.models.completion import CompletionRequest

    return adapter(CompletionRequest)


@cache
def media(kind: str) -> TypeAdapter[Any]:
    """A content part of this type, one of those that hold a URL."""
    from pyshim.server.vllm_twin.models import parts

    return adapter(
        {
            "image_url": parts.ChatCompletionContentPartImageParam,
            "audio_url": parts.ChatCompletionContentPartAudioParam,
            "video_url": parts.ChatCompletionContentPartVideoParam,
        }[kind]
    )
