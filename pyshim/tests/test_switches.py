from __future__ import annotations

import base64
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from pyshim.dispatch import dispatch
from pyshim.shortcuts import switches
from pyshim.shortcuts.packed import Packed, _known
from pyshim.tests.client import call, error, hello, ok, shortcuts
from pyshim.tests.conftest import SHIPPED, Loader
from pyshim.tests.test_serving import PIXEL
from pyshim.tokenizers.registry import REGISTRY
from pyshim.wire.codec import Op, Want


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_tokenizer_has_a_packed_form(name: str, shipped: Loader) -> None:
    assert isinstance(REGISTRY.get(shipped(name)).packed, Packed)


def test_another_source_of_the_reference_is_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _known()
    _known.cache_clear()
    monkeypatch.setattr("inspect.getsource", lambda module: "def other(): ...")
    assert not _known()
    _known.cache_clear()


def test_ids_are_packed_unless_asked_otherwise(shipped: Loader) -> None:
    import json

    from pyshim.wire import codec

    body = json.dumps(hello()).encode()
    for flags, packed in ((0, True), (Want.PLAIN.value, False), (Want.TEXT.value, False)):
        _, ints, _ = dispatch(codec.request(Op.ENCODE_CHAT, body, shipped("v3-tekken"), flags))
        assert isinstance(ints, bytes) is packed


@pytest.mark.parametrize("name", ["v3", "v3-tekken", "v7"])
def test_what_looks_at_ids_goes_plainly(name: str, shipped: Loader) -> None:
    handle = shipped(name)
    body = hello("a b c d e f g h", truncate_for_context_length=True)
    assert not switches.allowed(body)
    quick = call(Op.ENCODE_CHAT, body, handle, arg=8)
    plain = call(Op.ENCODE_CHAT, body, handle, Want.PLAIN, arg=8)
    assert (quick.status, quick.ints) == (plain.status, plain.ints)
    image = {"role": "user", "content": [{"type": "image_url", "image_url": "data:"}]}
    assert not switches.allowed({"messages": [image]})
    odds: list[Any] = [None, [], {}, {"messages": 3}]
    for odd in odds:
        assert not switches.allowed(odd)


def test_surrogates_and_empty_texts(shipped: Loader) -> None:
    for name in ("v3", "v3-tekken"):
        for text in ("a\ud800b", "", "\x00"):
            quick = call(Op.ENCODE_CHAT, hello(text), shipped(name))
            plain = call(Op.ENCODE_CHAT, hello(text), shipped(name), Want.PLAIN)
            assert (quick.status, quick.ints) == (plain.status, plain.ints)


@pytest.mark.parametrize("name", ["v3", "v3-tekken"])
@pytest.mark.parametrize("flags", [Want(0), Want.BOS, Want.EOS, Want.BOS | Want.EOS])
def test_texts(name: str, flags: Want, shipped: Loader) -> None:
    for text in ("Hello", "", "  a\n\tb  ", "日本語 🎉", "[INST]<s>"):
        plain = ok(Op.ENCODE_TEXT, text.encode(), shipped(name), flags | Want.PLAIN)
        for _ in range(2):
            quick = ok(Op.ENCODE_TEXT, text.encode(), shipped(name), flags)
            assert (quick.ints or []) == (plain.ints or [])
        count = ok(Op.ENCODE_TEXT, text.encode(), shipped(name), flags | Want.COUNT)
        assert count.aux == len(plain.ints or [])


def test_the_memo_serves_the_second_turn(shipped: Loader) -> None:
    before = switches.MEMO.stats()
    turns = hello("something that was never said before, 4711")
    ok(Op.ENCODE_CHAT, turns, shipped("v3-tekken"))
    ok(Op.ENCODE_CHAT, turns, shipped("v3-tekken"))
    ok(Op.ENCODE_CHAT, turns, shipped("v3-tekken-mm"))
    after = switches.MEMO.stats()
    assert after["hits"] == before["hits"] + 1
    assert after["misses"] == before["misses"] + 2, "another tokenizer is another key"


def test_the_audit_finds_a_liar(shipped: Loader, monkeypatch: pytest.MonkeyPatch) -> None:
    handle = shipped("v3")
    plain = ok(Op.ENCODE_CHAT, hello("audit me"), handle, Want.PLAIN).ints
    lying = REGISTRY.get(handle).packed
    monkeypatch.setattr(switches.SETTINGS, "differences", 0)
    monkeypatch.setattr(lying, "_ids", lambda s, bos, eos: b"\x07\x00\x00\x00")
    with shortcuts(audit=1, memo_bytes=0):
        assert ok(Op.ENCODE_CHAT, hello("audit me"), handle).ints == plain
        answer = ok(Op.SHORTCUTS).json
        assert answer["differences"] >= 1
        assert answer["pack"] is False and answer["text"] is False
        assert ok(Op.ENCODE_CHAT, hello("audit me"), handle).ints == plain


class _Images(BaseHTTPRequestHandler):
    """Answers the first request with an image, and others with status and body."""

    asked = 0
    later = 503, b""

    def do_GET(self) -> None:
        type(self).asked += 1
        image = base64.b64decode(PIXEL.partition(",")[2])
        status, body = (200, image) if self.asked == 1 else self.later
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@pytest.mark.parametrize("op", [Op.ENCODE_CHAT, Op.ENCODE_OPENAI])
@pytest.mark.parametrize("later", [(503, b""), (200, b"no image")])
def test_the_audit_is_no_judge_of_a_second_fetch(
    op: Op, later: tuple[int, bytes], shipped: Loader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_Images, "asked", 0)
    monkeypatch.setattr(_Images, "later", later)
    monkeypatch.setattr(switches.SETTINGS, "differences", 0)
    handle = shipped("v3-tekken-mm")
    server = HTTPServer(("127.0.0.1", 0), _Images)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    ok(Op.MEDIA_POLICY, {"media": "allow"})
    try:
        url = f"http://127.0.0.1:{server.server_port}/x.png"
        content = [{"type": "image_url", "image_url": {"url": url}}]
        with shortcuts(audit=1):
            found = ok(op, {"messages": [{"role": "user", "content": content}]}, handle).ints
            after = ok(Op.SHORTCUTS).json
    finally:
        ok(Op.MEDIA_POLICY, {"media": "deny"})
        server.shutdown()
        thread.join()
        server.server_close()
    assert found == [1, 3, 10, 13, 4]
    assert _Images.asked == 2
    assert (after["differences"], after["text"], after["pack"]) == (0, True, True)


def test_the_audit_is_quiet_when_all_is_well(shipped: Loader) -> None:
    with shortcuts(audit=2):
        before = ok(Op.SHORTCUTS).json
        for n in range(10):
            ok(Op.ENCODE_CHAT, hello(f"number {n}"), shipped("v3-tekken"))
            ok(Op.ENCODE_TEXT, f"number {n}".encode(), shipped("v3-tekken"))
        after = ok(Op.SHORTCUTS).json
    assert after["audited"] == before["audited"] + 10
    assert after["differences"] == before["differences"] == 0


@pytest.mark.parametrize(
    "settings", [{"pack": 1}, {"memo_bytes": -1}, {"memo_bytes": True}, {"speed": 1}, [1]]
)
def test_settings_are_checked(settings: Any) -> None:
    assert error(Op.SHORTCUTS, settings)["type"] == "BadArguments"
