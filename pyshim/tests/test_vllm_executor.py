"""The executor that lends its turn."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from pyshim.tests.vllm_calls import LONG
from pyshim.vllm.executor import BUSY, LendingExecutor


def test_work_waits_for_a_call_made_elsewhere() -> None:
    executor = LendingExecutor("test")
    order: list[str] = []
    inside, go = threading.Event(), threading.Event()

    def call() -> str:
        inside.set()
        assert go.wait(LONG)
        order.append("call")
        return "answer"

    answers: list[Any] = []
    thread = threading.Thread(target=lambda: answers.append(executor.run_if_idle(call)))
    thread.start()
    assert inside.wait(LONG)
    futures = [executor.submit(order.append, name) for name in ("first", "second")]
    while executor._work_queue.qsize() > 1:  # until the worker has taken the first
        assert not futures[0].done()
    assert executor.run_if_idle(order.append, "third") is BUSY
    assert order == []
    go.set()
    thread.join()
    for future in futures:
        future.result(LONG)
    assert answers == ["answer"]
    assert order == ["call", "first", "second"]
    assert executor.run_if_idle(len, "abc") == 3
    executor.shutdown()
    assert executor.run_if_idle(len, "abc") is BUSY
    with pytest.raises(RuntimeError, match="after shutdown"):
        executor.submit(len, "abc")


def test_cancelled_work_is_no_work() -> None:
    executor = LendingExecutor("test")
    go = threading.Event()
    running = executor.submit(go.wait, LONG)
    waiting = executor.submit(len, "abc")
    assert waiting.cancel()
    assert executor.run_if_idle(len, "abc") is BUSY
    go.set()
    running.result(LONG)
    executor.submit(len, "abc").result(LONG)
    assert executor.run_if_idle(len, "abc") == 3
    executor.shutdown()
