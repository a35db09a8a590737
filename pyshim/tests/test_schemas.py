"""An alarm: the installed package's types, against what is checked in."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pyshim.ops.schemas import NAMES, schemas
from pyshim.tests.client import ok
from pyshim.tests.conftest import ROOT
from pyshim.wire.codec import Op

DIRECTORY = ROOT / "testdata" / "schemas"


def checked_in(name: str) -> Any:
    return json.loads((DIRECTORY / f"{name}.json").read_text())


@pytest.mark.parametrize("name", NAMES)
def test_installed_package_says_what_is_checked_in(name: str) -> None:
    expected = checked_in(name)
    # Key order does not count here; it is alphabetical in the files.
    assert schemas(name) == {mode: expected[mode] for mode in ("validation", "serialization")}


def test_no_file_is_left_over() -> None:
    assert {path.stem for path in DIRECTORY.glob("*.json")} == set(NAMES)


def test_operation_answers_all_of_them() -> None:
    found = ok(Op.SCHEMAS).json
    assert set(found) == set(NAMES)
    request = found["ChatCompletionRequest"]["serialization"]
    assert {"messages", "tools", "reasoning_effort"} <= set(request["properties"])
    assert "ImageChunk" in request["$defs"]


def test_what_pydantic_cannot_describe_is_named() -> None:
    assert schemas("ImageChunk")["validation"] == {"error": "PydanticInvalidForJsonSchema"}
