"""offsets: where in a text its tokens come from."""

from __future__ import annotations

from array import array

from pyshim.tokenizers.registry import REGISTRY
from pyshim.wire.codec import Reply, Request

TEKKEN, SENTENCEPIECE = range(2)


def run_offsets(request: Request) -> Reply:
    """Operation offsets: equals encode(text, False, False), and says where its ids are.

    Of a Tekkenizer the ints are the ids, and the buffer has their lengths in bytes, int32
    one after the other: its tokens spell the text. Of SentencePiece the buffer is its own
    account, a serialized SentencePieceText, whose begin and end count bytes.
    """
    raw = REGISTRY.get(request.handle).raw
    text = request.text()
    if not hasattr(raw, "id_to_byte_piece"):
        return Reply(
            bufs=(raw._model.encode(text, out_type="serialized_proto"),), aux=SENTENCEPIECE
        )
    ids = raw.encode(text, False, False)
    lengths = array("i", [len(raw.id_to_byte_piece(id_)) for id_ in ids])
    return Reply(ints=ids, bufs=(lengths.tobytes(),), aux=TEKKEN)
