"""The functions that the tables name."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def function(path: str) -> Any:
    """Return the function of a path below pyshim, such as "ops.chat.run_encode_chat"."""
    module, _, name = path.rpartition(".")
    return getattr(import_module(f"pyshim.{module}"), name)
