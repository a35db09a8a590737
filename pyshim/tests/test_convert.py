"""validate, normalize, to_openai and from_openai."""

from __future__ import annotations

from typing import Any

import pytest

from pyshim.tests.client import error, ok
from pyshim.tests.synthetic import tone
from pyshim.wire.codec import Op

REQUEST = "mistral_common.protocol.instruct.request"
MESSAGES = "mistral_common.protocol.instruct.messages"
CHUNK = "mistral_common.protocol.instruct.chunk"
CONVERTERS = "mistral_common.protocol.instruct.converters"

USER = {"role": "user", "content": "a"}
CALL = {"id": "call_1", "function": {"name": "f", "arguments": '{"b": 1.0,  "a": 2}'}}
TOOLS: list[dict[str, Any]] = [
    USER,
    {"role": "assistant", "tool_calls": [CALL]},
    {"role": "tool", "content": "r", "tool_call_id": "call_1"},
]


def validate(cls: str, x: Any, mode: str = "test", what: str = "request") -> dict[str, Any]:
    return {"cls": cls, "mode": mode, "what": what, "x": x, "k": {}}


def test_validators_differ_by_version() -> None:
    request = {"messages": TOOLS}
    assert ok(Op.VALIDATE, validate("MistralRequestValidatorV13", request)).json is None
    err = error(Op.VALIDATE, validate("MistralRequestValidatorV3", request))
    assert err["type"] == "InvalidFunctionCallException"
    assert "length of 9" in err["message"]


def test_validator_modes() -> None:
    request = {"messages": [USER, {"role": "assistant", "content": "b"}]}
    cls = "MistralRequestValidatorV3"
    ok(Op.VALIDATE, validate(cls, request, "finetuning"))
    err = error(Op.VALIDATE, validate(cls, request, "test"))
    assert err["type"] == "InvalidMessageStructureException"
    err = error(Op.VALIDATE, validate(cls, {"messages": [USER]}, "serving"))
    assert (err["type"], "model" in err["message"].lower()) == ("InvalidRequestException", True)
    err = error(Op.VALIDATE, validate(cls, request, "nonsense"))
    assert err["type"] == "ValueError"


def test_messages_alone() -> None:
    ok(Op.VALIDATE, validate("MistralRequestValidator", [USER], what="messages"))
    err = error(Op.VALIDATE, validate("MistralRequestValidator", [], what="messages"))
    assert err["type"] == "InvalidMessageStructureException"
    assert error(Op.VALIDATE, validate("MistralRequestValidator", [], what="x"))["type"] == (
        "BadArguments"
    )


def test_weighted_messages_make_it_a_finetuning_request() -> None:
    request = {"messages": [USER, {"role": "assistant", "content": "b", "weight": 0}]}
    ok(Op.VALIDATE, validate("MistralRequestValidatorV3", request, "finetuning"))


@pytest.mark.parametrize("name", ["ValidationMode", "os", "__builtins__", "Function", "nonsense"])
def test_only_validators_are_validators(name: str) -> None:
    assert error(Op.VALIDATE, validate(name, {}))["type"] == "UnknownClass"


def test_normalize_keeps_order_and_numbers() -> None:
    tool = {"type": "function", "function": {"name": "f", "parameters": {"z": 1.0, "a": 10**30}}}
    request = {"messages": [USER, USER], "tools": [tool]}
    found = ok(Op.NORMALIZE, {"cls": "InstructRequestNormalizerV7", "request": request})
    assert [message["content"] for message in found.json["messages"]] == ["a\n\na"]
    assert b'"parameters":{"z":1.0,"a":1000000000000000000000000000000}' in found.body


def test_normalize_with_model_settings() -> None:
    builder = {"reasoning_effort": {"type": "enum", "values": ["high"], "default": "high"}}
    args = {"cls": "InstructRequestNormalizerV15", "request": {"messages": [USER]}, "msb": builder}
    assert ok(Op.NORMALIZE, args).json["settings"]["reasoning_effort"] == "high"
    err = error(Op.NORMALIZE, {**args, "cls": "InstructRequestNormalizer"})
    assert err["type"] == "ValueError"
    args["request"] = {"messages": [USER], "reasoning_effort": "low"}
    assert error(Op.NORMALIZE, args)["type"] == "InvalidRequestException"


