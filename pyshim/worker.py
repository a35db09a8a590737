"""The process side of the pool: a parent that stays warm, and the workers forked from it.

The parent (here: zygote) has one thread of Python, answers commands on a control socket, and
encodes nothing. Every change of what is loaded is tried in a fork of it, which becomes the
zygote when it succeeds: a load that crashes or hangs takes nobody along. Workers are forked
from the zygote in milliseconds and share its memory until they write to it.

A control message is kind (1 byte), length (u64), payload, with descriptors beside its first
bytes; an answer is a length and bytes. bridge/internal/pool is the other end.
"""

from __future__ import annotations

import contextlib
import faulthandler
import fcntl
import gc
import io
import os
import resource
import signal
import socket
import struct
import sys
import time
import warnings
from typing import Any, NoReturn

from pyshim import codec, dispatch, registry
from pyshim.codec import Op

_CONTROL = struct.Struct("<cQ")
_LENGTH = struct.Struct("<Q")
# of a job: length, serial number; its answer repeats the number
_JOB = struct.Struct("<QQ")
_PID = struct.Struct("<i")
# verdict, handle of the object that a load is about; the flat reply follows
_ANSWER = struct.Struct("<BI")
_MEMORY = struct.Struct("<Q")

FINAL, WANTS_FORK, FAULT = 0, 1, 2

# In the length of a worker's answer: what follows is no reply but why there is none.
FAULT_BIT = 1 << 63

# Handles of this side; those the host gives to its callers are small, so that one can
# never be taken for the other.
FIRST_HANDLE = 1 << 30

_LOADS = (Op.LOAD.value, Op.LOAD_RAW.value, Op.LOAD_VLLM.value)
_F_SETSIG = 10  # fcntl has no name for it
_DESCRIPTORS = 3  # socket, standard error, lifeline
_REAP_SECONDS = 2.0


class NotLoadedError(BaseException):
    """What was asked for is not here, and this process is not to load it."""


class Zygote:
    """Serves one control socket until it is closed."""

    def __init__(self, control: socket.socket) -> None:
        self.control = control

    def serve(self) -> NoReturn:
        """Answer commands; never returns."""
        while True:
            head, fds = _receive_head(self.control)
            kind, length = _CONTROL.unpack(head)
            payload = _exactly(self.control, length)
            if kind == b"c":
                self.answer(call(payload, loading=False))
            elif kind == b"l":
                self.answer(call(payload, loading=True))
            elif kind == b"w":
                self.fork_worker(fds, *_MEMORY.unpack(payload))
            elif kind == b"s":
                self.fork_successor(fds, payload)
            elif kind == b"r":
                self.answer(_PID.pack(reap(*_PID.unpack(payload))))
            else:
                raise RuntimeError(f"there is no command {kind!r}")

    def answer(self, data: bytes) -> None:
        """Send one answer."""
        self.control.sendall(_LENGTH.pack(len(data)) + data)

    def fork_worker(self, fds: list[int], memory: int) -> None:
        """Fork a worker on the descriptors that came with the command."""
        pid = _fork()
        if pid == 0:
            self.control.close()
            sock = _settle_in(fds)
            _bound(memory)
            work(sock)
        _close(fds)
        self.answer(_PID.pack(pid))

    def fork_successor(self, fds: list[int], frame: bytes) -> None:
        """Fork a zygote that makes a change first, and ends if that fails."""
        pid = _fork()
        if pid == 0:
            self.control.close()
            self.control = _settle_in(fds)
            gc.unfreeze()
            data = call(frame, loading=True)
            self.answer(data)
            if _status_of(data) != 0:
                os._exit(0)
            # What is there now is shared with the workers: the collector's marks must not
            # make every page of it their own.
            gc.collect()
            gc.freeze()
            return
        _close(fds)
        self.answer(_PID.pack(pid))


def main(info: bytes, control_fd: int = 3, lifeline: int = 4) -> NoReturn:
    """Be the first zygote, on the descriptors that the host has left open."""
    control = socket.socket(fileno=control_fd)
    control.set_inheritable(False)
    os.set_inheritable(lifeline, False)
    _arm(lifeline)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is the host's business
    faulthandler.enable(file=2)
    registry.REGISTRY._last = FIRST_HANDLE
    zygote = Zygote(control)
    gc.freeze()
    try:
        zygote.answer(info)
        zygote.serve()
    except BaseException:
        _leave()


def call(frame: bytes, *, loading: bool) -> bytes:
    """Run one frame here; without loading, a load that has work to do only says so."""
    is_load = len(frame) >= codec.REQUEST.size and codec.parse(frame).op in _LOADS
    wants = False
    before = registry.REGISTRY._load
    if not loading:

        def refuse(slot: registry._Slot, load: Any) -> tuple[int, Any]:
            nonlocal wants
            wants = True
            registry.REGISTRY._slots.pop(slot.key, None)
            raise NotLoadedError

        registry.REGISTRY._load = refuse  # type: ignore[method-assign]
    try:
        reply = dispatch.dispatch(frame)
    finally:
        registry.REGISTRY._load = before  # type: ignore[method-assign]
    handle = _adopt() if is_load and _status(reply[0]) == 0 else 0
    data, fault = flat(reply)
    verdict = FAULT if fault else WANTS_FORK if wants else FINAL
    return _ANSWER.pack(verdict, handle) + data


