"""The one entry point: a request frame in, a reply out, no exception ever."""

from __future__ import annotations

from collections.abc import Callable

from pyshim import errors
from pyshim.ops import failure
from pyshim.wire import logs, warning
from pyshim.wire.codec import Frame, Has, Reply, Request, build, dumps, parse
from pyshim.wire.handlers import function
from pyshim.wire.ops import HANDLERS

Handler = Callable[[Request], Reply]


# Keyed by plain ints: this look-up is on the way of every call.
_HANDLERS: dict[int, Handler] = {op: function(path) for op, path in HANDLERS.items()}

_WARNINGS, _LOGS = Has.WARNINGS.value, Has.LOGS.value


def register(op: int, handler: Handler) -> None:
    """Add an operation, or replace one. Numbers from 0x7000 on are for tests."""
    _HANDLERS[op] = handler


def dispatch(frame: bytes) -> Frame:
    """Serve one frame. Safe for several threads."""
    warning.begin()
    status = 0
    op = None
    try:
        request = parse(frame)
        op = request.op
        handler = _HANDLERS.get(request.op)
        if handler is None:
            raise errors.UnknownOp(f"there is no operation {request.op}")
        reply = handler(request)
    except BaseException as error:  # SystemExit and a Rust panic too: the host must live
        status = 1
        reply = failure.reply(error, op)
    try:
        found = warning.end()
        if found or logs.LOG.pending:
            reply = _with_warnings(reply, found)
        return build(reply, status)
    except BaseException as error:
        return build(failure.reply(error, op), 1)


def failed(error: BaseException) -> Frame:
    """Return the reply of a call that has raised this."""
    try:
        raise error
    except BaseException as raised:
        return build(failure.reply(raised, None), 1)


def _with_warnings(reply: Reply, found: list[tuple[str, str, str]]) -> Reply:
    flags = reply.flags
    front: list[bytes] = []
    if found:
        flags |= _WARNINGS
        front.append(dumps(found))
    if logs.LOG.pending:
        flags |= _LOGS
        front.append(dumps(logs.LOG.drain()))
    return reply._replace(flags=flags, bufs=(*front, *reply.bufs))
