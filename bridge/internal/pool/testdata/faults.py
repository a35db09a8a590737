"""Operations that only the pool's tests know: ways in which a worker can go wrong."""

from __future__ import annotations

import ctypes
import errno
import os
import re
import signal
import sys
import time
from typing import Any

from pyshim.dispatch import register
from pyshim.shortcuts import switches
from pyshim.tokenizers import load
from pyshim.wire.codec import Reply, Request
from pyshim.workers import fork, worker, zygote

_load, _resolve = load._load, load.resolve
_take = worker.Inbox.take
_fork, _fork_worker = fork.fork, zygote.Zygote.fork_worker


def _pid(request: Request) -> Reply:
    return Reply(aux=os.getpid())


def _fault(request: Request) -> Reply:
    _do(request.text())
    return Reply(b"survived")


def _do(what: str) -> None:
    if what == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif what == "segfault":
        ctypes.string_at(0)
    elif what == "exit":
        os._exit(3)
    elif what == "garbage":
        os.write(_socket(), b"\xff" * 100)
    elif what == "nonsense":
        os.write(_socket(), (9).to_bytes(8, "little") + bytes(8) + b"no reply!")
    elif what == "cut":
        os.write(_socket(), (1000).to_bytes(8, "little") + bytes(8) + b"the beginning")
        os._exit(0)
    elif what == "twice":
        os.write(
            _socket(), (32).to_bytes(8, "little") + (1).to_bytes(8, "little") + b"\1" + bytes(31)
        )
    elif what == "hang":
        while True:
            pass
    elif what == "native":
        # Inside one call of C, which holds the GIL and sees no signal of Python's.
        re.match(r"(a+)+$", "a" * 64 + "b")
    elif what == "stop":
        os.kill(os.getpid(), signal.SIGSTOP)
    elif what == "abort":
        os.write(2, b"memory allocation of 12345 bytes failed\n")
        os.abort()
    elif what == "slow":
        time.sleep(0.4)
    elif what == "differ":
        switches.agree([1, 2], [3, 4])
    elif what == "trickle":
        # From now on everything comes and goes in small pieces.
        worker.Inbox._receive = _receive_little  # type: ignore[method-assign]
        worker.Outbox._sock = property(lambda self: _Trickle(self.__dict__["_sock"]))  # type: ignore[attr-defined]
    elif what == "chatter":
        os.write(1, b"native code on stdout\n" * 1000)
        sys.stdout.write("python on stdout\n")
        sys.stdin.read()


def _receive_little(self: Any, flags: int) -> bool:
    self._make_room()
    room = self._room[self._end : self._end + 1000]
    count: int = self._sock.recv_into(room, 0, flags)
    self._end += count
    return count > 0


def _take_or_die(self: Any) -> tuple[int, bytes] | None:
    job = _take(self)
    if job is not None and job[1].endswith(b"deadly"):
        os.kill(os.getpid(), signal.SIGKILL)  # it was received, and has not begun
    return job


class _Trickle:
    def __init__(self, sock: Any) -> None:
        self._sock = sock

    def sendall(self, data: Any) -> None:
        for start in range(0, len(data), 777):
            self._sock.sendall(data[start : start + 777])
            time.sleep(0.0001)


def _socket() -> int:
    for fd in range(3, 50):
        try:
            if os.readlink(f"/proc/self/fd/{fd}").startswith("socket:"):
                return fd
        except OSError:
            continue
    raise AssertionError("no socket")


def _sleep(request: Request) -> Reply:
    time.sleep(request.arg / 1000)
    return Reply(b"slept")


def _echo(request: Request) -> Reply:
    return Reply(bytes(request.body))


def _gate(request: Request) -> Reply:
    _stand_before(request.text().split("\0")[0])
    return Reply(b"passed")


def _stand_before(fifo: str) -> None:
    # An opened other end shows that we have come; its end lets us through.
    try:
        with open(fifo, "rb", buffering=0) as gate:
            gate.read(1)
    except FileNotFoundError:
        pass  # it is open


def _allocate(request: Request) -> Reply:
    return Reply(aux=len(bytearray(request.arg << 20)))


def _resolve_late(args: Any) -> str:
    # What the zygote does itself for a load, before it forks.
    path = _resolve(args)
    _stand_before(os.path.join(os.path.dirname(path), "before-load"))
    return path


def _load_badly(path: str, mode: Any) -> Any:
    # In the place of the reference's own loading, behind everything that is ours.
    _stand_before(os.path.join(os.path.dirname(path), "load"))
    name = os.path.basename(path)
    if name.startswith("fault-"):
        _do(name.removeprefix("fault-"))
    return _load(path, mode)


def _fork_or_not() -> int:
    # Limits of processes do not bind root, whom tests may run as.
    if os.path.exists(os.environ.get("MTOK_TEST_NOFORK", "")):
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
    return _fork()


def _fork_worker_or_not(self: Any, fds: list[int], memory: int) -> None:
    if os.path.exists(os.environ.get("MTOK_TEST_NOFORK", "").replace(".nofork", ".noworker")):
        os.close(fds.pop())  # as if there had been no room for it
    _fork_worker(self, fds, memory)


for number, function in enumerate((_pid, _fault, _sleep, _echo, _allocate, _gate)):
    register(0x7000 + number, function)
load._load, load.resolve = _load_badly, _resolve_late
worker.Inbox.take = _take_or_die  # type: ignore[method-assign]
fork.fork = _fork_or_not
zygote.Zygote.fork_worker = _fork_worker_or_not  # type: ignore[method-assign]