def _adopt() -> int:
    # One handle an object is enough on this side: the host counts its own.
    handles = registry.REGISTRY._handles
    newest = max(handles)
    slot = handles[newest]
    first = min(handle for handle, other in handles.items() if other is slot)
    if first != newest:
        registry.REGISTRY.close(newest)
    return first


def work(sock: socket.socket) -> NoReturn:
    """Serve request frames, each behind its length and number, until the host closes the socket."""
    try:
        stream = io.BufferedReader(socket.SocketIO(sock, "r"), 1 << 16)
        while True:
            serial, frame = _read_frame(stream)
            if frame is None:
                break
            data, fault = flat(dispatch.dispatch(frame))
            del frame
            head = _JOB.pack(len(data) | (FAULT_BIT if fault else 0), serial)
            if len(data) < 1 << 16:
                sock.sendall(head + data)
            else:
                sock.sendall(head)
                sock.sendall(data)
    finally:
        _leave()


def flat(reply: Any) -> tuple[bytes, bool]:
    """Flatten a reply; of one that is none, tell why, in the words of the embedded side."""
    _, _, bufs = reply
    try:
        return codec.flatten(reply), False
    except OverflowError:
        text = "reply ints: a number is beyond int32"
    except Exception as error:
        part = "bytes" if any(type(buf) is not bytes for buf in bufs) else "ints"
        text = f"reply {part}: {type(error).__name__}: {error}"
    return text.encode(errors="backslashreplace"), True


def _read_frame(stream: io.BufferedReader[Any]) -> tuple[int, bytes | None]:
    head = stream.read(_JOB.size)
    if len(head) < _JOB.size:
        return 0, None
    length, serial = _JOB.unpack(head)
    frame = stream.read(length)
    return serial, frame if len(frame) == length else None


def reap(pid: int) -> int:
    """Return the wait status of a child that was killed or is ending; -1 if it will not end."""
    until = time.monotonic() + _REAP_SECONDS
    while True:
        try:
            done, status = os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            return -1
        if done:
            return status
        if time.monotonic() > until:
            return -1
        time.sleep(0.001)


def _fork() -> int:
    sys.stdout.flush()
    with warnings.catch_warnings():
        # Libraries have threads of their own here, idle and made for being forked (OpenBLAS);
        # of Python there is one.
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def _settle_in(fds: list[int]) -> socket.socket:
    """Make a fork a process of its own: group, standard error, lifeline."""
    conn, error, lifeline = fds
    os.setpgid(0, 0)
    os.dup2(error, 1)
    os.dup2(error, 2)
    os.close(error)
    _arm(lifeline)
    return socket.socket(fileno=conn)


def _arm(lifeline: int) -> None:
    # The kernel kills us when the host's end of this pipe closes, in whatever loop we are.
    # A death signal would not do: its sender would be the zygote, which may end before us.
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(lifeline, _F_SETSIG, signal.SIGKILL)
    flags = fcntl.fcntl(lifeline, fcntl.F_GETFL)
    fcntl.fcntl(lifeline, fcntl.F_SETFL, flags | os.O_ASYNC | os.O_NONBLOCK)
    with contextlib.suppress(BlockingIOError):
        if os.read(lifeline, 1) == b"":
            os._exit(0)  # it was closed before we could listen


def _bound(memory: int) -> None:
    # Of all processes of the host a worker is the one to lose.
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as score:
        score.write("500")
    if memory:
        with open("/proc/self/statm") as statm:
            shared = int(statm.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (shared + memory, shared + memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # it would hold request text


def _receive_head(control: socket.socket) -> tuple[bytes, list[int]]:
    head, fds, _, _ = socket.recv_fds(control, _CONTROL.size, _DESCRIPTORS)
    if not head:
        _leave()
    return head + _exactly(control, _CONTROL.size - len(head)), fds


def _exactly(sock: socket.socket, count: int) -> bytes:
    parts = bytearray()
    while len(parts) < count:
        part = sock.recv(min(count - len(parts), 1 << 20))
        if not part:
            _leave()
        parts += part
    return bytes(parts)


def _status(head: bytes) -> int:
    return int(codec.REPLY.unpack_from(head)[1])


def _status_of(answer: bytes) -> int:
    verdict, _ = _ANSWER.unpack_from(answer)
    return _status(answer[_ANSWER.size :]) if verdict == FINAL else 1


def _close(fds: list[int]) -> None:
    for fd in fds:
        os.close(fd)


def _leave() -> NoReturn:
    # No atexit, no finalisation: native libraries have been forked, and there is nothing to save.
    os._exit(0)
