from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import BaseModel

from pyshim.errors import UnsupportedRelease
from pyshim.shortcuts.debug_text import _fills_text
from pyshim.tokenizers import releases
from pyshim.wire import fault
from testdata.parity import matrix


@pytest.fixture(autouse=True)
def anew() -> Iterator[None]:
    releases.require.cache_clear()
    yield
    releases.require.cache_clear()


@pytest.mark.parametrize("version", ["1.5.4", "1.8.1", "1.8", "0.9"])
def test_below_the_floor_the_version_and_the_floor_are_named(
    version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(releases, "installed", lambda: version)
    with pytest.raises(UnsupportedRelease, match=f"{version} is .*{releases.FLOOR} and later") as e:
        releases.require()
    assert fault.of(e.value, None) == fault.MACHINE


@pytest.mark.parametrize("version", ["1.8.2", "1.9.1", "1.10.0", "2.0.0rc1", ""])
def test_from_the_floor_on_all_is_well(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(releases, "installed", lambda: version)
    releases.require()


def test_a_request_that_a_release_does_not_have(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = ("mistral_common.protocol.nothing.request", "9.0.0")
    monkeypatch.setitem(releases._REQUESTS, "SpeechRequest", gone)
    with pytest.raises(UnsupportedRelease, match=r"has no SpeechRequest: 9\.0\.0 is the first"):
        releases.request("SpeechRequest")


def test_a_name_that_only_our_code_misses_is_not_the_caller_s_fault() -> None:
    with pytest.raises(AttributeError) as ours:
        releases.text(SimpleNamespace())
    assert fault.of(ours.value, None) == fault.MACHINE


class Old(BaseModel):
    text: str | None = None


def test_the_debug_text_of_an_older_release() -> None:
    assert releases.text(Old(text="<s>")) == "<s>"


@pytest.mark.parametrize(
    ("source", "fills"),
    [
        ("Tokenized(tokens=t, text=self.decode(t))", True),
        ("Tokenized(tokens=self.decode(t))", False),
        ("other(text=self.decode(t))", False),
        ("Tokenized(text=len(self.decode(t)))", False),
    ],
)
def test_the_debug_text_is_recognised(source: str, fills: bool) -> None:
    assert _fills_text(ast.parse(source, mode="eval").body) is fills


def test_the_page_of_releases_is_made_from_the_report() -> None:
    report: Any = json.loads(matrix.REPORT.read_text(encoding="utf-8"))
    text = matrix.PAGE.read_text(encoding="utf-8")
    assert matrix.page(text, report) == text
    assert report
    assert {e["mistral-common"] for e in report} <= {r.version for r in matrix.RELEASES}
    assert all(e["differ"] == 0 and e["cases"] > 1000 for e in report)
