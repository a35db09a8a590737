"""The stand-in that other programs are compared with speaks the protocol itself."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from pyshim.tests.conformance.remote import corrupted
from pyshim.tests.conftest import ROOT
from pyshim.tests.standin import answer

HELLO = {"messages": [{"role": "user", "content": "Hello"}]}


def ask(op: str, h: str | None = None, **args: Any) -> Any:
    return answer(json.dumps({"id": "x", "op": op, "h": h, "args": args}))


def test_conversation() -> None:
    loaded = ask("load", name="v3", mode="test")["ok"]
    h = loaded["h"]
    assert loaded["desc"]["cls"] == "InstructTokenizerV3"
    done = ask("encode_chat_completion", h, request=HELLO, max=None)
    assert done == {
        "id": "x",
        "ok": {
            "tokens": [1, 3, 23325, 4],
            "prefix_ids": None,
            "text": "<s>[INST]▁Hello[/INST]",
            "images": [],
            "audios": [],
        },
        "w": [],
    }
    few = ask("encode_chat_completion", h, request=HELLO, max=None, want=["tokens"])
    assert few["ok"] == {"tokens": [1, 3, 23325, 4]}
    assert ask("decode", h, tokens=[1, 23325], policy="keep")["ok"] == "<s>▁Hello"
    assert ask("raw", h, m="id_to_piece", a=[3], k={})["ok"] == "[INST]"
    err = ask("decode", h, tokens=[1], policy="raise")["err"]
    assert (err["type"], sorted(err)) == ("ValueError", ["args", "message", "module", "type"])
    assert ask("encode_openai", h, body=HELLO, want=["tokens"])["ok"] == few["ok"]
    assert ask("fit", h, request=HELLO, n=4)["ok"] == {"kept": [0], "count": 4}
    assert ask("fit", h, request=HELLO, n=3)["ok"] == {"kept": [], "count": 4}
    err = ask("encode_chat_completion", h, request={"x": 1})["err"]
    assert err["errors"]
    ask("unload", h)
    assert ask("decode", h, tokens=[1], policy="keep")["err"]["type"] == "UnknownHandle"


def test_lines_that_are_no_requests() -> None:
    assert answer("{")["id"] is None
    assert answer("[]")["err"]["type"] == "BadLine"
    assert ask("nonsense")["err"]["type"] == "UnknownOp"


def test_process_serves_line_after_line() -> None:
    lines = ['{"id":1,"op":"info"}', "", "nonsense", '{"id":[2],"op":"info"}']
    run = subprocess.run(
        [sys.executable, "-m", "pyshim.tests.standin"],
        input="\n".join(lines).encode(),
        capture_output=True,
        check=True,
        cwd=ROOT,
    )
    found = [json.loads(line) for line in run.stdout.splitlines()]
    assert [item["id"] for item in found] == [1, None, [2]]


def test_corruption_changes_every_answer() -> None:
    for value in (True, 1, "a", "", [1, 2], [], {"tokens": [1]}, {"a": 1}, {"role": "user"}, {}):
        assert corrupted(value) != value
        assert type(corrupted(value)) is type(value)
    assert corrupted([True, [1]]) == [True, [2]]
