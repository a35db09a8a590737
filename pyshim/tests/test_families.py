"""encode_instruct, encode_fim, encode_transcription, encode_speech_request."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import pytest

from pyshim.shortcuts import switches
from pyshim.tests.client import Answer, call, error, ok
from pyshim.tests.conftest import Loader
from pyshim.tests.synthetic import tone
from pyshim.tokenizers.registry import REGISTRY
from pyshim.wire.codec import Op, Want

INSTRUCT = {
    "messages": [
        {"role": "user", "content": "Weather?"},
        {"role": "assistant", "content": "Sunny."},
        {"role": "user", "content": "And now?"},
    ],
    "available_tools": [
        {"type": "function", "function": {"name": "f", "parameters": {"z": 1, "a": 2.50}}}
    ],
}
FIMS = [
    {"prompt": "def f(", "suffix": "return a"},
    {"prompt": "x"},
    {"prompt": "x", "suffix": None},
    {"prompt": "", "suffix": ""},
]
SPM = ("v2", "v3", "v7", "v3-tekken")


class Spy:
    """Stands for a method, and keeps the objects it was called on."""

    def __init__(self, owner: Any) -> None:
        self.real = owner.encode_fim
        self.on: list[Any] = []

    def __get__(self, owner: Any, kind: Any) -> Any:
        def call_(request: Any) -> Any:
            self.on.append(owner)
            return self.real(owner, request)

        return call_


def reference(handle: int) -> Any:
    return REGISTRY.get(handle).chat


@pytest.mark.parametrize("name", SPM)
@pytest.mark.parametrize("fim", FIMS, ids=str)
def test_fim_equals_the_reference(name: str, fim: dict[str, Any], shipped: Loader) -> None:
    from mistral_common.protocol.fim.request import FIMRequest

    handle = shipped(name)
    expected = reference(handle).encode_fim(FIMRequest.model_validate(fim))
    quick = ok(Op.ENCODE_FIM, fim, handle)
    assert (quick.ints, quick.body) == (expected.tokens, b"")
    assert ok(Op.ENCODE_FIM, fim, handle, Want.PLAIN).ints == expected.tokens
    assert ok(Op.ENCODE_FIM, fim, handle, Want.TEXT).json["text"] == expected._text
    assert ok(Op.ENCODE_FIM, fim, handle, Want.COUNT).aux == len(expected.tokens)


def test_shortcut_can_be_switched_off(shipped: Loader, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = REGISTRY.get(shipped("v3"))
    expected = ok(Op.ENCODE_FIM, FIMS[0], shipped("v3")).ints
    monkeypatch.setattr(switches.SETTINGS, "text", False)
    monkeypatch.setattr(type(loaded.textless), "encode_fim", seen := Spy(type(loaded.textless)))
    assert ok(Op.ENCODE_FIM, FIMS[0], shipped("v3")).ints == expected
    assert seen.on == [loaded.chat]
    monkeypatch.setattr(switches.SETTINGS, "text", True)
    assert ok(Op.ENCODE_FIM, FIMS[0], shipped("v3")).ints == expected
    assert seen.on == [loaded.chat, loaded.textless]


def test_fim_on_v1_is_refused_in_the_reference_s_words(shipped: Loader) -> None:
    err = error(Op.ENCODE_FIM, FIMS[0], shipped("v1"))
    assert err["type"] == "TokenizerException"
    assert err["message"] == "FIM not available for v1"


@pytest.mark.parametrize("name", ["v1", "v2", "v3", "v7", "v3-tekken", "v7-mm"])
def test_instruct_equals_the_reference(name: str, shipped: Loader) -> None:
    from mistral_common.protocol.instruct.messages import ChatMessage
    from mistral_common.protocol.instruct.request import InstructRequest
    from mistral_common.protocol.instruct.tool_calls import Tool

    handle = shipped(name)
    model = InstructRequest[ChatMessage, Tool].model_validate(INSTRUCT)
    expected = reference(handle).instruct_tokenizer.encode_instruct(model)
    assert ok(Op.ENCODE_INSTRUCT, INSTRUCT, handle).ints == expected.tokens
    assert ok(Op.ENCODE_INSTRUCT, INSTRUCT, handle, Want.PLAIN).ints == expected.tokens
    assert ok(Op.ENCODE_INSTRUCT, INSTRUCT, handle, Want.TEXT).json["text"] == expected._text


def test_normalized_request_encodes_to_the_tokens_of_the_chat(shipped: Loader) -> None:
    handle = shipped("v3")
    chat = {
        "messages": [{"role": "system", "content": "S"}, {"role": "user", "content": "U"}],
        "tools": INSTRUCT["available_tools"],
    }
    answer = ok(Op.NORMALIZE, {"cls": "InstructRequestNormalizer", "request": chat, "msb": None})
    tokens = ok(Op.ENCODE_INSTRUCT, answer.json, handle).ints
    assert tokens == ok(Op.ENCODE_CHAT, chat, handle).ints


def samples(answer: Answer) -> Any:
    (audio,) = answer.json["audios"]
    flat = np.frombuffer(answer.bufs[audio["buf"]], dtype=audio["dtype"])
    return flat.reshape(audio["shape"])


@pytest.mark.parametrize("version", ["v7", "v11", "v13"])
def test_transcription_equals_the_reference(version: str, synthetic: Loader) -> None:
    from mistral_common.protocol.transcription.request import TranscriptionRequest

    handle = synthetic(version)
    body = {"audio": tone(), "language": "en"}
    model = TranscriptionRequest.model_validate(body)
    expected = reference(handle).encode_transcription(model)
    answer = ok(Op.ENCODE_TRANSCRIPTION, body, handle)
    assert answer.ints == expected.tokens
    found = samples(answer)
    assert found.dtype == np.float32
    assert np.array_equal(found, expected.audios[0].audio_array)
    bare = ok(Op.ENCODE_TRANSCRIPTION, body, handle, Want.NO_MEDIA)
    assert (bare.ints, bare.bufs, bare.body) == (expected.tokens, (), b"")


def test_transcription_cannot_say_the_settings_v15_asks_for(synthetic: Loader) -> None:
    err = error(Op.ENCODE_TRANSCRIPTION, {"audio": tone()}, synthetic("v15"))
    assert err["message"] == "reasoning_effort should be set for this model."


def test_transcription_takes_bytes_and_data_urls(synthetic: Loader) -> None:
    handle = synthetic("v7")
    expected = ok(Op.ENCODE_TRANSCRIPTION, {"audio": tone()}, handle).ints
    ways: list[Any] = [
        {"__bytes__": tone()},
        f"data:audio/wav;base64,{tone()}",
        {"data": tone(), "format": "wav"},
    ]
    for audio in ways:
        assert ok(Op.ENCODE_TRANSCRIPTION, {"audio": audio}, handle).ints == expected


@pytest.mark.parametrize("version", ["v7", "v15"])
def test_speech_equals_the_reference(version: str, synthetic: Loader) -> None:
    from mistral_common.protocol.speech.request import SpeechRequest

    handle = synthetic(version)
    body = {"input": "Hello", "ref_audio": tone()}
    expected = reference(handle).encode_speech_request(SpeechRequest.model_validate(body))
    answer = ok(Op.ENCODE_SPEECH_REQUEST, body, handle, Want.TEXT)
    assert answer.ints == expected.tokens
    assert answer.json["text"] is None  # the reference makes none of a speech request
    assert np.array_equal(samples(answer), expected.audios[0].audio_array)


def test_audio_without_an_encoder_is_refused(shipped: Loader) -> None:
    for op, body in (
        (Op.ENCODE_TRANSCRIPTION, {"audio": tone()}),
        (Op.ENCODE_SPEECH_REQUEST, {"input": "a", "voice": "v"}),
    ):
        err = error(op, body, shipped("v7"))
        assert err["type"] == "UnsupportedTokenizerFeatureException"


@pytest.mark.parametrize(
    "op",
    [
        Op.ENCODE_INSTRUCT,
        Op.ENCODE_FIM,
        Op.ENCODE_TRANSCRIPTION,
        Op.ENCODE_SPEECH_REQUEST,
    ],
)
def test_unknown_field_is_a_validation_error(op: Op, shipped: Loader) -> None:
    err = error(op, {"nonsense": 1}, shipped("v7"))
    assert err["type"] == "ValidationError"
    assert any(item["loc"] == ["nonsense"] for item in err["errors"])
    assert call(op, b"[1", shipped("v7")).json["type"] == "JSONDecodeError"
    assert error(op, [], shipped("v7"))["type"] == "ValidationError"


def test_undecodable_audio_is_the_reference_s_error(synthetic: Loader) -> None:
    audio = base64.b64encode(b"no audio at all").decode()
    err = error(Op.ENCODE_TRANSCRIPTION, {"audio": audio}, synthetic("v7"))
    assert err["type"] == "ValueError"
    assert "Failed to decode the base64 payload as audio" in err["message"]
