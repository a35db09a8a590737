"""Validators that stop at the first wrong member of each list, for bodies of many members.

pydantic reports every wrong member, with some hundred bytes each: a list of a million in a
megabyte would be gigabytes. What is right is right either way; of the errors in such a
body, the first is reported.
"""

from __future__ import annotations

from typing import Any

# Commas in a body, of which each member but the first of its list needs one, above which
# there are many.
MANY = 4096

_STOPS = frozenset({"list", "tuple", "set", "frozenset", "dict"})


def many(body: bytes) -> bool:
    """Return whether a body may have so many members that not every error can be listed."""
    return body.count(b",") > MANY


_made: dict[int, tuple[Any, Any]] = {}


def bounded(adapter: Any) -> Any:
    """Return a validator that makes of a value what the adapter makes of it."""
    found = _made.get(id(adapter))
    if found is None:
        # The adapter is kept, so that no other takes its number.
        found = _made[id(adapter)] = adapter, _validator(adapter)
    return found[1]


def _validator(adapter: Any) -> Any:
    from pydantic_core import SchemaValidator

    schema = _stopping(adapter.core_schema)
    try:
        # Not the validators that the models have already: those report everything.
        return SchemaValidator(schema, _use_prebuilt=False)
    except TypeError:  # an earlier pydantic has no such validators
        return SchemaValidator(schema)


def _stopping(schema: Any) -> Any:
    if isinstance(schema, dict):
        made = {key: _stopping(value) for key, value in schema.items()}
        kind = schema.get("type")
        if isinstance(kind, str) and kind in _STOPS:
            made["fail_fast"] = True
        return made
    if isinstance(schema, list | tuple):
        return type(schema)(_stopping(item) for item in schema)
    return schema
