"""Classes and functions of mistral_common by name, and nothing outside it."""

from __future__ import annotations

import importlib
from typing import Any

from pyshim.errors import BadArguments, UnknownClass

PACKAGE = "mistral_common"
PROTOCOL = "mistral_common.protocol.instruct"


def find(module: str, name: str) -> Any:
    """Return a class or function that mistral_common itself defines; else UnknownClass."""
    if module == PACKAGE or module.startswith(PACKAGE + "."):
        try:
            found = getattr(importlib.import_module(module), name, None)
        except ModuleNotFoundError:
            found = None
        # What a module merely imports is not its own: os.system is not reachable by a re-export.
        home = getattr(found, "__module__", "")
        if callable(found) and (home == PACKAGE or home.startswith(PACKAGE + ".")):
            return found
    raise UnknownClass(f"mistral_common defines no {name!r} in {module!r}")


def subclass(module: str, name: str, base: str) -> Any:
    """Return a class of the module that is base or descends from it."""
    found = find(f"{PROTOCOL}.{module}", name)
    root = find(f"{PROTOCOL}.{module}", base)
    if not (isinstance(found, type) and issubclass(found, root)):
        raise UnknownClass(f"{name!r} is no {base}")
    return found


def arguments(value: Any, *needed: str) -> dict[str, Any]:
    """Return the arguments of an operation, an object that has all that is needed."""
    if not isinstance(value, dict) or not all(name in value for name in needed):
        wanted = ", ".join(needed) or "an object"
        raise BadArguments(f"this operation wants {wanted} as JSON")
    return value
