"""Encoding a chat without making a Python integer for each token.

encode_instruct of the reference puts lists of ids one behind the other: those of
the special tokens, and those that tokenizer.encode(text) returns for each piece of
text. Here tokenizer.encode answers with a list of one placeholder instead, and keeps
the ids as bytes; the reference's own code arranges placeholders and special tokens;
then each placeholder is replaced. What it does is exact only where the reference
never looks into what encode returned: see PACKS.
"""

from __future__ import annotations

import contextlib
import hashlib
import inspect
import itertools
import threading
from array import array
from functools import cache
from typing import Any

from pyshim.shortcuts import layouts, schemas
from pyshim.shortcuts.debug_text import shallow
from pyshim.shortcuts.memo import Memo

# SHA-256 of the sources of mistral_common.tokens.tokenizers.instruct that were read, and found
# to look at the ids only to cut a request (truncate_for_context_length), to build a suffix
# (encode_fim), and to count audio. The differential tests ran against each of them.
PACKS = {
    "ec938f2bae656d5dbb356b50412f0ad0736ad923d9d5155487674e83c6365638": "1.12.0",
    "3279fa55353073c201400cf4981871d85190f2983a61ec02993d59dcf9c8d7fe": "1.13.0, 1.13.1",
}

# Far below any id; a request's pieces are counted from here downwards.
_BASE = -(1 << 30)

_owners = itertools.count(1)


class Packed:
    """A MistralTokenizer whose encode_chat_completion returns packed ids."""

    def __init__(self, textless: Any, raw: Any, encode: Any, memo: Memo) -> None:
        self._raw_encode = raw.encode
        self._encode = encode
        self._memo = memo
        self._owner = next(_owners)
        self._call = threading.local()
        self.tokenizer = shallow(textless)
        inner = self.tokenizer.instruct_tokenizer = shallow(textless.instruct_tokenizer)
        inner.tokenizer = shallow(raw)
        inner.tokenizer.encode = self._piece
        self.schemas = schemas.CHECK.quick(self.tokenizer)
        self.layouts: layouts.Layouts | None = None
        if layouts.applicable(textless):
            self.layouts = layouts.Layouts(textless, raw, self.text)

    def encode(self, request: Any, limit: int | None) -> tuple[Any, bytes]:
        """Return (Tokenized with placeholders in its tokens, all ids as packed int32)."""
        pieces: list[bytes] = []
        self._call.pieces = pieces
        done = self.tokenizer.encode_chat_completion(request, limit)
        packed = _fill(done.tokens, pieces)
        if done.prefix_ids is not None:
            done.prefix_ids = array("i", _fill(done.prefix_ids, pieces)).tolist()
        return done, packed

    def _piece(self, s: str, bos: bool, eos: bool) -> list[int]:
        pieces: list[bytes] = self._call.pieces
        ids = self.text(s, bos, eos)
        if not ids:
            return []
        pieces.append(ids)
        return [_BASE - len(pieces)]

    def text(self, s: str, bos: bool, eos: bool) -> bytes:
        """Return the ids of a text as packed int32; equals raw.encode(s, bos, eos)."""
        key = (self._owner, s, bos, eos)
        ids = self._memo.get(key)
        if ids is None:
            ids = self._ids(s, bos, eos)
            self._memo.put(key, ids)
        return ids

    def _ids(self, s: str, bos: bool, eos: bool) -> bytes:
        if not bos and not eos and type(s) is str:
            # Whatever goes wrong here, the plain call below has the last word on it.
            with contextlib.suppress(Exception):
                return bytes(self._encode(s))
        return array("i", self._raw_encode(s, bos, eos)).tobytes()


def _fill(tokens: list[int], pieces: list[bytes]) -> bytes:
    out: list[bytes] = []
    start = 0
    for at, token in enumerate(tokens):
        if token < _BASE:
            if at > start:
                out.append(array("i", tokens[start:at]).tobytes())
            out.append(pieces[_BASE - token - 1])
            start = at + 1
    if start < len(tokens):
        out.append(array("i", tokens[start:]).tobytes())
    return b"".join(out)


def pack(textless: Any, raw: Any, memo: Memo) -> Packed | None:
    """Return the packed form of a tokenizer, None where it is not known to be exact."""
    from mistral_common.tokens.tokenizers.sentencepiece import SentencePieceTokenizer
    from mistral_common.tokens.tokenizers.tekken import Tekkenizer

    if textless is None or not _known():
        return None
    if type(textless.instruct_tokenizer).__module__ != "mistral_common.tokens.tokenizers.instruct":
        return None
    if type(raw) is Tekkenizer and hasattr(raw._model, "encode_to_numpy"):
        return Packed(textless, raw, _tekken(raw), memo)
    if type(raw) is SentencePieceTokenizer and hasattr(raw._model, "encode_as_numpy"):
        return Packed(textless, raw, _sentencepiece(raw), memo)
    return None


def _tekken(raw: Any) -> Any:
    encode = raw._model.encode_to_numpy
    offset = raw.num_special_tokens

    def ids(s: str) -> Any:
        found = encode(s)
        found = found + offset
        assert found.dtype == "uint32"
        return found.data

    return ids


def _sentencepiece(raw: Any) -> Any:
    encode = raw._model.encode_as_numpy

    def ids(s: str) -> Any:
        found = encode(s)
        assert found.dtype == "int32"
        return found.data

    return ids


@cache
def _known() -> bool:
    from mistral_common.tokens.tokenizers import instruct

    try:
        source = inspect.getsource(instruct)
    except OSError:
        return False
    return hashlib.sha256(source.encode()).hexdigest() in PACKS
