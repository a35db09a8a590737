from __future__ import annotations

import json
import warnings
from array import array
from typing import Any

import pytest

from pyshim.ops import chat, many
from pyshim.shortcuts import switches, texts
from pyshim.tests.client import NONE, call, error, hello, ok, shortcuts
from pyshim.tests.conftest import SHIPPED, Loader
from pyshim.tokenizers.registry import REGISTRY
from pyshim.wire import codec
from pyshim.wire.codec import Has, Op, Want

TEXTS = ["", "Hello", "  a\n\tb  ", "日本語 🎉", "[INST]<s>", "\x00", " " * 5000]


def packed(bodies: list[bytes]) -> bytes:
    head = array("Q", [len(bodies), *map(len, bodies)])
    return head.tobytes() + b"".join(bodies)


def answers(op: int, bodies: list[bytes], handle: int, flags: Want = NONE) -> list[Any]:
    """Return the ids or the number of each, or (status, reply) of what is more, or ALONE."""
    done = ok(op, packed(bodies), handle, flags)
    lengths = array("i", done.bufs[0]).tolist()
    assert len(lengths) == len(bodies)
    ids = done.ints or []
    found: list[Any] = []
    for length in lengths:
        if length == many.ALONE:
            found.append(length)
        elif length < 0:
            found.append(codec.unflatten(done.bufs[-length]))
        elif flags & Want.COUNT:
            found.append(length)
        else:
            found.append(ids[:length])
            ids = ids[length:]
    assert not ids
    return found


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("flags", [NONE, Want.BOS, Want.EOS, Want.BOS | Want.EOS])
def test_texts_are_each_encode_text(name: str, flags: Want, shipped: Loader) -> None:
    handle = shipped(name)
    raw = REGISTRY.get(handle).raw
    want = [raw.encode(text, bool(flags & Want.BOS), bool(flags & Want.EOS)) for text in TEXTS]
    bodies = [text.encode() for text in TEXTS]
    for way in (NONE, Want.PLAIN):
        assert answers(Op.ENCODE_TEXTS, bodies, handle, flags | way) == want
        counts = answers(Op.ENCODE_TEXTS, bodies, handle, flags | way | Want.COUNT)
        assert counts == list(map(len, want))


def test_one_that_fails_fails_alone(shipped: Loader) -> None:
    handle = shipped("v3-tekken")
    refused = b" " * 1_000_000
    first, bad, last = answers(Op.ENCODE_TEXTS, [b"Hello", refused, b"world"], handle)
    assert [first, last] == answers(Op.ENCODE_TEXTS, [b"Hello", b"world"], handle)
    alone = error(Op.ENCODE_TEXT, refused, handle)
    status, reply = bad
    assert status == 1
    answer = json.loads(reply.body)
    for name in ("module", "type", "message", "str", "args", "mro", "fault", "place"):
        assert answer[name] == alone[name]


def test_chats(shipped: Loader) -> None:
    handle = shipped("v3")
    bodies = [json.dumps(hello(text)).encode() for text in ("a", "b")]
    one, bad, text, two = answers(
        Op.ENCODE_CHATS, [bodies[0], b"{}", b"not json", bodies[1]], handle
    )
    assert one == ok(Op.ENCODE_CHAT, bodies[0], handle).ints
    assert two == ok(Op.ENCODE_CHAT, bodies[1], handle).ints
    for (status, reply), body in ((bad, b"{}"), (text, b"not json")):
        assert status == 1
        assert json.loads(reply.body)["message"] == error(Op.ENCODE_CHAT, body, handle)["message"]


def test_what_one_warns_of_is_its_own(shipped: Loader, monkeypatch: pytest.MonkeyPatch) -> None:
    serve = chat.run_encode_chat

    def warn(request: codec.Request) -> codec.Reply:
        if b"loud" in bytes(request.body):
            warnings.warn("loud", FutureWarning, stacklevel=1)
        return serve(request)

    monkeypatch.setattr(chat, "run_encode_chat", warn)
    bodies = [json.dumps(hello(text)).encode() for text in ("quiet", "loud", "quiet")]
    done = call(Op.ENCODE_CHATS, packed(bodies), shipped("v3"))
    assert not done.warnings
    first, (_, reply), last = answers(Op.ENCODE_CHATS, bodies, shipped("v3"))
    assert first == last
    assert reply.flags & Has.WARNINGS
    assert json.loads(reply.bufs[0]) == [["builtins", "FutureWarning", "loud"]]
    assert reply.ints == ok(Op.ENCODE_CHAT, bodies[1], shipped("v3")).ints


@pytest.mark.parametrize("raised", [RecursionError, MemoryError])
def test_what_depends_on_the_others_is_made_alone(
    raised: type[Exception], shipped: Loader, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve = chat.run_encode_chat

    def fail(request: codec.Request) -> codec.Reply:
        if b"deep" in bytes(request.body):
            raise raised
        return serve(request)

    monkeypatch.setattr(chat, "run_encode_chat", fail)
    bodies = [json.dumps(hello(text)).encode() for text in ("a", "deep", "a")]
    first, alone, last = answers(Op.ENCODE_CHATS, bodies, shipped("v3"))
    assert alone == many.ALONE
    assert first == last == ok(Op.ENCODE_CHAT, bodies[0], shipped("v3")).ints


def test_the_audit_finds_a_liar(shipped: Loader, monkeypatch: pytest.MonkeyPatch) -> None:
    handle = shipped("v3")
    truth = answers(Op.ENCODE_TEXTS, [b"a", b"b c"], handle, Want.PLAIN)

    def lie(raw: object, given: list[str], bos: bool, eos: bool) -> tuple[bytes, array[int]]:
        return array("i", [7] * len(given)).tobytes(), array("i", [1] * len(given))

    monkeypatch.setattr(texts, "many", lie)
    with shortcuts(audit=1, memo_bytes=0):
        assert answers(Op.ENCODE_TEXTS, [b"a", b"b c"], handle) == truth
        answer = ok(Op.SHORTCUTS).json
        assert answer["differences"] >= 1
        assert answer["pack"] is False
    switches.SETTINGS.differences = 0


def test_every_text_counts_for_the_audit(shipped: Loader) -> None:
    with shortcuts(audit=2):
        before = ok(Op.SHORTCUTS).json
        answers(Op.ENCODE_TEXTS, [b"a"] * 10, shipped("v3-tekken"))
        after = ok(Op.SHORTCUTS).json
    assert after["calls"] == before["calls"] + 10
    assert after["audited"] == before["audited"] + 5
    assert after["differences"] == before["differences"]


@pytest.mark.parametrize(
    "body", [b"", b"\x00" * 7, array("Q", [1]).tobytes(), array("Q", [1, 2]).tobytes() + b"a"]
)
def test_a_body_that_is_cut(body: bytes, shipped: Loader) -> None:
    for op in (Op.ENCODE_TEXTS, Op.ENCODE_CHATS):
        assert error(op, body, shipped("v3"))["type"] == "BadFrame"
