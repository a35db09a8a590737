from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyshim.errors import BadFrame
from pyshim.tests import frames
from pyshim.wire import codec
from pyshim.wire.codec import Reply

GOLDEN = json.loads(frames.TARGET.read_text())


def named(kind: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", GOLDEN[kind], ids=lambda case: case["name"])


@named("requests")
def test_requests_are_the_golden_bytes(case: dict[str, Any]) -> None:
    body = bytes.fromhex(case["body"])
    frame = codec.request(case["op"], body, case["handle"], case["flags"], case["arg"])
    assert frame.hex() == case["frame"]
    parsed = codec.parse(frame)
    assert tuple(parsed) == (case["op"], case["handle"], case["flags"], case["arg"], body)


@named("replies")
def test_replies_are_the_golden_bytes(case: dict[str, Any]) -> None:
    bufs = tuple(bytes.fromhex(buf) for buf in case["bufs"])
    ints = case["ints"] or None
    reply = Reply(bytes.fromhex(case["body"]), case["flags"], ints, bufs, case["aux"])
    frame = codec.build(reply, case["status"])
    assert frame[0].hex() == case["head"]
    assert codec.flatten(frame).hex() == case["flat"]
    assert codec.unflatten(bytes.fromhex(case["flat"])) == (case["status"], reply)


@named("bad_requests")
def test_bad_requests_are_refused(case: dict[str, Any]) -> None:
    with pytest.raises(BadFrame):
        codec.parse(bytes.fromhex(case["frame"]))


@named("bad_replies")
def test_bad_replies_are_refused(case: dict[str, Any]) -> None:
    with pytest.raises(BadFrame):
        codec.unflatten(bytes.fromhex(case["flat"]))


def test_the_golden_file_is_what_its_script_writes(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = frames.TARGET.read_text()
    monkeypatch.setattr(frames, "TARGET", tmp_path / "frames.json")
    frames.main()
    assert frames.TARGET.read_text() == before


int32 = st.integers(-(2**31), 2**31 - 1)
replies = st.builds(
    Reply,
    body=st.binary(max_size=40),
    flags=st.integers(0, 2**32 - 1),
    ints=st.none() | st.lists(int32, min_size=1, max_size=20),
    bufs=st.lists(st.binary(max_size=20), max_size=4).map(tuple),
    aux=st.integers(0, 2**64 - 1),
)


@given(reply=replies, status=st.integers(0, 1))
def test_flat_form_comes_back(reply: Reply, status: int) -> None:
    assert codec.unflatten(codec.flatten(codec.build(reply, status))) == (status, reply)


@given(reply=replies, data=st.data())
def test_a_cut_reply_is_refused(reply: Reply, data: st.DataObject) -> None:
    flat = codec.flatten(codec.build(reply))
    cut = data.draw(st.integers(0, len(flat) - 1))
    with pytest.raises(BadFrame):
        codec.unflatten(flat[:cut])


@given(frame=st.binary(max_size=60))
def test_noise_is_a_request_or_refused(frame: bytes) -> None:
    try:
        request = codec.parse(frame)
    except BadFrame:
        return
    again = codec.request(
        request.op, bytes(request.body), request.handle, request.flags, request.arg
    )
    assert again == frame


def test_surrogates_are_escaped_and_the_rest_is_utf8() -> None:
    assert codec.dumps("é") == '"é"'.encode()
    assert codec.dumps("é\ud800") == b'"\\u00e9\\ud800"'


def test_int32s_wants_whole_numbers() -> None:
    assert codec.int32s(b"") == []
    assert codec.int32s(b"\xff\xff\xff\xff\x01\x00\x00\x00") == [-1, 1]
    with pytest.raises(BadFrame):
        codec.int32s(b"\x00\x00\x00")
