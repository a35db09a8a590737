"""load_vllm: vLLM's own MistralTokenizer, from a model directory or a tokenizer file."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Hashable
from typing import Any

from pyshim.errors import WrongKind
from pyshim.tokenizers import offline
from pyshim.tokenizers.handle import Loaded
from pyshim.tokenizers.load import identity, resolve
from pyshim.tokenizers.registry import REGISTRY
from pyshim.vllm import debug_text
from pyshim.vllm import directory as vllm_directory
from pyshim.vllm import layout as vllm_layout
from pyshim.wire.codec import Reply, Request, reply_json

# Set before vLLM is imported, unless the user has an opinion: its log lines then go through
# the root logger like everyone else's, instead of to stdout.
ENVIRONMENT = {
    "VLLM_CONFIGURE_LOGGING": "0",
    "VLLM_LOGGING_STREAM": "ext://sys.stderr",
    # Kernels for a GPU, which the import of some models would build in processes of its own.
    "HUMMING_DISABLE_PARALLEL_BUILD": "1",
}

WarmUp = Callable[["LoadedVllm"], bool]
_warm_ups: list[WarmUp] = []


def when_loaded(warm_up: WarmUp) -> WarmUp:
    """Have this called after each load: it imports what the routes ask of vLLM, if it is there."""
    _warm_ups.append(warm_up)
    return warm_up


class LoadedVllm(Loaded):
    """vLLM's tokenizer, with mistral_common's inside it for the other operations."""

    __slots__ = ("layout", "templating", "tokenizer")

    def __init__(self, tokenizer: Any, layout: vllm_layout.Layout) -> None:
        desc = {
            "vllm": layout.version,
            "layout": layout.home.apply_module,
            "class": layout.home.class_module,
        }
        super().__init__(tokenizer.mistral, None, tokenizer.tokenizer, desc)
        self.tokenizer = tokenizer
        self.templating = debug_text.without_text(tokenizer)
        self.layout = layout


def need_vllm(handle: int) -> LoadedVllm:
    """Return what load_vllm loaded; WrongKind for a handle of another sort."""
    loaded = REGISTRY.get(handle)
    if not isinstance(loaded, LoadedVllm):
        raise WrongKind("this handle has no vLLM behind it: load it with load_vllm")
    return loaded


def run_load_vllm(request: Request) -> Reply:
    """Operation load_vllm."""
    args = request.json()
    directory = args.get("dir") if isinstance(args, dict) else None
    with offline.during(isinstance(args, dict) and args.get("offline") is True):
        # Of a directory vLLM picks the file, by its own rules.
        path = directory if directory and isinstance(directory, str) else resolve(args)
        key: tuple[Hashable, ...] = ("vllm", bool(directory), *identity(path))
        handle, loaded = REGISTRY.open(key, lambda: _load(path, bool(directory)))
    return reply_json({"h": handle, "desc": loaded.desc})


def _load(path: str, is_directory: bool) -> LoadedVllm:
    if is_directory:
        os.scandir(path).close()  # what is no directory would be taken for a name to download
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    layout = vllm_layout.find()
    if is_directory:
        loaded = LoadedVllm(layout.tokenizer.from_pretrained(path), layout)
    else:
        with vllm_directory.around(path) as made:
            loaded = LoadedVllm(layout.tokenizer.from_pretrained(made), layout)
    found = [warm_up(loaded) for warm_up in _warm_ups]
    loaded.desc["routes"] = all(found)
    # vLLM brings millions of objects, which every full collection would walk through.
    gc.collect()
    gc.freeze()
    return loaded
