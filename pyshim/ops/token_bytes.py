"""vocabulary: all of a tokenizer that decoding needs, so that the other side can decode alone."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

from pyshim.tokenizers.handle import Loaded
from pyshim.tokenizers.registry import REGISTRY
from pyshim.wire.codec import Reply, Request, dumps

# A tenth of a second's work, and many streams may begin at once.
_made: WeakKeyDictionary[Loaded, Reply] = WeakKeyDictionary()

TEXT, SPECIAL, BYTE, UNKNOWN = range(4)
SPACE = "▁"


def run_vocabulary(request: Request) -> Reply:
    """Operation vocabulary: the ints are lengths, the buffers the pieces and their kinds.

    A piece is that of the operation pieces. The body says what decode does beyond writing
    pieces one after the other; decode is asked, since the files do not say it.
    """
    loaded = REGISTRY.get(request.handle)
    if (made := _made.get(loaded)) is None:
        made = _made[loaded] = _vocabulary(loaded.raw)
    return made


def _vocabulary(raw: Any) -> Reply:
    if hasattr(raw, "id_to_byte_piece"):
        from mistral_common.tokens.tokenizers.base import SpecialTokenPolicy

        keep = SpecialTokenPolicy.KEEP
        found = [raw.id_to_byte_piece(id_, keep) for id_ in range(raw.n_words)]
        # Decoding goes by the place of an id, and not by is_special.
        special = min(raw.num_special_tokens, raw.n_words)
        kinds = bytes([SPECIAL]) * special + bytes([TEXT]) * (raw.n_words - special)
        return _reply(found, kinds, {"bytes": True})
    model: Any = raw._model
    pieces = [raw.id_to_piece(id_) for id_ in range(raw.n_words)]
    kinds = bytes(_kind(model, id_) for id_ in range(raw.n_words))
    return _reply([piece.encode() for piece in pieces], kinds, _rules(raw, pieces, kinds))


def _reply(pieces: list[bytes], kinds: bytes, rules: dict[str, Any]) -> Reply:
    lengths = [len(piece) for piece in pieces]
    return Reply(dumps(rules), ints=lengths, bufs=(b"".join(pieces), kinds))


def _kind(model: Any, id_: int) -> int:
    if model.is_control(id_):
        return SPECIAL
    if model.is_byte(id_):
        return BYTE
    return UNKNOWN if model.is_unknown(id_) else TEXT


def _rules(raw: Any, pieces: list[str], kinds: bytes) -> dict[str, Any]:
    """What SentencePiece's decode does at the begin of a text, and writes for what is unknown."""
    led = next(
        (
            id_
            for id_, piece in enumerate(pieces)
            if kinds[id_] == TEXT and piece.startswith(SPACE) and not piece.startswith(SPACE * 2)
        ),
        None,
    )
    strip = led is not None and not raw.decode([led]).startswith(" ")
    space = pieces.index(SPACE) if SPACE in pieces else None
    # One of the text is a dummy; where spaces are removed, so is that of each piece before it.
    strip_all = strip and space is not None and not raw.decode([space, space])
    unknown = raw.decode([kinds.index(UNKNOWN)]) if UNKNOWN in kinds else ""
    return {"bytes": False, "strip": strip, "strip_all": strip_all, "unknown": unknown}
