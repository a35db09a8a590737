"""What runs here: the interpreter, the packages, and how much is loaded."""

from __future__ import annotations

import gc
import importlib.metadata
import platform
import sys
import threading
from typing import Any

from pyshim.tokenizers.registry import REGISTRY
from pyshim.wire.codec import VERSION, Reply, Request, reply_json


def info() -> dict[str, Any]:
    """Describe interpreter and packages; imports none of them."""
    return {
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "executable": sys.executable,
        "prefix": sys.prefix,
        "codec": VERSION,
        "packages": packages(),
    }


def packages() -> dict[str, str]:
    """Return {name: version} of every installed distribution, in order of name."""
    found: dict[str, str] = {}
    for distribution in importlib.metadata.distributions():
        meta = distribution.metadata
        # A broken install has metadata without a name; the first on the path is the one imported.
        if meta is not None and meta["Name"]:
            found.setdefault(meta["Name"].lower().replace("_", "-"), distribution.version)
    return dict(sorted(found.items()))


def run_info(request: Request) -> Reply:
    """Operation info."""
    return reply_json(info())


def run_stats(request: Request) -> Reply:
    """Operation stats."""
    handles, objects = REGISTRY.sizes()
    return reply_json(
        {
            "handles": handles,
            "objects": objects,
            "threads": threading.active_count(),
            "gc": list(gc.get_count()),
        }
    )
