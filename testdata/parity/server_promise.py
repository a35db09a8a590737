"""What of an answer is compared: all of it, but for the words of vLLM's errors."""

from __future__ import annotations

import json
from typing import Any


def promised(status: int, body: bytes) -> bytes:
    """Return the body, without the message if it is an error in vLLM's form.

    A body of another shape, without a message or with other spaces is returned as it is.
    """
    if status == 200:
        return body
    try:
        found: Any = json.loads(body)
        words = found["error"]["message"]
        same = _dump(found) == body
    except (ValueError, TypeError, KeyError, IndexError):
        return body
    if not same or not isinstance(words, str) or not words:
        return body
    found["error"]["message"] = ""
    return _dump(found)


def _dump(value: Any) -> bytes:
    # As Starlette writes it.
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
