"""What vLLM's server answers when something fails: one object, the status in it."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any

Json = dict[str, Any]

# What vLLM takes out of a message: addresses, lines of a traceback, paths.
_SECRETS = (
    (re.compile(r" at 0x[0-9a-fA-F]+>"), ">"),
    (re.compile(r'\n?\s*File "[^"]+", line \d+, in \S+(\n\s+.*)?'), ""),
    (re.compile(r"/(?:home|usr|opt|var|tmp|root|lib|mnt|srv)(?:/[\w.\-]+)+"), "<path>"),
    (re.compile(r"(?:/[\w\-]+)+/[\w\-]+\.\w+"), "<path>"),
)


class VLLMValidationError(Exception):
    """vLLM's error of this name: its text ends with the parameter and the value."""

    def __init__(self, message: str, *, parameter: str | None = None, value: Any = None) -> None:
        super().__init__(message)
        self.parameter = parameter
        self.value = value

    def __str__(self) -> str:
        named = (("parameter", self.parameter), ("value", self.value))
        extras = ", ".join(f"{name}={value}" for name, value in named if value is not None)
        return f"{super().__str__()} ({extras})" if extras else super().__str__()


class Refused(Exception):
    """An error that vLLM's handlers return instead of raising it."""

    def __init__(
        self,
        message: str,
        param: str | None = None,
        kind: str = "BadRequestError",
        status: HTTPStatus = HTTPStatus.BAD_REQUEST,
    ) -> None:
        super().__init__(message)
        self.param = param
        self.kind = kind
        self.status = status


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


def sanitize(message: str) -> str:
    """Leave out of a message what vLLM leaves out."""
    for pattern, instead in _SECRETS:
        message = pattern.sub(instead, message)
    return message.strip()


def content(message: str, kind: str, status: int, param: str | None = None) -> Json:
    """Return vLLM's ErrorResponse."""
    return {
        "error": {"message": sanitize(message), "type": kind, "param": param, "code": status},
    }


def of_exception(error: Exception) -> Json:
    """Return what vLLM's handlers make of an exception."""
    if isinstance(error, Refused):
        return content(str(error), error.kind, error.status.value, error.param)
    if isinstance(error, VLLMValidationError):
        return content(str(error), "BadRequestError", 400, error.parameter)
    if isinstance(error, ValueError | TypeError | OverflowError):
        return content(str(error), "BadRequestError", 400)
    if isinstance(error, NotImplementedError):
        return content(str(error), "NotImplementedError", 501)
    return content(str(error), "InternalServerError", 500)
