"""A worker's loop, with a test as the host."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import struct
import tempfile
import threading
import time
import weakref
from collections.abc import Iterator
from typing import Any

import pytest

from pyshim import dispatch
from pyshim.shortcuts import switches
from pyshim.wire import codec
from pyshim.wire.codec import Reply, Request
from pyshim.workers import memory, shm, worker

ECHO, WAIT = 0x7100, 0x7101
HANG = 120  # seconds: longer than anything takes on the slowest machine


class Left(BaseException):
    pass


class Host:
    """Runs the loop in a thread, and is the other end of its socket."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def leave(status: int) -> None:
            raise Left

        monkeypatch.setattr(os, "_exit", leave)
        monkeypatch.setattr(worker, "_HOLD_SECONDS", 100)
        self.go = threading.Event()
        monkeypatch.setitem(dispatch._HANDLERS, ECHO, lambda r: Reply(bytes(r.body)))
        monkeypatch.setitem(dispatch._HANDLERS, WAIT, self.wait)
        self.ours, theirs = socket.socketpair()
        self.ours.settimeout(HANG)
        with tempfile.TemporaryFile() as file:
            os.ftruncate(file.fileno(), shm.SIZE)
            self.segment = shm.Segment(os.dup(file.fileno()))
        self.thread = threading.Thread(target=self.work, args=(theirs,))
        self.thread.start()
        assert self.exactly(16) == worker.READY

    def work(self, theirs: socket.socket) -> None:
        with contextlib.suppress(Left), theirs:
            worker.work(theirs, self.segment)

    def wait(self, request: Request) -> Reply:
        assert self.go.wait(HANG)
        return Reply(b"waited")

    def answers(self, count: int) -> list[tuple[int, int, bytes]]:
        """Return number, bits and body of the next ones."""
        found = []
        for _ in range(count):
            length, serial = struct.unpack("<QQ", self.exactly(16))
            bits = length >> 62
            data = self.exactly(length & (1 << 62) - 1)
            found.append((serial, bits, b"" if bits else codec.unflatten(data)[1].body))
        return found

    def exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            part = self.ours.recv(count - len(data))
            assert part, "the other side has closed"
            data += part
        return data

    def quiet(self) -> bool:
        """Return whether nothing has come."""
        return not select.select([self.ours], [], [], 0)[0]

    def runs(self, serial: int) -> None:
        self.comes(shm.RUNNING, serial)

    def comes(self, word: int, value: int) -> None:
        until = time.monotonic() + HANG
        while self.segment.words[word] != value:
            assert time.monotonic() < until
            time.sleep(0)

    def close(self) -> None:
        self.go.set()
        self.ours.shutdown(socket.SHUT_WR)
        self.thread.join(HANG)
        assert not self.thread.is_alive()


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    host = Host(monkeypatch)
    yield host
    host.close()


def job(serial: int, op: int = ECHO, body: bytes = b"") -> bytes:
    frame = codec.request(op, body)
    return struct.pack("<QQ", len(frame), serial) + frame


def test_answers_are_held_while_there_is_more(host: Host) -> None:
    host.ours.sendall(job(1, body=b"one") + job(2, body=b"two") + job(3, WAIT) + job(4) + job(5))
    host.runs(3)
    assert host.quiet()
    used = host.segment.words[shm.USED]
    replies = bytes(host.segment.replies[:used])
    assert struct.unpack_from("<QQ", replies)[1] == 1
    host.go.set()
    assert host.answers(5) == [
        (1, 0, b"one"),
        (2, 0, b"two"),
        (3, 0, b"waited"),
        (4, 0, b""),
        (5, 0, b""),
    ]


def test_the_last_ones_are_not_held(host: Host) -> None:
    host.ours.sendall(job(1, body=b"one") + job(2, WAIT))
    assert host.answers(1) == [(1, 0, b"one")]
    host.runs(2)
    host.go.set()
    assert host.answers(1) == [(2, 0, b"waited")]
    assert host.segment.words[shm.RUNNING] == 0
    host.comes(shm.USED, 0)  # after the answers have gone: the reader of the answers may be sooner


