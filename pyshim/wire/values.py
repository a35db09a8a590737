"""Values JSON has no word for: bytes, sets, arrays."""

from __future__ import annotations

import base64
from typing import Any


def pack(value: Any) -> Any:
    """Return a value that JSON can write, marked where it could not before."""
    if type(value) in (str, int):  # nearly all there is, in a vocabulary
        return value
    if isinstance(value, bytes | bytearray | memoryview):
        return {"__bytes__": base64.b64encode(value).decode("ascii")}
    if isinstance(value, set | frozenset):
        return {"__set__": [pack(item) for item in sorted(value)]}
    if isinstance(value, dict):
        return {key: pack(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [pack(item) for item in value]
    if hasattr(value, "dtype") and hasattr(value, "tobytes"):
        if value.shape == ():
            return value.item()
        data = base64.b64encode(value.tobytes(order="C")).decode("ascii")
        return {"dtype": str(value.dtype), "shape": list(value.shape), "b64": data}
    return value


def unpack(value: Any) -> Any:
    """Undo pack for bytes and sets; anything else is as JSON gave it."""
    if isinstance(value, dict):
        if value.keys() == {"__bytes__"}:
            return base64.b64decode(value["__bytes__"], validate=True)
        if value.keys() == {"__set__"}:
            return {unpack(item) for item in value["__set__"]}
        return {key: unpack(item) for key, item in value.items()}
    if isinstance(value, list):
        return [unpack(item) for item in value]
    return value
