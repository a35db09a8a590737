"""One thread that does one thing at a time, and lends its turn while it has nothing to do."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import Context
from typing import Any

BUSY: Any = object()


class LendingExecutor(ThreadPoolExecutor):
    """A single worker, in whose place a call may be made elsewhere while it is idle.

    Work that is submitted meanwhile waits, so that never two things are done at once.
    """

    def __init__(self, thread_name_prefix: str) -> None:
        super().__init__(max_workers=1, thread_name_prefix=thread_name_prefix)
        self._turn = threading.Lock()
        self._counting = threading.Lock()
        self._unfinished = 0
        self._closed = False
        # Like a worker's: not the caller's, and what is set in it stays there.
        self._context = Context()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Do what ThreadPoolExecutor.submit does."""
        self._count(1)
        try:
            future = super().submit(self._work, fn, *args, **kwargs)
        except BaseException:
            self._count(-1)
            raise
        future.add_done_callback(lambda _: self._count(-1))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Do what ThreadPoolExecutor.shutdown does; nothing is lent any more."""
        self._closed = True
        super().shutdown(wait, cancel_futures=cancel_futures)

    def run_if_idle(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Make a call on this thread if nothing runs or waits, or return BUSY; never wait."""
        if not self._turn.acquire(blocking=False):
            return BUSY
        try:
            # Work submitted from here on finds the turn taken, and waits for it.
            if self._unfinished or self._closed:
                return BUSY
            return self._context.run(fn, *args, **kwargs)
        finally:
            self._turn.release()

    def _work(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        with self._turn:
            return fn(*args, **kwargs)

    def _count(self, more: int) -> None:
        with self._counting:
            self._unfinished += more


class Turns:
    """How much event loops may still be held before they come round."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._left: dict[int, int] = {}  # by the id of a loop that was held in this turn

    def take(self, loop: asyncio.AbstractEventLoop, weight: int) -> int:
        """Take so much and return what is left; take nothing if that were less than nothing."""
        key = id(loop)
        left = self._left.get(key)
        if left is None:
            left = self._limit
            loop.call_soon(self._left.pop, key, None)
        left -= weight
        if left >= 0:
            self._left[key] = left
        return left
