"""Chats by the layout of their shape against the plain call: same tokens, same exceptions."""

from __future__ import annotations

import json
import warnings
from array import array
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pyshim.shortcuts import layouts, switches
from pyshim.shortcuts.layouts import Layouts
from pyshim.shortcuts.memo import Memo
from pyshim.shortcuts.packed import pack
from pyshim.tests.client import call, hello, load, ok, shortcuts, unload
from pyshim.tests.conftest import SHIPPED, Loader
from pyshim.tests.test_differential import bridged, plainly
from pyshim.tokenizers.registry import REGISTRY
from pyshim.wire.codec import Op, Want

TOOL: dict[str, Any] = {
    "type": "function",
    "function": {"name": "f", "description": "d", "parameters": {"type": "object"}},
}
# What layouts are learned with stands in what is constant.
MARKED = {**TOOL, "function": {**TOOL["function"], "description": "qX0000Xq \ue001"}}
# Beside the messages: what may move them, what is refused, what does not matter.
BESIDE: list[dict[str, Any]] = [
    {},
    {"tools": [TOOL]},
    {"tools": [TOOL, TOOL], "tool_choice": "any"},
    {"tools": []},
    {"tools": [MARKED]},
    {"model": "m"},
    {"model": 1},
    {"temperature": 0.5},
    {"temperature": True},
    {"continue_final_message": True},
    {"reasoning_effort": "high"},
    {"truncate_for_context_length": True},
    {"no such": "field"},
]
SHAPES = (
    "u",
    "su",
    "uau",
    "suau",
    "uuau",
    "ussu",
    "uauau",
    "uaau",
    "uaaus",
    "a",
    "ua",
    "sua",
    "s",
    "uau" * 9,
)
ROLE = {"u": "user", "a": "assistant", "s": "system"}
# What str.strip takes, and what looks like it.
BLANKS = [chr(n) for n in range(0x3001) if chr(n).isspace()]
EDGES = [
    *BLANKS, "\r\n", "\n\n", "  ", " \n", "\n ", "\u3000 ", "\t\v\f",
    "\x00", "\x08", "\x1b", "\x7f", "\xad", "\u180e", "\u200b", "\u2060", "\u2581", "\ufeff",
]  # fmt: skip
# A special token's look-alike may meet a special token there.
LOOK_ALIKES = ["</s>", "[/INST]", "[INST]", "<s>", "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]", "<0x0A>"]
EDGED = [
    *(text for edge in EDGES for text in (f"{edge}a", f"a{edge}", f"{edge}b\nc{edge}")),
    *(text for it in LOOK_ALIKES for text in (f" {it}", f"{it} ", f"\n{it}\n", f"{it}\n\n")),
]
# No text of these has a layout: nothing but blanks, or no UTF-8.
PLAIN = ["", *BLANKS, "\r\n", "\n\n", "  ", " \n", "\u3000 ", "\ud800", "a\udfffb", " \ud800\n"]
# What some branch on a text might look for in it.
TEXTS = [
    "x", "0", ".", "\x00", "a\x00", "\ufeffa", "a\ufeff", "\u200ba\u200b", "\u0301", "e\u0301",
    "[INST]", "[/INST]", "<s>", "</s>", "a</s>", "<<SYS>>", "[TOOL_CALLS]", "[AVAILABLE_TOOLS]",
    "[SYSTEM_PROMPT]", "[THINK]", "[IMG]", "<unk>", *EDGES[-10:], "\u2581a\u2581", "{}", "null",
    '{"name": "f"}', "qX0000Xq", "\ue000", "\ue000\ue001", "a\n\nb", "a b  c",
    "\U0001f469\u200d\U0001f469",
    "日本語", "word " * 400 + "x", "x" * 3000,
]  # fmt: skip
texts = st.one_of(
    st.sampled_from(TEXTS),
    st.text(st.characters(exclude_categories=[]), max_size=40),
    st.lists(st.sampled_from(TEXTS), min_size=2, max_size=3).map("".join),
    st.tuples(*[st.sampled_from([*EDGES, *PLAIN, *TEXTS, *LOOK_ALIKES])] * 3).map("".join),
    st.text(st.sampled_from([*BLANKS, "a", "\u200b"]), max_size=5),
    st.sampled_from(PLAIN),
)


