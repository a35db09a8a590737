"""offsets: where in a text its tokens come from."""

from __future__ import annotations

from pyshim.codec import Reply, Request
from pyshim.registry import REGISTRY


def run_offsets(request: Request) -> Reply:
    """Operation offsets: the ids, and of SentencePiece its own account of them.

    That is a serialized SentencePieceText, whose begin and end count bytes. A Tekkenizer's
    tokens spell the text, and there is no buffer.
    """
    raw = REGISTRY.get(request.handle).raw
    text = request.text()
    ids = raw.encode(text, False, False)
    if hasattr(raw, "id_to_byte_piece"):
        return Reply(ints=ids)
    return Reply(ints=ids, bufs=(raw._model.encode(text, out_type="serialized_proto"),))
