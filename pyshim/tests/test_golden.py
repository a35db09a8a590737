from __future__ import annotations

import json
import struct
from typing import Any

import pytest

from pyshim.tests.client import Answer, call
from pyshim.tests.conftest import ROOT, SHIPPED, Loader
from pyshim.wire.codec import Op, Want

POLICIES = ("ignore", "keep", "raise")


def golden(name: str) -> Any:
    return json.loads((ROOT / "testdata" / "golden" / f"{name}.json").read_text())


def ask(case: dict[str, Any], handle: int, flags: Want) -> Answer:
    if case["op"] == "chat":
        return call(Op.ENCODE_CHAT, case["request"], handle, flags)
    if case["op"] == "text":
        flags = (Want.BOS if case["bos"] else Want(0)) | (Want.EOS if case["eos"] else Want(0))
        return call(Op.ENCODE_TEXT, case["input"].encode(), handle, flags)
    if case["policy"] in POLICIES:
        body = struct.pack(f"<{len(case['ids'])}i", *case["ids"])
        return call(Op.DECODE, body, handle, arg=POLICIES.index(case["policy"]))
    args = {"tokens": case["ids"], "policy": case["policy"]}
    return call(Op.DECODE, args, handle, Want.JSON)


@pytest.mark.parametrize("flags", [Want(0), Want.PLAIN], ids=["quick", "plain"])
@pytest.mark.parametrize("name", SHIPPED)
def test_dispatch_answers_what_the_reference_does(name: str, flags: Want, shipped: Loader) -> None:
    content = golden(name)
    assert len(content["cases"]) > 90
    for case in content["cases"]:
        answer = ask(case, shipped(name), flags)
        if "error" in case:
            found = {key: answer.json[key] for key in ("module", "type", "message")}
            assert found == case["error"], case["name"]
        elif "text" in case:
            assert answer.body.decode() == case["text"], case["name"]
        else:
            assert (answer.ints or []) == case["tokens"], case["name"]


def test_files_hold_errors_and_answers_of_every_operation() -> None:
    for name in SHIPPED:
        cases = golden(name)["cases"]
        assert len({case["name"] for case in cases}) == len(cases)
        for op in ("chat", "text", "decode"):
            assert any(case["op"] == op and "error" not in case for case in cases)
        for op in ("chat", "decode"):
            assert any(case["op"] == op and "error" in case for case in cases)
