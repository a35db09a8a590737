"""The reply that carries the reference's Tokenized."""

from __future__ import annotations

from typing import Any

from pyshim.media import arrays
from pyshim.ops.spans import Span
from pyshim.tokenizers import releases
from pyshim.wire.codec import Has, Reply, Want, dumps

TEXT = Want.TEXT.value
COUNT = Want.COUNT.value
NO_MEDIA = Want.NO_MEDIA.value


def ids_only(packed: bytes, flags: int) -> Reply:
    """Answer with tokens, of which there is nothing else to say."""
    if flags & COUNT:
        return Reply(b"", 0, None, (), len(packed) // 4)
    return Reply(b"", 0, packed, (), 0)


def answer(
    done: Any, flags: int, packed: bytes | None = None, spans: list[Span] | None = None
) -> Reply:
    """Answer with the tokens, and a JSON body only when there is anything else to say.

    packed: the ids as int32, in place of those in done.
    """
    ints: list[int] | bytes | None = done.tokens if packed is None else packed
    aux = 0
    if flags & COUNT:
        ints, aux = None, len(done.tokens) if packed is None else len(packed) // 4
    with_media = not flags & NO_MEDIA and (done.images or done.audios)
    if done.prefix_ids is None and not with_media and not flags & TEXT and spans is None:
        return Reply(b"", 0, ints, (), aux)
    bufs: list[bytes] = []
    body = {
        "prefix_ids": done.prefix_ids,
        "text": releases.text(done) if flags & TEXT else None,
        "images": [arrays.image(image, bufs) for image in done.images] if with_media else [],
        "audios": [arrays.audio(audio, bufs) for audio in done.audios] if with_media else [],
    }
    if spans is not None:
        body["spans"] = spans
    return Reply(dumps(body), Has.BODY_JSON.value, ints, tuple(bufs), aux)
