"""Leaving out the debug text under vLLM's chat template, as shortcut does without vLLM.

vLLM and transformers call mistral_common's encode_chat_completion and take the tokens of
what it returns; the text beside them is only read with tokenize=False.
"""

from __future__ import annotations

import ast
import inspect
from functools import cache
from types import ModuleType
from typing import Any

from pyshim.shortcuts import debug_text

TEXTS = ("text", "_text")


def without_text(tokenizer: Any) -> Any:
    """Return a shallow copy of vLLM's tokenizer that makes no debug text.

    Where the source of transformers reads the text for anything else than tokenize=False,
    the tokenizer itself is returned and nothing is saved.
    """
    inner = getattr(tokenizer, "transformers_tokenizer", None)
    textless = debug_text.without_text(tokenizer.mistral)
    if textless is tokenizer.mistral or (
        inner is not None and not _takes_tokens(inspect.getmodule(type(inner)))
    ):
        return tokenizer
    # What a caller wants decoded is decoded: only the encoder goes without.
    textless.__dict__["decode"] = tokenizer.mistral.decode
    made = debug_text.shallow(tokenizer)
    made.__dict__["mistral"] = textless
    if inner is not None:
        made.__dict__["transformers_tokenizer"] = debug_text.shallow(inner)
        made.transformers_tokenizer.__dict__["tokenizer"] = textless
    return made


def wanted(kwargs: dict[str, Any]) -> bool:
    """Return whether the keywords ask for tokens and nothing else."""
    return kwargs.get("tokenize", True) is True


@cache
def _takes_tokens(module: ModuleType | None) -> bool:
    if module is None:
        return False
    try:
        tree = ast.parse(inspect.getsource(module))
    except (OSError, TypeError, SyntaxError):
        return False
    allowed = {
        id(node)
        for branch in ast.walk(tree)
        if isinstance(branch, ast.If)
        and isinstance(branch.test, ast.Name)
        and branch.test.id == "tokenize"
        for statement in branch.orelse
        for node in ast.walk(statement)
    }
    return all(
        id(node) in allowed
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in TEXTS
    )
