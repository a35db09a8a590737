"""The frames that cross between Go and Python. Little-endian, version 1.

The twin of this file is bridge/internal/wire; testdata/wire holds the bytes
both must produce and accept.
"""

from __future__ import annotations

import json
import struct
import sys
from array import array
from collections.abc import Sequence
from enum import IntEnum, IntFlag
from typing import Any, NamedTuple

from pyshim.errors import BadFrame

VERSION = 1

# version, op, handle, flags, arg, body_len
REQUEST = struct.Struct("<HHIIiQ")
# version, status, flags, nints, nbufs, body_len, aux
REPLY = struct.Struct("<HHIIIQQ")
_LENGTH = struct.Struct("<Q")

# The ints are a list, or packed already: an array of int32 in the order of this machine.
Ints = list[int] | bytes | None
Frame = tuple[bytes, Ints, tuple[bytes, ...]]


class Op(IntEnum):
    """Operations; 0x7000 and up are free for tests."""

    INFO = 1
    LOAD = 2
    LOAD_RAW = 3
    UNLOAD = 4
    ENCODE_CHAT = 5
    ENCODE_TEXT = 6
    DECODE = 7
    RAW = 8
    REFERENCE_CHAT = 9
    STATS = 10
    SHORTCUTS = 40
    REFERENCE_CORE = 41
    REFERENCE_ASYNC = 42
    LOAD_VLLM = 30
    APPLY_MISTRAL_CHAT_TEMPLATE = 31
    VLLM_RAW = 32
    ENCODE_INSTRUCT = 11
    ENCODE_FIM = 12
    ENCODE_TRANSCRIPTION = 13
    ENCODE_SPEECH_REQUEST = 14
    VALIDATE = 15
    NORMALIZE = 16
    TO_OPENAI = 17
    FROM_OPENAI = 18
    TEMPLATE = 19
    GRAMMAR = 20
    SCHEMAS = 21
    CONSTANTS = 22
    MEDIA_POLICY = 23
    INSTRUCT = 25
    AUDIO = 26
    OUTPUT = 27
    PIECES = 28
    SERVE = 50
    SERVE_SCHEMAS = 51
    VOCABULARY = 60
    OFFSETS = 61
    TRUNCATE = 62
    SPLIT = 63
    FIT = 64
    ENCODE_OPENAI = 65


class Want(IntFlag):
    """Request flags."""

    TEXT = 1
    COUNT = 2
    PLAIN = 4
    NO_MEDIA = 8
    BOS = 16
    EOS = 32
    JSON = 64
    SPANS = 128


class Has(IntFlag):
    """Reply flags."""

    BODY_JSON = 1
    WARNINGS = 2
    LOGS = 4
    PACKED = 8


_PACKED = Has.PACKED.value


class Request(NamedTuple):
    """One decoded request frame; body is a view on the frame, nothing is copied."""

    op: int
    handle: int
    flags: int
    arg: int
    body: memoryview

    def text(self) -> str:
        """Return the body as text; invalid UTF-8 raises UnicodeDecodeError."""
        return str(self.body, "utf-8")

    def json(self) -> Any:
        """Return the body as json.loads reads it."""
        return json.loads(str(self.body, "utf-8"))


class Reply(NamedTuple):
    """What an operation answers; dispatch puts the header on it."""

    body: bytes = b""
    flags: int = 0
    ints: Ints = None
    bufs: tuple[bytes, ...] = ()
    aux: int = 0


def parse(frame: bytes) -> Request:
    """Split a request frame; BadFrame when it is not one of this version."""
    if len(frame) < REQUEST.size:
        raise BadFrame(f"the frame has {len(frame)} bytes, a header alone has {REQUEST.size}")
    version, op, handle, flags, arg, length = REQUEST.unpack_from(frame)
    if version != VERSION:
        raise BadFrame(f"the frame is of codec version {version}, this side speaks {VERSION}")
    if length != len(frame) - REQUEST.size:
        raise BadFrame(
            f"the header says {length} bytes of body, {len(frame) - REQUEST.size} are there"
        )
    return Request(op, handle, flags, arg, memoryview(frame)[REQUEST.size :])


def request(op: int, body: bytes = b"", handle: int = 0, flags: int = 0, arg: int = -1) -> bytes:
    """Build a request frame, as the other side does."""
    return REQUEST.pack(VERSION, op, handle, flags, arg, len(body)) + body


def build(reply: Reply, status: int = 0) -> Frame:
    """Put the header on a reply: (head, ints, bufs)."""
    body, flags, ints, bufs, aux = reply
    if isinstance(ints, bytes):
        nints = len(ints) // 4
        flags |= _PACKED
    else:
        nints = 0 if ints is None else len(ints)
    head = REPLY.pack(VERSION, status, flags, nints, len(bufs), len(body), aux)
    return head + body, ints, bufs


def flatten(frame: Frame) -> bytes:
    """Turn (head, ints, bufs) into one byte string, for a pipe."""
    head, ints, bufs = frame
    parts = [head]
    if ints:
        numbers = array("i", ints)  # the bytes of packed ones are taken as they are
        if sys.byteorder == "big":
            numbers.byteswap()
        parts.append(numbers.tobytes())
    for buf in bufs:
        parts.append(_LENGTH.pack(len(buf)))
        parts.append(buf)
    return b"".join(parts)


def unflatten(data: bytes) -> tuple[int, Reply]:
    """Read what flatten wrote: (status, reply). BadFrame when bytes lack or are left over."""
    if len(data) < REPLY.size:
        raise BadFrame(f"the reply has {len(data)} bytes, a header alone has {REPLY.size}")
    version, status, flags, nints, nbufs, length, aux = REPLY.unpack_from(data)
    if version != VERSION:
        raise BadFrame(f"the reply is of codec version {version}, this side speaks {VERSION}")
    at = REPLY.size

    def take(count: int) -> bytes:
        nonlocal at
        if count > len(data) - at:
            raise BadFrame(f"{count} bytes are announced at {at}, {len(data) - at} are left")
        at += count
        return data[at - count : at]

    body = take(length)
    ints = int32s(take(4 * nints)) if nints else None
    bufs = tuple(take(_LENGTH.unpack(take(_LENGTH.size))[0]) for _ in range(nbufs))
    if at != len(data):
        raise BadFrame(f"{len(data) - at} bytes are left after the reply")
    return status, Reply(body, flags, ints, bufs, aux)


def int32s(data: bytes | memoryview) -> list[int]:
    """Read an array of little-endian int32."""
    if len(data) % 4:
        raise BadFrame(f"{len(data)} bytes are no array of int32")
    numbers = array("i")
    numbers.frombytes(data)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tolist()


def dumps(value: Any) -> bytes:
    """Write JSON as UTF-8; a lone surrogate, which UTF-8 cannot hold, is escaped."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode("ascii")


def reply_json(value: Any, bufs: Sequence[bytes] = (), aux: int = 0) -> Reply:
    """Answer with a JSON body."""
    return Reply(dumps(value), Has.BODY_JSON.value, None, tuple(bufs), aux)
