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

from pyshim.vllm import apply as vllm
from pyshim.vllm import apply_mistral_chat_template as apply
from pyshim.vllm import async_apply_mistral_chat_template as async_apply
from pyshim.vllm import inline
from pyshim.vllm.executor import BUSY, LendingExecutor

APPLY = vllm._apply_without_text
WORKER = "mistral_tokenizer_0"
KB = "word " * 204
LONG = 60  # seconds: for what never happens


def user(content: Any) -> list[dict[str, Any]]:
    return [{"role": "user", "content": content}]


def tool(name: str) -> dict[str, Any]:
    parameters = {"type": "object", "properties": {"city": {"type": "string"}}}
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    made = MistralTokenizer.v3()
    apply(made, user("warm"))
    return made


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names of the threads that the calls are made on."""
    names: list[str] = []

    def told(*args: Any, **kwargs: Any) -> Any:
        names.append(threading.current_thread().name)
        return APPLY(*args, **kwargs)

    monkeypatch.setattr(vllm, "_apply_without_text", told)
    return names


def main_thread(names: list[str]) -> list[bool]:
    return [name != WORKER for name in names]


class Text(str):
    __slots__ = ()


@pytest.mark.parametrize(
    ("short", "args", "kwargs"),
    [
        (True, (user(""),), {}),
        (True, (user(KB),), {}),
        (True, (user(KB), None), {"continue_final_message": False, "seed": 3, "top_p": 0.5}),
        (True, (user([{"type": "text", "text": KB}]),), {}),
        (True, (), {"messages": user(KB), "tools": None}),
        (True, (user("a"), [tool("f"), tool("g")]), {}),
        (True, ([*user("a"), {"role": "assistant", "content": None}],), {}),
        (False, (user(KB + KB),), {}),
        (False, (user("é" * 400),), {}),
        (False, (user("a") * 30,), {}),
        (False, (user("a"), [tool("f")] * 8), {}),
        (False, (user("a"),), {"chat_template": KB + KB}),
        (False, (user([{"type": "text", "text": "a"}, IMAGE]),), {}),
        (False, (user(({"type": "text", "text": "a"}, IMAGE)),), {}),
        (False, (user(IMAGE),), {}),
        (False, (user([{"type": "input_audio", "input_audio": {"data": "AAAA"}}]),), {}),
        (False, (), {"messages": user([IMAGE])}),
        (False, (user(Text("a")),), {}),
        (False, (user(iter("a")),), {}),
        (False, (iter(user("a")),), {}),
        (False, (user("a"),), {"documents": object()}),
    ],
)
def test_what_is_short(short: bool, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    assert (inline.weigh(args, kwargs) <= inline.SHORT) is short


def test_weighing_ends() -> None:
    """However large a request is, or however deep, and if it contains itself."""
    endless: list[Any] = []
    endless.append(endless)
    deep: Any = "a"
    for _ in range(100_000):
        deep = [deep]
    for value in (endless, deep, user("a") * 100_000):
        assert inline.weigh((value,), {}) > inline.SHORT


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


def test_work_of_others_is_waited_for(tokenizer: Any, seen: list[str]) -> None:
    """Whoever submitted it, and whether it runs or waits."""
    for blockers in (1, 2):
        go, begun = threading.Event(), threading.Event()

        def work(go: threading.Event = go, begun: threading.Event = begun) -> None:
            begun.set()
            assert go.wait(LONG)

        futures = [vllm._mistral_tokenizer_executor.submit(work) for _ in range(blockers)]
        assert begun.wait(LONG)

        async def main(go: threading.Event = go) -> Any:
            task = asyncio.create_task(async_apply(tokenizer, user("Hello")))
            await asyncio.sleep(0.01)
            assert not task.done()
            go.set()
            return await task

        assert asyncio.run(main()) == apply(tokenizer, user("Hello"))
        for future in futures:
            future.result(LONG)
    assert seen == [WORKER, WORKER]


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
        threading.Event().wait(0.001)
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

    def told(*args: Any, **kwargs: Any) -> Any:
        if not inside.acquire(blocking=False):
            together.append(threading.current_thread().name)
            inside.acquire()
        calls[0] += 1
        try:
            return APPLY(*args, **kwargs)
        finally:
            inside.release()

    monkeypatch.setattr(vllm, "_apply_without_text", told)
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

    def told(*args: Any, **kwargs: Any) -> Any:
        found.append(VAR.get())
        VAR.set("the call's")
        return []

    monkeypatch.setattr(vllm, "_apply_without_text", told)

    async def main() -> None:
        VAR.set("the caller's")
        await async_apply(tokenizer, user("a"))
        await async_apply(tokenizer, user("word " * 1000))
        assert VAR.get() == "the caller's"

    asyncio.run(main())
    assert found == ["none", "none"]
