"""Where an installed vLLM keeps the code for Mistral's chat templates."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import cache
from types import ModuleType
from typing import Any, NamedTuple

from pyshim.errors import MissingVllm, UnknownLayout

# What install() leaves on its replacement of a function.
ORIGINAL = "_mistralbridge_original"


class Home(NamedTuple):
    """One place where releases kept it."""

    releases: str
    apply_module: str
    apply_name: str
    class_module: str
    # The function takes chat_template and tools by position; later ones only by keyword.
    positional: bool


CLASS = "MistralTokenizer"

HOMES = (
    Home(
        "up to 0.11.2",
        "vllm.entrypoints.chat_utils",
        "apply_mistral_chat_template",
        "vllm.transformers_utils.tokenizers.mistral",
        True,
    ),
    Home(
        "0.12 and 0.13",
        "vllm.entrypoints.chat_utils",
        "apply_mistral_chat_template",
        "vllm.tokenizers.mistral",
        True,
    ),
    Home(
        "from the renderers on",
        "vllm.renderers.mistral",
        "safe_apply_chat_template",
        "vllm.tokenizers.mistral",
        False,
    ),
)


class Layout(NamedTuple):
    """The function and the class of the vLLM that is installed, and its version."""

    home: Home
    function: Callable[..., Any]
    tokenizer: Any
    version: str

    def apply(
        self, tokenizer: Any, messages: Any, chat_template: Any, tools: Any, kwargs: dict[str, Any]
    ) -> Any:
        """Call vLLM's function in the form that this release has."""
        if self.home.positional:
            return self.function(tokenizer, messages, chat_template, tools, **kwargs)
        if chat_template is not None:
            kwargs = {"chat_template": chat_template, **kwargs}
        return self.function(tokenizer, messages, tools=tools, **kwargs)


@cache
def find() -> Layout:
    """Import vLLM, which takes seconds, and return its layout.

    MissingVllm without it; UnknownLayout, which names what was looked for, when it keeps
    the code elsewhere. Whatever else its import raises passes unchanged.
    """
    try:
        package = importlib.import_module("vllm")
    except ModuleNotFoundError as error:
        if error.name != "vllm":
            raise
        raise MissingVllm(
            "vLLM is not installed here: `mtok setup --with vllm` makes an environment that has it"
        ) from None
    version = str(getattr(package, "__version__", "of no version"))
    for home in HOMES:
        tokenizer = _attribute(home.class_module, CLASS)
        function = _attribute(home.apply_module, home.apply_name)
        if tokenizer is not None and function is not None:
            return Layout(home, getattr(function, ORIGINAL, function), tokenizer, version)
    looked = "; ".join(
        f"{home.apply_module}.{home.apply_name} and {home.class_module}.{CLASS} ({home.releases})"
        for home in HOMES
    )
    raise UnknownLayout(
        f"vLLM {version} keeps its Mistral code in no known place. Looked for {looked}"
    )


def _attribute(module: str, name: str) -> Any:
    found = existing(module)
    return None if found is None else getattr(found, name, None)


def existing(module: str) -> ModuleType | None:
    """Import a module; None when there is none, while its own failures pass."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name and (module == error.name or module.startswith(f"{error.name}.")):
            return None
        raise
