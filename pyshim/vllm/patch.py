"""Putting the two functions where programs written for vLLM import them from."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from pyshim.errors import UnknownTokenizer
from pyshim.tokenizers.load import resolve
from pyshim.vllm import apply, directory
from pyshim.vllm import layout as vllm_layout

FUNCTIONS = ("apply_mistral_chat_template", "async_apply_mistral_chat_template")
TARGET = "vllm.entrypoints.chat_utils"
CLASS_MODULE = "vllm.transformers_utils.tokenizers.mistral"

_undo: list[Callable[[], None]] = []


def install(offline_models: bool = False) -> None:
    """Put both functions into vllm.entrypoints.chat_utils of this process.

    To be called before anything imports them from there. Releases that no longer have that
    module, or the one of the tokenizer class beside it, get one of that name with nothing
    else in it. With offline_models, MistralTokenizer.from_pretrained takes the name of a
    model whose tokenizer mistral_common carries, such as
    mistralai/Mistral-7B-Instruct-v0.3, from there instead of from the hub.
    Calling it again changes nothing; uninstall takes all of it back. Not thread safe.
    """
    layout = vllm_layout.find()
    target = _module(TARGET)
    for name in FUNCTIONS:
        function = getattr(apply, name)
        if getattr(target, name, None) is not function:
            _set(target, name, function)
    # So that a later look for the layout finds vLLM's own behind ours.
    setattr(apply.apply_mistral_chat_template, vllm_layout.ORIGINAL, layout.function)
    moved = _module(CLASS_MODULE)
    if getattr(moved, vllm_layout.CLASS, None) is None:
        _set(moved, vllm_layout.CLASS, layout.tokenizer)
    if offline_models and not isinstance(
        vars(layout.tokenizer).get("from_pretrained"), _OfflineModels
    ):
        _set(layout.tokenizer, "from_pretrained", _OfflineModels(layout.tokenizer.from_pretrained))


def uninstall() -> None:
    """Take back what install has done."""
    while _undo:
        _undo.pop()()


class _OfflineModels(classmethod):  # type: ignore[type-arg]
    """from_pretrained, with the names of shipped models made into directories."""

    def __init__(self, original: Callable[..., Any]) -> None:
        def from_pretrained(cls: Any, path_or_repo_id: Any, *args: Any, **kwargs: Any) -> Any:
            shipped = _shipped(path_or_repo_id)
            if shipped is None:
                return original(path_or_repo_id, *args, **kwargs)
            with directory.around(shipped) as made:
                return original(made, *args, **kwargs)

        super().__init__(from_pretrained)


def _shipped(name: Any) -> str | None:
    if not isinstance(name, str) or os.path.exists(name):
        return None
    try:
        return resolve({"model": name})
    except UnknownTokenizer:
        return None


def _module(name: str) -> ModuleType:
    found = vllm_layout.existing(name)
    if found is not None:
        return found
    made = ModuleType(name, "Names that were here in earlier releases of vLLM.")
    made.__path__ = []  # a package, since others may have to lie in it
    parent, _, last = name.rpartition(".")
    _set(_module(parent), last, made)
    sys.modules[name] = made
    _undo.append(lambda: sys.modules.__delitem__(name))
    return made


_ABSENT: Any = object()


def _set(holder: Any, name: str, value: Any) -> None:
    before = vars(holder).get(name, _ABSENT)
    setattr(holder, name, value)

    def undo() -> None:
        if before is _ABSENT:
            delattr(holder, name)
        else:
            setattr(holder, name, before)

    _undo.append(undo)
