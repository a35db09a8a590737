"""Checking the parameters of a tool without jsonschema, where nothing about them is in doubt.

The reference checks each tool's parameters against the meta-schema of Draft 7, and takes nothing
from the check but that it raised or not. jsonschema reads the meta-schema anew for every part of
every schema; here it is a table. What the table calls valid is valid, and nothing else is decided
here: a keyword with a condition of its own (a regular expression, a URI), a value of an unusual
type, and everything that is wrong go to the reference's check, whose words an error has.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
import inspect
import json
import re
import types
from collections.abc import Callable
from functools import cache
from typing import Any

from pyshim.shortcuts.debug_text import shallow

# SHA-256 of the sources that check a tool's parameters, one behind the other. In them the method
# _validate_function calls validate_json_schema_by_draft7 and uses no result of it.
SOURCES = ("protocol.instruct.validator", "utils.json_utils")
CHECKS = {
    "6a802e81139bbc606e13ac0832b12d6dca3face6b5fcb8f9e8f85b14a438c687": "1.13.0, 1.13.1",
}
# Of the meta-schema that the table below was written from, as sorted JSON.
META_SCHEMA = "cc24c1e32dc10cb24ec535a867e8f14d7c6cad9b25c33445e2953c9e5ed7e940"
# What jsonschema does with that meta-schema is the standard's, in all releases of this number.
_JSONSCHEMA = "4."

_NAME = "validate_json_schema_by_draft7"
_DEPTH = 8  # of schemas in schemas; jsonschema takes up to ten frames for each

_TYPES = frozenset({"array", "boolean", "integer", "null", "number", "object", "string"})
# Within a document: a fragment of letters that every reading of RFC 3986 lets pass.
_REFERENCE = re.compile(r"#[A-Za-z0-9_./$-]*", re.ASCII)

Valid = Callable[[Any, int], bool]


def valid(schema: Any, depth: int = _DEPTH) -> bool:
    """Return whether a schema is valid beyond doubt; False says nothing."""
    if type(schema) is bool:
        return True
    if type(schema) is not dict or depth == 0:
        return False
    # A name that the meta-schema does not have may have any value.
    return all(name not in _KEYWORDS or _KEYWORDS[name](of, depth) for name, of in schema.items())


def _any(value: Any, depth: int) -> bool:
    return True


def _doubt(value: Any, depth: int) -> bool:
    return False


def _string(value: Any, depth: int) -> bool:
    return type(value) is str


def _boolean(value: Any, depth: int) -> bool:
    return type(value) is bool


def _number(value: Any, depth: int) -> bool:
    return type(value) is int or type(value) is float


def _positive(value: Any, depth: int) -> bool:
    return _number(value, depth) and value > 0


def _count(value: Any, depth: int) -> bool:
    return type(value) is int and value >= 0


def _list(value: Any, depth: int) -> bool:
    return type(value) is list


def _strings(value: Any, depth: int) -> bool:
    if type(value) is not list or any(type(one) is not str for one in value):
        return False
    return len(set(value)) == len(value)


def _type(value: Any, depth: int) -> bool:
    if type(value) is str:
        return value in _TYPES
    return _strings(value, depth) and len(value) > 0 and _TYPES.issuperset(value)


def _reference(value: Any, depth: int) -> bool:
    return type(value) is str and _REFERENCE.fullmatch(value) is not None


def _schema(value: Any, depth: int) -> bool:
    return valid(value, depth - 1)


def _schemas(value: Any, depth: int) -> bool:
    return type(value) is list and len(value) > 0 and all(valid(one, depth - 1) for one in value)


def _items(value: Any, depth: int) -> bool:
    return _schema(value, depth) or _schemas(value, depth)


def _named(value: Any, depth: int) -> bool:
    return type(value) is dict and all(valid(one, depth - 1) for one in value.values())


# The properties of the meta-schema, all of them.
_KEYWORDS: dict[str, Valid] = {
    **dict.fromkeys(("$comment", "title", "description", "format"), _string),
    **dict.fromkeys(("contentMediaType", "contentEncoding"), _string),
    **dict.fromkeys(("default", "const"), _any),
    **dict.fromkeys(("examples", "enum"), _list),
    **dict.fromkeys(("readOnly", "uniqueItems"), _boolean),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum"), _number),
    **dict.fromkeys(("maxLength", "minLength", "maxItems", "minItems"), _count),
    **dict.fromkeys(("maxProperties", "minProperties"), _count),
    **dict.fromkeys(("additionalItems", "contains", "additionalProperties"), _schema),
    **dict.fromkeys(("propertyNames", "if", "then", "else", "not"), _schema),
    **dict.fromkeys(("definitions", "properties"), _named),
    **dict.fromkeys(("allOf", "anyOf", "oneOf"), _schemas),
    **dict.fromkeys(("$id", "$schema", "pattern", "patternProperties", "dependencies"), _doubt),
    "multipleOf": _positive,
    "required": _strings,
    "type": _type,
    "items": _items,
    "$ref": _reference,
}


class Check:
    """The check of a tool's parameters, with its switch."""

    def __init__(self) -> None:
        self.on = True
        self.hits = 0

    def quick(self, tokenizer: Any) -> bool:
        """Have a copy of a MistralTokenizer check parameters by the table first.

        Its validator becomes a copy too, whose _validate_function is the reference's own code with
        another function under the name of the check. Returns whether that is known to be exact;
        if not, nothing happens.
        """
        validator = tokenizer._chat_completion_request_validator
        if not known() or not type(validator).__module__.endswith(SOURCES[0]):
            return False
        method = type(validator)._validate_function
        check = method.__globals__[_NAME]

        def by_table(value: Any) -> None:
            if self.on and valid(value):
                self.hits += 1
            else:
                check(value=value)

        function = types.FunctionType(
            method.__code__, {**method.__globals__, _NAME: by_table}, method.__name__
        )
        copied = tokenizer._chat_completion_request_validator = shallow(validator)
        copied._validate_function = types.MethodType(function, copied)
        return True


CHECK = Check()


@cache
def known() -> bool:
    """Return whether the installed reference checks parameters as was read."""
    try:
        version = importlib.metadata.version("jsonschema")
        return fingerprint() in CHECKS and meta() == META_SCHEMA and version.startswith(_JSONSCHEMA)
    except (OSError, TypeError, ImportError):
        return False


def fingerprint() -> str:
    """Return the SHA-256 of the sources that check a tool's parameters."""
    found = hashlib.sha256()
    for name in SOURCES:
        module = importlib.import_module(f"mistral_common.{name}")
        found.update(inspect.getsource(module).encode())
    return found.hexdigest()


def meta() -> str:
    """Return the SHA-256 of the meta-schema that parameters are checked against."""
    schema = importlib.import_module("jsonschema").Draft7Validator.META_SCHEMA
    return hashlib.sha256(json.dumps(schema, sort_keys=True).encode()).hexdigest()
