"""The objects that live on this side, and the numbers the other side knows them by."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Any

from pyshim.errors import UnknownHandle


class _Entry:
    """One loaded object and how many handles point at it."""

    __slots__ = ("count", "key", "ready", "value")

    def __init__(self, key: Hashable) -> None:
        self.key = key
        self.value: Any = None
        self.count = 0
        self.ready = threading.Event()


class Registry:
    """Hands out handles. Safe for several threads; a handle is never used twice."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._handles: dict[int, _Entry] = {}
        self._entries: dict[Hashable, _Entry] = {}
        self._last = 0

    def open(self, key: Hashable, load: Callable[[], Any]) -> tuple[int, Any]:
        """Return a new handle on the object of this key, loading it once.

        Threads that ask for a key that is being loaded wait for that load. When it
        fails its exception goes to the one that ran it, and each waiter tries anew,
        so that every caller gets an exception of its own.
        """
        while True:
            with self._lock:
                entry = self._entries.get(key)
                mine = entry is None
                if entry is None:
                    entry = self._entries[key] = _Entry(key)
                elif entry.ready.is_set():
                    return self._new_handle(entry), entry.value
            if mine:
                return self._load(entry, load)
            entry.ready.wait()

    def _load(self, entry: _Entry, load: Callable[[], Any]) -> tuple[int, Any]:
        try:
            value = load()
        except BaseException:
            with self._lock:
                self._entries.pop(entry.key, None)
            entry.ready.set()
            raise
        with self._lock:
            entry.value = value
            handle = self._new_handle(entry)
            entry.ready.set()
        return handle, value

    def _new_handle(self, entry: _Entry) -> int:
        self._last += 1
        entry.count += 1
        self._handles[self._last] = entry
        return self._last

    def get(self, handle: int) -> Any:
        """Return the object; UnknownHandle when there is none."""
        entry = self._handles.get(handle)
        if entry is None:
            raise _unknown(handle)
        return entry.value

    def close(self, handle: int) -> None:
        """Give a handle back; the object goes with its last handle."""
        with self._lock:
            entry = self._handles.pop(handle, None)
            if entry is None:
                raise _unknown(handle)
            entry.count -= 1
            if entry.count == 0:
                del self._entries[entry.key]

    def sizes(self) -> tuple[int, int]:
        """Return how many handles and how many objects there are."""
        with self._lock:
            return len(self._handles), len(self._entries)


def _unknown(handle: int) -> UnknownHandle:
    return UnknownHandle(
        f"handle {handle} is not open: it was unloaded, or never given out; "
        "load the tokenizer again"
    )


REGISTRY = Registry()
