"""Which release of mistral_common changed what this package touches, in one room.

The bridge works with every release from FLOOR on. What differs between them is detected here,
by what an object has and not by its version, so that a patched release is judged as it is.

1.9.1   MistralTokenizer.mode; num_special_tokens of SentencePieceTokenizer
1.10.0  protocol.speech; model_settings_builder of the raw tokenizers
1.11.0  is_sentencepiece_tokenizer
1.12.0  Tokenized.text became a property of _text, which warns
"""

from __future__ import annotations

import importlib
import importlib.metadata
from functools import cache
from typing import Any

from pyshim.errors import UnsupportedRelease

PACKAGE = "mistral-common"
FLOOR = "1.8.2"

# Where each class of a request lives, and the first release that has it.
_REQUESTS = {
    "FIMRequest": ("mistral_common.protocol.fim.request", FLOOR),
    "SpeechRequest": ("mistral_common.protocol.speech.request", "1.10.0"),
    "TranscriptionRequest": ("mistral_common.protocol.transcription.request", FLOOR),
}


def installed() -> str:
    """Return the version of mistral_common, "" where none is installed."""
    try:
        return importlib.metadata.version(PACKAGE)
    except importlib.metadata.PackageNotFoundError:
        return ""


@cache
def require() -> None:
    """Raise UnsupportedRelease below the floor."""
    found = installed()
    if found and older(found, FLOOR):
        raise UnsupportedRelease(
            f"mistral_common {found} is installed, and the bridge works with {FLOOR} and later: "
            f"install a later one into this environment, or use another (mtok doctor lists them)"
        )


def older(version: str, than: str) -> bool:
    """Compare the numbers that two versions begin with."""
    return _numbers(version) < _numbers(than)


def _numbers(version: str) -> tuple[int, ...]:
    found: list[int] = []
    for part in version.split("."):
        if not part.isdecimal():
            break
        found.append(int(part))
    return tuple(found)


def request(name: str) -> Any:
    """Return the class of a FIM, speech or transcription request."""
    module, since = _REQUESTS[name]
    try:
        return getattr(importlib.import_module(module), name)
    except ModuleNotFoundError as error:
        if error.name is None or not module.startswith(error.name):
            raise
        raise UnsupportedRelease(
            f"mistral_common {installed()} has no {name}: {since} is the first that has"
        ) from None


def mode(tokenizer: Any) -> str:
    """Return the validation mode of a MistralTokenizer."""
    found = getattr(tokenizer, "mode", None)
    if found is None:
        found = tokenizer._chat_completion_request_validator._mode
    return str(found.value)


def num_special_tokens(raw: Any) -> int:
    """Return how many control tokens a raw tokenizer has."""
    found = getattr(raw, "num_special_tokens", None)
    return len(raw._control_tokens) if found is None else int(found)


def is_special(raw: Any, piece: str) -> bool:
    """Return whether a piece of a SentencePieceTokenizer is a control token."""
    if hasattr(raw, "is_special"):
        return bool(raw.is_special(piece))
    return bool(raw._model.IsControl(raw._model.piece_to_id(piece)))


def is_sentencepiece(raw: Any) -> bool:
    """Distinguish a SentencePieceTokenizer from a Tekkenizer."""
    return type(raw).__name__ == "SentencePieceTokenizer"


def text(done: Any) -> str | None:
    """Return the debug text of a Tokenized."""
    # Where text is a property it warns of its removal; this is what it returns.
    found: str | None = done._text if "_text" in type(done).__private_attributes__ else done.text
    return found


def shortcuts(text: bool, packed: Any) -> list[str]:
    """Return the shortcuts that a tokenizer can take in this release: see shortcuts/switches.py."""
    found = ["text"] if text else []
    if packed is None:
        return found
    found += ["pack", "memo"]
    if packed.layouts is not None:
        found.append("layouts")
    return [*found, "schemas"] if packed.schemas else found
