"""Forking, and what makes a fork a process of its own."""

from __future__ import annotations

import contextlib
import fcntl
import os
import resource
import signal
import socket
import sys
import time
import warnings

_F_SETSIG = 10  # fcntl has no name for it
_REAP_SECONDS = 20.0  # it was killed; what it waits for is a processor


def fork() -> int:
    """Fork, where there is one thread of Python."""
    sys.stdout.flush()
    with warnings.catch_warnings():
        # Libraries have threads of their own here, idle and made for being forked (OpenBLAS);
        # of Python there is one.
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def setup_child(fds: list[int]) -> socket.socket:
    """Make a fork a process of its own: group, standard error, lifeline."""
    conn, error, lifeline = fds
    os.setpgid(0, 0)
    os.dup2(error, 1)
    os.dup2(error, 2)
    os.close(error)
    die_with_host(lifeline)
    return socket.socket(fileno=conn)


def die_with_host(lifeline: int) -> None:
    """Die when the host's end of this pipe closes."""
    # The kernel kills us then, in whatever loop we are. A death signal would not do: its
    # sender would be the zygote, which may end before us.
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(lifeline, _F_SETSIG, signal.SIGKILL)
    flags = fcntl.fcntl(lifeline, fcntl.F_GETFL)
    fcntl.fcntl(lifeline, fcntl.F_SETFL, flags | os.O_ASYNC | os.O_NONBLOCK)
    with contextlib.suppress(BlockingIOError):
        if os.read(lifeline, 1) == b"":
            os._exit(0)  # it was closed before we could listen


def limit(memory: int) -> None:
    """Limit what this process may take beyond what it shares; 0 is no limit."""
    # Of all processes of the host a worker is the one to lose.
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as score:
        score.write("500")
    if memory:
        with open("/proc/self/statm") as statm:
            shared = int(statm.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (shared + memory, shared + memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # it would hold request text


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
