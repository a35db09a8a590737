"""pieces: the bytes of many ids at once, as a vocabulary of 131072 wants them."""

from __future__ import annotations

from collections.abc import Iterable

from pyshim.tokenizers.registry import REGISTRY
from pyshim.wire.codec import Reply, Request, int32s

ALL = 1


def run_pieces(request: Request) -> Reply:
    """Operation pieces: int32 ids, or with arg 1 all ids; ints are lengths, the buffer is all.

    A piece is id_to_byte_piece(id, KEEP) of a Tekkenizer, which loses nothing, and
    id_to_piece(id) of a SentencePieceTokenizer, in UTF-8.
    """
    raw = REGISTRY.get(request.handle).raw
    ids: Iterable[int] = range(raw.n_words) if request.arg == ALL else int32s(request.body)
    if hasattr(raw, "id_to_byte_piece"):
        from mistral_common.tokens.tokenizers.base import SpecialTokenPolicy

        keep = SpecialTokenPolicy.KEEP
        found = [raw.id_to_byte_piece(id_, keep) for id_ in ids]
    else:
        found = [raw.id_to_piece(id_).encode() for id_ in ids]
    return Reply(ints=[len(piece) for piece in found], bufs=(b"".join(found),))
