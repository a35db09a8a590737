"""A worker: runs the jobs that wait in its socket, one at a time.

A job is a length, a number and a frame; its answer repeats the number. While there is more work
at hand replies stay in the shared segment (shm.py) and go out together, because each write wakes
the host. What is there is not lost when the worker ends: the host reads it from the segment.
"""

from __future__ import annotations

import os
import socket
import struct
import time
from typing import Any, NoReturn

from pyshim import dispatch
from pyshim.shortcuts import switches
from pyshim.wire import codec
from pyshim.workers import memory
from pyshim.workers.shm import COUNTS, DEPTH, RUNNING, UNWANTED, USED, Segment

_HEAD = struct.Struct("<QQ")  # length, number

# In the length of an answer: what follows is no reply but why there is none; nothing was done.
FAULT_BIT = 1 << 63
SKIPPED_BIT = 1 << 62

# The answer to no job, which comes before all others.
READY = _HEAD.pack(SKIPPED_BIT, 0)

# Longer than this no answer waits for others, but for the end of a job.
_HOLD_SECONDS = 0.002
_ROOM = 64 << 10


def work(sock: socket.socket, shared: Segment) -> NoReturn:
    """Serve jobs until the host closes the socket."""
    inbox, outbox = Inbox(sock), Outbox(sock, shared)
    words = shared.words
    grown = False
    try:
        sock.sendall(READY)
        while True:
            job = inbox.take()
            if job is None:
                # Nothing is here as a whole; what is to come may be long in coming.
                if not inbox.look():
                    outbox.send()
                    if grown and inbox.empty():
                        memory.give_back()  # nobody waits for it
                        grown = False
                    if not inbox.wait():
                        break
                continue
            serial, frame = job
            if words[UNWANTED + serial % DEPTH] == serial:
                outbox.put(SKIPPED_BIT, serial, b"")
            else:
                words[RUNNING] = serial
                data, fault = flatten(dispatch.dispatch(frame))
                outbox.put(FAULT_BIT if fault else 0, serial, data)
                grown = grown or len(frame) > memory.LARGE
                del data
            del job, frame
            if inbox.nearly_empty():
                outbox.send()  # while the last one runs, the next ones come
    finally:
        os._exit(0)  # no atexit, no finalisation: native libraries have been forked


class Inbox:
    """What has come through the socket and was not taken."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._room = memoryview(bytearray(_ROOM))
        self._start = self._end = 0

    def take(self) -> tuple[int, bytes] | None:
        """Return the next job, if all of it is here."""
        have = self._end - self._start
        if have < _HEAD.size:
            return None
        length, serial = _HEAD.unpack_from(self._room, self._start)
        if have < _HEAD.size + length:
            return None
        at = self._start + _HEAD.size
        self._start = at + length
        return serial, bytes(self._room[at : self._start])

    def empty(self) -> bool:
        """Return whether nothing is here, not even a part of a job."""
        return self._end == self._start

    def nearly_empty(self) -> bool:
        """Return whether there is one more job here at most."""
        have = self._end - self._start
        if have < _HEAD.size:
            return True
        length, _ = _HEAD.unpack_from(self._room, self._start)
        return bool(have <= 2 * _HEAD.size + length)

    def look(self) -> bool:
        """Take in what has come; false when that is nothing."""
        try:
            return self._receive(socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False

    def wait(self) -> bool:
        """Wait for something to come; false when the host has closed."""
        return self._receive(0)

    def _receive(self, flags: int) -> bool:
        self._make_room()
        count = self._sock.recv_into(self._room[self._end :], 0, flags)
        self._end += count
        return count > 0

    def _make_room(self) -> None:
        rest = self._room[self._start : self._end]
        wanted = _ROOM
        if len(rest) >= _HEAD.size:
            wanted = max(wanted, _HEAD.size + _HEAD.unpack_from(rest)[0])
        if wanted != len(self._room):
            # A job that is larger has room of its own, for this once.
            self._room = memoryview(bytearray(wanted))
            self._room[: len(rest)] = rest
        elif self._start:
            self._room[: len(rest)] = bytes(rest)
        self._start, self._end = 0, len(rest)


class Outbox:
    """The answers, which go out in the order in which they are put in."""

    def __init__(self, sock: socket.socket, shared: Segment) -> None:
        self._sock = sock
        self._words, self._replies = shared.words, shared.replies
        self._used = 0
        self._since = 0.0

    def put(self, bits: int, serial: int, data: bytes) -> None:
        """Add an answer to the replies that are ready, or send it where it does not fit."""
        head = _HEAD.pack(len(data) | bits, serial)
        size = len(head) + len(data)
        if size > len(self._replies) - self._used:
            self.send()
        if size > len(self._replies):
            self._count()
            self._sock.sendall(head)
            self._sock.sendall(data)
            self._words[RUNNING] = 0
            return
        # While no job runs, the host takes nothing from the segment.
        self._words[RUNNING] = 0
        start, self._used = self._used, self._used + size
        self._replies[start : self._used] = head + data
        self._words[USED] = self._used
        now = time.monotonic()
        if not start:
            self._since = now
        elif now - self._since > _HOLD_SECONDS:
            self.send()

    def send(self) -> None:
        """Send the replies that are ready."""
        if self._used:
            self._count()
            self._sock.sendall(self._replies[: self._used])
            self._words[USED] = self._used = 0

    def _count(self) -> None:
        for at, number in enumerate(switches.counts(), COUNTS):
            self._words[at] = number


def flatten(reply: Any) -> tuple[bytes, bool]:
    """Flatten a reply; for one that is none, say why, in the words of the embedded side."""
    _, _, bufs = reply
    try:
        return codec.flatten(reply), False
    except OverflowError:
        text = "reply ints: a number is beyond int32"
    except Exception as error:
        part = "bytes" if any(type(buf) is not bytes for buf in bufs) else "ints"
        text = f"reply {part}: {type(error).__name__}: {error}"
    return text.encode(errors="backslashreplace"), True
