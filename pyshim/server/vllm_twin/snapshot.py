"""What vLLM declares of its routes, taken down from the real package: models.json, schemas.json.

testdata/parity/server_snapshot.py writes both. A schema there is one of pydantic-core's, as
vLLM's models have them, with names in the place of classes and functions: so fields, types,
defaults and bounds are vLLM's, and so are the places of errors. The functions are ours.
"""

from __future__ import annotations

import enum
import json
import os
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, NamedTuple

Json = dict[str, Any]


class Validator(NamedTuple):
    """A validator of pydantic's, and the schema of which it is made."""

    core_schema: Json
    validate_python: Callable[..., Any]


class Model:
    """What a validated object is made: what it was given are attributes."""

    __slots__ = (
        "__dict__", "__pydantic_extra__", "__pydantic_fields_set__", "__pydantic_private__",
    )  # fmt: skip

    declared: dict[str, str]  # the fields, with their names in JSON

    def __getattr__(self, name: str) -> Any:
        extra: Json | None = object.__getattribute__(self, "__pydantic_extra__")
        if extra is None or name not in extra:
            raise AttributeError(name)
        return extra[name]

    def given(self, name: str) -> bool:
        """Return whether a request has a field."""
        fields: set[str] = object.__getattribute__(self, "__pydantic_fields_set__")
        return name in fields

    def dump(self) -> Json:
        """Return the fields, and behind them what else was given."""
        values = vars(self)
        found = {alias: dumped(values[name]) for name, alias in self.declared.items()}
        extra: Json = dumped(object.__getattribute__(self, "__pydantic_extra__") or {})
        return found | extra


def dumped(value: Any) -> Any:
    """Return a value with objects in it as JSON has them."""
    if isinstance(value, Model):
        return value.dump()
    if isinstance(value, list):
        return [dumped(item) for item in value]
    if isinstance(value, dict):
        return {key: dumped(item) for key, item in value.items()}
    return value


@cache
def models() -> Json:
    """Return what was taken down of the models."""
    return _read("models.json")


def schemas() -> Json:
    """Return the JSON Schemas: {"$defs": …, "routes": {path: {request, response, error}}}."""
    return _read("schemas.json")


def _read(name: str) -> Json:
    # Beside this module, on disk or in memory.
    path = os.path.join(os.path.dirname(__spec__.origin or ""), name)
    found: Json = json.loads(__spec__.loader.get_data(path))  # type: ignore[union-attr]
    return found


class Maker:
    """Makes the schemas of pydantic-core, with the functions that have the names in them."""

    def __init__(self, functions: Mapping[str, Callable[..., Any]]) -> None:
        self._functions = functions
        self._named: Json = {}

    def validator(self, name: str) -> Validator:
        """Make the validator of a body or a part of one, by its name in models.json."""
        from pydantic_core import SchemaValidator

        schema = self._made(models()["requests"][name])
        return Validator(schema, SchemaValidator(schema).validate_python)

    def _made(self, written: Any) -> Any:
        if isinstance(written, list):
            return [self._made(item) for item in written]
        if not isinstance(written, dict):
            return written
        name = written.get("$")
        if name is not None:
            if name not in self._named:
                self._named[name] = self._made(models()["named"][name])
            return self._named[name]
        found = {key: self._made(value) for key, value in written.items()}
        # A field may have one of these names too, and is no string.
        if isinstance(written.get("function"), str):
            function = self._functions[written["function"]]
            found["function"] = {"type": "no-info", "function": function}
        if isinstance(written.get("default_factory"), str):
            found["default_factory"] = self._functions[written["default_factory"]]
        if isinstance(written.get("cls"), str):
            self._give_class(found)
        return found

    def _give_class(self, schema: Json) -> None:
        name, kind = schema["cls"], schema["type"]
        members: Json = {}
        if kind == "enum":
            schema["cls"] = enum.StrEnum(name, {member: member for member in schema["members"]})
            schema["members"] = list(schema["cls"])
            return
        if kind == "model":
            members = {"__slots__": (), "declared": _fields(schema)}
        elif "post_init" in schema:
            members = {"__post_init__": self._functions[schema["post_init"]]}
            schema["post_init"] = True
        schema["cls"] = type(name, (Model,) if kind == "model" else (), members)


def _fields(schema: Json) -> dict[str, str]:
    while "fields" not in schema:
        schema = schema["schema"]
    return {name: field.get("validation_alias", name) for name, field in schema["fields"].items()}