def request(shape: str, said: list[str], beside: dict[str, Any]) -> dict[str, Any]:
    messages = [{"role": ROLE[r], "content": t} for r, t in zip(shape, said, strict=True)]
    return {"messages": messages, **beside}


def layouts_of(handle: int) -> Layouts:
    found = REGISTRY.get(handle).packed.layouts
    assert isinstance(found, Layouts)
    return found


def learn(handle: int, shape: str, beside: dict[str, Any]) -> bool:
    """Have a shape seen often enough; return whether it has a layout."""
    for text in ("one", "two"):
        call(Op.ENCODE_CHAT, request(shape, [text] * len(shape), beside), handle)
    before = layouts_of(handle).hits
    call(Op.ENCODE_CHAT, request(shape, ["three"] * len(shape), beside), handle)
    return layouts_of(handle).hits > before


def same(handle: int, body: dict[str, Any]) -> bool:
    """Compare with the plain call; return whether the layout answered."""
    raw = json.dumps(body).encode()
    before = layouts_of(handle).hits
    expected = plainly(REGISTRY.get(handle).chat, json.loads(raw))
    assert bridged(handle, raw, Want(0)) == expected, body
    if type(expected[0]) is list:
        count = call(Op.ENCODE_CHAT, raw, handle, Want.COUNT | Want.NO_MEDIA)
        assert count.aux == len(expected[0])
    return layouts_of(handle).hits > before


@pytest.fixture(params=[*SHIPPED, "synthetic v11", "synthetic v13", "synthetic v15"])
def handle(request: pytest.FixtureRequest, synthetic: Loader) -> Iterator[int]:
    kind, _, version = request.param.rpartition(" ")
    found = synthetic(version) if kind else load(name=version)
    yield found
    if not kind:
        unload(found)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_any_text_in_any_shape(handle: int, data: st.DataObject) -> None:
    shape = data.draw(st.sampled_from(SHAPES))
    beside = data.draw(st.sampled_from(BESIDE))
    learn(handle, shape, beside)
    said = data.draw(st.lists(texts, min_size=len(shape), max_size=len(shape)))
    same(handle, request(shape, said, beside))


def test_every_text_in_every_place(handle: int) -> None:
    for shape in ("u", "su", "suau", "uuau", "uaau"):
        assert learn(handle, shape, {}), shape
        for text in [*TEXTS, *EDGED, *PLAIN]:
            for place, role in enumerate(shape):
                said = ["said"] * len(shape)
                said[place] = text
                cut = role == "a" and text.endswith(" ")
                taken = text not in PLAIN and not cut
                assert same(handle, request(shape, said, {})) is taken, (shape, place, text)


def test_blanks_at_every_edge_of_a_chat(handle: int) -> None:
    """Where texts are joined, each has blanks that meet the other's."""
    for shape in ("ssu", "suau", "uuaau"):
        assert learn(handle, shape, {}), shape
        for edge in EDGES:
            text = f"{edge}a{edge}"
            taken = not edge.endswith(" ")
            assert same(handle, request(shape, [text] * len(shape), {})) is (
                taken or "a" not in shape
            ), (shape, edge)


