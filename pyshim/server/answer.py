"""An HTTP answer as a reply.

aux has the number of the content type, the status, and the place of the tokens; the rest is the
body. bridge/refserver/response.go reads it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from pyshim.wire.codec import Ints, Reply, dumps
from pyshim.wire.fault import loggable

NO_TOKENS = 0xFFFFFFFF
INTERNAL, NOT_IMPLEMENTED = 500, 501
JSON, TEXT = 0, 1  # content types: application/json, and text/plain in UTF-8
_OK = 200 << 32
_LEAST, _MOST = -(1 << 31), (1 << 31) - 1
# What stands where the tokens are to be, while the rest is written: no JSON of a reference's.
_PLACE = "\x00tokens\x00"
_WRITTEN = json.dumps(_PLACE).encode()


def dump(value: Any) -> bytes:
    """Write JSON as Starlette's JSONResponse does, and fail where it fails."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode()


def plain(body: bytes, status: int = 200, kind: int = JSON) -> Reply:
    """Answer with a body that holds no tokens."""
    return Reply(body, 0, None, (), kind << 48 | status << 32 | NO_TOKENS)


def failed(body: bytes, status: int, error: BaseException | None, kind: int = JSON) -> Reply:
    """Answer with an error; one of the server's own has beside it what the log may say of it."""
    reply = plain(body, status, kind)
    if status < INTERNAL or status == NOT_IMPLEMENTED or error is None:
        return reply
    return reply._replace(bufs=(dumps(loggable(error)),))


def cut(head: bytes, ids: Ints, tail: bytes = b"") -> Reply:
    """Answer with tokens between two texts, status 200."""
    return Reply(head + tail, 0, ids, (), _OK | len(head))


def with_tokens(
    value: Any, holder: dict[str, Any], key: str, write: Callable[[Any], bytes] = dump
) -> Reply:
    """Answer with JSON whose list holder[key] crosses as integers, if all of it fits them.

    holder is value itself or lies in it. What stands before the list must hold no string that
    a request has chosen as a whole, for it could be the mark.
    """
    ids: list[int] = holder[key]
    if not ids or not _fit(ids):
        return plain(write(value))
    holder[key] = _PLACE
    body = write(value)
    at = body.index(_WRITTEN)
    return cut(body[:at], ids, body[at + len(_WRITTEN) :])


def _fit(ids: list[int]) -> bool:
    return all(type(item) is int for item in ids) and min(ids) >= _LEAST and max(ids) <= _MOST
