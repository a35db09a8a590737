"""Where a class takes what JSON has no word for: bytes, sets and files.

{"__bytes__": base64} stands for bytes where a field's type has bytes in it, {"__set__": […]}
where it has a set, {"__file__": base64, "name": …} where an OpenAI request has a file. In
all other places, in what a caller is free to fill (parameters, arguments, metadata), such an
object is the caller's own data and stays what it is.
"""

from __future__ import annotations

import base64
import inspect
import io
import types
from collections.abc import Callable, Sequence
from functools import cache
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

Reader = Callable[[Any], Any]

# What from_openai reads as a file, by the class and the key of its request.
FILES = {"TranscriptionRequest": ("file",), "SpeechRequest": ("ref_audio",)}


def read(kind: Any, value: Any) -> Any:
    """Return a value, as JSON has it, with the marks read that a class or a type takes.

    What is given stays as it is; what has no marks is returned itself.
    """
    reader = of(kind)
    return value if reader is None else reader(value)


@cache
def of(kind: Any) -> Reader | None:
    """Return what reads the marks of a type; None for a type that takes none."""
    if isinstance(kind, TypeVar):
        return of(kind.__bound__) if kind.__bound__ is not None else None
    origin, args = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return of(args[0])
    if origin in (Union, types.UnionType):
        return _union(args)
    if kind is bytes:
        return _bytes
    if (origin or kind) in (set, frozenset):
        return _set
    if origin in (list, tuple, Sequence) and args:
        return _list(of(args[0]))
    fields = getattr(kind, "model_fields", None)
    return _model(fields) if isinstance(kind, type) and fields is not None else None


def unmark(value: Any) -> Any:
    """Return the bytes of a mark; anything else as JSON gave it."""
    if isinstance(value, dict) and value.keys() == {"__bytes__"}:
        return base64.b64decode(value["__bytes__"], validate=True)
    return value


def file(value: Any) -> Any:
    """Return the file of a mark."""
    if isinstance(value, dict) and "__file__" in value and value.keys() <= {"__file__", "name"}:
        found = io.BytesIO(base64.b64decode(value["__file__"], validate=True))
        if value.get("name"):
            found.name = value["name"]
        return found
    return unmark(value)


def files(cls: str, value: Any) -> Any:
    """Return a request in OpenAI's form with the files read that a class takes there."""
    if isinstance(value, dict) and any(key in value for key in FILES.get(cls, ())):
        return value | {key: file(value[key]) for key in FILES[cls] if key in value}
    return value


def openai(owner: Any, function: Any, args: list[Any], keywords: dict[str, Any]) -> Any:
    """Return the arguments of a from_openai of owner, or of a converter, with their marks read.

    OpenAI's chunks have the types and the keys of the reference's own.
    """
    names = _parameters(function)
    # What is too much, or no list or dict at all, is for the function to refuse.
    if isinstance(args, list):
        args = [_told(owner, *pair) for pair in zip(names, args, strict=False)] + args[len(names) :]
    if isinstance(keywords, dict):
        keywords = {
            key: _told(owner, key, value) if key in names else value
            for key, value in keywords.items()
        }
    return args, keywords


@cache
def _parameters(function: Any) -> tuple[str, ...]:
    return tuple(inspect.signature(function).parameters)


def _told(owner: Any, parameter: str, value: Any) -> Any:
    if parameter == "messages" and isinstance(value, list):
        return [read_message(message) for message in value]
    if parameter.startswith("openai_"):
        return files(owner.__name__, read(owner, value))
    return value


def read_message(value: Any) -> Any:
    """Return a message of a chat, of any role that the reference or OpenAI has."""
    any_role, system = _message()
    developer = isinstance(value, dict) and value.get("role") == "developer"
    return system(value) if developer else any_role(value)


@cache  # an annotation takes ten times as long to hash as a message to read
def _message() -> tuple[Reader, Reader]:
    from mistral_common.protocol.instruct.messages import ChatMessage, SystemMessage

    return of(ChatMessage) or _as_it_is, of(SystemMessage) or _as_it_is


def _as_it_is(value: Any) -> Any:
    return value


def _bytes(value: Any) -> Any:
    # Audio may also be {"data": …}, which the reference takes apart before the field is read.
    if isinstance(value, dict) and "__bytes__" not in value and "data" in value:
        data = unmark(value["data"])
        return value if data is value["data"] else value | {"data": data}
    return unmark(value)


def _set(value: Any) -> Any:
    if isinstance(value, dict) and value.keys() == {"__set__"}:
        return set(value["__set__"])
    return value


def _list(reader: Reader | None) -> Reader | None:
    if reader is None:
        return None

    def read_all(value: Any) -> Any:
        if not isinstance(value, list):
            return value
        found = [reader(item) for item in value]
        return found if any(a is not b for a, b in zip(found, value, strict=True)) else value

    return read_all


def _union(kinds: tuple[Any, ...]) -> Reader | None:
    """Read as each of the types that a value may be, by the literals in its fields."""
    options = [(_literals(kind), reader) for kind in kinds if (reader := of(kind)) is not None]
    if not options:
        return None

    def read_any(value: Any) -> Any:
        for literals, reader in options:
            if not literals or (isinstance(value, dict) and _may_be(value, literals)):
                value = reader(value)
        return value

    return read_any


def _may_be(value: dict[str, Any], literals: dict[str, tuple[Any, ...]]) -> bool:
    return all(key not in value or value[key] in allowed for key, allowed in literals.items())


def _literals(kind: Any) -> dict[str, tuple[Any, ...]]:
    fields = getattr(kind, "model_fields", {})
    return {
        name: get_args(field.annotation)
        for name, field in fields.items()
        if get_origin(field.annotation) is Literal
    }


def _model(fields: dict[str, Any]) -> Reader | None:
    readers = {
        name: reader
        for name, field in fields.items()
        if (reader := of(field.annotation)) is not None
    }
    if not readers:
        return None

    def read_model(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        found = value
        for name, reader in readers.items():
            if name in value:
                item = reader(value[name])
                if item is not value[name]:
                    found = {**found, name: item}
        return found

    return read_model
