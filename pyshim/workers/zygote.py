"""The process that workers are forked from: it stays warm, and encodes nothing.

It has one thread of Python, and answers commands on a control socket. Every change of what is
loaded is tried in a fork of it, which becomes the zygote when it succeeds: a load that crashes
or hangs takes nobody along. Workers are forked from the zygote in milliseconds and share its
memory until they write to it.

A control message is kind (1 byte), length (u64), payload, with descriptors beside its first
bytes; an answer is a length and bytes. bridge/internal/pool is the other end.
"""

from __future__ import annotations

import errno
import faulthandler
import gc
import hashlib
import os
import signal
import socket
import struct
from typing import Any, NoReturn

from pyshim import dispatch, errors
from pyshim.tokenizers import hub, registry
from pyshim.wire import codec
from pyshim.wire.ops import LOADS
from pyshim.workers import fork, shm, worker

_CONTROL = struct.Struct("<cQ")
_LENGTH = struct.Struct("<Q")
_PID = struct.Struct("<i")
# verdict, handle of the object that a load is about; the flat reply follows
_ANSWER = struct.Struct("<BI")
_MEMORY = struct.Struct("<Q")
# handle, and the fingerprint that it should have, 0 if any
_WANTED = struct.Struct("<IQ")
_FINGERPRINT = struct.Struct("<Q")

FINAL, WANTS_FORK, FAULT = 0, 1, 2

# Handles of this side; those the host gives to its callers are small, so that one can
# never be taken for the other.
FIRST_HANDLE = 1 << 30

_SUCCESSOR_FDS = 3  # descriptors: socket, standard error, lifeline
_WORKER_FDS = 4  # and its shared segment


class NotLoadedError(BaseException):
    """What was requested is not here, and this process is not to load it."""


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
            elif kind == b"i":
                self.answer(fingerprint(*_WANTED.unpack(payload)))
            elif kind == b"w":
                self.fork_worker(fds, *_MEMORY.unpack(payload))
            elif kind == b"s":
                self.fork_successor(fds, payload)
            elif kind == b"r":
                self.answer(_PID.pack(fork.reap(*_PID.unpack(payload))))
            else:
                raise RuntimeError(f"there is no command {kind!r}")

    def answer(self, data: bytes) -> None:
        """Send one answer."""
        self.control.sendall(_LENGTH.pack(len(data)) + data)

    def fork_worker(self, fds: list[int], memory: int) -> None:
        """Fork a worker on the descriptors that came with the command."""
        if self.fork(fds, _WORKER_FDS) == 0:
            try:
                segment = fds.pop()
                sock = fork.setup_child(fds)
                shared = shm.Segment(segment)
                fork.limit(memory)
            except BaseException as failure:
                _exit_with(failure)
            worker.work(sock, shared)

    def fork_successor(self, fds: list[int], frame: bytes) -> None:
        """Fork a zygote that makes a change first, and ends if that fails."""
        if self.fork(fds, _SUCCESSOR_FDS) == 0:
            self.control = fork.setup_child(fds)
            gc.unfreeze()
            data = call(frame, loading=True)
            self.answer(data)
            if _status_of(data) != 0:
                os._exit(0)
            # What is there now is shared with the workers: the collector's marks must not
            # make every page of it their own.
            gc.collect()
            gc.freeze()

    def fork(self, fds: list[int], wanted: int) -> int:
        """Fork, and notify the host; 0 in the child, where the control socket is closed.

        A fork that fails is reported by the number of its error, below 0: it is no reason
        for this process to end, which is the one that can make another.
        """
        try:
            if len(fds) != wanted:  # there was no room for the others
                raise OSError(errno.EMFILE, "descriptors")
            pid = fork.fork()
        except OSError as failure:
            pid = -(failure.errno or errno.EIO)
        if pid == 0:
            self.control.close()
            return 0
        for fd in fds:
            os.close(fd)
        self.answer(_PID.pack(pid))
        return pid


