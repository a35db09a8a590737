from __future__ import annotations

import json
import struct
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from cases import call as tool_call
from cases import png
from pyshim.ops.chat import request_model
from pyshim.tests.client import call, error, hello, ok, unload
from pyshim.tests.conftest import Loader
from pyshim.tests.synthetic import tone
from pyshim.tokenizers.registry import REGISTRY
from pyshim.wire.codec import Has, Op, Want


def test_fast_path_has_no_body(shipped: Loader) -> None:
    answer = ok(Op.ENCODE_CHAT, hello(), shipped("v3"))
    assert answer.ints == [1, 3, 23325, 4]
    assert (answer.flags, answer.body, answer.bufs, answer.aux) == (Has.PACKED, b"", (), 0)


def test_text_is_the_reference_text(shipped: Loader) -> None:
    answer = ok(Op.ENCODE_CHAT, hello("é"), shipped("v3-tekken"), Want.TEXT)
    assert answer.json["text"] == "<s>[INST]é[/INST]"
    assert answer.json["prefix_ids"] is None
    assert answer.json["images"] == answer.json["audios"] == []
    assert answer.warnings == []


def test_count_gives_the_number_only(shipped: Loader) -> None:
    answer = ok(Op.ENCODE_CHAT, hello(), shipped("v3"), Want.COUNT)
    assert (answer.ints, answer.aux) == (None, 4)


def test_prefix_ids(shipped: Loader) -> None:
    body = hello()
    body["messages"].append({"role": "assistant", "content": "Once", "prefix": True})
    answer = ok(Op.ENCODE_CHAT, body, shipped("v3"))
    assert answer.ints is not None
    assert answer.json["prefix_ids"]
    assert answer.ints[-len(answer.json["prefix_ids"]) :] == answer.json["prefix_ids"]


def test_images_cross_as_buffers_in_c_order(shipped: Loader) -> None:
    image = {"type": "image_url", "image_url": png(40, 24)}
    body = hello()
    body["messages"][0]["content"] = [image, {"type": "text", "text": "?"}, image]
    answer = ok(Op.ENCODE_CHAT, body, shipped("v3-tekken-mm"))
    described = answer.json["images"]
    assert [item["buf"] for item in described] == [0, 1]
    model = request_model(body)
    done = REGISTRY.get(shipped("v3-tekken-mm")).chat.encode_chat_completion(model(**body))
    assert not done.images[0].flags.c_contiguous  # which is what makes this worth a test
    for item, buf, expected in zip(described, answer.bufs, done.images, strict=True):
        assert item["dtype"] == "float32"
        assert item["shape"][0] == 3
        array = np.frombuffer(buf, item["dtype"]).reshape(item["shape"])
        assert np.array_equal(array, expected)
    without = ok(Op.ENCODE_CHAT, body, shipped("v3-tekken-mm"), Want.NO_MEDIA)
    assert (without.ints, without.body, without.bufs) == (answer.ints, b"", ())


def test_audios_cross_as_buffers(synthetic: Loader) -> None:
    body = hello()
    body["messages"][0]["content"] = [{"type": "input_audio", "input_audio": tone()}]
    answer = ok(Op.ENCODE_CHAT, body, synthetic("v13"), Want.TEXT)
    (audio,) = answer.json["audios"]
    assert (audio["sr"], audio["format"], audio["buf"]) == (16000, "wav", 0)
    samples = np.frombuffer(answer.bufs[0], audio["dtype"])
    assert list(samples.shape) == audio["shape"] == [16000]
    assert np.abs(samples).max() > 0.3
    assert "[BEGIN_AUDIO]" in answer.json["text"]
    without = ok(Op.ENCODE_CHAT, body, synthetic("v13"), Want.NO_MEDIA)
    assert (without.ints, without.bufs) == (answer.ints, ())


