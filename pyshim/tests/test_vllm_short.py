"""Short calls that the event loop makes itself while the worker is idle."""

from __future__ import annotations

import asyncio
import gc
import random
import threading
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

import pytest
from mistral_common.tokens.tokenizers.mistral import MistralTokenizer

from pyshim.tests.vllm_calls import IMAGE, KB, LONG, user
from pyshim.vllm import apply as vllm
from pyshim.vllm import apply_mistral_chat_template as apply
from pyshim.vllm import async_apply_mistral_chat_template as async_apply
from pyshim.vllm import inline

APPLY = vllm._apply_without_text
WORKER = "mistral_tokenizer_0"


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names of the threads that the calls are made on."""
    names: list[str] = []

    def spy(*args: Any, **kwargs: Any) -> Any:
        names.append(threading.current_thread().name)
        return APPLY(*args, **kwargs)

    monkeypatch.setattr(vllm, "_apply_without_text", spy)
    return names


def main_thread(names: list[str]) -> list[bool]:
    return [name != WORKER for name in names]


def test_a_short_call_is_made_at_once(tokenizer: Any, seen: list[str]) -> None:
    async def main() -> list[int]:
        coroutine = async_apply(tokenizer, user("Hello"))
        assert not seen
        with pytest.raises(StopIteration) as found:  # it does not wait for anything
            coroutine.send(None)
        tokens: list[int] = found.value.value
        return tokens

    assert asyncio.run(main()) == apply(tokenizer, user("Hello"))
    assert main_thread(seen) == [True]


@pytest.mark.parametrize("content", ["word " * 1000, [{"type": "text", "text": "a"}, IMAGE]])
def test_others_are_handed_over(content: Any, tokenizer: Any, seen: list[str]) -> None:
    async def main() -> None:
        await asyncio.gather(async_apply(tokenizer, user(content)), return_exceptions=True)

    asyncio.run(main())
    assert seen == [WORKER]


def test_the_first_call_is_handed_over(seen: list[str]) -> None:
    """It may import, and would hold the loop; a tokenizer that is gone is forgotten."""
    gc.collect()  # tokenizers refer to themselves
    made = MistralTokenizer.v3()
    count = len(vllm._warm)

    async def main(made: Any) -> None:
        await async_apply(made, user("a"))
        await async_apply(made, user("a"))

    asyncio.run(main(made))
    assert main_thread(seen) == [False, True]
    assert len(vllm._warm) == count + 1
    del made
    gc.collect()
    assert len(vllm._warm) == count


@pytest.mark.parametrize("blockers", [1, 2])
def test_work_of_others_is_waited_for(blockers: int, tokenizer: Any, seen: list[str]) -> None:
    """No matter who submitted it, and whether it runs or waits."""
    executor = vllm._mistral_tokenizer_executor
    go, begun = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        assert go.wait(LONG)

    futures = [executor.submit(work) for _ in range(blockers)]
    assert begun.wait(LONG)

    async def main() -> Any:
        task = asyncio.create_task(async_apply(tokenizer, user("Hello")))
        while executor._work_queue.qsize() < blockers:  # until it waits behind them
            await asyncio.sleep(0)
            assert not task.done()
        go.set()
        return await task

    assert asyncio.run(main()) == apply(tokenizer, user("Hello"))
    for future in futures:
        future.result(LONG)
    assert seen == [WORKER]


def beats(calls: Callable[[], Any]) -> list[int]:
    """Return how many calls the loop itself made in each of its turns."""
    made: list[int] = [0]
    real = APPLY

    def counted(*args: Any, **kwargs: Any) -> Any:
        if threading.current_thread().name != WORKER:
            made[-1] += 1
        return real(*args, **kwargs)

    async def main() -> None:
        loop = asyncio.get_running_loop()

        def beat() -> None:
            made.append(0)
            loop.call_soon(beat)

        beat()
        await calls()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vllm, "_apply_without_text", counted)
        asyncio.run(main())
    return made


def test_the_loop_comes_round_between_short_calls(tokenizer: Any) -> None:
    at_most = inline.TURN // inline.weigh((user(KB),), {})
    assert 1 < at_most < 10

    async def at_once() -> None:
        await asyncio.gather(*(async_apply(tokenizer, user(KB)) for _ in range(100)))

    async def in_turn() -> None:
        for _ in range(100):
            await async_apply(tokenizer, user(KB))

    async def refused() -> None:
        for _ in range(100):
            with pytest.raises(Exception, match="robot"):
                await async_apply(tokenizer, [{"role": "robot", "content": KB}])

    for calls in (at_once, in_turn, refused):
        made = beats(calls)
        assert 0 < max(made) <= at_most
    # One that calls again and again is answered by the loop every time.
    assert sum(beats(in_turn)) == 100


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Watch that never two calls are made at once; yields how many were made."""
    inside = threading.Lock()
    together: list[str] = []
    calls = [0]

    def spy(*args: Any, **kwargs: Any) -> Any:
        if not inside.acquire(blocking=False):
            together.append(threading.current_thread().name)
            inside.acquire()
        calls[0] += 1
        try:
            return APPLY(*args, **kwargs)
        finally:
            inside.release()

    monkeypatch.setattr(vllm, "_apply_without_text", spy)
    yield calls
    assert not together


