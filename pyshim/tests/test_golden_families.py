from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from pyshim.tests.client import Answer, call
from pyshim.tests.conftest import ROOT, SHIPPED, Loader
from pyshim.wire.codec import Op, Want

MADE = ("v7", "v11", "v13", "v15")
NAMES = (*SHIPPED, *(f"synthetic-{version}" for version in MADE))
OPS = {
    "chat": Op.ENCODE_CHAT,
    "openai": Op.ENCODE_OPENAI,
    "fit": Op.FIT,
    "fim": Op.ENCODE_FIM,
    "instruct": Op.ENCODE_INSTRUCT,
    "transcription": Op.ENCODE_TRANSCRIPTION,
    "speech": Op.ENCODE_SPEECH_REQUEST,
}


def golden(name: str) -> Any:
    path = ROOT / "testdata" / "golden" / "families" / f"{name}.json"
    return json.loads(path.read_text())["cases"]


def media(answer: Answer, kind: str) -> list[dict[str, Any]]:
    found = answer.json[kind] if answer.body else []
    for item in found:
        item["sha256"] = hashlib.sha256(answer.bufs[item.pop("buf")]).hexdigest()
    return list(found)


@pytest.mark.parametrize("flags", [Want(0), Want.PLAIN], ids=["quick", "plain"])
@pytest.mark.parametrize("name", NAMES)
def test_dispatch_answers_what_the_reference_does(
    name: str, flags: Want, shipped: Loader, synthetic: Loader
) -> None:
    made = name.startswith("synthetic-")
    handle = synthetic(name.removeprefix("synthetic-")) if made else shipped(name)
    for case in golden(name):
        body, arg = case["request"], -1
        if case["op"] == "fit":
            body, arg = body["request"], body["n"]
        answer = call(OPS[case["op"]], body, handle, flags, arg)
        if "error" in case:
            found = {key: answer.json[key] for key in ("module", "type", "message")}
            assert found == case["error"], case["name"]
            continue
        assert answer.status == 0, (case["name"], answer.json)
        if case["op"] == "fit":
            assert (answer.ints or [], answer.aux) == (case["kept"], case["count"]), case["name"]
            continue
        assert answer.ints == case["tokens"], case["name"]
        for kind in ("images", "audios"):
            assert media(answer, kind) == case.get(kind, []), case["name"]
        prefix = answer.json["prefix_ids"] if answer.body else None
        assert prefix == case.get("prefix_ids"), case["name"]


def test_files_hold_answers_and_errors_of_every_family() -> None:
    every = [case for name in NAMES for case in golden(name)]
    for op in OPS:
        assert any(case["op"] == op and "error" not in case for case in every)
        assert any(case["op"] == op and "error" in case for case in every)
    assert sum("images" in case for case in every) > 20
    assert sum("audios" in case for case in every) > 20
    # Each version has answers of its own to what is new in it.
    tokens = {name: [case.get("tokens") for case in golden(name)] for name in NAMES}
    assert len({json.dumps(value) for value in tokens.values()}) == len(NAMES)
