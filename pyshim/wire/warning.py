"""Python warnings, collected for the call that raised them instead of printed."""

from __future__ import annotations

import threading
import warnings
from typing import TextIO

from pyshim.wire import logs

# A call that warns without end must not fill the memory of its host.
LIMIT = 1000


class _PerThread(threading.local):
    def __init__(self) -> None:
        self.active = False
        self.found: list[tuple[str, str, str]] = []
        self.dropped = 0


_thread = _PerThread()


def install() -> None:
    """Collect from now on, for the whole process; every warning is shown each time."""
    warnings.simplefilter("always")
    warnings.showwarning = _show


def begin() -> None:
    """Start collecting for a call on this thread."""
    _thread.active = True


def end() -> list[tuple[str, str, str]]:
    """Stop collecting; return [(module, category, message)] of this thread's call."""
    thread = _thread
    thread.active = False
    if not thread.found:
        return []
    found, thread.found = thread.found, []
    if thread.dropped:
        found.append(
            ("pyshim.wire.warning", "Warning", f"{thread.dropped} more warnings were dropped")
        )
        thread.dropped = 0
    return found


def found() -> bool:
    """Return whether the call on this thread has warned."""
    return bool(_thread.found)


def forget() -> None:
    """Forget what the call on this thread has warned of."""
    _thread.found.clear()
    _thread.dropped = 0


def _show(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    thread = _thread
    if not thread.active:
        # Raised by a thread of a library: it belongs to no call.
        text = f"{filename}:{lineno}: {category.__name__}: {message}"
        logs.LOG.add("WARNING", "py.warnings", text)
    elif len(thread.found) < LIMIT:
        thread.found.append((category.__module__, category.__qualname__, str(message)))
    else:
        thread.dropped += 1
