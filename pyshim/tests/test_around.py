"""What stands around encoding: templates, grammars, constants, parts of messages, audio."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import pytest

from pyshim.tests.client import error, load, ok, unload
from pyshim.tests.conftest import Loader
from pyshim.tests.synthetic import tone
from pyshim.tokenizers.registry import REGISTRY
from pyshim.wire.codec import Op

TEMPLATE: dict[str, Any] = {
    "spm": False,
    "tokenizer_version": "v15",
    "image_support": True,
    "audio_support": False,
    "thinking_support": True,
    "default_system_prompt": "It's \\ here",
    "plain_thinking_support": False,
    "use_special_token_variables": True,
    "model_settings_fields": ["reasoning_effort"],
    "reasoning_effort_values": ["none", "high"],
    "reasoning_effort_default": "none",
}
TOOL = {"type": "function", "function": {"name": "get", "parameters": {"type": "object"}}}


def template(fn: str, **k: Any) -> str:
    return ok(Op.TEMPLATE, {"fn": fn, "k": k}).body.decode()


def test_generated_template_equals_the_reference() -> None:
    from mistral_common.integrations.chat_templates.chat_templates import generate_chat_template
    from mistral_common.tokens.tokenizers.base import TokenizerVersion

    expected = generate_chat_template(
        **TEMPLATE
        | {
            "tokenizer_version": TokenizerVersion.v15,
            "model_settings_fields": frozenset(["reasoning_effort"]),
            "reasoning_effort_values": ("none", "high"),
        }
    )
    assert template("generate_chat_template", **TEMPLATE) == expected
    assert "It\\'s" in expected


def test_template_of_a_shipped_file(data: Any) -> None:
    path = str(data / "tekken_240911.json")
    found = template("convert_tokenizer_to_chat_template", tokenizer_file=path)
    assert "[INST]" in found
    assert "[IMG]" in found


def test_template_of_a_config() -> None:
    assert "[INST]" in template("build_chat_template", version="v3", spm=True)
    err = error(Op.TEMPLATE, {"fn": "build_chat_template", "k": {"version": "v11", "spm": True}})
    assert err["type"] == "ValueError"
    assert error(Op.TEMPLATE, {"fn": "eval"})["type"] == "UnknownMethod"


def grammar(handle: int, m: str, **k: Any) -> Any:
    return ok(Op.GRAMMAR, {"m": m, "k": k}, handle).json


def test_grammars(synthetic: Loader, shipped: Loader) -> None:
    handle = synthetic("v13")
    assert grammar(handle, "is_supported") is True
    assert grammar(shipped("v3-tekken"), "is_supported") is False
    jinja = grammar(handle, "select_jinja_template")
    request = {
        "messages": [{"role": "user", "content": "a"}],
        "tools": [TOOL],
        "tool_choice": "required",
    }
    lark = grammar(handle, "get_grammar_for_chat_request", request=request, template=jinja)
    assert "start:" in lark
    plain = {"messages": request["messages"]}
    assert grammar(handle, "get_grammar_for_chat_request", request=plain, template=jinja) is None
    schema = {"type": "object", "properties": {"z": {"const": "é"}, "a": {}}}
    found = grammar(handle, "get_lark_for_json_schema", template=jinja, json_schema=schema)
    assert '{"z": {"const": "é"}, "a": {}}' in found
    more = {
        "template": jinja,
        "mode": "any",
        "tools": [TOOL],
        "json_schema": None,
        "parallel_tool_calls": False,
        "json_only": False,
        "force_tool_names": True,
    }
    assert "get" in grammar(handle, "get_lark_from_jinja", **more)
    err = error(Op.GRAMMAR, {"m": "get_lark_from_jinja", "k": {**more, "tools": None}}, handle)
    assert err["type"] == "ValueError"
    assert error(Op.GRAMMAR, {"m": "_render"}, handle)["type"] == "UnknownMethod"


def test_grammar_factory_goes_with_its_tokenizer(synthetic: Loader) -> None:
    from pyshim.ops import grammar as module

    path = REGISTRY.get(synthetic("v11")).raw.file_path
    handle = load(file=str(path), mode="serving")
    before = len(module._factories)
    grammar(handle, "select_jinja_template")
    assert len(module._factories) == before + 1
    unload(handle)
    assert len(module._factories) == before


def test_constants_of_a_tokenizer(shipped: Loader, synthetic: Loader) -> None:
    spm = ok(Op.CONSTANTS, handle=shipped("v3")).json
    assert (spm["bos_id"], spm["eos_id"], spm["pad_id"]) == (1, 2, -1)
    assert (spm["start"], spm["instruct"]["BEGIN_INST"]) == ([1], 3)
    assert len(spm["special_ids"]["__set__"]) == spm["num_special_tokens"]
    v15 = ok(Op.CONSTANTS, handle=synthetic("v15")).json
    assert v15["model_settings_builder"]["reasoning_effort"]["values"] == ["none", "high"]
    assert v15["instruct"]["BEGIN_THINK"] > 0


def test_constants_of_the_package() -> None:
    found = ok(Op.CONSTANTS).json
    assert list(found["enums"]["ValidationMode"].values()) == [
        "serving",
        "finetuning",
        "test",
        "agnostic",
    ]
    assert len(found["enums"]["SpecialTokens"]) == 33
    assert found["exceptions"]["TokenizerException"][0] == "MistralCommonException"
    assert len(found["exceptions"]) == 13


def instruct(handle: int, m: str, **k: Any) -> Any:
    return ok(Op.INSTRUCT, {"m": m, "k": k}, handle)


def test_parts_of_messages_equal_the_reference(synthetic: Loader) -> None:
    from mistral_common.protocol.instruct.chunk import ThinkChunk
    from mistral_common.protocol.instruct.messages import AssistantMessage, UserMessage
    from mistral_common.protocol.instruct.request import ModelSettings

    handle = synthetic("v15")
    inner = REGISTRY.get(handle).chat.instruct_tokenizer
    user = {"role": "user", "content": "Hello"}
    where: dict[str, Any] = {"available_tools": None, "is_last": True, "is_first": True}
    effort = {"reasoning_effort": "high"}
    found = instruct(handle, "encode_user_message", message=user, settings=effort, **where)
    settings = ModelSettings.model_validate(effort)
    expected = inner.encode_user_message(UserMessage(content="Hello"), settings=settings, **where)
    assert found.ints == expected[0]
    found = instruct(handle, "encode_think", chunk={"thinking": "hm", "closed": False})
    assert found.ints == inner.encode_think(ThinkChunk(thinking="hm", closed=False))
    found = instruct(
        handle,
        "encode_assistant_message",
        message={"role": "assistant", "content": "b", "prefix": True},
        is_before_last_user_message=False,
    )
    message = AssistantMessage(content="b", prefix=True)
    assert found.ints == inner.encode_assistant_message(message, False)
    sound = [{"type": "input_audio", "input_audio": tone()}]
    found = instruct(handle, "encode_user_content", content=sound, is_last=True)
    assert len(found.json["audios"]) == 1
    assert found.ints
    assert instruct(handle, "start").json == [inner.tokenizer.bos_id]
    request = {"messages": [user, {"role": "assistant", "content": "b"}, user]}
    assert instruct(handle, "find_first_last_user", request=request).json == [0, 2]
    assert instruct(handle, "validate_messages", messages=[user]).json is None
    assert error(Op.INSTRUCT, {"m": "decode"}, handle)["type"] == "UnknownMethod"


def test_media_by_name_are_denied_in_parts_too(synthetic: Loader) -> None:
    content = [{"type": "audio_url", "audio_url": "/etc/passwd"}]
    args = {"m": "encode_user_content", "k": {"content": content, "is_last": True}}
    assert error(Op.INSTRUCT, args, synthetic("v13"))["type"] == "MediaDenied"


def test_audio_is_decoded_resampled_and_converted(synthetic: Loader) -> None:
    found = ok(Op.AUDIO, {"m": "decode", "audio": tone()})
    assert (found.json["sr"], found.json["shape"], found.json["duration"]) == (16000, [3200], 0.2)
    assert np.frombuffer(found.bufs[0], "<f4").shape == (3200,)
    found = ok(Op.AUDIO, {"m": "decode", "audio": tone(), "rate": 8000})
    assert (found.json["sr"], found.json["shape"]) == (8000, [1600])
    flac = ok(Op.AUDIO, {"m": "convert", "audio": tone(), "format": "flac"}).json
    assert base64.b64decode(flac)[:4] == b"fLaC"
    handle = synthetic("v7")
    assert ok(Op.AUDIO, {"m": "chunk_frames"}, handle).json == 16000
    more = {
        "m": "next_multiple_of_chunk_frames",
        "k": {"audio_array_len": 1, "sampling_rate": 16000},
    }
    assert ok(Op.AUDIO, more, handle).json == 16000
    assert error(Op.AUDIO, {"m": "nonsense"}, handle)["type"] == "UnknownMethod"


def test_audio_numbers_need_an_encoder(shipped: Loader) -> None:
    assert error(Op.AUDIO, {"m": "chunk_frames"}, shipped("v7"))["type"] == "WrongKind"


def test_output_is_split_and_tool_calls_read(shipped: Loader, synthetic: Loader) -> None:
    handle = shipped("v3")
    raw = REGISTRY.get(handle).raw
    marker = raw.get_special_token("[TOOL_CALLS]")
    call = [
        marker,
        *raw.encode('[{"name": "f", "arguments": {"a": 1}, "id": "aaaaaaaaa"}]', False, False),
    ]
    text = raw.encode("Well", False, False)
    parts = ok(Op.OUTPUT, {"m": "split_content_and_tool_calls", "tokens": [*text, *call]}, handle)
    assert parts.json == [text, [call]]
    calls = ok(Op.OUTPUT, {"m": "decode_tool_calls", "tokens": [call]}, handle).json
    assert calls[0]["function"] == {"name": "f", "arguments": '{"a": 1}'}
    v13 = synthetic("v13")
    ids = ok(Op.CONSTANTS, handle=v13).json["instruct"]
    tokens = [ids["BEGIN_THINK"], 200, ids["END_THINK"], 201]
    found = ok(Op.OUTPUT, {"m": "split_content_and_think_chunks", "tokens": tokens}, v13).json
    assert found == [[tokens[:3], True], [[201], False]]


@pytest.mark.parametrize("op", [Op.TEMPLATE, Op.GRAMMAR, Op.INSTRUCT, Op.AUDIO, Op.OUTPUT])
def test_wrong_arguments_are_named(op: Op, shipped: Loader) -> None:
    bodies: list[Any] = [[], {}, None]
    for body in bodies:
        assert error(op, body, shipped("v3"))["type"] == "BadArguments"
