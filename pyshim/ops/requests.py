"""encode_instruct, encode_fim, encode_transcription and encode_speech_request."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from pyshim.media.policy import check
from pyshim.ops.chat import SPANS, WHOLE
from pyshim.ops.spans import Recording
from pyshim.ops.tokenized import answer
from pyshim.shortcuts import switches
from pyshim.tokenizers import releases
from pyshim.tokenizers.registry import REGISTRY
from pyshim.wire import marks
from pyshim.wire.codec import Reply, Request


def run_encode_instruct(request: Request) -> Reply:
    """Operation encode_instruct; equals InstructTokenizer.encode_instruct."""
    tokenizer, model = _start(request, instruct_model)
    if request.flags & SPANS:
        done, found = Recording(tokenizer).instruct(model)
        return answer(done, request.flags, spans=found)
    return answer(tokenizer.instruct_tokenizer.encode_instruct(model), request.flags)


def run_encode_fim(request: Request) -> Reply:
    """Operation encode_fim; equals MistralTokenizer.encode_fim."""
    tokenizer, model = _start(request, lambda _: releases.request("FIMRequest"))
    return answer(tokenizer.encode_fim(model), request.flags)


def run_encode_transcription(request: Request) -> Reply:
    """Operation encode_transcription; equals MistralTokenizer.encode_transcription."""
    tokenizer, model = _start(request, lambda _: releases.request("TranscriptionRequest"))
    return answer(tokenizer.encode_transcription(model), request.flags)


def run_encode_speech_request(request: Request) -> Reply:
    """Operation encode_speech_request; equals MistralTokenizer.encode_speech_request."""
    tokenizer, model = _start(request, lambda _: releases.request("SpeechRequest"))
    return answer(tokenizer.encode_speech_request(model), request.flags)


def instruct_model(obj: Any) -> Any:
    """Return the class of an instruct request: one message with `weight` makes it finetuning."""
    messages = obj.get("messages") if isinstance(obj, dict) else None
    weighted = isinstance(messages, list) and any(
        isinstance(message, dict) and "weight" in message for message in messages
    )
    return _instruct(weighted)


def _start(request: Request, model: Callable[[Any], Any]) -> tuple[Any, Any]:
    loaded = REGISTRY.get(request.handle)
    flags = request.flags
    plain = flags & WHOLE or not switches.SETTINGS.text or loaded.textless is None
    obj = request.json()
    cls = model(obj)
    obj = marks.read(cls, obj)
    check(obj)
    return loaded.need_chat() if plain else loaded.textless, cls.model_validate(obj)


@cache
def _instruct(weighted: bool) -> Any:
    from mistral_common.protocol.instruct.messages import ChatMessage, FinetuningMessage
    from mistral_common.protocol.instruct.request import InstructRequest
    from mistral_common.protocol.instruct.tool_calls import Tool

    return InstructRequest[FinetuningMessage if weighted else ChatMessage, Tool]  # type: ignore[misc]
