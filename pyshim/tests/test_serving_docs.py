"""What docs/SERVER.md says about the answers, and what they were compared with."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from pyshim.tests.conftest import ROOT, Loader
from pyshim.tests.serving import PARITY, serve

import server_versions  # isort: skip - serving says where this is

SAID = " ".join((ROOT / "docs" / "SERVER.md").read_text("utf-8").split())
CALL = {"id": "abcdefghi", "type": "function", "function": {"name": "f", "arguments": "{}"}}


def calling(content: Any, **more: Any) -> dict[str, Any]:
    assistant = {"role": "assistant", "content": content, "tool_calls": [CALL | more]}
    answer = {"role": "tool", "tool_call_id": "abcdefghi", "content": "4"}
    return {"messages": [{"role": "user", "content": "Hi"}, assistant, answer]}


@pytest.mark.parametrize(
    ("row", "body", "statuses"),
    [
        ('`"content": null` beside `tool_calls` | 400 |', calling(None), (400, 200, 200)),
        ("`index` in one of `tool_calls` | tokens | 422 |", calling("", index=0), (200, 422, 200)),
        (
            "more tokens than `max_model_len` | tokens | tokens | 400",
            {"messages": [{"role": "user", "content": "Hi " * 5000}]},
            (200, 200, 400),
        ),
    ],
)
def test_routes_that_count_chats(
    shipped: Loader, row: str, body: Any, statuses: tuple[int, ...]
) -> None:
    assert row in SAID
    routes = ("/tokenize", "/v1/tokenize/", "/v1/chat/completions/render")
    assert tuple(serve(shipped("v3-tekken"), path, body).status for path in routes) == statuses


def test_versions_are_named() -> None:
    names, locked = server_versions.DECIDING, server_versions.locked()
    assert locked.keys() == names.keys()
    for name, version in locked.items():
        assert f"{names[name]} {version}" in SAID


def test_other_versions_are_not_compared_with() -> None:
    # This environment has mistral_common as locked, and neither FastAPI nor vLLM.
    wrong = server_versions.wrong(sys.executable)
    assert f"fastapi is missing, and the lock has {server_versions.locked()['fastapi']}" in wrong
    assert not any(line.startswith("mistral-common ") for line in wrong)
    command = [sys.executable, str(PARITY / "server.py"), "--start", sys.executable]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[1:] == wrong
