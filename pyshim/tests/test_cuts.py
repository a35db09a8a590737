from __future__ import annotations

import random
from typing import Any

import pytest

from pyshim.ops.cuts import Cutter
from pyshim.ops.window import Window
from pyshim.tests.conftest import Loader
from pyshim.tokenizers.registry import REGISTRY

# Units in which merges depend most on where a text ends, and on what a pattern sees next.
UNITS = (
    *(
        "a",
        " ",
        "=",
        "\n",
        "ab",
        "日",
        "ha",
        "-",
        "👩‍👩‍👧‍👦",
        "hello world ",
        "  \n",
        "\r\n",
        "漢字文章",
    ),
    *("𒀀", "▁", "<s>", "1", "12 ", "éa", "Ab", "ABc", "/", "!\n", "\t", "don't ", " \u3000", "ﷺ"),
    *("ا", "ก", "한국어 ", '{"a": [1, 2]}', "    return x\n", "_"),
)


def raw_of(shipped: Loader, name: str) -> Any:
    return REGISTRY.get(shipped(name)).raw


def some_text(choice: random.Random) -> str:
    parts = (
        choice.choice(UNITS) * choice.choice([1, 3, 50, 300, choice.randint(1, 2000)])
        for _ in range(choice.randint(1, 6))
    )
    return "".join(parts)[:6000]


@pytest.mark.parametrize("name", ["v3", "v3-tekken"])
@pytest.mark.parametrize("from_left", [False, True])
def test_a_window_counts_what_the_reference_does(
    name: str, from_left: bool, shipped: Loader
) -> None:
    raw, choice, by_window = raw_of(shipped, name), random.Random(7), 0
    for _ in range(40):
        text, n = some_text(choice), choice.randint(48, 300)
        window = Window(raw, text, (0, len(text)), n, from_left=from_left)
        if window.anchor is None:
            continue
        for _ in range(10):
            near = choice.randint(1, 400)
            start = 0 if from_left else max(0, window.anchor - near)
            end = min(len(text), window.anchor + near) if from_left else len(text)
            found = window._after(end) if from_left else window._before(start)
            by_window += found is not None
            if found is not None:
                assert found == len(raw.encode(text[start:end], False, False)), text[start:end]
    assert by_window > 50


@pytest.mark.parametrize("name", ["v3", "v3-tekken"])
@pytest.mark.parametrize("unit", ["a", " ", "漢字文章", "👩‍👩‍👧‍👦", "="])
def test_a_large_text_is_not_encoded_for_each_cut(name: str, unit: str, shipped: Loader) -> None:
    text, n, read = unit * (200_000 // len(unit.encode())), 2000, 0
    raw = raw_of(shipped, name)

    class Counted:
        """The tokenizer, and how much it has read."""

        def __getattr__(self, key: str) -> Any:
            return getattr(raw, key)

        def encode(self, part: str, bos: bool, eos: bool) -> list[int]:
            nonlocal read
            read += len(part)
            ids: list[int] = raw.encode(part, bos, eos)
            return ids

    cutter = Cutter(Counted(), text)
    end, start = cutter.end(0, n), cutter.start(len(text), n)
    assert len(raw.encode(text[:end], False, False)) <= n
    assert len(raw.encode(text[start:], False, False)) <= n
    # Cut by cut it would be a thousand times the text, of spaces; from the left, where tokens
    # lie as the cut does, some tens of parts are needed.
    assert read < 80 * len(text)
