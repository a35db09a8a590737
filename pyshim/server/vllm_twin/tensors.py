"""Arrays as vLLM's engines receive them: bfloat16, in msgpack, in base64."""

from __future__ import annotations

import base64
from typing import Any

_BFLOAT16, _RAW_VIEW = "bfloat16", 3
_FIELD = ("batched", {"keep_on_cpu": False})


def item(name: str, array: Any) -> str:
    """Return one image or audio, named as the model's argument is."""
    tensor = (_BFLOAT16, array.shape, _rounded(array))
    packed = _packed({name: {"data": tensor, "field": _FIELD}})
    return base64.b64encode(packed).decode("ascii")


def _rounded(array: Any) -> bytes:
    """Return numbers as bfloat16: upper halves of floats, ties to even; no NaN."""
    import numpy as np

    bits = np.ascontiguousarray(array, dtype=np.float32).view(np.uint32)
    rounded = (bits + (0x7FFF + (bits >> 16 & 1))) >> 16
    return bytes(rounded.astype("<u2").tobytes())


def _packed(value: Any) -> bytes:
    """Write msgpack.

    msgspec and msgpack are not among mistral_common's requirements; five kinds of values are
    written here.
    """
    if value is False:
        return b"\xc2"
    if isinstance(value, int):
        return _number(value, 0x80, b"", b"\xcc\xcd\xce")
    if isinstance(value, str):
        return _number(len(value), 0x20, b"\xa0", b"\xd9\xda\xdb") + value.encode("ascii")
    if isinstance(value, bytes):
        return _extension(value)
    if isinstance(value, tuple):
        return bytes([0x90 | len(value)]) + b"".join(map(_packed, value))
    members = (_packed(key) + _packed(item) for key, item in value.items())
    return bytes([0x80 | len(value)]) + b"".join(members)


def _number(number: int, small: int, mark: bytes, larger: bytes) -> bytes:
    if number < small:
        return bytes([number | (mark[0] if mark else 0)])
    for kind, size in zip(larger, (1, 2, 4), strict=True):
        if number < 1 << 8 * size:
            return bytes([kind]) + number.to_bytes(size, "big")
    raise OverflowError(number)


def _extension(data: bytes) -> bytes:
    fixed = {1: 0xD4, 2: 0xD5, 4: 0xD6, 8: 0xD7, 16: 0xD8}
    if len(data) in fixed:
        return bytes([fixed[len(data)], _RAW_VIEW]) + data
    return _number(len(data), 0, b"", b"\xc7\xc8\xc9") + bytes([_RAW_VIEW]) + data
