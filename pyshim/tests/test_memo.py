from __future__ import annotations

import threading

from pyshim.shortcuts.memo import Memo

IDS = bytes(400)


def test_it_gives_what_was_put() -> None:
    memo = Memo(1 << 20)
    key = (1, "text", False, False)
    assert memo.get(key) is None
    memo.put(key, IDS)
    assert memo.get(key) == IDS
    for other in ((2, "text", False, False), (1, "text", True, False), (1, "text", False, True)):
        assert memo.get(other) is None
    assert memo.stats()["hits"] == 1
    assert memo.stats()["misses"] == 4


def test_the_least_recently_used_goes_first() -> None:
    memo = Memo(16_000)
    keys = [(1, f"{n:1000}", False, False) for n in range(40)]
    for key in keys:
        memo.get(keys[0])  # is always requested again
        memo.put(key, IDS)
        assert memo.stats()["bytes"] <= 16_000
    assert memo.get(keys[0]) == IDS
    assert memo.get(keys[1]) is None
    assert memo.get(keys[-1]) == IDS
    stats = memo.stats()
    assert stats["evictions"] == 40 - stats["entries"]


def test_one_huge_text_does_not_empty_it() -> None:
    memo = Memo(16_000)
    small = (1, "small", False, False)
    memo.put(small, IDS)
    memo.put((1, "x" * 10_000, False, False), IDS)
    assert memo.get(small) == IDS
    assert memo.stats()["entries"] == 1


def test_wide_characters_count_as_wide() -> None:
    memo = Memo(1 << 20)
    memo.put((1, "€" * 1000, False, False), IDS)
    assert memo.stats()["bytes"] > 4000


def test_resize_shrinks_and_zero_is_off() -> None:
    memo = Memo(1 << 20)
    for n in range(10):
        memo.put((1, str(n), False, False), IDS)
    memo.resize(0)
    memo.put((1, "a", False, False), IDS)
    stats = memo.stats()
    assert (stats["entries"], stats["bytes"], stats["evictions"]) == (0, 0, 10)


def test_threads() -> None:
    memo = Memo(20_000)

    def work(owner: int) -> None:
        for n in range(2000):
            key = (owner, str(n % 50), False, False)
            found = memo.get(key)
            assert found is None or found == key[1].encode()
            memo.put(key, key[1].encode())

    threads = [threading.Thread(target=work, args=(owner,)) for owner in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    memo.resize(0)
    assert memo.stats()["bytes"] == 0
