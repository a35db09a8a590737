from __future__ import annotations

import asyncio
import inspect
import threading
from typing import Any

import pytest

from pyshim import vllm
from pyshim.shortcuts import debug_text, switches
from pyshim.vllm import apply_mistral_chat_template as apply
from pyshim.vllm import async_apply_mistral_chat_template as async_apply


def user(text: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": text}]


TOOL = {"type": "function", "function": {"name": "f", "description": "", "parameters": {}}}


@pytest.mark.parametrize(
    ("messages", "tools", "more"),
    [
        (user("Hello"), None, {}),
        (user("Hello 👍🏽 " * 500), None, {}),
        (user("Hello"), [TOOL], {}),
        (
            [*user("a"), {"role": "assistant", "content": "b"}],
            None,
            {"continue_final_message": True},
        ),
        (user("Hello"), None, {"seed": 3, "add_generation_prompt": True, "unknown": 1}),
    ],
)
def test_same_tokens(
    messages: list[dict[str, Any]], tools: Any, more: dict[str, Any], tokenizer: Any
) -> None:
    expected = apply(tokenizer, messages, tools, **more)
    assert expected[0] == 1
    assert asyncio.run(async_apply(tokenizer, messages, tools, **more)) == expected


class Decoded:
    """Counts what a tokenizer decodes, which it does for the debug text only."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, tokenizer: Any) -> None:
        self.times = 0
        inner = tokenizer.instruct_tokenizer.tokenizer
        decode = inner.decode

        def counted(*args: Any, **kwargs: Any) -> Any:
            self.times += 1
            return decode(*args, **kwargs)

        monkeypatch.setattr(inner, "decode", counted)


def test_the_debug_text_is_left_out(tokenizer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(switches, "SETTINGS", switches.Settings())
    decoded = Decoded(monkeypatch, tokenizer)
    expected = apply(tokenizer, user("Hello"))
    assert decoded.times == 1
    for times in range(3):
        assert asyncio.run(async_apply(tokenizer, user("Hello"))) == expected
        assert decoded.times == 1, times
    monkeypatch.setattr(switches.SETTINGS, "text", False)
    assert asyncio.run(async_apply(tokenizer, user("Hello"))) == expected
    assert decoded.times == 2


def test_the_shortcut_is_audited(tokenizer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = switches.Settings()
    settings.audit = 1
    monkeypatch.setattr(switches, "SETTINGS", settings)
    expected = apply(tokenizer, user("Hello"))
    assert asyncio.run(async_apply(tokenizer, user("Hello"))) == expected
    assert (settings.calls, settings.audited, settings.differences) == (1, 1, 0)
    monkeypatch.setattr(debug_text, "without_text", lambda _: type(tokenizer).v1())
    assert asyncio.run(async_apply(tokenizer, user("Hello"))) == expected
    assert (settings.audited, settings.differences, settings.text) == (2, 1, False)


@pytest.mark.parametrize(
    ("messages", "tools", "more"),
    [
        ([], None, {}),
        ([{"role": "assistant", "content": "a"}], None, {}),
        ([{"role": "robot", "content": "a"}], None, {}),
        (user("\ud800"), None, {}),
        (user("a"), [{"type": "function"}], {}),
        (user("a"), None, {"seed": 1, "random_seed": 1}),
        (None, None, {}),
    ],
)
def test_same_exceptions(messages: Any, tools: Any, more: dict[str, Any], tokenizer: Any) -> None:
    with pytest.raises(Exception) as sync:
        apply(tokenizer, messages, tools, **more)
    with pytest.raises(Exception) as later:
        asyncio.run(async_apply(tokenizer, messages, tools, **more))
    assert type(later.value) is type(sync.value)
    assert str(later.value) == str(sync.value)


def test_the_executor_is_the_one_worker_of_the_module() -> None:
    executor = vllm._mistral_tokenizer_executor
    assert executor._max_workers == 1
    assert executor._thread_name_prefix == "mistral_tokenizer"
    assert inspect.iscoroutinefunction(async_apply)


def test_the_event_loop_goes_on(tokenizer: Any) -> None:
    """While a large request is encoded elsewhere, the loop makes its turns."""
    turned = threading.Event()

    class Waiting:
        def encode_chat_completion(self, request: Any) -> Any:
            assert turned.wait(60)  # in vain, were this the loop's own thread
            return tokenizer.encode_chat_completion(request)

    async def main() -> list[int]:
        call = asyncio.create_task(async_apply(Waiting(), user("word " * 200_000)))
        for _ in range(100):
            await asyncio.sleep(0)
        turned.set()
        tokens: list[int] = await call
        return tokens

    assert len(asyncio.run(main())) > 200_000


def test_requests_queue_in_order_on_one_thread() -> None:
    seen: list[tuple[int, str]] = []

    class Fake:
        def encode_chat_completion(self, request: Any) -> Any:
            seen.append((int(request.messages[0].content), threading.current_thread().name))
            return type("Tokenized", (), {"tokens": [1]})()

    async def main() -> None:
        await asyncio.gather(*(async_apply(Fake(), user(str(i))) for i in range(20)))

    asyncio.run(main())
    assert [number for number, _ in seen] == list(range(20))
    assert {name for _, name in seen} == {"mistral_tokenizer_0"}
