"""The five steps of the original script, on the real vLLM, after install().

Same payloads, same measurements, same output; pyshim.vllm.install puts the two functions
where the script imports them from, and gives the name of the model a file on this disk.
The clock decides two of them: it is for a machine that has nothing else to do.
"""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Any

from pyshim.vllm import install

install(offline_models=True)

# As any program would: after install.
from vllm.entrypoints.chat_utils import (  # noqa: E402
    apply_mistral_chat_template,
    async_apply_mistral_chat_template,
)
from vllm.transformers_utils.tokenizers.mistral import MistralTokenizer  # noqa: E402

MODEL = "mistralai/Mistral-7B-Instruct-v0.3"


def message(size_kb: int) -> dict[str, str]:
    """Return a user message of about that many kilobytes."""
    return {"role": "user", "content": "word " * (size_kb * 1024 // 5)}


SMALL, MEDIUM, LARGE = message(1), message(100), message(500)


async def responsiveness(tokenizer: Any) -> bool:
    """See that the event loop yields while 500 KB are encoded."""
    print("Testing event loop responsiveness...")
    task = asyncio.create_task(async_apply_mistral_chat_template(tokenizer, [LARGE]))
    blocked = 0
    for turn in range(50):
        begin = time.perf_counter()
        await asyncio.sleep(0)
        elapsed = time.perf_counter() - begin
        if elapsed > 0.1:
            blocked += 1
            print(f"  WARNING: Loop blocked {elapsed:.3f}s at iteration {turn}")
        await asyncio.sleep(0.1)
    await task
    if blocked:
        print(f"✗ FAIL: Event loop blocked {blocked}/50 times")
    else:
        print("✓ PASS: Event loop never blocked")
    return not blocked


async def correctness(tokenizer: Any) -> bool:
    """See that both functions give the same tokens."""
    print("\nTesting tokenization correctness...")
    direct = apply_mistral_chat_template(tokenizer, [MEDIUM], tools=None)
    later = await async_apply_mistral_chat_template(tokenizer, [MEDIUM], tools=None)
    if direct == later:
        print(f"✓ PASS: {len(direct)} tokens match exactly")
    else:
        print("✗ FAIL: Token mismatch")
        print(f"  Sync:  {len(direct)} tokens")
        print(f"  Async: {len(later)} tokens")
    return bool(direct == later)


async def overhead(tokenizer: Any) -> bool:
    """See what the asynchronous form costs beside the other."""
    print("\nTesting performance overhead...")
    results = []
    for name, payload in [("Small", SMALL), ("Medium", MEDIUM), ("Large", LARGE)]:
        messages = [payload]
        for _ in range(3):
            apply_mistral_chat_template(tokenizer, messages)
        direct, later = [], []
        for _ in range(10):
            begin = time.perf_counter()
            apply_mistral_chat_template(tokenizer, messages)
            direct.append(time.perf_counter() - begin)
        for _ in range(10):
            begin = time.perf_counter()
            await async_apply_mistral_chat_template(tokenizer, messages)
            later.append(time.perf_counter() - begin)
        sync_mean, async_mean = sum(direct) / len(direct), sum(later) / len(later)
        share = (async_mean - sync_mean) / sync_mean
        status = "✓ PASS" if share < 0.05 else "✗ FAIL"
        print(
            f"  {name:6} payload: {status} - Overhead: {share:+.1%} "
            f"(sync: {sync_mean:.4f}s, async: {async_mean:.4f}s)"
        )
        results.append(share < 0.05)
    return all(results)


async def main() -> int:
    """Run every check, print the verdict and return the exit code."""
    rule = "=" * 60
    print(f"{rule}\nMistral Tokenizer Async Fix Validation\n{rule}")
    tokenizer = MistralTokenizer.from_pretrained(MODEL)
    results = [
        await responsiveness(tokenizer),
        await correctness(tokenizer),
        await overhead(tokenizer),
    ]
    verdict = "✓ ALL TESTS PASSED - Fix verified"
    if not all(results):
        verdict = "✗ SOME TESTS FAILED - Fix incomplete"
    print(f"\n{rule}\n{verdict}\n{rule}")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
