"""The reference's objects as values that JSON can hold; marks.py reads what needs marks."""

from __future__ import annotations

import base64
import io
from enum import Enum
from typing import Any

from pyshim.wire.values import pack


def dump(value: Any) -> Any:
    """Return a model as its own dump, and what holds models, files or enums likewise."""
    if hasattr(value, "model_dump"):
        # Not mode="json": that would fail on bytes which are no UTF-8.
        return dump(value.model_dump())
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, dict):
        return {key: dump(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [dump(item) for item in value]
    if isinstance(value, io.BytesIO):
        data = base64.b64encode(value.getvalue()).decode("ascii")
        return {"__file__": data, "name": getattr(value, "name", None)}
    return pack(value)
