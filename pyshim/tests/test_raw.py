from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from pyshim.tests.client import call, error, ok
from pyshim.tests.conftest import Loader
from pyshim.tokenizers.registry import REGISTRY
from pyshim.wire.codec import Op, Want
from pyshim.wire.values import pack, unpack


def raw(handle: int, m: str, *a: Any, **k: Any) -> Any:
    return ok(Op.RAW, {"m": m, "a": list(a), "k": k}, handle).json


@pytest.mark.parametrize("name", ["v3", "v3-tekken"])
def test_methods_of_both(name: str, shipped: Loader) -> None:
    handle = shipped(name)
    tokens = raw(handle, "encode", "Hello", True, eos=True)
    assert (tokens[0], tokens[-1]) == (1, 2)
    assert raw(handle, "decode", tokens) == "Hello"
    assert raw(handle, "_to_string", tokens).startswith("<s>")
    assert isinstance(raw(handle, "id_to_piece", tokens[1]), str)
    assert raw(handle, "is_special", 1) is True
    assert raw(handle, "is_special", "[INST]") is True
    assert raw(handle, "get_special_token", "[INST]") == 3
    vocab = raw(handle, "vocab")
    assert len(vocab) == (131072 if name == "v3-tekken" else 32768)


def test_bytes_are_marked(shipped: Loader) -> None:
    piece = raw(shipped("v3-tekken"), "id_to_byte_piece", 1200)
    assert base64.b64decode(piece["__bytes__"])
    assert raw(shipped("v3-tekken"), "is_byte", 1200) is True
    assert raw(shipped("v3-tekken"), "is_byte", 100_000) is False


def test_what_the_tokenizer_lacks_is_its_own_error(shipped: Loader) -> None:
    err = error(Op.RAW, {"m": "id_to_byte_piece", "a": [5]}, shipped("v3"))
    assert err["type"] == "AttributeError"
    assert err["fault"] == "usage"
    err = error(Op.RAW, {"m": "get_special_token", "a": ["nonsense"]}, shipped("v3-tekken"))
    assert err["type"] == "ValueError"
    assert error(Op.RAW, {"m": "encode", "a": []}, shipped("v3"))["type"] == "TypeError"


@pytest.mark.parametrize("name", ["__class__", "from_file", "_model", "", "n_words"])
def test_nothing_else_is_reachable(name: str, shipped: Loader) -> None:
    err = error(Op.RAW, {"m": name}, shipped("v3"))
    assert (err["module"], err["type"]) == ("pyshim.errors", "UnknownMethod")
    assert "id_to_piece" in err["message"]


def test_bad_arguments(shipped: Loader) -> None:
    unreadable: list[Any] = [[], {}, {"m": 3}, None]
    for body in unreadable:
        assert error(Op.RAW, body, shipped("v3"))["type"] == "BadArguments"


@pytest.mark.parametrize("mark", [{"__bytes__": "SGk="}, {"__set__": [1]}, {"__file__": "SGk="}])
@pytest.mark.parametrize("name", ["v3", "v3-tekken"])
def test_no_method_takes_marks(mark: Any, name: str, shipped: Loader) -> None:
    tokenizer = REGISTRY.get(shipped(name)).raw
    for method, arguments in (
        ("encode", [mark, False, False]),
        ("decode", [[mark]]),
        ("is_special", [mark]),
        ("get_special_token", [mark]),
    ):
        with pytest.raises(Exception) as failure:  # whatever it is for a dict
            getattr(tokenizer, method)(*arguments)
        err = error(Op.RAW, {"m": method, "a": arguments}, shipped(name))
        assert (err["type"], err["str"]) == (type(failure.value).__name__, str(failure.value))
        assert err["fault"] == "caller"


def test_a_template_takes_a_set_where_it_wants_one(data: Path) -> None:
    from mistral_common.integrations.chat_templates import chat_templates

    keywords: dict[str, Any] = {"version": "v15", "reasoning_effort_values": ["none", "high"]}
    keywords |= {"reasoning_effort_default": "none"}
    asked: dict[str, Any] = {"fn": "build_chat_template", "k": keywords}
    as_set = {"model_settings_fields": {"__set__": ["reasoning_effort"]}}
    as_list = {"model_settings_fields": ["reasoning_effort"]}
    marked = ok(Op.TEMPLATE, asked | {"k": keywords | as_set}).body
    assert marked == ok(Op.TEMPLATE, asked | {"k": keywords | as_list}).body
    function = "convert_tokenizer_to_chat_template"
    given: dict[str, Any] = {"tokenizer_file": str(data / "tekken_240911.json")}
    marks: list[Any] = [{"__bytes__": "SGk="}, {"__set__": [1]}]
    for mark in marks:
        asked = {"fn": function, "k": given | {"system_prompt": mark}}
        answer = call(Op.TEMPLATE, asked)
        try:
            expected = getattr(chat_templates, function)(**asked["k"])
        except Exception as failure:
            assert answer.json["str"] == str(failure)
        else:
            assert answer.body == expected.encode()


def test_values_come_back() -> None:
    value = {"a": [b"\0\xff", {3, 1}, "x", 1.5, None], "b": (1, 2)}
    packed = pack(value)
    assert packed["a"][:2] == [{"__bytes__": "AP8="}, {"__set__": [1, 3]}]
    assert unpack(packed) == {"a": [b"\0\xff", {1, 3}, "x", 1.5, None], "b": [1, 2]}


def test_arrays() -> None:
    import numpy as np

    array = np.arange(6, dtype=np.float32).reshape(2, 3).T
    packed = pack(array)
    assert (packed["dtype"], packed["shape"]) == ("float32", [3, 2])
    back = np.frombuffer(base64.b64decode(packed["b64"]), "float32").reshape(3, 2)
    assert (back == array).all()
    assert pack(np.int64(3)) == 3


@pytest.mark.parametrize("wrong", [0, "", False, 5, "x"])
def test_arguments_of_another_shape_are_refused(wrong: Any, shipped: Loader) -> None:
    handle = shipped("v3")
    others: dict[str, Any] = {"a": {}, "k": []}
    for key, other in others.items():
        given: Any
        for given in (wrong, other):
            err = error(Op.RAW, {"m": "vocab", key: given}, handle)
            assert err["type"] == "TypeError"
            assert err["message"].startswith(f"{key} has to be ")
        assert len(ok(Op.RAW, {"m": "vocab", key: None}, handle).json) == 32768
    body: Any
    for body in (wrong, [], None):
        err = error(Op.FROM_OPENAI, body if body != "" else b'""', 0, Want.JSON)
        assert err["type"] == "TypeError"
