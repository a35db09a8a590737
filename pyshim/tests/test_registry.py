from __future__ import annotations

import gc
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from pyshim.errors import UnknownHandle
from pyshim.tokenizers.registry import Registry


class Thing:
    pass


def test_one_object_several_handles() -> None:
    registry = Registry()
    first, a = registry.open("k", Thing)
    second, b = registry.open("k", Thing)
    assert (first, second) == (1, 2)
    assert a is b is registry.get(first) is registry.get(second)
    assert registry.sizes() == (2, 1)
    other, c = registry.open("other", Thing)
    assert c is not a
    assert registry.sizes() == (3, 2)
    assert other == 3


def test_the_last_handle_drops_the_object() -> None:
    registry = Registry()
    first, thing = registry.open("k", Thing)
    second, _ = registry.open("k", Thing)
    gone = weakref.ref(thing)
    del thing, _
    registry.close(first)
    assert gone() is not None
    with pytest.raises(UnknownHandle):
        registry.get(first)
    registry.close(second)
    gc.collect()
    assert gone() is None
    assert registry.sizes() == (0, 0)


def test_handles_are_never_reused() -> None:
    registry = Registry()
    seen = set()
    for _ in range(200):
        handle, _thing = registry.open("k", Thing)
        registry.close(handle)
        seen.add(handle)
        with pytest.raises(UnknownHandle):
            registry.close(handle)
    assert len(seen) == 200
    assert 0 not in seen


def test_sixteen_threads_load_once() -> None:
    registry = Registry()
    started = threading.Barrier(16)
    release = threading.Event()
    loads: list[int] = []

    def load() -> Thing:
        loads.append(1)
        release.wait(10)
        return Thing()

    def one(_: int) -> tuple[int, Any]:
        started.wait(10)
        return registry.open("k", load)

    with ThreadPoolExecutor(16) as pool:
        found = [pool.submit(one, i) for i in range(16)]
        release.set()
        results = [future.result(10) for future in found]
    assert len(loads) == 1
    assert len({handle for handle, _ in results}) == 16
    assert len({id(thing) for _, thing in results}) == 1
    assert registry.sizes() == (16, 1)


def test_a_failed_load_is_not_kept() -> None:
    registry = Registry()
    failures: list[BaseException] = []

    def fail() -> Thing:
        raise SystemExit(len(failures))

    def one(_: int) -> None:
        try:
            registry.open("k", fail)
        except SystemExit as failure:
            failures.append(failure)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(8)))
    assert len({id(failure) for failure in failures}) == 8  # each its own
    assert registry.sizes() == (0, 0)
    assert registry.open("k", Thing)[0] == 1


def test_one_load_does_not_hold_up_another() -> None:
    registry = Registry()
    inside, release = threading.Event(), threading.Event()

    def slow() -> Thing:
        inside.set()
        release.wait(10)
        return Thing()

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(registry.open, "slow", slow)
        assert inside.wait(10)
        handle, _ = registry.open("quick", Thing)
        registry.close(handle)
        release.set()
        assert waiting.result(10)[0] == 2


def test_closing_and_opening_at_once_keeps_count() -> None:
    registry = Registry()

    def churn(_: int) -> None:
        for _round in range(300):
            handle, thing = registry.open("k", Thing)
            assert registry.get(handle) is thing
            registry.close(handle)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(churn, range(8)))
    assert registry.sizes() == (0, 0)
