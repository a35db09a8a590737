"""The zygote and its forks, with a test as the host."""

from __future__ import annotations

import array
import errno
import json
import os
import resource
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from pyshim.tests.test_bootstrap import sources
from pyshim.wire import codec
from pyshim.wire.codec import Op
from pyshim.workers import shm, worker, zygote

LOADER = """
import json, sys
given = json.load(sys.stdin.buffer)
space = {"__name__": "bootstrap"}
exec(compile(given["bootstrap"], "pyshim/bootstrap.py", "exec"), space)
info = space["start"](given["config"].encode())[1]
from pyshim.workers import zygote
zygote.main(info, *map(int, sys.argv[1:]))
"""


class Host:
    def __init__(self) -> None:
        self.control, theirs = socket.socketpair()
        read, self.lifeline = os.pipe()
        fds = (theirs.fileno(), read)
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-X", "utf8", "-c", LOADER, *map(str, fds)],
            stdin=subprocess.PIPE,
            pass_fds=fds,
        )
        theirs.close()
        os.close(read)
        texts = sources()
        boot = texts.pop("pyshim/bootstrap.py")
        config = json.dumps({"sources": texts, "codec": codec.VERSION})
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"bootstrap": boot, "config": config}).encode())
        self.process.stdin.close()
        self.info = json.loads(self.answer(self.control))

    def answer(self, sock: socket.socket) -> bytes:
        (length,) = struct.unpack("<Q", self.exactly(sock, 8))
        return self.exactly(sock, length)

    def exactly(self, sock: socket.socket, count: int) -> bytes:
        data = b""
        while len(data) < count:
            part = sock.recv(count - len(data))
            assert part, "the other side has closed"
            data += part
        return data

    def ask(self, kind: bytes, payload: bytes = b"", fds: tuple[int, ...] = ()) -> bytes:
        head = struct.pack("<cQ", kind, len(payload))
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
        self.control.sendmsg([head], rights)
        self.control.sendall(payload)
        return self.answer(self.control)

    def call(self, kind: bytes, frame: bytes) -> tuple[int, int, int, codec.Reply]:
        return self.parse(self.ask(kind, frame))

    def parse(self, data: bytes) -> tuple[int, int, int, codec.Reply]:
        verdict, handle = struct.unpack_from("<BI", data)
        status, reply = codec.unflatten(data[5:])
        return verdict, handle, status, reply

    def fork(self, kind: bytes, payload: bytes) -> tuple[int, socket.socket, int]:
        ours, theirs = socket.socketpair()
        read, lifeline = os.pipe()
        with tempfile.TemporaryFile() as shared:
            os.ftruncate(shared.fileno(), shm.SIZE)
            fds = (theirs.fileno(), os.dup(2), read, shared.fileno())
            asked = self.ask(kind, payload, fds if kind == b"w" else fds[:3])
        (pid,) = struct.unpack("<i", asked)
        theirs.close()
        os.close(read)
        if kind == b"w" and pid > 0:
            assert self.exactly(ours, 16) == worker.READY
        return pid, ours, lifeline

    def close(self) -> None:
        os.close(self.lifeline)
        self.control.close()
        self.process.wait(300)  # it ends with its control socket; this is for one that does not


@pytest.fixture
def host() -> Iterator[Host]:
    host = Host()
    yield host
    host.close()


def load(path: Path) -> bytes:
    return codec.request(Op.LOAD, json.dumps({"file": str(path)}).encode())


def encode(sock: socket.socket, host: Host, handle: int, serial: int) -> list[int]:
    body = b'{"messages":[{"role":"user","content":"Hello"}]}'
    frame = codec.request(Op.ENCODE_CHAT, body, handle)
    sock.sendall(struct.pack("<QQ", len(frame), serial) + frame)
    length, echoed = struct.unpack("<QQ", host.exactly(sock, 16))
    assert echoed == serial
    status, reply = codec.unflatten(host.exactly(sock, length))
    assert status == 0
    assert isinstance(reply.ints, list)
    return reply.ints


