"""The arguments of a call that a request names, `a` and `k`."""

from __future__ import annotations

from typing import Any


def positional_of(args: dict[str, Any]) -> list[Any]:
    """Return the positional arguments, `a`; none are an empty list or null."""
    found = args.get("a")
    if found is not None and not isinstance(found, list):
        raise TypeError(f"a has to be a list of arguments, not a {type(found).__name__}")
    return found or []


def keywords_of(args: dict[str, Any], key: str = "k") -> dict[str, Any]:
    """Return the keyword arguments, `k`; none are an empty object or null."""
    found = args.get(key)
    if found is not None and not isinstance(found, dict):
        kind = type(found).__name__
        raise TypeError(f"{key} has to be an object of keyword arguments, not a {kind}")
    return found or {}
