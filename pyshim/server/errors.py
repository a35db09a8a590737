"""What vLLM's server answers when something fails: one object, the status in it."""

from __future__ import annotations

import re
from typing import Any

Json = dict[str, Any]

# What vLLM takes out of a message: addresses, lines of a traceback, paths.
_SECRETS = (
    (re.compile(r" at 0x[0-9a-fA-F]+>"), ">"),
    (re.compile(r'\n?\s*File "[^"]+", line \d+, in \S+(\n\s+.*)?'), ""),
    (re.compile(r"/(?:home|usr|opt|var|tmp|root|lib|mnt|srv)(?:/[\w.\-]+)+"), "<path>"),
    (re.compile(r"(?:/[\w\-]+)+/[\w\-]+\.\w+"), "<path>"),
)


class Refused(Exception):
    """A request that vLLM refuses, and the field at fault."""

    def __init__(
        self,
        message: str,
        param: str | None = None,
        kind: str = "BadRequestError",
        status: int = 400,
    ) -> None:
        super().__init__(message)
        self.param = param
        self.kind = kind
        self.status = status


def refuse_if(wrong: Any, param: str | None, message: str) -> None:
    """Refuse a request if something is wrong with it."""
    if wrong:
        raise Refused(message, param)


class HttpError(Exception):
    """FastAPI's HTTPException: a status and a detail."""

    def __init__(self, status: int, detail: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


class InvalidBody(Exception):
    """FastAPI's RequestValidationError: pydantic's list of errors, each loc led by "body"."""

    def __init__(self, errors: list[Any]) -> None:
        super().__init__()
        self.errors = errors


def content(message: str, kind: str, status: int, param: str | None = None) -> Json:
    """Return vLLM's ErrorResponse, its message without details of the server."""
    for pattern, instead in _SECRETS:
        message = pattern.sub(instead, message)
    return {"error": {"message": message.strip(), "type": kind, "param": param, "code": status}}


def of_exception(error: Exception) -> Json:
    """Return what vLLM's handlers make of an exception."""
    if isinstance(error, Refused):
        return content(str(error), error.kind, error.status, error.param)
    if isinstance(error, ValueError | TypeError | OverflowError):
        return content(str(error), "BadRequestError", 400)
    if isinstance(error, NotImplementedError):
        return content(str(error), "NotImplementedError", 501)
    return content(str(error), "InternalServerError", 500)
