"""The homes of vLLM's code, on packages made up for the purpose."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pyshim import vllm
from pyshim.errors import MissingVllm, UnknownLayout
from pyshim.tests.client import error
from pyshim.vllm import layout, patch
from pyshim.wire.codec import Op

Make = Callable[..., Path]

CLASS = "class MistralTokenizer:\n    @classmethod\n    def from_pretrained(cls, p): return p\n"
APPLY = (
    "def apply_mistral_chat_template(tokenizer, messages, chat_template, tools, **kwargs):\n"
    "    return ['old', messages, chat_template, tools, kwargs]\n"
)
SAFE = (
    "def safe_apply_chat_template(tokenizer, messages, **kwargs):\n"
    "    return ['new', messages, kwargs]\n"
)


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """Make a package vllm of the given modules importable, for the length of a test."""

    def clean() -> None:
        patch.uninstall()
        layout.find.cache_clear()
        for name in [name for name in sys.modules if name.partition(".")[0] == "vllm"]:
            del sys.modules[name]

    def build(**modules: str) -> Path:
        for name, text in {"vllm": "__version__ = '9.9'\n", **modules}.items():
            path = tmp_path.joinpath(*name.split("__"))
            for parent in (path, *path.parents):
                if parent == tmp_path:
                    break
                parent.mkdir(parents=True, exist_ok=True)
                (parent / "__init__.py").touch()
            (path / "__init__.py").write_text(text)
        return tmp_path

    clean()
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "vllm", raising=False)
    yield build
    clean()


HOMES = {
    "old": {
        "vllm__entrypoints__chat_utils": APPLY,
        "vllm__transformers_utils__tokenizers__mistral": CLASS,
    },
    "middle": {"vllm__entrypoints__chat_utils": APPLY, "vllm__tokenizers__mistral": CLASS},
    "new": {"vllm__renderers__mistral": SAFE, "vllm__tokenizers__mistral": CLASS},
}


def test_the_three_homes(make: Make) -> None:
    make(**HOMES["old"])
    found = layout.find()
    assert found.version == "9.9"
    assert found.home.apply_module == "vllm.entrypoints.chat_utils"
    assert found.home.class_module == "vllm.transformers_utils.tokenizers.mistral"
    assert found.apply(None, [1], "t", [2], {"a": 3}) == ["old", [1], "t", [2], {"a": 3}]


def test_the_home_of_two_releases(make: Make) -> None:
    make(**HOMES["middle"])
    found = layout.find()
    assert found.home.class_module == "vllm.tokenizers.mistral"
    assert found.apply(None, [1], None, None, {}) == ["old", [1], None, None, {}]


def test_the_home_of_the_renderers(make: Make) -> None:
    make(**HOMES["new"])
    found = layout.find()
    assert found.home.apply_module == "vllm.renderers.mistral"
    assert found.apply(None, [1], None, [2], {"a": 3}) == ["new", [1], {"tools": [2], "a": 3}]
    with_template = found.apply(None, [1], "t", None, {})
    assert with_template == ["new", [1], {"tools": None, "chat_template": "t"}]


def test_an_unknown_home_names_what_was_looked_for(make: Make) -> None:
    make(vllm__tokenizers__mistral=CLASS, vllm__entrypoints__chat_utils="")
    with pytest.raises(UnknownLayout) as failure:
        layout.find()
    for name in (
        "vLLM 9.9",
        "vllm.entrypoints.chat_utils.apply_mistral_chat_template",
        "vllm.renderers.mistral.safe_apply_chat_template",
        "vllm.transformers_utils.tokenizers.mistral.MistralTokenizer",
    ):
        assert name in str(failure.value)


def test_a_broken_vllm_is_not_taken_for_another_layout(make: Make) -> None:
    make(
        vllm__entrypoints__chat_utils="import no_such_module\n",
        vllm__tokenizers__mistral=CLASS,
        vllm__renderers__mistral=SAFE,
    )
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        layout.find()
    make(vllm="import no_such_module\n")
    for name in [name for name in sys.modules if name.partition(".")[0] == "vllm"]:
        del sys.modules[name]
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        layout.find()


def test_without_vllm(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.setattr(sys, "meta_path", [])
    with pytest.raises(MissingVllm, match="mtok setup --with vllm"):
        layout.find()


def test_install_gives_old_names_to_new_releases(make: Make) -> None:
    make(**HOMES["new"])
    vllm.install()
    from vllm.entrypoints.chat_utils import (  # type: ignore[import-not-found,unused-ignore]
        apply_mistral_chat_template,
        async_apply_mistral_chat_template,
    )

    moved = sys.modules["vllm.transformers_utils.tokenizers.mistral"]
    assert apply_mistral_chat_template is vllm.apply_mistral_chat_template
    assert async_apply_mistral_chat_template is vllm.async_apply_mistral_chat_template
    assert apply_mistral_chat_template(moved.MistralTokenizer(), [1], [2], a=3) == [
        "new",
        [1],
        {"tools": [2], "a": 3},
    ]
    vllm.uninstall()
    assert "vllm.entrypoints" not in sys.modules
    with pytest.raises(ImportError):
        __import__("vllm.entrypoints.chat_utils")


def test_install_twice_and_back(make: Make) -> None:
    make(**HOMES["old"])
    before = layout.find().function
    vllm.install()
    vllm.install(offline_models=True)
    vllm.install(offline_models=True)
    module: Any = sys.modules["vllm.entrypoints.chat_utils"]
    assert module.apply_mistral_chat_template is vllm.apply_mistral_chat_template
    # A new lookup finds vLLM's own behind ours, not ours behind ours.
    layout.find.cache_clear()
    assert layout.find().function is before
    vllm.uninstall()
    assert module.apply_mistral_chat_template is before
    assert not hasattr(module, "async_apply_mistral_chat_template")


def test_offline_models(make: Make) -> None:
    make(**HOMES["old"])
    tokenizer = layout.find().tokenizer
    vllm.install(offline_models=True)
    made = tokenizer.from_pretrained("mistralai/Mistral-7B-Instruct-v0.3")
    assert Path(made).name.startswith("mistralbridge-")
    assert not Path(made).exists()
    assert tokenizer.from_pretrained("somebody/else") == "somebody/else"
    assert tokenizer.from_pretrained("/some/where") == "/some/where"
    assert tokenizer.from_pretrained(3) == 3
    vllm.uninstall()
    name = "mistralai/Mistral-7B-Instruct-v0.3"
    assert tokenizer.from_pretrained(name) == name


def test_the_caller_keeps_what_is_his(make: Make) -> None:
    make(
        vllm__entrypoints__chat_utils=(
            "def apply_mistral_chat_template(tokenizer, messages, chat_template, tools, **kw):\n"
            "    messages[0].pop('reasoning')\n"
            "    messages[0]['content'][0]['x'] = 1\n"
            "    tools[0]['function']['parameters'] = {}\n"
            "    return [len(messages)]\n"
        ),
        vllm__tokenizers__mistral=CLASS,
    )
    tokenizer = layout.find().tokenizer()
    messages = [{"role": "user", "content": [{"type": "text"}], "reasoning": "r"}]
    tools = [{"type": "function", "function": {"name": "f"}}]
    assert vllm.apply_mistral_chat_template(tokenizer, messages, tools) == [1]
    assert vllm.apply_mistral_chat_template(tokenizer, messages, None, tools) == [1]
    assert vllm.apply_mistral_chat_template(tokenizer, messages=messages, tools=tools) == [1]
    assert messages == [{"role": "user", "content": [{"type": "text"}], "reasoning": "r"}]
    assert tools == [{"type": "function", "function": {"name": "f"}}]
    with pytest.raises(TypeError):
        vllm.apply_mistral_chat_template(tokenizer, messages, None, tools, None)
    with pytest.raises(TypeError):
        vllm.apply_mistral_chat_template(tokenizer, messages, None, tools, chat_template="t")


def test_operations_want_a_handle_of_load_vllm(shipped: Callable[[str], int]) -> None:
    for op, body in (
        (Op.APPLY_MISTRAL_CHAT_TEMPLATE, {"messages": []}),
        (Op.VLLM_RAW, {"m": "encode", "a": ["a"]}),
    ):
        err = error(op, body, shipped("v3"))
        assert (err["module"], err["type"]) == ("pyshim.errors", "WrongKind")
        assert "load_vllm" in err["message"]
