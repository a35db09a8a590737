from __future__ import annotations

import struct
from typing import Any

import pytest

from pyshim.tests.client import error, ok, unload
from pyshim.tests.conftest import Loader
from pyshim.wire.codec import Op, Want


def ints(*values: int) -> bytes:
    return struct.pack(f"<{len(values)}i", *values)


@pytest.mark.parametrize("name", ["v3", "v3-tekken"])
def test_bos_and_eos(name: str, shipped: Loader) -> None:
    handle = shipped(name)
    plain = ok(Op.ENCODE_TEXT, b"Hello", handle).ints
    assert plain is not None
    assert ok(Op.ENCODE_TEXT, b"Hello", handle, Want.BOS).ints == [1, *plain]
    assert ok(Op.ENCODE_TEXT, b"Hello", handle, Want.EOS).ints == [*plain, 2]
    both = ok(Op.ENCODE_TEXT, b"Hello", handle, Want.BOS | Want.EOS | Want.COUNT)
    assert (both.ints, both.aux) == (None, len(plain) + 2)


def test_text_must_be_utf8(shipped: Loader) -> None:
    assert error(Op.ENCODE_TEXT, b"\xff" * 5000, shipped("v3"))["type"] == "UnicodeDecodeError"


def test_bytes_of_a_bad_text_are_not_all_sent_back(shipped: Loader) -> None:
    err = error(Op.ENCODE_TEXT, b"a" * 1_000_000 + b"\xff", shipped("v3"))
    assert len(err["args"][1]) < 2000
    assert err["message"].startswith("'utf-8' codec can't decode byte 0xff in position 1000000")


@pytest.mark.parametrize("name", ["v3", "v3-tekken"])
def test_decode_policies(name: str, shipped: Loader) -> None:
    handle = shipped(name)
    tokens = ok(Op.ENCODE_TEXT, "Hé".encode(), handle, Want.BOS).ints
    assert tokens is not None
    body = ints(*tokens)
    assert ok(Op.DECODE, body, handle, arg=0).body.decode() == "Hé"
    assert ok(Op.DECODE, body, handle).body.decode() == "Hé"
    assert ok(Op.DECODE, body, handle, arg=1).body.decode().startswith("<s>")
    assert error(Op.DECODE, body, handle, arg=2)["type"] == "ValueError"
    assert ok(Op.DECODE, b"", handle).body == b""
    for arg in (3, -2):
        assert error(Op.DECODE, body, handle, arg=arg)["type"] == "BadArguments"
    assert error(Op.DECODE, body[:-1], handle)["type"] == "BadFrame"


def test_decode_passes_json_as_it_is(shipped: Loader) -> None:
    handle = shipped("v3-tekken")

    def decode(body: Any) -> bytes:
        return ok(Op.DECODE, body, handle, Want.JSON).body

    # Oddities of the reference that must survive.
    assert decode({"tokens": [-1], "policy": "keep"}) == b"<SPECIAL_999>"
    assert decode({"tokens": [1.5], "policy": "ignore"}) == b""
    assert decode({"tokens": []}) == b""
    bad: list[Any] = [{"tokens": None}, {"tokens": ["a"]}, {"tokens": [1], "policy": 0}]
    for body in bad:
        assert error(Op.DECODE, body, handle, Want.JSON)["module"] == "builtins"
    unreadable: list[Any] = [{}, [], 3]
    for body in unreadable:
        assert error(Op.DECODE, body, handle, Want.JSON)["type"] == "BadArguments"


def test_out_of_range(shipped: Loader) -> None:
    assert error(Op.DECODE, ints(131072), shipped("v3-tekken"))["type"] == "KeyError"
    assert error(Op.DECODE, ints(32768), shipped("v3"))["type"] == "IndexError"
    err = error(Op.DECODE, {"tokens": [1 << 40]}, shipped("v3-tekken"), Want.JSON)
    assert err["type"] == "OverflowError"


def test_bare_tokenizers(data: Any) -> None:
    for file in ("tekken_240718.json", "tokenizer.model.v1"):
        answer = ok(Op.LOAD_RAW, {"path": str(data / file)}).json
        tokens = ok(Op.ENCODE_TEXT, b"Hello", answer["h"]).ints
        assert tokens
        assert ok(Op.DECODE, ints(*tokens), answer["h"]).body == b"Hello"
        assert set(answer["desc"]) == {"raw", "version", "n_words", "nsp"}
        unload(answer["h"])
