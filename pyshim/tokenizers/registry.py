"""The objects that live on this side, and the numbers the other side knows them by."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Any

from pyshim.errors import UnknownHandle


class _Slot:
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
        self._handles: dict[int, _Slot] = {}
        self._slots: dict[Hashable, _Slot] = {}
        self._last = 0

    def open(self, key: Hashable, load: Callable[[], Any]) -> tuple[int, Any]:
        """Return a new handle on the object of this key, loading it once.

        Threads that ask for a key that is being loaded wait for that load. When it
        fails its exception goes to the one that ran it, and each waiter tries anew,
        so that every caller gets an exception of its own.
        """
        while True:
            with self._lock:
                slot = self._slots.get(key)
                mine = slot is None
                if slot is None:
                    slot = self._slots[key] = _Slot(key)
                elif slot.ready.is_set():
                    return self._hand_out(slot), slot.value
            if mine:
                return self._load(slot, load)
            slot.ready.wait()

    def _load(self, slot: _Slot, load: Callable[[], Any]) -> tuple[int, Any]:
        try:
            value = load()
        except BaseException:
            with self._lock:
                self._slots.pop(slot.key, None)
            slot.ready.set()
            raise
        with self._lock:
            slot.value = value
            handle = self._hand_out(slot)
            slot.ready.set()
        return handle, value

    def _hand_out(self, slot: _Slot) -> int:
        self._last += 1
        slot.count += 1
        self._handles[self._last] = slot
        return self._last

    def get(self, handle: int) -> Any:
        """Return the object; UnknownHandle when there is none."""
        slot = self._handles.get(handle)
        if slot is None:
            raise _unknown(handle)
        return slot.value

    def close(self, handle: int) -> None:
        """Give a handle back; the object goes with its last handle."""
        with self._lock:
            slot = self._handles.pop(handle, None)
            if slot is None:
                raise _unknown(handle)
            slot.count -= 1
            if slot.count == 0:
                del self._slots[slot.key]

    def sizes(self) -> tuple[int, int]:
        """Return how many handles and how many objects there are."""
        with self._lock:
            return len(self._handles), len(self._slots)


def _unknown(handle: int) -> UnknownHandle:
    return UnknownHandle(
        f"handle {handle} is not open: it was unloaded, or never given out; "
        "load the tokenizer again"
    )


REGISTRY = Registry()
