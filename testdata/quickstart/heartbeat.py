"""The stricter check: a heartbeat that sees every gap between two turns of the loop.

Looking at sleep(0) now and then misses a stall that falls between two looks; here each
wake-up is measured. It also shows that the check can fail: on the loop itself, without an
executor, the gap is the length of the call.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

from pyshim.vllm import (
    apply_mistral_chat_template,
    async_apply_mistral_chat_template,
    install,
)

LIMIT = 0.1
BEAT = 0.001
ROUNDS = 5

Call = Callable[[Any, Any], Awaitable[Any]]


async def on_the_loop(tokenizer: Any, messages: Any) -> Any:
    """Encode without an executor: what must not be done."""
    return apply_mistral_chat_template(tokenizer, messages)


async def gaps_during(call: Call, tokenizer: Any, messages: Any) -> tuple[list[float], float]:
    """Return every gap between two turns of the loop during a call, and its time."""
    gaps: list[float] = []
    done = False

    async def beat() -> None:
        last = time.perf_counter()
        while not done:
            await asyncio.sleep(BEAT)
            now = time.perf_counter()
            gaps.append(now - last)
            last = now

    beating = asyncio.create_task(beat())
    await asyncio.sleep(10 * BEAT)
    begin = time.perf_counter()
    await call(tokenizer, messages)
    took = time.perf_counter() - begin
    await asyncio.sleep(10 * BEAT)
    done = True
    await beating
    return gaps, took


async def measure(call: Call, tokenizer: Any, messages: Any) -> tuple[float, float, float]:
    """Return the longest gap, that of 99 %, and the median time of several calls."""
    every: list[float] = []
    times = []
    for _ in range(ROUNDS):
        gaps, took = await gaps_during(call, tokenizer, messages)
        every += gaps
        times.append(took)
    every.sort()
    return every[-1], every[int(0.99 * (len(every) - 1))], statistics.median(times)


def overhead(tokenizer: Any, messages: Any) -> tuple[float, float, int]:
    """Return the medians of both forms, called in turn, and how often."""

    async def run() -> tuple[list[float], list[float]]:
        direct: list[float] = []
        later: list[float] = []
        begin = time.perf_counter()
        while len(direct) < 13 or (len(direct) < 300 and time.perf_counter() - begin < 3):
            one = time.perf_counter()
            apply_mistral_chat_template(tokenizer, messages)
            two = time.perf_counter()
            await async_apply_mistral_chat_template(tokenizer, messages)
            three = time.perf_counter()
            direct.append(two - one)
            later.append(three - two)
        return direct[3:], later[3:]

    direct, later = asyncio.run(run())
    return statistics.median(direct), statistics.median(later), len(direct)


def status(good: bool) -> str:
    """Return the word for an outcome."""
    return "✓ PASS" if good else "✗ FAIL"


def check(name: str, shipped: str) -> bool:
    """Print and judge all figures of one tokenizer."""
    from pyshim.tokenizers.load import resolve
    from pyshim.vllm import directory, layout

    with directory.around(resolve({"name": shipped})) as made:
        tokenizer = layout.find().tokenizer.from_pretrained(made)
    print(f"\n{name}")
    passed = True
    for kb in (439, 500):
        messages = [{"role": "user", "content": "word " * (kb * 1024 // 5)}]
        worst, most, took = asyncio.run(
            measure(async_apply_mistral_chat_template, tokenizer, messages)
        )
        good = worst < LIMIT
        passed &= good
        print(
            f"  {status(good)}: {kb} KB in {took * 1e3:.0f} ms: "
            f"longest gap {worst * 1e3:.1f} ms, 99 % below {most * 1e3:.1f} ms"
        )
    worst, _, took = asyncio.run(measure(on_the_loop, tokenizer, messages))
    seen = worst > took / 2
    passed &= seen
    print(f"  {status(seen)}: on the loop itself the gap of {worst * 1e3:.0f} ms is seen")
    for kb in (1, 100, 500):
        messages = [{"role": "user", "content": "word " * (kb * 1024 // 5)}]
        direct, later, runs = overhead(tokenizer, messages)
        share = (later - direct) / direct
        good = share < 0.05
        passed &= good
        print(
            f"  {status(good)}: {kb} KB overhead {share:+.1%} (sync {direct * 1e6:.0f} µs, "
            f"async {later * 1e6:.0f} µs, medians of {runs})"
        )
    return passed


def main() -> int:
    """Check both kinds of tokenizer; the exit code is 0 if all passed."""
    install()
    results = [check("v3, SentencePiece", "v3"), check("v3, Tekken", "v3-tekken")]
    print("\n✓ passed" if all(results) else "\n✗ not all passed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
