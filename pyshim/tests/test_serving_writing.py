"""How render routes write their answers: as orjson does, and as Starlette where it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from pyshim.server.answer import dump
from pyshim.server.vllm_twin.writing import render_dump

NESTED: Any = 1e-5
for _ in range(254):
    NESTED = [NESTED]


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ({"a": [1, 1.0, None, True], "b": {5: -3.5}}, b'{"a":[1,1.0,null,true],"b":{"5":-3.5}}'),
        ([1e16, 1e-5, 1.5e-7, 1e22, -0.0], b"[1e+16,0.00001,1.5e-7,1e+22,-0.0]"),
        ([float("nan"), float("inf"), float("-inf")], b"[null,null,null]"),
        ("\x00\x1f\x7f\b\f\n/é\u2028😀", '"\\u0000\\u001f\x7f\\b\\f\\n/é\u2028😀"'.encode()),
        ([1e-5, 2**64 - 1, -(2**63)], b"[0.00001,18446744073709551615,-9223372036854775808]"),
        ([1e-5, "1" * 20], b'[0.00001,"%b"]' % (b"1" * 20)),
        (NESTED, b"[" * 254 + b"0.00001" + b"]" * 254),
    ],
)
def test_as_orjson(value: Any, written: bytes) -> None:
    assert render_dump(value) == written


@pytest.mark.parametrize(
    "value", [[1e-5, 2**64], {"a": {"b": [1e-5, -(2**63) - 1]}}, [NESTED], "1" * 20]
)
def test_as_starlette(value: Any) -> None:
    assert render_dump(value) == dump(value)
    assert b"0.00001" not in render_dump(value)


def test_what_neither_writes() -> None:
    with pytest.raises(UnicodeEncodeError):
        render_dump(["\ud800", 1e-5])
    with pytest.raises(ValueError, match="not JSON compliant"):
        render_dump([float("nan"), 2**64])
