"""ASGI applications called in this process, without a server around them."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

from pyshim.server.answer import JSON, TEXT

T = TypeVar("T")


class _Loops(threading.local):
    """The event loop of each thread of each process."""

    loop: Any = None
    pid = 0

    def get(self) -> asyncio.AbstractEventLoop:
        if self.loop is None or self.pid != os.getpid():
            self.loop, self.pid = asyncio.new_event_loop(), os.getpid()
        found: asyncio.AbstractEventLoop = self.loop
        return found


_loops = _Loops()


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end, in this thread."""
    return _loops.get().run_until_complete(coroutine)


async def call(
    app: Any, scope: dict[str, Any], body: bytes
) -> tuple[int, int, bytes, Exception | None]:
    """Send one request; return status, content type, body, and what was raised."""
    status, kind = 0, JSON
    raised: Exception | None = None
    parts: list[bytes] = []
    pending = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> dict[str, Any]:
        if pending:
            return pending.pop()
        await asyncio.get_running_loop().create_future()  # nobody ever hangs up
        raise AssertionError

    async def send(message: dict[str, Any]) -> None:
        nonlocal status, kind
        if message["type"] == "http.response.start":
            status = message["status"]
            given = dict(message["headers"]).get(b"content-type", b"")
            kind = TEXT if given.startswith(b"text/plain") else JSON
        else:
            parts.append(message.get("body", b""))

    try:
        await app(scope, receive, send)
    except Exception as error:
        # Starlette answers, and raises again for the log of its server.
        if not status:
            raise
        raised = error
    return status, kind, b"".join(parts), raised