def main(info: bytes, control_fd: int = 3, lifeline: int = 4) -> NoReturn:
    """Be the first zygote, on the descriptors that the host has left open."""
    control = socket.socket(fileno=control_fd)
    control.set_inheritable(False)
    os.set_inheritable(lifeline, False)
    fork.die_with_host(lifeline)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is the host's business
    faulthandler.enable(file=2)
    registry.REGISTRY._last = FIRST_HANDLE
    zygote = Zygote(control)
    gc.freeze()
    try:
        zygote.answer(info)
        zygote.serve()
    except BaseException:
        _exit()


def call(frame: bytes, *, loading: bool) -> bytes:
    """Run one frame here; without loading, a load that has work to do only says so."""
    is_load = len(frame) >= codec.REQUEST.size and codec.parse(frame).op in LOADS
    wants = False
    before, asking = registry.REGISTRY._load, hub.before_asking
    if not loading:

        def refuse(entry: registry._Entry, load: Any) -> tuple[int, Any]:
            nonlocal wants
            wants = True
            registry.REGISTRY._entries.pop(entry.key, None)
            raise NotLoadedError

        def refuse_download() -> None:
            nonlocal wants
            wants = True
            raise NotLoadedError

        registry.REGISTRY._load = refuse  # type: ignore[method-assign]
        hub.before_asking = refuse_download
    try:
        reply = dispatch.dispatch(frame)
    finally:
        registry.REGISTRY._load = before  # type: ignore[method-assign]
        hub.before_asking = asking
    handle = _merge_handles() if is_load and _status(reply[0]) == 0 else 0
    data, fault = worker.flatten(reply)
    verdict = FAULT if fault else WANTS_FORK if wants else FINAL
    return _ANSWER.pack(verdict, handle) + data


def fingerprint(handle: int, wanted: int) -> bytes:
    """Return the fingerprint of an object, which is that of its file.

    Where another one is wanted a reply that says so follows.
    """
    key = registry.REGISTRY._handles[handle].key
    found = hashlib.blake2b(repr(key).encode(errors="surrogatepass"), digest_size=8).digest()
    if wanted in (0, *_FINGERPRINT.unpack(found)):
        return found
    path = next(part for part in key if isinstance(part, str) and os.sep in part)  # type: ignore[attr-defined]
    reply = dispatch.failed(
        errors.FileChanged(
            f"{path} is not the file any more that was loaded, and the process that had it has "
            "ended: load it again"
        )
    )
    return found + _ANSWER.pack(FINAL, 0) + codec.flatten(reply)


def _merge_handles() -> int:
    # One handle an object is enough on this side: the host counts its own.
    handles = registry.REGISTRY._handles
    newest = max(handles)
    entry = handles[newest]
    first = min(handle for handle, other in handles.items() if other is entry)
    if first != newest:
        registry.REGISTRY.close(newest)
    return first


def _receive_head(control: socket.socket) -> tuple[bytes, list[int]]:
    head, fds, _, _ = socket.recv_fds(control, _CONTROL.size, _WORKER_FDS)
    if not head:
        _exit()
    return head + _exactly(control, _CONTROL.size - len(head)), fds


def _exactly(sock: socket.socket, count: int) -> bytes:
    parts = bytearray()
    while len(parts) < count:
        part = sock.recv(min(count - len(parts), 1 << 20))
        if not part:
            _exit()
        parts += part
    return bytes(parts)


def _status(head: bytes) -> int:
    return int(codec.REPLY.unpack_from(head)[1])


def _status_of(answer: bytes) -> int:
    verdict, _ = _ANSWER.unpack_from(answer)
    return _status(answer[_ANSWER.size :]) if verdict == FINAL else 1


def _exit_with(failure: BaseException) -> NoReturn:
    # The end of a worker that never was is an error of its host's, with what is said here.
    os.write(2, f"{type(failure).__name__}: {failure}".encode(errors="backslashreplace"))
    os._exit(1)


def _exit() -> NoReturn:
    # No atexit, no finalisation: native libraries have been forked, and there is nothing to save.
    os._exit(0)
