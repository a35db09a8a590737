"""What Python writes to stdout, stderr and logging, kept in memory until the next reply.

The host process is never written to, and a chatty library can neither block it
nor fill its memory: the log is bounded and drops its oldest entries.
"""

from __future__ import annotations

import io
import logging
import sys
import threading
from collections import deque

MAX_ENTRIES = 1000
MAX_BYTES = 1 << 20
MAX_TEXT = 1 << 16

Entry = tuple[str, str, str]


class Log:
    """A bounded queue of (level, logger, text); safe for several threads."""

    def __init__(self, entries: int = MAX_ENTRIES, size: int = MAX_BYTES) -> None:
        # Reentrant: a signal handler or a destructor may log while we hold it.
        self._lock = threading.RLock()
        self._entries: deque[Entry] = deque()
        self._limit = entries
        self._max_size = size
        self._size = 0
        self._dropped = 0
        self.pending = False

    def add(self, level: str, logger: str, text: str) -> None:
        """Append an entry, cut to MAX_TEXT; the oldest make room for it."""
        if len(text) > MAX_TEXT:
            text = f"{text[:MAX_TEXT]}… ({len(text) - MAX_TEXT} characters cut)"
        with self._lock:
            self._entries.append((level, logger, text))
            self._size += len(text)
            while len(self._entries) > self._limit or self._size > self._max_size:
                self._size -= len(self._entries.popleft()[2])
                self._dropped += 1
            self.pending = True

    def drain(self) -> list[Entry]:
        """Return and forget everything; the count of dropped entries comes first."""
        with self._lock:
            found = list(self._entries)
            if self._dropped:
                found.insert(
                    0, ("WARNING", "pyshim.wire.logs", f"{self._dropped} entries were dropped")
                )
            self._entries.clear()
            self._size = self._dropped = 0
            self.pending = False
            return found


class Stream(io.TextIOBase):
    """A text stream whose lines become log entries."""

    def __init__(self, log: Log, level: str, name: str) -> None:
        self._log = log
        self._level = level
        self._name = name
        self._lock = threading.RLock()
        self._partial = ""
        self.buffer = _Bytes(self)

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return "utf-8"

    @property
    def errors(self) -> str:  # type: ignore[override]
        return "backslashreplace"

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        with self._lock:
            *lines, rest = (self._partial + text).split("\n")
            if len(rest) > MAX_TEXT:
                lines.append(rest)
                rest = ""
            self._partial = rest
        for line in lines:
            if line:
                self._log.add(self._level, self._name, line)
        return len(text)

    def flush(self) -> None:
        with self._lock:
            rest, self._partial = self._partial, ""
        if rest:
            self._log.add(self._level, self._name, rest)


class _Bytes(io.RawIOBase):
    """The .buffer of a Stream, for those who write bytes."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        raw = bytes(data)  # type: ignore[call-overload]
        self._stream.write(raw.decode("utf-8", "backslashreplace"))
        return len(raw)


class Handler(logging.Handler):
    """A logging handler in front of a Log."""

    def __init__(self, log: Log) -> None:
        super().__init__(logging.INFO)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        try:
            text = self.format(record)
        except Exception:
            text = f"{record.msg!r} (its arguments do not fit it)"
        self._log.add(record.levelname, record.name, text)


LOG = Log()


def install(log: Log = LOG) -> None:
    """Redirect sys.stdout, sys.stderr and the root logger of this process."""
    sys.stdout = Stream(log, "INFO", "stdout")
    sys.stderr = Stream(log, "WARNING", "stderr")
    root = logging.getLogger()
    root.handlers[:] = [Handler(log)]
    root.setLevel(logging.INFO)