def test_nothing_is_held_while_the_rest_of_a_job_is_awaited(host: Host) -> None:
    cut = job(2, body=b"two")
    host.ours.sendall(job(1, body=b"one") + cut[:20])
    assert host.answers(1) == [(1, 0, b"one")]
    host.ours.sendall(cut[20:])
    assert host.answers(1) == [(2, 0, b"two")]


def test_unwanted_jobs_are_left_out(host: Host) -> None:
    host.ours.sendall(job(1, WAIT))
    host.runs(1)
    host.segment.words[shm.UNWANTED + 2] = 2
    host.segment.words[shm.UNWANTED + 3] = 3 + shm.DEPTH  # meant for a later one
    host.ours.sendall(job(2, body=b"two") + job(3, body=b"three"))
    host.go.set()
    assert host.answers(3) == [(1, 0, b"waited"), (2, 1, b""), (3, 0, b"three")]


@pytest.mark.parametrize("size", [0, 40_000, 65_000, 65_495, 65_496, 65_497, 70_000, 3_000_000])
def test_jobs_and_answers_of_any_size(host: Host, size: int) -> None:
    bodies = [bytes([65 + i]) * (size + i) for i in range(3)] + [b"small"]
    data = b"".join(job(i, body=body) for i, body in enumerate(bodies, 1))
    threading.Thread(target=host.ours.sendall, args=(data,)).start()
    assert [body for _, _, body in host.answers(4)] == bodies
    assert len(host.segment.replies) < 65_536


def test_faults_are_marked(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    def beyond(_: Any) -> Reply:
        return Reply(ints=[1 << 40])

    monkeypatch.setitem(dispatch._HANDLERS, ECHO, beyond)
    host.ours.sendall(job(1))
    assert host.answers(1) == [(1, 2, b"")]


def test_counts_are_there_before_the_answer(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = (1, 2, 3, 4, 5, 6, 7, 8)
    monkeypatch.setattr(switches, "counts", lambda: numbers)
    host.ours.sendall(job(1))
    host.answers(1)
    at = shm.COUNTS
    assert tuple(host.segment.words[at : at + len(numbers)]) == numbers


def test_counts_fit_their_cells() -> None:
    assert shm.COUNTS + len(switches.counts()) <= shm.UNWANTED


def test_what_is_no_reply_is_told_in_words() -> None:
    assert worker.flatten(codec.build(codec.Reply(ints=[1 << 40]))) == (
        b"reply ints: a number is beyond int32",
        True,
    )
    text, fault = worker.flatten(codec.build(codec.Reply(bufs=("x",))))  # type: ignore[arg-type]
    assert fault
    assert text.startswith(b"reply bytes: TypeError")


def test_nothing_is_held_for_long(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "_HOLD_SECONDS", 0)
    host.ours.sendall(job(1) + job(2) + job(3, WAIT) + job(4) + job(5))
    assert len(host.answers(2)) == 2
    host.go.set()
    assert len(host.answers(3)) == 3


def test_memory_is_given_back_after_a_large_job(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = threading.Semaphore(0)
    monkeypatch.setattr(memory, "give_back", given.release)
    host.ours.sendall(job(1) + job(2, body=b"x" * memory.LARGE) + job(3, WAIT))
    assert [serial for serial, _, _ in host.answers(2)] == [1, 2]
    assert not given.acquire(blocking=False), "there is more to do first"
    host.go.set()
    assert len(host.answers(1)) == 1
    assert given.acquire(timeout=HANG)
    host.ours.sendall(job(4))
    assert len(host.answers(1)) == 1
    host.ours.sendall(job(5))
    assert len(host.answers(1)) == 1
    assert not given.acquire(blocking=False), "they were small"


def test_circles_are_given_back() -> None:
    circle: list[object] = []
    circle.append(circle)
    watched = weakref.ref(marker := {1})
    circle.append(marker)
    del circle, marker
    assert watched() is not None, "it went by itself"
    memory.give_back()
    assert watched() is None


def test_memory_between_what_is_in_use_is_given_back() -> None:
    def held() -> int:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    # Too large for Python's own allocator, too small for a mapping of its own.
    blocks = [bytes(10_000) for _ in range(5_000)]
    del blocks[:-1]
    before = held()
    memory.give_back()
    assert before - held() > 30_000_000
