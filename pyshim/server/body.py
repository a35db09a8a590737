"""What FastAPI does with a request's body before a route sees it."""

from __future__ import annotations

import email.message
import json
from functools import lru_cache
from typing import Any

from pyshim.server.errors import HttpError, InvalidBody
from pyshim.server.fail_fast import bounded


@lru_cache(maxsize=64)
def is_json(content_type: str) -> bool:
    """Return whether a body of this content type is read as JSON."""
    message = email.message.Message()
    message["content-type"] = content_type
    subtype = message.get_content_subtype()
    return message.get_content_maintype() == "application" and (
        subtype == "json" or subtype.endswith("+json")
    )


def load(body: bytes) -> Any:
    """Return what a JSON body holds, None if it is empty. InvalidBody, HttpError."""
    if not body:
        return None
    try:
        return json.loads(body)
    except json.JSONDecodeError as error:
        # FastAPI's own words, with the position as part of the place.
        found = {
            "type": "json_invalid",
            "loc": ("body", error.pos),
            "msg": "JSON decode error",
            "input": {},
            "ctx": {"error": error.msg},
        }
        raise InvalidBody([found]) from error
    except Exception as error:
        raise HttpError(400, "There was an error parsing the body") from error


def missing(loc: tuple[str, ...] = ("body",)) -> dict[str, Any]:
    """Return pydantic's error for what is required and absent."""
    return {"type": "missing", "loc": loc, "msg": "Field required", "input": None}


def validate(adapter: Any, value: Any, large: bool) -> Any:
    """Return the value as the TypeAdapter of a required body makes it. InvalidBody."""
    if value is None:
        raise InvalidBody([missing()])
    return checked(adapter, value, large)


def checked(adapter: Any, value: Any, large: bool, loc: tuple[str, ...] = ("body",)) -> Any:
    """Return the value as the TypeAdapter makes it. InvalidBody.

    For a large one only the first error of each list is reported.
    """
    from pydantic import ValidationError

    if large:
        adapter = bounded(adapter)
    try:
        return adapter.validate_python(value, from_attributes=True)
    except ValidationError as error:
        errors = error.errors(include_url=False)
        raise InvalidBody([{**item, "loc": loc + item["loc"]} for item in errors]) from error
