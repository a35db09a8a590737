"""No connections, for a host that is offline.

What would fetch something asks forbidden() and says what it would have fetched. Below that
an audit hook refuses every connection and every look-up of a name, whichever library wants
it: the interpreter cannot take a hook away again, so it has to be one that can be idle.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pyshim.errors import Offline

# Set for libraries so that they do not even try, nor wait for a refusal.
SETTINGS = {
    "DO_NOT_TRACK": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "VLLM_NO_USAGE_STATS": "1",
}

# Their first argument is the socket.
_SENDS = {"socket.connect", "socket.sendto", "socket.sendmsg"}
_LOOKUPS = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}

WAY = "run without --offline, MTOK_OFFLINE and WithOffline, or give what it needs as a file"


class _Here(threading.local):
    forbidden = False  # to this thread, for a while


class _Process:
    forbidden = False  # for ever
    hooked = False


_here = _Here()
_process = _Process()


def forbidden() -> bool:
    """Return whether the network may not be used, by this thread or by all."""
    return _process.forbidden or _here.forbidden


def always() -> None:
    """Forbid it to the whole process, for ever. Call it before libraries are imported."""
    os.environ.update(SETTINGS)
    _process.forbidden = True
    _hook()


@contextmanager
def during(wanted: bool) -> Iterator[None]:
    """Forbid it to this thread meanwhile, if that is wanted."""
    if not wanted or forbidden():
        yield
        return
    _hook()
    _here.forbidden = True
    try:
        yield
    finally:
        _here.forbidden = False


def _hook() -> None:
    if not _process.hooked:
        _process.hooked = True
        sys.addaudithook(_judge)


def _judge(event: str, args: tuple[Any, ...]) -> None:
    if event in _SENDS:
        # Between processes of this machine is no network.
        if forbidden() and args[0].family != socket.AF_UNIX:
            raise Offline("a connection", WAY)
    elif event in _LOOKUPS and forbidden():
        raise Offline("the address of a host", WAY)
