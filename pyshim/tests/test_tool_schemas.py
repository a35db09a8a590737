"""Tools' parameters by the table against jsonschema: same tokens, same exceptions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyshim.server import encoding
from pyshim.shortcuts import schemas, switches
from pyshim.shortcuts.memo import Memo
from pyshim.shortcuts.packed import pack
from pyshim.shortcuts.schemas import CHECK, valid
from pyshim.tests.client import call, ok, shortcuts
from pyshim.tests.conftest import SHIPPED, Loader
from pyshim.tests.test_differential import bridged, plainly
from pyshim.tokenizers.registry import REGISTRY
from pyshim.wire.codec import Op, Want

KEYWORDS = sorted(schemas._KEYWORDS)
# Of each type those at the bounds of what a keyword may ask for.
VALUES: list[Any] = [
    None, True, False, 0, 1, -1, 2**70, -(2**70), 0.0, -0.0, 1.0, 0.5, -0.5, 1e300, float("nan"),
    float("inf"), float("-inf"), "", "a", "string", "integer", "String", "any", "object", "[",
    "(?P<", "a++", "[[a]", "http://[", "#", "#/$defs/A", "#/a b", "#/é", "a#b", "##", "%", "\ud800",
    [], [[]], [{}], [True], [False], [None], [1], [1, 1], [1, True], [1, 1.0], ["a"], ["a", "a"],
    ["a", "b"], ["a", 1], ["string"], ["string", "null"], ["string", "string"], ["string", "any"],
    [{"type": "string"}], [{"type": "any"}], [{}, 1], [{}, True], {}, {"a": {}}, {"a": True},
    {"a": 1}, {"a": None}, {"a": []}, {"a": ["a"]}, {"a": ["a", "a"]}, {"a": [{}]}, {"[": {}},
    {"type": "string"}, {"type": "any"}, {"type": []}, {"type": {}}, {"a": {"type": 1}}, {"not": 1},
    {"properties": {"a": 1}}, {"properties": []}, {"minimum": "1"}, {"unknown": 1}, {"$ref": 1},
]  # fmt: skip
TYPICAL: list[dict[str, Any]] = [
    {},
    {"type": "object", "properties": {}},
    {
        "type": "object",
        "properties": {
            "city": {"type": "string", "description": "where", "minLength": 1, "title": "City"},
            "days": {"type": "integer", "minimum": 1, "default": 3, "multipleOf": 0.5},
            "unit": {"enum": ["c", "f", None], "type": ["string", "null"]},
            "tags": {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
            "at": {"anyOf": [{"$ref": "#/$defs/At"}, {"type": "null"}], "default": None},
            "map": {"type": "object", "additionalProperties": {"type": "number"}},
        },
        "required": ["city"],
        "additionalProperties": False,
        "$defs": {"At": {"type": "object", "properties": {"x": {"type": "number"}}}},
    },
]

json_value = st.recursive(
    st.sampled_from(VALUES),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)


def _schema_of(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    right = {
        **dict.fromkeys(("properties", "definitions"), st.dictionaries(st.text("abc"), inner)),
        **dict.fromkeys(("allOf", "anyOf", "oneOf"), st.lists(inner, max_size=3)),
        **dict.fromkeys(("items", "additionalProperties", "not", "if", "contains"), inner),
        "required": st.lists(st.text("ab", max_size=2), max_size=3),
        "type": st.sampled_from([*schemas._TYPES, ["string", "null"]]),
    }
    odd = st.dictionaries(st.sampled_from([*KEYWORDS, "$defs", "x"]), json_value, max_size=2)
    return st.tuples(
        st.fixed_dictionaries({}, optional=right), st.one_of(st.just({}), st.just({}), odd)
    ).map(lambda pair: {**pair[0], **pair[1]})


schema = st.recursive(
    st.sampled_from([{}, True, False, {"type": "string"}, 1, None]), _schema_of, max_leaves=12
)


def accepted(value: Any) -> bool:
    """Ask jsonschema as the reference does."""
    try:
        jsonschema.Draft7Validator.check_schema(value)
    except jsonschema.exceptions.SchemaError:
        return False
    return True


def request(*parameters: Any, name: str = "f") -> dict[str, Any]:
    tools = [{"type": "function", "function": {"name": name, "parameters": p}} for p in parameters]
    return {"messages": [{"role": "user", "content": "a"}], "tools": tools}


def same(handle: int, body: dict[str, Any]) -> int:
    """Compare with the plain call; return how many tools the table answered for."""
    raw = json.dumps(body).encode()
    before = CHECK.hits
    expected = plainly(REGISTRY.get(handle).chat, json.loads(raw))
    with shortcuts(layouts=False):
        assert bridged(handle, raw, Want(0)) == expected, body
    return CHECK.hits - before


@pytest.fixture(params=[*SHIPPED[1:], "synthetic v11", "synthetic v13", "synthetic v15"])
def handle(request: pytest.FixtureRequest, synthetic: Loader, shipped: Loader) -> int:
    kind, _, version = request.param.rpartition(" ")
    return synthetic(version) if kind else shipped(version)


def cases() -> Iterator[Any]:
    """Iterate over every keyword with every value, alone and inside each that holds schemas."""
    yield from VALUES
    for keyword in KEYWORDS:
        for value in VALUES:
            one = {keyword: value}
            yield one
            yield {"type": "object", "properties": {"a": one}}
            yield {"items": [{}, one], "x": one}
            yield {"not": {"anyOf": [one]}}


def test_what_the_table_calls_valid_is() -> None:
    taken: set[str] = set()
    for value in cases():
        if valid(value):
            assert accepted(value), value
            taken |= value.keys() if type(value) is dict else set()
    assert {
        name for name, check in schemas._KEYWORDS.items() if check is not schemas._doubt
    } <= taken


@settings(max_examples=1500, deadline=None)
@given(schema)
def test_any_schema(value: Any) -> None:
    if valid(value):
        assert accepted(value)


def test_the_table_is_of_the_meta_schema() -> None:
    assert set(schemas._KEYWORDS) == jsonschema.Draft7Validator.META_SCHEMA["properties"].keys()


def test_typical_tools_are_taken(handle: int) -> None:
    assert same(handle, request(*TYPICAL)) == len(TYPICAL)
    for parameters in TYPICAL:
        assert same(handle, request(parameters)) == 1
        assert same(handle, request(parameters, {"type": "any"}, parameters)) == 1
        # What the reference asks of a name is asked by its own code.
        for name in "", "a b", "x" * 65:
            assert same(handle, request(parameters, name=name)) == 1


def test_every_value_of_every_keyword(shipped: Loader) -> None:
    handle = shipped("v3-tekken")
    for value in cases():
        same(handle, request(value))


@settings(max_examples=150, deadline=None)
@given(st.lists(schema, max_size=3))
def test_any_tools(shipped: Loader, parameters: list[Any]) -> None:
    same(shipped("v3"), request(*parameters))


def test_deep_schemas_are_left_to_the_reference(shipped: Loader) -> None:
    handle = shipped("v3")
    nested: Any = {"type": "string"}
    for depth in range(1, 40):
        assert same(handle, request(nested)) == (depth <= schemas._DEPTH)
        nested = {"type": "object", "properties": {"a": nested}}


def test_the_switch(shipped: Loader) -> None:
    handle = shipped("v3")
    with shortcuts(schemas=False):
        assert same(handle, request(*TYPICAL)) == 0
    with shortcuts(pack=False):
        assert same(handle, request(*TYPICAL)) == 0
    assert same(handle, request(*TYPICAL)) == len(TYPICAL)


@pytest.mark.parametrize("op", [Op.ENCODE_CHAT, Op.ENCODE_OPENAI])
def test_the_audit_finds_a_table_that_lies(
    op: Op, shipped: Loader, monkeypatch: pytest.MonkeyPatch
) -> None:
    handle = shipped("v3")
    body = request({"type": "any"})
    refused = call(op, body, handle, Want.PLAIN)
    assert refused.status == 1
    monkeypatch.setattr(schemas, "valid", lambda value: True)
    monkeypatch.setattr(switches.SETTINGS, "differences", 0)
    assert call(op, body, handle).status == 0
    with shortcuts(audit=1):
        answer = call(op, body, handle)
        assert answer.status == 1
        assert answer.json["message"] == refused.json["message"]
        found = ok(Op.SHORTCUTS).json
        assert found["differences"] >= 1
        assert found["schemas"] is found["pack"] is False
        assert call(op, body, handle).status == 1


def test_the_audit_of_the_server_finds_it(shipped: Loader, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = REGISTRY.get(shipped("v3"))
    body = request({"type": "any"})
    with shortcuts(layouts=False), pytest.raises(Exception, match="Invalid tool schema"):
        encoding.chat(loaded, body)
    monkeypatch.setattr(schemas, "valid", lambda value: True)
    monkeypatch.setattr(switches.SETTINGS, "differences", 0)
    assert encoding.chat(loaded, body)
    with shortcuts(audit=1):
        with pytest.raises(Exception, match="Invalid tool schema"):
            encoding.chat(loaded, body)
        assert ok(Op.SHORTCUTS).json["schemas"] is False


@pytest.mark.parametrize("of", ["CHECKS", "META_SCHEMA", "_JSONSCHEMA"])
def test_no_table_without_known_sources(
    of: str, shipped: Loader, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = REGISTRY.get(shipped("v2"))
    for value, want in ((getattr(schemas, of), True), ("other", False)):
        monkeypatch.setattr(schemas, of, value)
        schemas.known.cache_clear()
        packed = pack(loaded.textless, loaded.raw, Memo(0))
        assert packed is not None
        assert packed.schemas is want
    schemas.known.cache_clear()
