"""constants: the ids of a tokenizer, and the enums and exceptions of the reference."""

from __future__ import annotations

import enum
import importlib
import inspect
from typing import Any

from pyshim.tokenizers.registry import REGISTRY
from pyshim.wire.codec import Reply, Request, reply_json
from pyshim.wire.dump import dump

TOKENS = "mistral_common.tokens.tokenizers"
INSTRUCT = "mistral_common.protocol.instruct"
# The modules whose enums a caller has to name values of.
MODULES = (
    f"{INSTRUCT}.chunk",
    f"{INSTRUCT}.messages",
    f"{INSTRUCT}.request",
    f"{INSTRUCT}.tool_calls",
    f"{INSTRUCT}.validator",
    "mistral_common.protocol.transcription.request",
    f"{TOKENS}.audio",
    f"{TOKENS}.base",
    f"{TOKENS}.image",
    f"{TOKENS}.model_settings_builder",
)
IDS = ("bos_id", "eos_id", "pad_id", "unk_id", "n_words", "num_special_tokens", "special_ids")


def run_constants(request: Request) -> Reply:
    """Operation constants; of a tokenizer with its handle, of the reference with handle 0."""
    if request.handle == 0:
        return reply_json({"enums": _enums(), "exceptions": _exceptions()})
    loaded = REGISTRY.get(request.handle)
    raw = loaded.raw
    found: dict[str, Any] = {name: dump(getattr(raw, name)) for name in IDS}
    found["version"] = raw.version.value
    found["file_path"] = str(raw.file_path)
    found["model_settings_builder"] = dump(raw.model_settings_builder)
    if loaded.chat is not None:
        inner = loaded.chat.instruct_tokenizer
        found["start"] = inner.start()
        # BEGIN_INST, TOOL_CALLS and their like: each version has its own.
        found["instruct"] = {
            name: value for name, value in sorted(vars(inner).items()) if name.isupper()
        }
    return reply_json(found)


def _enums() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for module in map(importlib.import_module, MODULES):
        for name, value in inspect.getmembers(module, inspect.isclass):
            own = value.__module__ == module.__name__
            if issubclass(value, enum.Enum) and own and not name.startswith("_"):
                found[name] = {member.name: member.value for member in value}
    return dict(sorted(found.items()))


def _exceptions() -> dict[str, list[str]]:
    module = importlib.import_module("mistral_common.exceptions")
    return {
        name: [base.__name__ for base in value.__mro__[1:]]
        for name, value in inspect.getmembers(module, inspect.isclass)
        if value.__module__ == module.__name__ and issubclass(value, BaseException)
    }
