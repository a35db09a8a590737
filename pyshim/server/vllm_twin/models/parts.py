"""The parts of a message's content, by vLLM's and OpenAI's names.

pydantic puts the names of the classes into the places of its errors, and tries the members
of a union in their order: names, order, fields and which are required are those that vLLM
has. Nothing is imported under TYPE_CHECKING, because pydantic reads the annotations.
"""

from __future__ import annotations

from typing import Literal, Required

from PIL.Image import Image
from pydantic import BaseModel, ConfigDict
from typing_extensions import TypedDict


class PromptCacheBreakpoint(TypedDict, total=False):
    """Where a prompt may be cached."""

    mode: Required[Literal["explicit"]]
    ttl: Literal["30m", "12h"]


class ChatCompletionContentPartTextParam(TypedDict, total=False):
    """A text."""

    text: Required[str]
    type: Required[Literal["text"]]
    prompt_cache_breakpoint: PromptCacheBreakpoint


class ImageURL(TypedDict, total=False):
    """The URL of an image."""

    url: Required[str]
    detail: Literal["auto", "low", "high", "original"]


class ChatCompletionContentPartImageParam(TypedDict, total=False):
    """An image by URL."""

    image_url: Required[ImageURL]
    type: Required[Literal["image_url"]]
    prompt_cache_breakpoint: PromptCacheBreakpoint


class InputAudio(TypedDict, total=False):
    """An audio in base64."""

    data: Required[str]
    format: Required[Literal["wav", "mp3"]]


class ChatCompletionContentPartInputAudioParam(TypedDict, total=False):
    """An audio."""

    input_audio: Required[InputAudio]
    type: Required[Literal["input_audio"]]
    prompt_cache_breakpoint: PromptCacheBreakpoint


class FileFile(TypedDict, total=False):
    """A file, inside or by its id."""

    file_data: str
    file_id: str
    filename: str


class File(TypedDict, total=False):
    """A file."""

    file: Required[FileFile]
    type: Required[Literal["file"]]
    prompt_cache_breakpoint: PromptCacheBreakpoint


class ChatCompletionContentPartRefusalParam(TypedDict, total=False):
    """A refusal of the model's."""

    refusal: Required[str]
    type: Required[Literal["refusal"]]


class AudioURL(TypedDict, total=False):
    """The URL of an audio."""

    url: Required[str]


class ChatCompletionContentPartAudioParam(TypedDict, total=False):
    """An audio by URL."""

    audio_url: Required[AudioURL]
    type: Required[Literal["audio_url"]]


class VideoURL(TypedDict, total=False):
    """The URL of a video."""

    url: Required[str]


class ChatCompletionContentPartVideoParam(TypedDict, total=False):
    """A video by URL."""

    video_url: Required[VideoURL]
    type: Required[Literal["video_url"]]


class PILImage(BaseModel):
    """An image as an object, which JSON cannot hold."""

    image_pil: Image
    model_config = ConfigDict(arbitrary_types_allowed=True)


class CustomChatCompletionContentPILImageParam(TypedDict, total=False):
    """An image as an object."""

    image_pil: PILImage | None
    uuid: str | None


class CustomChatCompletionContentSimpleImageParam(TypedDict, total=False):
    """An image by URL, without a type."""

    image_url: str | None
    uuid: str | None


Embeds = str | dict[str, str | list[int | float]]


class ChatCompletionContentPartImageEmbedsParam(TypedDict, total=False):
    """The embeddings of an image."""

    image_embeds: Embeds | None
    type: Required[Literal["image_embeds"]]
    uuid: str | None


class ChatCompletionContentPartAudioEmbedsParam(TypedDict, total=False):
    """The embeddings of an audio."""

    audio_embeds: Embeds | None
    type: Required[Literal["audio_embeds"]]
    uuid: str | None


class ChatCompletionContentPartVideoEmbedsParam(TypedDict, total=False):
    """The embeddings of a video."""

    video_embeds: Embeds | None
    type: Required[Literal["video_embeds"]]
    uuid: str | None


class ChatCompletionContentPartPromptEmbedsParam(TypedDict, total=False):
    """The embeddings of a text."""

    data: Required[str]
    type: Required[Literal["prompt_embeds"]]


class CustomChatCompletionContentSimpleAudioParam(TypedDict, total=False):
    """An audio by URL, without a type."""

    audio_url: str | None


class CustomChatCompletionContentSimpleVideoParam(TypedDict, total=False):
    """A video by URL, without a type."""

    video_url: str | None
    uuid: str | None


class CustomChatCompletionContentToolReferenceParam(TypedDict, total=False):
    """A tool by its name."""

    name: str
    type: Literal["tool_reference"]


class CustomThinkCompletionContentParam(TypedDict, total=False):
    """A thought."""

    thinking: Required[str]
    closed: bool
    type: Required[Literal["thinking"]]


Part = (
    ChatCompletionContentPartTextParam
    | ChatCompletionContentPartImageParam
    | ChatCompletionContentPartInputAudioParam
    | File
    | ChatCompletionContentPartAudioParam
    | ChatCompletionContentPartVideoParam
    | ChatCompletionContentPartRefusalParam
    | CustomChatCompletionContentPILImageParam
    | CustomChatCompletionContentSimpleImageParam
    | ChatCompletionContentPartImageEmbedsParam
    | ChatCompletionContentPartAudioEmbedsParam
    | ChatCompletionContentPartVideoEmbedsParam
    | ChatCompletionContentPartPromptEmbedsParam
    | CustomChatCompletionContentSimpleAudioParam
    | CustomChatCompletionContentSimpleVideoParam
    | CustomChatCompletionContentToolReferenceParam
    | str
    | CustomThinkCompletionContentParam
)
