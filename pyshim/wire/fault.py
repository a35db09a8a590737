"""Whose fault an exception is, and where it was raised. Its text is looked at by neither."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from types import CodeType, TracebackType
from typing import Any

from pyshim import errors
from pyshim.wire.ops import LOADS, METHODS

# caller: what was passed is wrong. usage: what was requested does not exist.
# machine: memory, files, the installation, or a defect of native code.
CALLER, USAGE, MACHINE = "caller", "usage", "machine"

# What no request can be blamed for, whatever it names.
_EXHAUSTED = frozenset(
    {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOSPC, errno.EDQUOT, errno.EIO}
)

# The reference's own code for what a request holds or names.
_MEDIA = (
    "mistral_common/image.py",
    "mistral_common/audio.py",
    "mistral_common/tokens/tokenizers/image.py",
    "mistral_common/tokens/tokenizers/audio.py",
)

_ROOTS = (
    "/site-packages/",
    "/dist-packages/",
    f"/python{sys.version_info[0]}.{sys.version_info[1]}/",
)

_JSON = frozenset({dict, list, str, int, float, bool, type(None)})
_OURS = "pyshim/"
_REFERENCE = ("mistral_common/", "vllm/")


def of(error: BaseException, op: int | None) -> str:
    """Return whose fault an exception is that came out of an operation.

    An operation that serves a request handles nothing but what the caller handed over, so
    what is raised inside it is on the caller's account: of whatever class, for Pillow raises
    OSError, SyntaxError or struct.error of a damaged image. But not what an import raises,
    nor what any link of the chain says about memory or exhausted resources.
    """
    if type(error).__module__.startswith("pyshim."):
        return _of_ours(error)
    if not isinstance(error, Exception) or any(_machine(link) for link in chain(error)):
        return MACHINE
    if _ours_alone(error):
        return USAGE if op in METHODS and isinstance(error, AttributeError) else MACHINE
    if op in LOADS and isinstance(error, FileNotFoundError) and error.errno is None:
        return USAGE  # no file was missed: a directory that was named has no tokenizer in it
    # A load reads files of this machine. A request does only where it names them.
    if isinstance(error, OSError) and (op in LOADS or _of_other_files(error)):
        return MACHINE
    return CALLER


def _ours_alone(error: Exception) -> bool:
    # A name that this package looked for, and that the installed release does not have; not a
    # part of a request that is a list where it should be an object.
    if not isinstance(error, AttributeError | NameError):
        return False
    if isinstance(error, AttributeError) and type(error.obj) in _JSON:
        return False
    codes = [code for code, _ in _frames(error.__traceback__)]
    return bool(codes) and _short(codes[-1]).startswith(_OURS)


def _of_other_files(error: OSError) -> bool:
    return error.errno is not None and not in_media(error)


def _of_ours(error: BaseException) -> str:
    if isinstance(error, errors.MediaDenied | errors.MediaTooLarge | errors.UnsupportedField):
        return CALLER
    usage = (
        errors.BadArguments,
        errors.UnknownMethod,
        errors.UnknownClass,
        errors.UnknownTokenizer,
        errors.AmbiguousDirectory,
        errors.WrongKind,
    )
    return USAGE if isinstance(error, usage) else MACHINE


def _machine(link: BaseException) -> bool:
    if isinstance(link, MemoryError | ImportError):
        return True
    if isinstance(link, OSError) and link.errno in _EXHAUSTED:
        return True
    return any(code.co_name == "<module>" for code, _ in _frames(link.__traceback__))


def chain(error: BaseException) -> Iterator[BaseException]:
    """Iterate over an exception and those that it came from."""
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)


def in_media(error: BaseException) -> bool:
    """Return whether an exception came out of decoding an image or an audio."""
    return any(_short(code).startswith(_MEDIA) for code, _ in _frames(error.__traceback__))


def place(error: BaseException) -> str:
    """Return file:function:line of the reference's innermost frame, else of the innermost."""
    found = ""
    for code, line in _frames(error.__traceback__):
        file = _short(code)
        if not found.startswith(_REFERENCE) or file.startswith(_REFERENCE):
            found = f"{file}:{code.co_name}:{line}"
    return found


def loggable(error: BaseException) -> dict[str, Any]:
    """Return what a log may say of an exception: nothing that can quote a request."""
    cls = type(error)
    return {"class": f"{cls.__module__}.{cls.__qualname__}", "place": place(error)}


def _frames(tb: TracebackType | None) -> Iterator[tuple[CodeType, int]]:
    while tb is not None:
        yield tb.tb_frame.f_code, tb.tb_lineno
        tb = tb.tb_next


def _short(code: CodeType) -> str:
    """Return a file's name from its package on: where it is installed is nobody's business."""
    path = code.co_filename.replace(os.sep, "/")
    for mark in _ROOTS:
        _, found, rest = path.rpartition(mark)
        if found:
            return rest
    _, found, rest = path.rpartition("pyshim/")
    return found + rest if found else path.rpartition("/")[2]
