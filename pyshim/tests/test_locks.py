"""What make lock-newest reports about a lock."""

from __future__ import annotations

import sys

from packaging.version import Version

from pyshim.tests.conftest import ROOT

sys.path.append(str(ROOT / "testdata" / "locks"))
import newest  # isort: skip - the line before says where it is


def pins(**versions: str) -> newest.Pins:
    return {name: Version(version) for name, version in versions.items()}


def test_what_is_newer_is_named() -> None:
    lock = pins(kept="0.32.0", bound="1.13.1", met="1.9", far="1.10", gone="1", same="2")
    upgraded = pins(kept="0.33.0", bound="1.13.1", met="1.10", far="1.10", same="2")
    bounded = pins(kept="0.34.0", bound="1.13.1", same="2")
    index = pins(kept="0.34.0", bound="1.14.0", met="1.10", far="2", gone="1", same="2")
    assert newest.lines(lock, upgraded, bounded, index) == [
        "bound 1.13.1: 1.14.0 is on the index, held back by the .in files",
        "kept 0.32.0: 0.33.0 resolves; make lock UPGRADE=kept",
        "kept 0.32.0: 0.34.0 is on the index, held back by other packages",
        "2 would resolve: kept 0.33.0, met 1.10",
        "3 held back: bound 1.14.0, far 2, kept 0.34.0",
    ]


def test_nothing_is_newer() -> None:
    same = pins(a="1")
    assert newest.lines(same, same, same, same) == ["0 would resolve", "0 held back"]


def test_a_lock_of_two_platforms_has_the_higher_pin() -> None:
    found = newest.pins(ROOT / "locks" / "vllm.txt")
    assert found["vllm"] >= Version("0.33")
    assert "mistral-common" in found
