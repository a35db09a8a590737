"""Marks for bytes, sets and files: read where a class takes them, and nowhere else."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
import pytest

from pyshim.ops.classes import find
from pyshim.tests.client import error, ok
from pyshim.tests.conftest import Loader
from pyshim.tests.synthetic import tone
from pyshim.tokenizers.registry import REGISTRY
from pyshim.wire import marks
from pyshim.wire.codec import Op
from pyshim.wire.dump import dump

INSTRUCT = "mistral_common.protocol.instruct"
TRANSCRIPTION = "mistral_common.protocol.transcription.request"
SPEECH = "mistral_common.protocol.speech.request"

DATA: list[Any] = [
    {"__bytes__": "AAA="},
    {"__bytes__": "no base64!"},
    {"__bytes__": None},
    {"__set__": [1, 2]},
    {"__set__": [[]]},
    {"__file__": "AAA="},
    {"__file__": "AAA=", "name": "a.wav"},
    {"a": [{"__bytes__": "AAA="}], "__set__": {"__file__": ""}},
]
CALL_IDS = [json.dumps(data) for data in DATA]


def tool(data: Any) -> dict[str, Any]:
    return {
        "type": "function",
        "function": {"name": "f", "description": "", "parameters": data, "strict": False},
    }


def call(data: Any) -> dict[str, Any]:
    return {"id": "abcdefghi", "type": "function", "function": {"name": "f", "arguments": data}}


def chat(data: Any) -> dict[str, Any]:
    return {
        "messages": [
            {"role": "user", "content": "u"},
            {"role": "assistant", "content": "", "tool_calls": [call(json.dumps(data))]},
            {"role": "tool", "content": json.dumps(data), "tool_call_id": "abcdefghi"},
        ],
        "tools": [tool(data)],
    }


@pytest.mark.parametrize("data", DATA, ids=CALL_IDS)
def test_user_data_is_not_read(data: Any) -> None:
    schema = {"name": "n", "schema": data}
    cases: list[tuple[str, str, Any]] = [
        ("tool_calls", "Tool", tool(data)),
        ("tool_calls", "ToolCall", call(data)),
        ("messages", "AssistantMessage", {"role": "assistant", "tool_calls": [call(data)]}),
        (
            "request",
            "ChatCompletionRequest",
            chat(data) | {"response_format": {"type": "json_schema", "json_schema": schema}},
        ),
    ]
    for module, name, x in cases:
        cls = find(f"{INSTRUCT}.{module}", name)
        there = dump(cls.model_validate(x).to_openai())
        asked = {"mod": f"{INSTRUCT}.{module}", "cls": name, "x": x}
        assert ok(Op.TO_OPENAI, asked).json == there, name
        if name == "ChatCompletionRequest":
            given = {"a": [], "k": there | {"tools": [tool(data)]}}
        else:
            given = {"a": [x if name in ("Tool", "ToolCall") else there], "k": {}}
        back = dump(cls.from_openai(*given["a"], **given["k"]))
        asked = {"mod": f"{INSTRUCT}.{module}", "cls": name, **given}
        assert ok(Op.FROM_OPENAI, asked).json == back, name


@pytest.mark.parametrize("data", DATA, ids=CALL_IDS)
def test_user_data_reaches_the_tokens(data: Any, shipped: Loader) -> None:
    handle = shipped("v3-tekken")
    request = chat(data)
    expected = REGISTRY.get(handle).need_chat()
    model = find(f"{INSTRUCT}.request", "ChatCompletionRequest").model_validate(request)
    assert ok(Op.ENCODE_CHAT, request, handle).ints == expected.encode_chat_completion(model).tokens
    normal = {"cls": "InstructRequestNormalizer", "request": request}
    assert ok(Op.NORMALIZE, normal).json["available_tools"][0]["function"]["parameters"] == data


def test_converters_and_whole_bodies_read_no_user_data() -> None:
    data = {"__bytes__": "AAA="}
    module = f"{INSTRUCT}.converters"
    there = {"mod": module, "cls": "convert_openai_tools", "k": {"tools": [tool(data)]}}
    assert ok(Op.FROM_OPENAI, there).json == [tool(data)]
    from pyshim.wire.codec import Want

    body = chat(data)
    found = ok(Op.FROM_OPENAI, body, flags=Want.JSON).json
    assert found["tools"][0]["function"]["parameters"] == data
    assert json.loads(found["messages"][1]["tool_calls"][0]["function"]["arguments"]) == data
    err = error(Op.FROM_OPENAI, b'{"messages":[]},"k":{"messages":[]}', flags=Want.JSON)
    assert err["type"] == "JSONDecodeError"
    for wrong in ([], [1], "x", None, 5):
        err = error(Op.FROM_OPENAI, wrong, flags=Want.JSON)
        assert (err["module"], err["type"]) == ("builtins", "TypeError"), wrong


def audio(data: Any) -> dict[str, Any]:
    return {"type": "input_audio", "input_audio": data}


def spoken(data: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": [audio(data)]}]}


WAYS: list[Any] = [{"__bytes__": tone()}, {"data": {"__bytes__": tone()}, "format": "wav"}]


@pytest.mark.parametrize("way", WAYS, ids=["bytes", "data"])
def test_audio_as_bytes_in_a_chat(way: Any, synthetic: Loader) -> None:
    handle = synthetic("v7")
    model = find(f"{INSTRUCT}.request", "ChatCompletionRequest")
    real = spoken(base64.b64decode(tone()))
    expected = REGISTRY.get(handle).need_chat().encode_chat_completion(model.model_validate(real))
    request = spoken(way)
    answer = ok(Op.ENCODE_CHAT, request, handle)
    assert answer.ints == expected.tokens
    flat = np.frombuffer(answer.bufs[0], dtype=answer.json["audios"][0]["dtype"])
    assert np.array_equal(flat, expected.audios[0].audio_array)
    assert ok(Op.REFERENCE_CHAT, request, handle, arg=1).ints == expected.tokens
    assert ok(Op.ENCODE_INSTRUCT, request, handle).ints == expected.tokens
    ok(Op.VALIDATE, {"cls": "MistralRequestValidatorV13", "x": request})
    ok(
        Op.VALIDATE,
        {"cls": "MistralRequestValidatorV13", "what": "messages", "x": request["messages"]},
    )
    normal = ok(Op.NORMALIZE, {"cls": "InstructRequestNormalizerV7", "request": request}).json
    assert normal["messages"][0]["content"] == [audio({"__bytes__": tone()})]
    assert ok(Op.ENCODE_INSTRUCT, normal, handle).ints == expected.tokens
    part = {"m": "encode_user_content", "k": {"content": [audio(way)], "is_last": True}}
    assert ok(Op.INSTRUCT, part, handle).bufs
    part = {"m": "find_first_last_user", "k": {"request": request}}
    assert ok(Op.INSTRUCT, part, handle).json == [0, 0]
    asked = {"mod": f"{INSTRUCT}.request", "cls": "ChatCompletionRequest", "x": request}
    there = ok(Op.TO_OPENAI, asked).json
    assert there["messages"][0]["content"][0]["input_audio"] == {"data": tone(), "format": "wav"}
    for role in ("user", "developer"):
        messages = [{"role": role, "content": [audio(way)]}]
        asked = {"mod": f"{INSTRUCT}.request", "cls": "ChatCompletionRequest"}
        back = ok(Op.FROM_OPENAI, asked | {"k": {"messages": messages}}).json
        assert back["messages"][0]["content"] == [audio({"__bytes__": tone()})]


def test_what_is_too_large_is_refused_as_bytes_too(synthetic: Loader) -> None:
    from pyshim.media import policy

    policy.configure(max_audio_samples=100)
    try:
        for op in (Op.ENCODE_CHAT, Op.ENCODE_INSTRUCT):
            err = error(op, spoken({"__bytes__": tone()}), synthetic("v7"))
            assert err["type"] == "MediaTooLarge"
    finally:
        policy.configure(**policy.Policy().dump())


def test_a_field_that_takes_no_bytes_gets_none(synthetic: Loader) -> None:
    mark = {"__bytes__": "SGk="}
    handle = synthetic("v7")
    cases: list[tuple[Op, Any, tuple[str, ...]]] = [
        (Op.ENCODE_SPEECH_REQUEST, {"input": mark, "voice": "v"}, ("input",)),
        (Op.ENCODE_TRANSCRIPTION, {"audio": tone(), "model": mark}, ("model",)),
        (Op.ENCODE_FIM, {"prompt": mark}, ("prompt",)),
        (Op.ENCODE_CHAT, {"messages": [{"role": "user", "content": mark}]}, ("content",)),
    ]
    for op, body, place in cases:
        err = error(op, body, handle)
        assert err["type"] == "ValidationError"
        assert any(set(place) <= set(item["loc"]) for item in err["errors"]), err["errors"]
        assert any(item["input"] == mark for item in err["errors"]), err["errors"]


def test_files_stand_where_openai_has_them() -> None:
    there = ok(
        Op.TO_OPENAI,
        {"mod": SPEECH, "cls": "SpeechRequest", "x": {"input": "a", "ref_audio": tone()}},
    ).json
    assert there["ref_audio"]["name"] == "audio.wav"
    for audio_ in (there["ref_audio"], {"__bytes__": tone()}, tone()):
        given = {"mod": SPEECH, "cls": "SpeechRequest", "a": [there | {"ref_audio": audio_}]}
        assert ok(Op.FROM_OPENAI, given).json["ref_audio"].startswith("UklGR")
    given = {"mod": TRANSCRIPTION, "cls": "TranscriptionRequest"}
    given["a"] = [{"file": there["ref_audio"], "model": {"__file__": tone()}}]
    err = error(Op.FROM_OPENAI, given)
    assert [item["loc"] for item in err["errors"]] == [["model"]]
    assert err["errors"][0]["input"] == {"__file__": tone()}


def test_reading_leaves_what_was_given() -> None:
    cls = find(f"{INSTRUCT}.request", "ChatCompletionRequest")
    plain, marked = chat({"__bytes__": "AAA="}), spoken({"__bytes__": "AAA="})
    assert marks.read(cls, plain) is plain
    before = json.dumps(marked)
    read = marks.read(cls, marked)
    assert read["messages"][0]["content"][0]["input_audio"] == b"\0\0"
    assert json.dumps(marked) == before
    assert marks.read(set[int], {"__set__": [1, 1, 2]}) == {1, 2}
    assert marks.read(dict[str, Any], {"__set__": [1]}) == {"__set__": [1]}
