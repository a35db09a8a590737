"""Exceptions of our own, and how any exception is reported to the other side."""

from __future__ import annotations

import json
import traceback
from contextlib import suppress
from typing import Any

MAX_BYTES = 1024


class ShimError(Exception):
    """Base of the errors this package raises itself."""


class BadFrame(ShimError):
    """The bytes received are no frame of this codec."""


class BadArguments(ShimError):
    """An operation was given a body it cannot read."""


class UnknownOp(ShimError):
    """There is no operation of that number."""


class UnknownHandle(ShimError):
    """The handle was never given out, or was unloaded."""


class UnknownMethod(ShimError):
    """The raw operation offers no such method."""


class WrongKind(ShimError):
    """The handle's object cannot do what was asked."""


class UnknownTokenizer(ShimError, LookupError):
    """No tokenizer file of that name is shipped with mistral_common."""


class DownloadFailed(ShimError):
    """A tokenizer was to come from the hub, and could not be had there."""


class Offline(ShimError, OSError):
    """What would have been fetched, by a host that is offline, and the way out: its args."""

    def __init__(self, what: str, way: str) -> None:
        super().__init__(what)
        self.args = (what, way)

    def __str__(self) -> str:
        return f"offline: {self.args[0]} would have to be fetched; {self.args[1]}"


class FileChanged(ShimError):
    """A tokenizer was to be loaded anew, and its file is not the one that it was."""


class AmbiguousDirectory(ShimError):
    """A directory holds several tokenizer files and none comes first."""


class UnknownClass(ShimError, LookupError):
    """mistral_common has no such class, or the name is not inside mistral_common."""


class MediaDenied(ShimError):
    """A request names a URL or a path, and fetching or opening it is not allowed."""


class MediaTooLarge(ShimError):
    """An image or an audio is larger, by its header, than what may be decoded."""


class UnsupportedField(ShimError, ValueError):
    """A body has a field that can change its tokens, and that the reference does not read."""


class MissingVllm(ShimError, ImportError):
    """vLLM is not installed."""


class UnsupportedRelease(ShimError, ImportError):
    """The installed mistral_common is too old, for the bridge or for what was asked."""


class UnknownLayout(ShimError, ImportError):
    """The installed vLLM keeps the code somewhere else than any release that is known."""


def describe(error: BaseException) -> dict[str, Any]:
    """Return the parts of an exception that cross the bridge, its text as it is."""
    cls = type(error)
    text = _text(error)
    message = getattr(error, "message", None)
    found: dict[str, Any] = {
        "module": cls.__module__,
        "type": cls.__qualname__,
        "mro": [f"{base.__module__}.{base.__qualname__}" for base in cls.__mro__],
        "message": message if isinstance(message, str) else text,
        "str": text,
        "args": [_argument(arg) for arg in error.args],
        "traceback": _traceback(error),
    }
    if error.__cause__ is not None:
        found["cause"] = _cause(error.__cause__)
    if cls.__qualname__ == "ValidationError" and cls.__module__.startswith("pydantic"):
        found["title"] = getattr(error, "title", "")
        found["errors"] = _validation_errors(error)
    return found


def _cause(error: BaseException) -> dict[str, str]:
    cls = type(error)
    message = getattr(error, "message", None)
    return {
        "module": cls.__module__,
        "type": cls.__qualname__,
        "message": message if isinstance(message, str) else _text(error),
    }


def _text(value: object) -> str:
    # str() of a foreign exception is foreign code: it may itself fail.
    try:
        return str(value)
    except Exception as failure:
        return f"<{type(value).__qualname__}: str() raised {type(failure).__qualname__}>"


def _argument(value: object) -> str:
    # UnicodeDecodeError carries all the bytes it was given, which may be the whole request.
    if isinstance(value, bytes | bytearray) and len(value) > MAX_BYTES:
        return f"{bytes(value[:MAX_BYTES])!r}… ({len(value)} bytes)"
    return _text(value)


def _traceback(error: BaseException) -> str:
    try:
        return "".join(traceback.format_exception(error))
    except Exception as failure:
        return f"<no traceback: {type(failure).__qualname__}>"


def _validation_errors(error: Any) -> Any:
    with suppress(Exception):
        return json.loads(error.json(include_url=False))
    # pydantic cannot write a lone surrogate as JSON; Python can, escaped.
    with suppress(Exception):
        return json.loads(json.dumps(error.errors(include_url=False), default=str))
    items = error.errors(include_url=False, include_input=False)
    return json.loads(json.dumps(items, default=str))
