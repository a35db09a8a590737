"""The hashes that vLLM gives to images and audio: BLAKE3 of values, each with its length."""

from __future__ import annotations

import struct
from typing import Any, NamedTuple

_NONE, _SEQUENCE, _MAPPING, _LEAF = b"\x00", b"\x01", b"\x02", b"\x03"


class Part(NamedTuple):
    """A leaf that is framed with its name, unlike a dict's member."""

    name: str
    value: Any


def of(members: dict[str, Any]) -> str:
    """Return the hash of named values, of which those of an object are in their own order."""
    from pyshim.server.vllm_twin.blake3 import hexdigest  # with numpy, which no start waits for

    out: list[bytes] = []
    for name in sorted(members):
        _framed(name.encode(), out)
        _value(members[name], out)
    return hexdigest(b"".join(out))


def _value(value: Any, out: list[bytes]) -> None:
    if value is None:
        out.append(_NONE)
    elif isinstance(value, Part):
        out.append(_LEAF)
        _framed(value.name.encode(), out)
        _value(value.value, out)
    elif isinstance(value, list | tuple):
        out += (_SEQUENCE, _length(len(value)))
        for item in value:
            _value(item, out)
    elif isinstance(value, dict):
        out += (_MAPPING, _length(len(value)))
        for name, item in value.items():
            _framed(name.encode(), out)
            _value(item, out)
    else:
        out.append(_LEAF)
        _framed(_bytes(value), out)


def _bytes(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, int):
        return struct.pack("<q", value)
    raise TypeError(f"there is no hash of {type(value).__name__}")


def _framed(data: bytes, out: list[bytes]) -> None:
    out += (_length(len(data)), data)


def _length(length: int) -> bytes:
    return struct.pack("<Q", length)
