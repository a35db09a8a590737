"""What the routes of mistral_common's server take and answer."""

from __future__ import annotations

from functools import cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter


class OpenAIChatCompletionRequest(BaseModel):
    """A chat in OpenAI's form, and whatever else it holds."""

    messages: list[dict[str, str | list[dict[str, str | dict[str, Any]]] | None]]
    tools: list[dict[str, Any]] | None = None

    model_config = ConfigDict(extra="allow")


class DetokenizeStringRequest(BaseModel):
    """Tokens, and what becomes of the special ones: for the JSON Schema."""

    tokens: list[int] = Field(default_factory=list)
    special_token_policy: Literal["ignore", "keep", "raise"] = "ignore"  # noqa: S105


class ValidationError(BaseModel):
    """One error of a body."""

    loc: list[str | int]
    msg: str
    type: str


class HTTPError(BaseModel):
    """What is answered with a status of 400 or 422."""

    detail: str | list[ValidationError]


@cache
def tokenize_adapter() -> TypeAdapter[Any]:
    """POST /v1/tokenize/."""
    from mistral_common.protocol.instruct.request import ChatCompletionRequest

    either: Any = ChatCompletionRequest | OpenAIChatCompletionRequest
    return TypeAdapter(either)


@cache
def ids_adapter() -> TypeAdapter[Any]:
    """Tokens."""
    return TypeAdapter(list[int])


@cache
def policy_adapter() -> TypeAdapter[Any]:
    """What becomes of special tokens."""
    from mistral_common.tokens.tokenizers.base import SpecialTokenPolicy

    return TypeAdapter(SpecialTokenPolicy)


@cache
def text_adapter() -> TypeAdapter[Any]:
    """A text that is answered."""
    return TypeAdapter(str)


@cache
def message_adapter() -> TypeAdapter[Any]:
    """The message that is answered."""
    from mistral_common.protocol.instruct.messages import AssistantMessage

    return TypeAdapter(AssistantMessage)
