"""schemas: the installed reference's own types, as JSON schemas."""

from __future__ import annotations

from typing import Any, Literal

from pyshim.ops.classes import find
from pyshim.wire.codec import Reply, Request, reply_json

INSTRUCT = "mistral_common.protocol.instruct"
MODES: tuple[Literal["validation", "serialization"], ...] = ("validation", "serialization")

# Where each class lives, by the name that crosses.
CLASSES = {
    **dict.fromkeys(
        (
            "ChatCompletionRequest",
            "InstructRequest",
            "ResponseFormat",
            "JsonSchema",
            "ModelSettings",
        ),
        f"{INSTRUCT}.request",
    ),
    **dict.fromkeys(
        (
            "SystemMessage",
            "UserMessage",
            "AssistantMessage",
            "FinetuningAssistantMessage",
            "ToolMessage",
        ),
        f"{INSTRUCT}.messages",
    ),
    **dict.fromkeys(
        (
            "TextChunk",
            "ImageChunk",
            "ImageURLChunk",
            "AudioChunk",
            "AudioURLChunk",
            "ThinkChunk",
        ),
        f"{INSTRUCT}.chunk",
    ),
    **dict.fromkeys(
        ("Tool", "Function", "ToolCall", "FunctionCall", "NamedToolChoice"),
        f"{INSTRUCT}.tool_calls",
    ),
    "FIMRequest": "mistral_common.protocol.fim.request",
    "TranscriptionRequest": "mistral_common.protocol.transcription.request",
    "SpeechRequest": "mistral_common.protocol.speech.request",
    "ModelSettingsBuilder": "mistral_common.tokens.tokenizers.model_settings_builder",
}

NAMES = (*CLASSES, "FinetuningRequest")


def run_schemas(request: Request) -> Reply:
    """Operation schemas: {class: {"validation": schema, "serialization": schema}}."""
    return reply_json({name: schemas(name) for name in NAMES})


def schemas(name: str) -> dict[str, Any]:
    """Return a class's schemas; where pydantic makes none, the name of its exception."""
    return {mode: _schema(_model(name), mode) for mode in MODES}


def _model(name: str) -> Any:
    if name == "FinetuningRequest":
        from mistral_common.protocol.instruct.messages import FinetuningMessage
        from mistral_common.protocol.instruct.request import ChatCompletionRequest

        return ChatCompletionRequest[FinetuningMessage]
    return find(CLASSES[name], name)


def _schema(model: Any, mode: Literal["validation", "serialization"]) -> Any:
    from pydantic.errors import PydanticUserError

    try:
        return model.model_json_schema(mode=mode)
    except PydanticUserError as error:
        return {"error": type(error).__name__}
