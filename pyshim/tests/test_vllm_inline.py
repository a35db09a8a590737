"""What a call weighs, and so whether it is a short one."""

from __future__ import annotations

from typing import Any

import pytest

from pyshim.tests.vllm_calls import IMAGE, KB, tool, user
from pyshim.vllm import inline


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
