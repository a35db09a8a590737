"""Against the real vLLM, whichever this environment has: pytest -m vllm."""

from __future__ import annotations

import asyncio
import copy
import glob
import importlib.metadata
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from pyshim import vllm
from pyshim.ops.chat import request_model
from pyshim.tests.client import NONE, Answer, call, error, ok, unload
from pyshim.tokenizers.load import resolve
from pyshim.tokenizers.registry import REGISTRY
from pyshim.vllm import directory as vllm_directory
from pyshim.vllm import layout
from pyshim.wire.codec import Op, Want

pytestmark = pytest.mark.vllm

NAMES = ("v1", "v3", "v7", "v3-tekken", "v3-tekken-mm")
TOOL: dict[str, Any] = {"type": "function", "function": {"name": "f"}}
REASONED = [
    {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
    {"role": "assistant", "content": "c", "reasoning": "because"},
    {"role": "user", "content": "d"},
]
PARTS = [REASONED[0], {"role": "assistant", "content": "c"}, REASONED[2]]


def user(content: Any) -> list[dict[str, Any]]:
    return [{"role": "user", "content": content}]


@pytest.fixture(scope="module")
def handles() -> Iterator[Callable[[str], int]]:
    """Return a function from a shipped name to a handle of the module."""
    from pyshim.tests import conftest

    open_ones: dict[str, int] = {}

    def get(name: str) -> int:
        if name not in open_ones:
            open_ones[name] = int(ok(Op.LOAD_VLLM, {"name": name}).json["h"])
            conftest._session_handles[f"vllm-{name}"] = open_ones[name]
        return open_ones[name]

    yield get
    for name, handle in open_ones.items():
        unload(handle)
        del conftest._session_handles[f"vllm-{name}"]


@pytest.fixture(scope="module")
def tokenizers() -> Callable[[str], Any]:
    """Return a function from a shipped name to vLLM's own tokenizer."""
    made: dict[str, Any] = {}

    def get(name: str) -> Any:
        if name not in made:
            with vllm_directory.around(resolve({"name": name})) as directory:
                made[name] = layout.find().tokenizer.from_pretrained(directory)
        return made[name]

    return get


def apply(handle: int, messages: Any, flags: Want = NONE, **args: Any) -> Answer:
    return call(Op.APPLY_MISTRAL_CHAT_TEMPLATE, {"messages": messages, **args}, handle, flags)


def direct(tokenizer: Any, messages: Any, tools: Any = None, **kwargs: Any) -> Any:
    return layout.find().apply(
        tokenizer, copy.deepcopy(messages), None, copy.deepcopy(tools), kwargs
    )


def test_the_layout_is_that_of_the_version(handles: Callable[[str], int]) -> None:
    version = importlib.metadata.version("vllm")
    desc = ok(Op.LOAD_VLLM, {"name": "v3"})
    unload(desc.json["h"])
    got = desc.json["desc"]
    assert got["vllm"] == version
    old = tuple(int(part) for part in version.split(".")[:2]) <= (0, 11)
    home = layout.HOMES[0 if old else 2]
    assert (got["layout"], got["class"]) == (home.apply_module, home.class_module)


@pytest.mark.parametrize("name", NAMES)
def test_tokens(name: str, handles: Callable[[str], int], tokenizers: Callable[[str], Any]) -> None:
    handle, tokenizer = handles(name), tokenizers(name)
    for messages in (user("Hello"), user("Grüße 👍🏽 \x00 [INST]"), user("word " * 2000), PARTS):
        for tools in (None, [TOOL]):
            wanted = direct(tokenizer, messages, tools)
            answer = apply(handle, messages, tools=tools)
            assert answer.status == 0, answer.json["str"]
            assert answer.ints == wanted
            assert apply(handle, messages, Want.COUNT, tools=tools).aux == len(wanted)
            timed = apply(handle, messages, Want.PLAIN, tools=tools)
            assert timed.ints == wanted
            assert timed.aux == timed.json["ns"][0] > 0


def test_nothing_of_the_caller_is_changed(tokenizers: Callable[[str], Any]) -> None:
    messages, tools = copy.deepcopy(REASONED), [copy.deepcopy(TOOL)]
    tokenizer = tokenizers("v3")
    # The renderers make a [THINK] of the reasoning, which this tokenizer refuses.
    with suppress(ValueError):
        sync = vllm.apply_mistral_chat_template(tokenizer, messages, tools)
        later = asyncio.run(vllm.async_apply_mistral_chat_template(tokenizer, messages, tools))
        assert sync == later == direct(tokenizer, REASONED, [TOOL])
    assert messages == REASONED
    assert tools == [TOOL]


REFUSED: list[tuple[Any, dict[str, Any]]] = [
    ([], {}),
    (user("a"), {"continue_final_message": True}),
    (user("a"), {"continue_final_message": True, "add_generation_prompt": True}),
    ([*user("a"), {"role": "assistant", "content": "b"}], {}),
    (user([{"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}]), {}),
    ([{"role": "robot", "content": "a"}], {}),
    (user("\ud800"), {}),
    (None, {}),
]


@pytest.mark.parametrize(("messages", "kwargs"), REFUSED)
def test_errors_are_the_value_error_with_its_cause(
    messages: Any,
    kwargs: dict[str, Any],
    handles: Callable[[str], int],
    tokenizers: Callable[[str], Any],
) -> None:
    tokenizer = tokenizers("v3")
    with pytest.raises(ValueError) as wanted:
        direct(tokenizer, messages, **kwargs)
    cause = wanted.value.__cause__
    assert cause is not None
    answer = apply(handles("v3"), messages, kwargs=kwargs)
    assert answer.status == 1
    got = answer.json
    assert (got["module"], got["type"]) == ("builtins", "ValueError")
    assert got["message"] == str(wanted.value)
    assert got["cause"]["module"] == type(cause).__module__
    assert got["cause"]["type"] == type(cause).__qualname__

    def later() -> Any:
        return asyncio.run(vllm.async_apply_mistral_chat_template(tokenizer, messages, **kwargs))

    def now() -> Any:
        return vllm.apply_mistral_chat_template(tokenizer, messages, **kwargs)

    for run in (now, later):
        with pytest.raises(ValueError) as found:
            run()
        assert str(found.value) == str(wanted.value)
        assert type(found.value.__cause__) is type(cause)


def test_the_shortcut_is_taken(
    handles: Callable[[str], int], tokenizers: Callable[[str], Any]
) -> None:
    """It is the same class on the same files, and leaves vLLM's own as it was."""
    loaded = REGISTRY.get(handles("v3-tekken"))
    assert loaded.templating is not loaded.tokenizer
    assert type(loaded.templating) is type(loaded.tokenizer)
    request = {"messages": user("Hello")}
    model = request_model(request).model_validate(request)
    assert loaded.tokenizer.mistral.encode_chat_completion(model)._text
    assert not loaded.templating.mistral.encode_chat_completion(model)._text
    assert loaded.templating.mistral.decode([1, 22177]) == loaded.tokenizer.mistral.decode(
        [1, 22177]
    )


def test_what_is_no_list_of_tokens(
    handles: Callable[[str], int], tokenizers: Callable[[str], Any]
) -> None:
    wanted = direct(tokenizers("v3"), user("a"), tokenize=False)
    answer = apply(handles("v3"), user("a"), kwargs={"tokenize": False})
    assert (answer.ints or answer.json["value"]) == wanted


def test_methods(handles: Callable[[str], int], tokenizers: Callable[[str], Any]) -> None:
    for name in ("v3", "v3-tekken"):
        tokenizer = tokenizers(name)
        for method, args, keywords in (
            ("encode", ["Grüße"], {}),
            ("encode", ["Grüße"], {"add_special_tokens": False}),
            ("decode", [[1, 3, 1500, 4]], {}),
            ("decode", [[1, 3, 1500, 4]], {"skip_special_tokens": False}),
            ("convert_ids_to_tokens", [[1, 3, 1500, 4]], {"skip_special_tokens": False}),
            ("convert_tokens_to_string", [["a", "b"]], {}),
        ):
            wanted = getattr(tokenizer, method)(*args, **keywords)
            got = ok(Op.VLLM_RAW, {"m": method, "a": args, "k": keywords}, handles(name))
            assert got.json == wanted, method
        got = ok(Op.VLLM_RAW, {"m": "__call__", "a": ["a"]}, handles(name))
        assert got.json == dict(tokenizer("a"))
    err = error(Op.VLLM_RAW, {"m": "save_pretrained"}, handles("v3"))
    assert err["type"] == "UnknownMethod"


def test_chats_of_mistral_common_on_the_same_handle(handles: Callable[[str], int]) -> None:
    answer = ok(Op.ENCODE_CHAT, {"messages": user("Hello")}, handles("v3"))
    assert answer.ints == apply(handles("v3"), user("Hello")).ints


def test_sources(tmp_path: Path, handles: Callable[[str], int]) -> None:
    shipped = resolve({"name": "v3"})
    shutil.copyfile(shipped, tmp_path / "tokenizer.model.v3")
    for source in (
        {"dir": str(tmp_path)},
        {"file": shipped},
        {"model": "mistralai/Mistral-7B-Instruct-v0.3"},
    ):
        first, second = (ok(Op.LOAD_VLLM, source).json["h"] for _ in range(2))
        assert first != second
        assert apply(first, user("Hello")).ints == [1, 3, 23325, 4]
        unload(first)
        unload(second)
    assert not glob.glob(os.path.join(tempfile.gettempdir(), "mistralbridge-*"))


@pytest.mark.parametrize("key", ["dir", "file"])
def test_what_is_not_there(key: str, tmp_path: Path) -> None:
    err = error(Op.LOAD_VLLM, {key: str(tmp_path / "absent")})
    assert err["type"] == "FileNotFoundError"
    assert "absent" in err["message"]


def test_install_on_the_real_one(tokenizers: Callable[[str], Any]) -> None:
    try:
        vllm.install(offline_models=True)
        from vllm.entrypoints import chat_utils  # type: ignore[import-not-found,unused-ignore]
        from vllm.transformers_utils.tokenizers import (  # type: ignore[import-not-found,unused-ignore]
            mistral,
        )

        tokenizer = mistral.MistralTokenizer.from_pretrained("mistralai/Mistral-7B-Instruct-v0.3")
        wanted = direct(tokenizers("v3"), user("Hello"))
        assert chat_utils.apply_mistral_chat_template(tokenizer, user("Hello")) == wanted
        # vLLM's own order of arguments, which its callers use.
        assert chat_utils.apply_mistral_chat_template(tokenizer, user("a"), None, [TOOL]) == direct(
            tokenizers("v3"), user("a"), [TOOL]
        )
        later = chat_utils.async_apply_mistral_chat_template(tokenizer, user("Hello"), tools=None)
        assert asyncio.run(later) == wanted
    finally:
        vllm.uninstall()