def test_max_model_input_len(shipped: Loader) -> None:
    body = {
        "messages": [
            {"role": "user", "content": "a " * 200},
            {"role": "assistant", "content": "b"},
            {"role": "user", "content": "c"},
        ],
        "truncate_for_context_length": True,
    }
    err = error(Op.ENCODE_CHAT, body, shipped("v7"))
    assert err["type"] == "TokenizerException"
    short = ok(Op.ENCODE_CHAT, body, shipped("v7"), arg=50).ints
    long = ok(Op.ENCODE_CHAT, body, shipped("v7"), arg=5000).ints
    assert short is not None and long is not None
    assert len(short) <= 50 < len(long)
    # Zero is a limit, and not the absence of one.
    err = error(Op.ENCODE_CHAT, body, shipped("v7"), arg=0)
    assert err["message"] == "Input couldn't fit in truncate_at_max_token"


def test_weight_makes_a_finetuning_request(data: Any) -> None:
    handle = int(
        ok(
            Op.LOAD,
            {
                "file": str(data / "mistral_instruct_tokenizer_240323.model.v3"),
                "mode": "finetuning",
            },
        ).json["h"]
    )
    body = hello()
    body["messages"].append({"role": "assistant", "content": "x", "weight": 1})
    assert ok(Op.ENCODE_CHAT, body, handle).ints
    body["messages"][1]["weight"] = 0.5
    assert error(Op.ENCODE_CHAT, body, handle)["type"] == "InvalidAssistantMessageException"
    body["messages"][0]["weight"] = 1
    assert error(Op.ENCODE_CHAT, body, handle)["type"] == "ValidationError"
    unload(handle)


BAD_BODIES: list[tuple[bytes, str]] = [
    (b"", "JSONDecodeError"),
    (b"{", "JSONDecodeError"),
    (b'{"messages": [}', "JSONDecodeError"),
    (b"\xef\xbb\xbf{}", "JSONDecodeError"),
    (b"[]", "ValidationError"),
    (b"null", "ValidationError"),
    (b"3", "ValidationError"),
    (b'"messages"', "ValidationError"),
    (b'{"messages": {"weight": 1}}', "ValidationError"),
    (b'{"messages": ["weight"]}', "ValidationError"),
    (b'{"messages": [{"role": "user", "content": "\xff"}]}', "UnicodeDecodeError"),
    (b'{"messages": [{"role": "user", "content": "\xed\xa0\x80"}]}', "UnicodeDecodeError"),
    (b'{"messages": [{"role": "user", "content": "raw \x00 nul"}]}', "JSONDecodeError"),
    (b'{"messages": ' + b"[" * 100_000, "RecursionError"),
]


@pytest.mark.parametrize(("body", "kind"), BAD_BODIES, ids=lambda value: str(value)[:30])
def test_bad_bodies_are_errors_and_the_next_call_works(
    body: bytes, kind: str, shipped: Loader
) -> None:
    err = error(Op.ENCODE_CHAT, body, shipped("v3"))
    assert err["type"] == kind
    assert err["message"]
    assert len(json.dumps(err)) < 20_000
    assert ok(Op.ENCODE_CHAT, hello(), shipped("v3")).ints == [1, 3, 23325, 4]


def test_nul_and_surrogates_reach_the_reference(shipped: Loader) -> None:
    nul = ok(Op.ENCODE_CHAT, hello("a\0b"), shipped("v3-tekken"), Want.TEXT)
    assert nul.json["text"] == "<s>[INST]a\0b[/INST]"
    lone = ok(Op.ENCODE_CHAT, hello("a\ud800b"), shipped("v3-tekken"), Want.TEXT)
    assert lone.json["text"] == "<s>[INST]a\ufffdb[/INST]"
    assert error(Op.ENCODE_CHAT, hello("a\ud800b"), shipped("v3"))["type"] == "RuntimeError"


def test_surrogates_in_what_an_error_quotes(shipped: Loader) -> None:
    body = hello()
    body["nonsense"] = {"deep": ["\udfff", float("nan")]}
    err = error(Op.ENCODE_CHAT, body, shipped("v3"))
    assert err["type"] == "ValidationError"
    (item,) = err["errors"]
    assert item["type"] == "extra_forbidden"
    assert item["input"]["deep"][0] == "\udfff"
    body = {**hello(), "no\ud800nsense": 1}
    assert error(Op.ENCODE_CHAT, body, shipped("v3"))["errors"][0]["type"] == "string_unicode"


def nested_properties(depth: int) -> bytes:
    # Written by hand: json.dumps would itself give up on it.
    schema = '{"type":"object","properties":{"p":' * depth + "{}" + "}}" * depth
    tool = {"type": "function", "function": {"name": "f", "parameters": "SCHEMA"}}
    return json.dumps(hello(tools=[tool])).replace('"SCHEMA"', schema).encode()