def test_a_load_goes_to_a_successor_and_workers_have_it(host: Host, data: Path) -> None:
    (path,) = data.glob("*.model.v3")
    verdict, _, _, _ = host.call(b"c", load(path))
    assert verdict == zygote.WANTS_FORK

    before = host.control
    _, host.control, successor_lifeline = host.fork(b"s", load(path))
    verdict, handle, status, _ = host.parse(host.answer(host.control))
    assert (verdict, status) == (zygote.FINAL, 0)
    assert handle > zygote.FIRST_HANDLE
    assert host.call(b"c", load(path))[:2] == (zygote.FINAL, handle), "the second is the same"

    pid, sock, lifeline = host.fork(b"w", struct.pack("<Q", 0))
    assert encode(sock, host, handle, 7) == [1, 3, 23325, 4]
    sock.close()
    assert struct.unpack("<i", host.ask(b"r", struct.pack("<i", pid))) == (0,)
    os.close(lifeline)

    host.control.close()
    os.close(successor_lifeline)
    host.control = before
    assert host.call(b"c", load(path))[0] == zygote.WANTS_FORK, "the parent is as it was"


def test_a_load_that_fails_ends_the_successor_alone(host: Host) -> None:
    bad = load(Path("/nonexistent/tokenizer.model.v3"))
    pid, sock, lifeline = host.fork(b"s", bad)
    _, handle, status, reply = host.parse(host.answer(sock))
    assert (handle, status) == (0, 1)
    assert b"/nonexistent" in reply.body
    assert struct.unpack("<i", host.ask(b"r", struct.pack("<i", pid))) == (0,)
    os.close(lifeline)
    assert host.call(b"c", codec.request(Op.STATS))[2] == 0


def test_the_lifeline_ends_a_worker_that_does_not_listen(host: Host) -> None:
    pid, sock, lifeline = host.fork(b"w", struct.pack("<Q", 0))
    frame = codec.request(Op.STATS)
    sock.sendall(struct.pack("<QQ", len(frame), 1) + frame)
    host.exactly(sock, 16)  # it is at work: it listens to its socket, and to nothing else
    os.close(lifeline)
    (status,) = struct.unpack("<i", host.ask(b"r", struct.pack("<i", pid)))
    assert os.WIFSIGNALED(status)
    sock.close()


def test_a_fork_that_cannot_be_made_ends_nobody(host: Host) -> None:
    files = resource.prlimit(host.process.pid, resource.RLIMIT_NOFILE)
    taken = {int(entry.name) for entry in Path(f"/proc/{host.process.pid}/fd").iterdir()}
    free = [fd for fd in range(100) if fd not in taken]
    for kind in (b"w", b"s"):
        # Of what is handed over two descriptors arrive.
        resource.prlimit(host.process.pid, resource.RLIMIT_NOFILE, (free[2], files[1]))
        pid, sock, lifeline = host.fork(kind, struct.pack("<Q", 0))
        assert pid == -errno.EMFILE
        assert sock.recv(1) == b"", "nobody has the other end"
        resource.prlimit(host.process.pid, resource.RLIMIT_NOFILE, files)
        os.close(lifeline)
    pid, sock, lifeline = host.fork(b"w", struct.pack("<Q", 0))
    assert pid > 0
    sock.close()
    assert struct.unpack("<i", host.ask(b"r", struct.pack("<i", pid))) == (0,)
    os.close(lifeline)


def fingerprint(host: Host, handle: int, wanted: int = 0) -> tuple[int, bytes]:
    data = host.ask(b"i", struct.pack("<IQ", handle, wanted))
    return struct.unpack_from("<Q", data)[0], data[8:]


def test_the_mark_of_an_object_is_that_of_its_file(data: Path, tmp_path: Path) -> None:
    (shipped,) = data.glob("*.model.v3")
    path = tmp_path / "tokenizer.model.v3"
    path.write_bytes(shipped.read_bytes())
    marks = []
    for _ in range(2):
        host = Host()
        _, handle, status, _ = host.call(b"l", load(path))
        assert status == 0
        mark, rest = fingerprint(host, handle)
        assert rest == b""
        assert fingerprint(host, handle, mark) == (mark, b"")
        marks.append(mark)
        host.close()
    assert marks[0] == marks[1], "in every process"

    os.utime(path, (1, 1))
    host = Host()
    _, handle, _, _ = host.call(b"l", load(path))
    mark, rest = fingerprint(host, handle, marks[0])
    assert mark != marks[0]
    verdict, handle, status, reply = host.parse(rest)
    assert (verdict, handle, status) == (zygote.FINAL, 0, 1)
    answer = json.loads(bytes(reply.body))
    assert answer["type"] == "FileChanged"
    assert str(path) in answer["message"]
    host.close()


def test_the_zygote_does_not_wait_for_the_hub(host: Host) -> None:
    body = {"model": "somebody/model", "hub": {"cache_dir": "/nonexistent"}}
    frame = codec.request(Op.LOAD, json.dumps(body).encode())
    assert host.call(b"c", frame)[0] == zygote.WANTS_FORK
