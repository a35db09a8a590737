"""Runs first in the embedded interpreter, compiled from a string.

It imports nothing of the package before it has made the package importable from
the sources it is given: no file of ours needs to be on disk.
"""

from __future__ import annotations

import importlib.util
import io
import json
import os
import resource
import sys
from collections.abc import Callable, Sequence
from importlib.abc import InspectLoader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import CodeType, ModuleType
from typing import Any

PACKAGE = "pyshim"

# Of the thread that runs Python. Native code of pydantic goes hundreds of levels deep into a
# request and looks at no limit: with 256 KB a nested JSON ends the process, with 384 it does not.
STACK = 512 << 10

Dispatch = Callable[[bytes], "tuple[bytes, list[int] | None, tuple[bytes, ...]]"]


class Sources(MetaPathFinder, InspectLoader):
    """Finds and loads the package's modules in a dict {"pyshim/ops/chat.py": text}."""

    def __init__(self, sources: dict[str, str]) -> None:
        self.sources = sources

    def _path(self, name: str) -> str | None:
        base = name.replace(".", "/")
        for path in (f"{base}/__init__.py", f"{base}.py"):
            if path in self.sources:
                return path
        return None

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != PACKAGE and not fullname.startswith(PACKAGE + "."):
            return None
        found = self._path(fullname)
        if found is None:
            return None
        return importlib.util.spec_from_loader(fullname, self, origin=found)

    def is_package(self, fullname: str) -> bool:
        path = self._path(fullname)
        return path is not None and path.endswith("/__init__.py")

    def get_source(self, fullname: str) -> str:
        path = self._path(fullname)
        if path is None:
            raise ImportError(f"{fullname} is not among the sources", name=fullname)
        return self.sources[path]

    def get_data(self, path: str) -> bytes:
        """Return a file beside a module, as the loaders of files do."""
        try:
            return self.sources[path].encode()
        except KeyError:
            raise FileNotFoundError(path) from None

    def get_code(self, fullname: str) -> CodeType:
        source = self.get_source(fullname)
        return self.source_to_code(source, self._path(fullname) or fullname)


def start(config: bytes) -> tuple[Dispatch, bytes]:
    """Make the package ready and return (dispatch, info as JSON).

    Raises RuntimeError when the interpreter or the codec is not what config says.
    """
    settings: dict[str, Any] = json.loads(config)
    _check(settings.get("expect") or {})
    if not getattr(sys, "argv", None):
        sys.argv = [""]  # an embedded interpreter has none, and libraries read it
    sys.stdin = io.StringIO()  # the host's input is not for a library to wait on
    _install(settings["sources"])

    codec = importlib.import_module(f"{PACKAGE}.wire.codec")
    if settings.get("codec") != codec.VERSION:
        raise RuntimeError(
            f"the host speaks codec version {settings.get('codec')}, the Python side "
            f"{codec.VERSION}: they are not of one build"
        )
    if settings.get("offline"):
        importlib.import_module(f"{PACKAGE}.tokenizers.offline").always()
    importlib.import_module(f"{PACKAGE}.wire.logs").install()
    importlib.import_module(f"{PACKAGE}.wire.warning").install()
    dispatch: Dispatch = importlib.import_module(f"{PACKAGE}.dispatch").dispatch
    info = importlib.import_module(f"{PACKAGE}.ops.info").info()
    return dispatch, codec.dumps(info)


def _install(sources: dict[str, str]) -> None:
    for finder in sys.meta_path:
        # isinstance would not do: a second run of this file makes a second class.
        if type(finder).__name__ == Sources.__name__ and hasattr(finder, "sources"):
            if finder.sources != sources:
                raise RuntimeError(f"{PACKAGE} is already running here from other sources")
            return
    sys.meta_path.insert(0, Sources(sources))


def _check(expect: dict[str, str]) -> None:
    if sys.flags.optimize:
        raise RuntimeError(
            "this Python runs with -O (PYTHONOPTIMIZE), which removes the assertions that "
            "mistral_common answers wrong requests with: run it without"
        )
    stack = resource.getrlimit(resource.RLIMIT_STACK)[0]
    if stack != resource.RLIM_INFINITY and stack < STACK:
        raise RuntimeError(
            f"the limit of stacks is {stack >> 10} KB, and Python needs {STACK >> 10}, so that no "
            "nested request ends the process: raise it (ulimit -s)"
        )
    version = ".".join(map(str, sys.version_info[:3]))
    wanted = expect.get("version_prefix")
    # A build may call itself 3.14.0rc1 or 3.12.3+: its own text is as good as the numbers.
    if wanted and not (
        f"{version}.".startswith(f"{wanted.rstrip('.')}.") or sys.version.split()[0] == wanted
    ):
        raise RuntimeError(f"this is Python {version}, Python {wanted} was asked for")
    prefix = expect.get("prefix")
    if prefix and os.path.realpath(sys.prefix) != os.path.realpath(prefix):
        raise RuntimeError(_other("sys.prefix", sys.prefix, prefix))
    executable = expect.get("executable")
    if executable and _place(sys.executable or "") != _place(executable):
        raise RuntimeError(_other("sys.executable", sys.executable, executable))


def _place(executable: str) -> tuple[str, str]:
    # The last link is not followed: a venv is known by where its python stands,
    # while what that points at is common to all venvs.
    directory = os.path.realpath(os.path.dirname(executable))
    return directory, os.path.realpath(executable)


def _other(what: str, found: str | None, wanted: str) -> str:
    return (
        f"{what} is {found!r}, {wanted!r} was asked for: the interpreter started in another "
        "installation; look at PYTHONHOME and at pyvenv.cfg"
    )
