"""The messages that vLLM's chat routes take, by vLLM's and OpenAI's names. See parts.py."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Literal, Required

from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from pyshim.server.vllm_twin.models.parts import (
    ChatCompletionContentPartImageParam,
    ChatCompletionContentPartInputAudioParam,
    ChatCompletionContentPartRefusalParam,
    ChatCompletionContentPartTextParam,
    File,
    Part,
)

Text = ChatCompletionContentPartTextParam


class ChatCompletionDeveloperMessageParam(TypedDict, total=False):
    """A developer's message."""

    content: Required[str | Iterable[Text]]
    role: Required[Literal["developer"]]
    name: str


class ChatCompletionSystemMessageParam(TypedDict, total=False):
    """A system prompt."""

    content: Required[str | Iterable[Text]]
    role: Required[Literal["system"]]
    name: str


class ChatCompletionUserMessageParam(TypedDict, total=False):
    """A user's message."""

    content: Required[
        str
        | Iterable[
            Text
            | ChatCompletionContentPartImageParam
            | ChatCompletionContentPartInputAudioParam
            | File
        ]
    ]
    role: Required[Literal["user"]]
    name: str


class Audio(TypedDict, total=False):
    """An audio of an earlier answer."""

    id: Required[str]


class Function(TypedDict, total=False):
    """What is called, and with what."""

    arguments: Required[str]
    name: Required[str]


class ChatCompletionMessageFunctionToolCallParam(TypedDict, total=False):
    """A call of a function."""

    id: Required[str]
    function: Required[Function]
    type: Required[Literal["function"]]


class Custom(TypedDict, total=False):
    """What is called, and with what."""

    input: Required[str]
    name: Required[str]


class ChatCompletionMessageCustomToolCallParam(TypedDict, total=False):
    """A call of a tool that is no function."""

    id: Required[str]
    custom: Required[Custom]
    type: Required[Literal["custom"]]


class ChatCompletionAssistantMessageParam(TypedDict, total=False):
    """A message of the model's."""

    role: Required[Literal["assistant"]]
    audio: Audio | None
    content: str | Iterable[Text | ChatCompletionContentPartRefusalParam] | None
    function_call: Function | None
    name: str
    refusal: str | None
    # An iterator that can be read once: that is how it is with vLLM too.
    tool_calls: Iterable[
        ChatCompletionMessageFunctionToolCallParam | ChatCompletionMessageCustomToolCallParam
    ]


class ChatCompletionToolMessageParam(TypedDict, total=False):
    """The result of a call."""

    content: Required[str | Iterable[Text]]
    role: Required[Literal["tool"]]
    tool_call_id: Required[str]


class ChatCompletionFunctionMessageParam(TypedDict, total=False):
    """The result of a function, in the old form."""

    content: Required[str | None]
    name: Required[str]
    role: Required[Literal["function"]]


class FunctionDefinition(TypedDict, total=False):
    """What a tool can be told."""

    name: Required[str]
    description: str
    parameters: dict[str, object]
    strict: bool | None


class ChatCompletionFunctionToolParam(TypedDict, total=False):
    """A tool."""

    function: Required[FunctionDefinition]
    type: Required[Literal["function"]]


class CustomChatCompletionMessageParam(TypedDict, total=False):
    """A message of any role."""

    role: Required[str]
    content: str | list[Part]
    name: str
    tool_call_id: str | None
    tool_calls: list[ChatCompletionMessageFunctionToolCallParam] | None
    reasoning: str | None
    tools: list[ChatCompletionFunctionToolParam] | None
    task: str | None


class Role(StrEnum):
    """Who speaks in a message of the harmony format."""

    USER = "user"
    ASSISTANT = "assistant"
    SYSTEM = "system"
    DEVELOPER = "developer"
    TOOL = "tool"

    @classmethod
    def _missing_(cls, value: object) -> Role:
        raise ValueError(f"Unknown role: {value!r}")


class Author(BaseModel):
    """Who speaks, in the harmony format."""

    role: Role
    name: str | None = None


class Content(BaseModel):
    """What is said, in the harmony format."""


class Message(BaseModel):
    """A message of the harmony format: taken by the models, and refused by what follows."""

    author: Author
    content: list[Content] = Field(default_factory=list)
    channel: str | None = None
    recipient: str | None = None
    content_type: str | None = None


ChatCompletionMessageParam = (
    ChatCompletionDeveloperMessageParam
    | ChatCompletionSystemMessageParam
    | ChatCompletionUserMessageParam
    | ChatCompletionAssistantMessageParam
    | ChatCompletionToolMessageParam
    | ChatCompletionFunctionMessageParam
    | CustomChatCompletionMessageParam
    | Message
)
