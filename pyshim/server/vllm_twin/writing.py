"""JSON as vLLM's render routes write it: orjson's, and Starlette's where orjson refuses."""

from __future__ import annotations

import re
from typing import Any

from pyshim.server.answer import dump

_LEAST, _MOST = -(1 << 63), (1 << 64) - 1
# An integer that may be too long is as long as this, whatever else may be too.
_LONG = re.compile(rb"[0-9]{19}")


def render_dump(value: Any) -> bytes:
    """Write what a render route answers; equals create_json_response.

    pydantic-core, which is at hand where orjson is not, writes the same: numbers with a point
    in the same digits, null for those that JSON has not, objects down to the same depth.
    """
    from pydantic_core import PydanticSerializationError, to_json

    try:
        body: bytes = to_json(value, inf_nan_mode="null")
    except PydanticSerializationError:
        return dump(value)
    if _LONG.search(body) and _too_long(value):
        return dump(value)
    return body


def _too_long(value: Any) -> bool:
    """Return whether an integer in it does not fit 64 bits."""
    pending: list[Any] = [value]
    while pending:
        value = pending.pop()
        if isinstance(value, int) and not _LEAST <= value <= _MOST:
            return True
        if isinstance(value, dict):
            pending += value.values()
        elif isinstance(value, list):
            pending += value
    return False
