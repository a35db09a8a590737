"""A memo of the pure function text -> token ids, bounded in bytes.

The next turn of a chat repeats all the turns before it; their ids are the same.
"""

from __future__ import annotations

import threading
from typing import Any

# What an entry costs beyond its text and ids: the key, the dict's slot, two headers.
_ENTRY = 320
# One text may take this share of the memo at most: a huge one must not empty it.
_SHARE = 8

Key = tuple[int, str, bool, bool]


class Memo:
    """Least recently used goes first. Safe for several threads."""

    def __init__(self, limit: int) -> None:
        self._lock = threading.Lock()
        self._entries: dict[Key, bytes] = {}
        self._limit = limit
        self._bytes = 0
        self._hits = 0
        self._misses = 0
        self._evictions = 0

    def get(self, key: Key) -> bytes | None:
        """Return the ids of a text, as packed int32, or None."""
        with self._lock:
            found = self._entries.pop(key, None)
            if found is None:
                self._misses += 1
                return None
            self._hits += 1
            self._entries[key] = found  # now the youngest
            return found

    def put(self, key: Key, ids: bytes) -> None:
        """Keep the ids of a text, and let the oldest go if there is no room."""
        size = _size(key, ids)
        with self._lock:
            if size * _SHARE > self._limit or key in self._entries:
                return
            self._entries[key] = ids
            self._bytes += size
            self._shrink()

    def resize(self, limit: int) -> None:
        """Change the bound; 0 empties the memo and keeps it empty."""
        with self._lock:
            self._limit = limit
            self._shrink()

    def _shrink(self) -> None:
        entries = self._entries
        while self._bytes > self._limit:
            oldest = next(iter(entries))
            self._bytes -= _size(oldest, entries.pop(oldest))
            self._evictions += 1

    def counts(self) -> tuple[int, int, int, int, int]:
        """Return hits, misses, evictions, bytes, entries."""
        return self._hits, self._misses, self._evictions, self._bytes, len(self._entries)

    def stats(self) -> dict[str, Any]:
        """Return what the memo holds and how it has fared."""
        with self._lock:
            return {
                "limit": self._limit,
                "bytes": self._bytes,
                "entries": len(self._entries),
                "hits": self._hits,
                "misses": self._misses,
                "evictions": self._evictions,
            }


def _size(key: Key, ids: bytes) -> int:
    # The widest character decides how many bytes each takes; 4 is never too few.
    text = key[1]
    return _ENTRY + len(ids) + len(text) * (1 if text.isascii() else 4)
