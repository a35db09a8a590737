"""The ids of many texts at once, without a Python integer for each token.

Each text goes through the core alone, as it does by itself: what is done once for all is what
surrounds it, the shift by the number of special tokens and the copy of the ids. The memo is
neither asked nor filled: a corpus would throw out the turns of the chats that it is there for.
"""

from __future__ import annotations

from array import array
from typing import Any


def many(raw: Any, texts: list[str], bos: bool, eos: bool) -> tuple[bytes, array[int]]:
    """Return the ids of all texts as packed int32, and how many each has.

    Equals raw.encode(text, bos, eos) of each, for a tokenizer that has a packed form. Raises
    whatever the core does of one of them.
    """
    import numpy as np

    model = raw._model
    tekken = hasattr(model, "encode_to_numpy")
    dtype = np.uint32 if tekken else np.int32
    # Unsigned numbers wrap: a special token, which is below the shift, comes out as it is.
    shift = np.uint32(raw.num_special_tokens) if tekken else np.int32(0)
    found = list(map(model.encode_to_numpy if tekken else model.encode_as_numpy, texts))
    around = int(bos) + int(eos)
    lengths = array("i", [ids.size + around for ids in found])
    if around:
        first = [np.array([raw.bos_id], dtype) - shift] if bos else []
        last = [np.array([raw.eos_id], dtype) - shift] if eos else []
        found = [part for ids in found for part in (*first, ids, *last)]
    if not found:
        return b"", lengths
    packed = np.concatenate(found)
    assert packed.dtype == dtype
    packed += shift
    return packed.tobytes(), lengths
