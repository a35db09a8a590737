"""A caller of dispatch, as the other side is one: bytes in, bytes out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from pyshim.dispatch import dispatch
from pyshim.shortcuts import switches
from pyshim.wire import codec
from pyshim.wire.codec import Has, Op, Want

NONE = Want(0)


class Answer(NamedTuple):
    """A reply with its notices taken off the front of the buffers."""

    status: int
    flags: int
    body: bytes
    ints: list[int] | None
    bufs: tuple[bytes, ...]
    aux: int
    warnings: list[list[str]]
    logs: list[list[str]]

    @property
    def json(self) -> Any:
        assert self.flags & Has.BODY_JSON
        return json.loads(self.body)


def call(op: int, body: Any = b"", handle: int = 0, flags: Want = NONE, arg: int = -1) -> Answer:
    """Run one frame through dispatch and over the flat form."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    frame = codec.request(op, raw, handle, flags.value, arg)
    status, reply = codec.unflatten(codec.flatten(dispatch(frame)))
    bufs = list(reply.bufs)
    warnings = json.loads(bufs.pop(0)) if reply.flags & Has.WARNINGS else []
    logs = json.loads(bufs.pop(0)) if reply.flags & Has.LOGS else []
    assert not isinstance(reply.ints, bytes)  # only before it was flattened
    return Answer(
        status, reply.flags, reply.body, reply.ints, tuple(bufs), reply.aux, warnings, logs
    )


def ok(op: int, body: Any = b"", handle: int = 0, flags: Want = NONE, arg: int = -1) -> Answer:
    """Run one frame that must succeed."""
    answer = call(op, body, handle, flags, arg)
    assert answer.status == 0, answer.json["traceback"]
    return answer


def error(op: int, body: Any = b"", handle: int = 0, flags: Want = NONE, arg: int = -1) -> Any:
    """Run one frame that must fail, and return what is reported of the exception."""
    answer = call(op, body, handle, flags, arg)
    assert answer.status == 1
    assert answer.ints is None
    return answer.json


def load(**args: str) -> int:
    """Load a tokenizer; return its handle."""
    return int(ok(Op.LOAD, args).json["h"])


@contextmanager
def shortcuts(**settings: Any) -> Iterator[None]:
    """Change the shortcuts for a while."""
    before = ok(Op.SHORTCUTS).json
    ok(Op.SHORTCUTS, settings)
    try:
        yield
    finally:
        ok(Op.SHORTCUTS, {name: before[name] for name in switches.NAMES})


def unload(handle: int) -> None:
    ok(Op.UNLOAD, handle=handle)


def hello(text: str = "Hello", **more: Any) -> dict[str, Any]:
    """Return the plainest of requests."""
    return {"messages": [{"role": "user", "content": text}], **more}
