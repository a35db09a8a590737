"""What of an answer is compared: all of it, but for the words of vLLM's errors."""

from __future__ import annotations

import json
import re
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
    found["error"]["message"] = "words"
    return _dump(found)


# When a chat or a completion was made.
CREATED = re.compile(rb'"created":[0-9]{10},')


def without_time(body: bytes) -> bytes:
    """Return an answer without the time at which it was made."""
    return CREATED.sub(b'"created":0,', body)


SPOILS = "status", "space", "type", "param", "message"


def spoiled(status: int, body: bytes, how: str) -> tuple[int, bytes]:
    """Return another answer: with other members of its error if it is one, else by a space."""
    if how == "status":
        return status + 1, body
    if how == "space" or status == 200 or not body.startswith(b'{"error":'):
        return status, body[:-1] + b" " + body[-1:]
    found = json.loads(body)
    found["error"][how] = "" if how == "message" else "spoiled"
    return status, _dump(found)


def _dump(value: Any) -> bytes:
    # As Starlette writes it.
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
