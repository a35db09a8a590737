"""How vLLM's server reports a body that does not fit its models."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from pyshim.server.errors import Json, content
from pyshim.server.vllm_twin.snapshot import models

MOST = 10  # of many errors so many are reported

# A part of a place with these is pydantic's, and no field's name.
_BRACKETS = re.compile(r"[\[\]{}()]")


def answer(errors: list[Any]) -> Json:
    """Return the object that vLLM answers for these errors, with status 400.

    What was given is not in the words: the place says where it is.
    """
    label = "error" if len(errors) == 1 else "errors"
    lines = [f"{len(errors)} validation {label}:", *map(_line, errors[:MOST])]
    if len(errors) > MOST:
        lines.append(f"...and {len(errors) - MOST} more {label}")
    first = errors[0]
    param = clean(first["loc"]) if isinstance(first, dict) else None
    return content("\n  ".join(lines), "Bad Request", 400, param)


def _line(error: Any) -> str:
    if not isinstance(error, dict):
        return str(error)
    more = error.get("ctx", {}).get("error")
    words = f"{error['msg']}: {more}" if isinstance(more, str) else error["msg"]
    return f"{clean(error['loc'])}: {words}"


def clean(loc: tuple[Any, ...]) -> str:
    """Join a place with dots, without what is pydantic's own."""
    parts = [str(part) for part in loc]
    kept = [part for part in parts if not _BRACKETS.search(part) and part.lower() not in _markers()]
    return ".".join(kept or parts)


@cache
def _markers() -> frozenset[str]:
    return frozenset(models()["markers"])