def test_many_sizes_from_many_loops(tokenizer: Any, alone: list[int]) -> None:
    """Several loops and a thread that submits at its own: every answer is right."""
    sizes = [1, 10, 204, 1000, 5000]
    expected = {n: apply(tokenizer, user("word " * n)) for n in sizes}
    wrong: list[int] = []

    def loop(seed: int) -> None:
        rnd = random.Random(seed)

        async def one(n: int) -> None:
            await asyncio.sleep(rnd.choice((0, 0, 0.001)))
            if await async_apply(tokenizer, user("word " * n)) != expected[n]:
                wrong.append(n)

        async def main() -> None:
            await asyncio.gather(*(one(rnd.choice(sizes)) for _ in range(60)))
            for _ in range(20):
                await one(rnd.choice(sizes))

        asyncio.run(main())

    single = apply(tokenizer, user("word"))
    threads = [threading.Thread(target=loop, args=(seed,)) for seed in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(60):
        call = vllm._apply_without_text
        future = vllm._mistral_tokenizer_executor.submit(call, tokenizer, user("word"))
        if future.result(LONG) != single:
            wrong.append(0)
    for thread in threads:
        thread.join()
    assert wrong == []
    assert alone[0] == 3 * 80 + 60


@pytest.mark.parametrize(
    ("args", "kwargs"),
    [
        (([],), {}),
        (([{"role": "robot", "content": "a"}],), {}),
        ((user("\ud800"),), {}),
        ((user("a"), [{"type": "function"}]), {}),
        ((user("a"),), {"seed": 1, "random_seed": 1}),
        ((None,), {}),
        ((), {}),
        ((user("a"), None, None, None), {}),
    ],
)
def test_exceptions_are_those_of_the_worker(
    args: tuple[Any, ...], kwargs: dict[str, Any], tokenizer: Any, seen: list[str]
) -> None:
    async def main(there: bool) -> BaseException:
        if there:
            go = threading.Event()
            vllm._mistral_tokenizer_executor.submit(go.wait, LONG)
            asyncio.get_running_loop().call_later(0.001, go.set)
        coroutine = async_apply(tokenizer, *args, **kwargs)
        with pytest.raises(Exception) as found:
            await coroutine
        return found.value

    here, there = asyncio.run(main(False)), asyncio.run(main(True))
    assert main_thread(seen) == [True, False]
    assert type(here) is type(there)
    assert str(here) == str(there)
    assert type(here.__cause__) is type(there.__cause__)
    # The turn was given back.
    assert asyncio.run(async_apply(tokenizer, user("Hello"))) == apply(tokenizer, user("Hello"))
    assert main_thread(seen)[2:] == [True]


def test_cancellation(tokenizer: Any, seen: list[str]) -> None:
    async def main() -> None:
        never = asyncio.create_task(async_apply(tokenizer, user("a")))
        never.cancel()
        with pytest.raises(asyncio.CancelledError):
            await never
        assert not seen

        go = threading.Event()
        vllm._mistral_tokenizer_executor.submit(go.wait, LONG)
        waiting = asyncio.create_task(async_apply(tokenizer, user("a")))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        go.set()
        await async_apply(tokenizer, user("word " * 1000))
        assert seen == [WORKER]
        await async_apply(tokenizer, user("a"))
        assert main_thread(seen) == [False, True]

    asyncio.run(main())


VAR: ContextVar[str] = ContextVar("VAR", default="none")


def test_context_variables_stay_on_their_side(
    tokenizer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As they do with a thread."""
    found: list[str] = []

    def spy(*args: Any, **kwargs: Any) -> Any:
        found.append(VAR.get())
        VAR.set("the call's")
        return []

    monkeypatch.setattr(vllm, "_apply_without_text", spy)

    async def main() -> None:
        VAR.set("the caller's")
        await async_apply(tokenizer, user("a"))
        await async_apply(tokenizer, user("word " * 1000))
        assert VAR.get() == "the caller's"

    asyncio.run(main())
    assert found == ["none", "none"]