def to(mod: str, cls: str, x: Any, **k: Any) -> Any:
    return ok(Op.TO_OPENAI, {"mod": mod, "cls": cls, "x": x, "k": k}).json


def back(mod: str, cls: str, *a: Any, **k: Any) -> Any:
    return ok(Op.FROM_OPENAI, {"mod": mod, "cls": cls, "a": a, "k": k}).json


def test_request_to_openai_and_back() -> None:
    body = {"messages": TOOLS, "random_seed": 0, "max_tokens": 5}
    there = to(REQUEST, "ChatCompletionRequest", body, stream=True)
    assert (there["seed"], there["stream"]) == (0, True)
    assert there["messages"][1]["tool_calls"][0]["id"] == "call_1"
    here = back(REQUEST, "ChatCompletionRequest", **there)
    assert here["random_seed"] == 0
    assert [message["role"] for message in here["messages"]] == ["user", "assistant", "tool"]


def test_reasoning_format_is_given_by_name() -> None:
    chunks = [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "b"}]
    message = {"role": "assistant", "content": chunks}
    answer = to(MESSAGES, "AssistantMessage", message, reasoning_field_format="reasoning_content")
    assert (answer["reasoning_content"], answer["content"]) == ("hm", "b")
    assert back(MESSAGES, "AssistantMessage", answer)["content"][0]["thinking"] == "hm"


def test_converters() -> None:
    found = back(CONVERTERS, "convert_openai_messages", [{"role": "developer", "content": "s"}])
    assert found == [{"role": "system", "content": "s"}]
    tool = {"type": "function", "function": {"name": "f", "parameters": {}}}
    assert back(CONVERTERS, "convert_openai_tools", [tool])[0]["function"]["name"] == "f"
    err = error(Op.FROM_OPENAI, {"mod": CONVERTERS, "cls": "convert_openai_messages", "a": [[{}]]})
    assert (err["type"], err["message"]) == ("ValueError", "Unknown message role: None")


def test_files_cross_as_base64() -> None:
    mod = "mistral_common.protocol.transcription.request"
    there = to(mod, "TranscriptionRequest", {"audio": tone()}, exclude=["language"])
    assert there["file"]["name"] == "audio.wav"
    assert "language" not in there
    here = back(mod, "TranscriptionRequest", there)
    assert here["audio"].startswith("UklGR")


def test_audio_bytes_cross() -> None:
    answer = to(CHUNK, "AudioChunk", {"type": "input_audio", "input_audio": {"__bytes__": tone()}})
    assert answer["input_audio"]["format"] == "wav"


@pytest.mark.parametrize(
    ("mod", "cls"),
    [
        ("os", "system"),
        ("mistral_common_evil", "X"),
        ("mistral_common.image", "requests"),
        ("mistral_common.protocol.instruct.request", "json"),
        ("mistral_common.tokens.tokenizers.mistral", "MistralTokenizer"),
        ("mistral_common.nonsense", "X"),
        ("mistral_common.protocol.instruct.chunk", "Path"),
    ],
)
def test_nothing_else_is_reachable(mod: str, cls: str) -> None:
    for op in (Op.TO_OPENAI, Op.FROM_OPENAI):
        assert error(op, {"mod": mod, "cls": cls, "x": {}})["type"] == "UnknownClass"


@pytest.mark.parametrize("op", [Op.VALIDATE, Op.NORMALIZE, Op.TO_OPENAI, Op.FROM_OPENAI])
@pytest.mark.parametrize("body", [[], {}, "x", None])
def test_wrong_arguments_are_named(op: Op, body: Any) -> None:
    assert error(op, body)["type"] == "BadArguments"