def test_a_reference_that_cuts_blanks_has_no_layout(
    shipped: Loader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Texts with blanks at their edges are among those that it is asked with."""
    handle = shipped("v3")
    inner = layouts_of(handle)._tokenizer.instruct_tokenizer
    encode = inner.encode_user_content
    for number, cut in enumerate((str.strip, str.lstrip, str.rstrip)):

        def cuts(content: str, *args: Any, cut: Any = cut, **more: Any) -> Any:
            return encode(cut(content), *args, **more)

        monkeypatch.setattr(inner, "encode_user_content", cuts)
        assert not learn(handle, "u", {"model": f"cut {number}"}), cut
    monkeypatch.setattr(inner, "encode_user_content", encode)
    assert learn(handle, "u", {"model": "not cut"})


def test_what_has_a_layout(handle: int) -> None:
    """Chats, tools and what does not matter have; what is refused or cut has none."""
    learned = {json.dumps(beside): learn(handle, "su", beside) for beside in BESIDE}
    beside: dict[str, Any]
    for beside in {}, {"model": "m"}, {"temperature": 0.5}:
        assert learned[json.dumps(beside)]
    for beside in {"model": 1}, {"truncate_for_context_length": True}, {"no such": "field"}:
        assert not learned[json.dumps(beside)]
    assert not learn(handle, "ua", {}), "it is refused"
    assert learned[json.dumps({"tools": [TOOL]})]
    assert same(handle, request("su", ["a", "b"], {"tools": [TOOL]}))
    assert not same(handle, request("su", ["a", "b"], {"tools": [TOOL] * 3}))


@pytest.mark.parametrize(
    "message",
    [
        {"role": "user", "content": "a", "name": "n"},
        {"role": "tool", "content": "{}"},
        {"role": "user", "content": [{"type": "text", "text": "a"}]},
        {"role": "assistant", "content": "a", "prefix": True},
        {"role": "assistant", "content": None},
        {"role": ["user"], "content": "a"},
        {"role": "user"},
        "user",
        None,
    ],
)
def test_other_messages_are_not_taken(message: Any, shipped: Loader) -> None:
    handle = shipped("v3-tekken")
    for _ in range(3):
        assert not same(handle, {"messages": [message, {"role": "user", "content": "b"}]})


def test_the_switch(shipped: Loader) -> None:
    handle = shipped("v3")
    assert learn(handle, "uau", {})
    with shortcuts(layouts=False):
        assert not same(handle, request("uau", ["a", "b", "c"], {}))
        assert not learn(handle, "uauauau", {})
    assert same(handle, request("uau", ["a", "b", "c"], {}))


def test_the_audit_finds_a_layout_that_lies(
    shipped: Loader, monkeypatch: pytest.MonkeyPatch
) -> None:
    handle = shipped("v3")
    assert learn(handle, "u", {})
    plain = ok(Op.ENCODE_CHAT, hello("audit me"), handle, Want.PLAIN).ints
    lie = (array("i", [7]).tobytes(), (0, False, False))
    monkeypatch.setitem(layouts_of(handle)._learned, ("user",), lie)
    assert ok(Op.ENCODE_CHAT, hello("audit me"), handle).ints != plain
    with shortcuts(audit=1):
        assert ok(Op.ENCODE_CHAT, hello("audit me"), handle).ints == plain
        answer = ok(Op.SHORTCUTS).json
        assert answer["differences"] >= 1
        assert answer["layouts"] is False
    switches.SETTINGS.differences = 0


def test_what_warns_is_not_learned(shipped: Loader, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its warning is due each time, which only the reference's own code gives."""
    handle = shipped("v3")
    found = layouts_of(handle)
    inner = found._tokenizer.instruct_tokenizer
    encode = inner.encode_instruct

    def warns(request: Any) -> Any:
        warnings.warn("each time", stacklevel=1)
        return encode(request)

    monkeypatch.setattr(inner, "encode_instruct", warns)
    for _ in range(3):
        answer = call(Op.ENCODE_CHAT, request("uuuau", ["a"] * 5, {}), handle)
        assert not answer.warnings
    assert not learn(handle, "uuuau", {})


def test_shapes_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layouts, "_SHAPES", 3)
    handle = load(name="v3-tekken")
    found = layouts_of(handle)
    for n in range(8):
        assert learn(handle, "u", {"model": f"m{n}"})
        for shapes in found._learned, found._once:
            assert len(shapes) <= 3
            assert shapes.bytes == sum(layouts._size(shape) for shape in shapes)
    for n in range(8):
        call(Op.ENCODE_CHAT, request("u", ["a"], {"model": f"once{n}"}), handle)
    assert same(handle, request("u", ["a"], {"model": "m7"})), "what comes once takes no place"
    monkeypatch.setattr(layouts, "_BYTES", 1 << 12)
    assert learn(handle, "u", {"model": "m" * 1000})
    assert not learn(handle, "u", {"model": "m" * 3000}), "larger than all may be"
    assert found._learned.bytes <= 1 << 12
    unload(handle)


def test_no_layout_without_known_sources(shipped: Loader, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = REGISTRY.get(shipped("v2"))
    for known, want in ((layouts.LAYOUTS, True), ({}, False)):
        monkeypatch.setattr(layouts, "LAYOUTS", known)
        layouts.known.cache_clear()
        packed = pack(loaded.textless, loaded.raw, Memo(0))
        assert packed is not None
        assert (packed.layouts is not None) is want
    layouts.known.cache_clear()