def nested_result(depth: int) -> bytes:
    body = hello()
    body["messages"] += [
        {"role": "assistant", "content": None, "tool_calls": [tool_call("{}")]},
        {"role": "tool", "tool_call_id": "abcdefghi", "content": "[" * depth + "]" * depth},
    ]
    return json.dumps(body).encode()


@pytest.mark.parametrize("make", [nested_properties, nested_result])
@pytest.mark.parametrize("depth", [2_000, 100_000])
def test_deep_nesting_never_harms(
    make: Callable[[int], bytes], depth: int, shipped: Loader
) -> None:
    answer = call(Op.ENCODE_CHAT, make(depth), shipped("v3"))
    # How deep is too deep is Python's affair: 3.13 reads 2,000 levels of JSON.
    if answer.status or depth > 2_000:
        assert answer.json["type"] == "RecursionError"
    assert ok(Op.ENCODE_CHAT, make(20), shipped("v3")).ints


def test_reference_is_the_plain_call(shipped: Loader) -> None:
    answer = ok(Op.REFERENCE_CHAT, hello(), shipped("v3"), arg=5)
    assert answer.ints == [1, 3, 23325, 4]
    assert len(answer.json["ns"]) == 5
    assert 0 < answer.aux == min(answer.json["ns"])
    assert len(ok(Op.REFERENCE_CHAT, hello(), shipped("v3")).json["ns"]) == 1
    assert error(Op.REFERENCE_CHAT, {}, shipped("v3"))["type"] == "ValidationError"


def test_chat_wants_a_chat_tokenizer(data: Any) -> None:
    path = str(data / "tokenizer.model.v1")
    handle = int(ok(Op.LOAD_RAW, {"path": path}).json["h"])
    for op in (Op.ENCODE_CHAT, Op.REFERENCE_CHAT):
        err = error(op, hello(), handle)
        assert (err["module"], err["type"]) == ("pyshim.errors", "WrongKind")
    unload(handle)


def test_megabytes_of_text(shipped: Loader) -> None:
    body = hello("word " * 400_000)
    answer = ok(Op.ENCODE_CHAT, body, shipped("v3-tekken"), Want.COUNT)
    assert 400_000 < answer.aux < 400_010


def test_the_frame_is_not_kept(shipped: Loader) -> None:
    from pyshim.dispatch import dispatch
    from pyshim.wire import codec

    frame = codec.request(Op.ENCODE_CHAT, json.dumps(hello()).encode(), shipped("v3"))
    before = sys.getrefcount(frame)
    for _ in range(50):
        dispatch(frame)
        dispatch(frame + b"x")
    assert sys.getrefcount(frame) == before
    assert struct.unpack_from("<H", frame) == (1,)


def test_quick_differs_only_in_the_text(shipped: Loader) -> None:
    loaded = REGISTRY.get(shipped("v3"))
    assert loaded.textless is not loaded.chat
    assert loaded.textless.instruct_tokenizer.tokenizer is loaded.chat.instruct_tokenizer.tokenizer
    assert "decode" not in vars(loaded.chat.instruct_tokenizer)
    both = call(Op.ENCODE_CHAT, hello(), shipped("v3"), Want.TEXT | Want.PLAIN)
    assert both.flags & Has.BODY_JSON
    assert both.json["text"]


def test_the_core_and_the_executor_are_timed(
    shipped: Loader, monkeypatch: pytest.MonkeyPatch
) -> None:
    handle = shipped("v3")
    assert len(ok(Op.REFERENCE_CORE, b"Hello", handle, arg=3).json["ns"]) == 3
    with monkeypatch.context() as changed:  # as before sentencepiece 0.2.2
        changed.setattr(REGISTRY.get(handle).raw, "_model", object())
        assert ok(Op.REFERENCE_CORE, b"Hello", handle, arg=3).json == {"ns": []}
    assert len(ok(Op.REFERENCE_ASYNC, hello(), handle, arg=2).json["ns"]) == 2
    assert error(Op.REFERENCE_ASYNC, {}, handle)["type"] == "ValidationError"
