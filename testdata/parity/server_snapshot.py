"""Takes down what vLLM declares of its routes, for pyshim/server/vllm_twin.

    python testdata/parity/server_snapshot.py [--check]

The Python is one that has vLLM. models.json holds the schemas by which pydantic validates the
requests, the fields of what is answered, and a hash of every function that ours stands in for;
schemas.json holds the JSON Schemas. --check writes nothing and names what this vLLM has
otherwise, a line each. Exit code 1: there is such a line.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import importlib.metadata
import inspect
import json
import os
import sys
from collections.abc import Iterator
from typing import Any

from server_followed import FOLLOWED

ROOT = os.path.join(os.path.dirname(__file__), "..", "..")
HOME = os.path.join(ROOT, "pyshim", "server", "vllm_twin")
MODELS, SCHEMAS = os.path.join(HOME, "models.json"), os.path.join(HOME, "schemas.json")

# What pydantic adds for its own use, or for writing.
DROPPED = frozenset(
    """
    computed_fields custom_init default_factory_takes_data frozen json_schema_input_schema metadata
    post_init ref root_model serialization serialization_alias slots
    """.split()  # noqa: SIM905 - a list to be read
)


class Schemas:
    """Core schemas as JSON: classes by name, functions by name, what has a name written once."""

    def __init__(self) -> None:
        self.named: dict[str, Any] = {}
        self.functions: dict[str, Any] = {}

    def of(self, model: Any) -> Any:
        """Return the schema of a model, or of any other type."""
        from pydantic import TypeAdapter

        return self._written(TypeAdapter(model).core_schema)

    def _written(self, schema: Any) -> Any:
        if isinstance(schema, list | tuple):
            return [self._written(item) for item in schema]
        if not isinstance(schema, dict):
            return self._plain(schema)
        kind = schema.get("type")
        if kind == "definitions":
            for definition in schema["definitions"]:
                self._written(definition)
            return self._written(schema["schema"])
        if kind == "definition-ref":
            return {"$": _name(schema["schema_ref"])}
        ref = schema.get("ref")
        if ref is None:
            return self._members(schema)
        name = _name(ref)
        if name not in self.named:
            self.named[name] = None  # its place, before those of what is in it
            self.named[name] = self._members(schema)
        return {"$": name}

    def _members(self, schema: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in schema.items():
            if key == "function":
                if value["type"] != "no-info":
                    raise SystemExit(f"a validator wants more than a value: {value}")
                found[key] = self._function(value["function"])
            elif key == "default_factory":
                found[key] = self._function(value)
            elif key == "cls":
                found[key] = value.__name__
            elif key == "members":
                found[key] = [member.value for member in value]
            elif key == "post_init" and schema["type"] == "dataclass":
                found[key] = self._function(schema["cls"].__post_init__)
            elif key == "fields" and isinstance(value, dict):  # by names, of which some are ours
                found[key] = {name: self._written(field) for name, field in value.items()}
            elif key not in DROPPED:
                found[key] = self._written(value)
        return found

    def _function(self, function: Any) -> str:
        name: str = getattr(function, "__func__", function).__qualname__
        if self.functions.setdefault(name, function) != function and "__log" not in name:
            raise SystemExit(f"two functions are named {name}")
        return name

    @staticmethod
    def _plain(value: Any) -> Any:
        if value is None or isinstance(value, str | int | float):
            return value
        raise SystemExit(f"no JSON can hold {value!r}")


def _name(ref: str) -> str:
    return ref.rpartition(":")[0]


def models() -> dict[str, Any]:
    """Return what this vLLM declares."""
    found = importlib.import_module

    chat_utils = found("vllm.renderers.chat_utils")
    base = found("vllm.entrypoints.generate.base.protocol")
    tokenize = found("vllm.entrypoints.serve.tokenize.protocol")
    schemas = Schemas()
    requests = {
        "tokenize": tokenize.TokenizeRequest,
        "detokenize": tokenize.DetokenizeRequest,
        "chat": found("vllm.entrypoints.openai.chat_completion.protocol").ChatCompletionRequest,
        "completion": found("vllm.entrypoints.openai.completion.protocol").CompletionRequest,
        "structural_tag": base.LegacyStructuralTagResponseFormat | base.StructuralTagResponseFormat,
        "structured_outputs": found("vllm.sampling_params").StructuredOutputsParams,
        "image_url": chat_utils.ChatCompletionContentPartImageParam,
        "audio_url": chat_utils.ChatCompletionContentPartAudioParam,
        "video_url": chat_utils.ChatCompletionContentPartVideoParam,
    }
    written = {name: schemas.of(model) for name, model in requests.items()}
    validation = found("vllm.entrypoints.serve.exception_handling.handlers.validation")
    own = {name: f for name, f in schemas.functions.items() if f.__module__ != "builtins"}
    code = {name: _hash(function) for name, function in own.items()}
    return {
        "vllm": importlib.metadata.version("vllm"),
        "pydantic": importlib.metadata.version("pydantic"),
        "requests": written,
        "named": schemas.named,
        "sampling": _sampling(),
        "generate": _generate(),
        "template": _template(),
        "image_formats": list(found("vllm.multimodal.image").ALLOWED_IMAGE_FORMATS),
        "markers": sorted(validation._INTERNAL_LOC_MARKERS),
        "code": dict(sorted((code | {name: _hash(_find(name)) for name in FOLLOWED}).items())),
    }


def _sampling() -> dict[str, Any]:
    msgspec = importlib.import_module("msgspec")
    fields = msgspec.structs.fields(importlib.import_module("vllm.sampling_params").SamplingParams)
    return {
        field.name: getattr(field.default, "value", field.default)
        for field in fields
        if field.name[0] != "_"
    }


def _generate() -> dict[str, Any]:
    module = importlib.import_module("vllm.entrypoints.scale_out.token_in_token_out.protocol")
    return {
        name: None
        if field.is_required() or field.default_factory
        else field.get_default(call_default_factory=False)
        for name, field in module.GenerateRequest.model_fields.items()
    }


def _template() -> dict[str, Any]:
    """Return what a server without options gives to every chat template."""
    cli = importlib.import_module("vllm.entrypoints.common.cli_args")
    found: dict[str, Any] = cli.resolve_default_chat_template_kwargs(cli.FrontendArgs())
    return found


def _find(name: str) -> Any:
    module, _, path = name.partition(":")
    found = importlib.import_module(module)
    for part in filter(None, path.split(".")):
        found = getattr(found, part)
    return found


def _hash(function: Any) -> str:
    return hashlib.sha256(inspect.getsource(function).encode()).hexdigest()[:16]


def schemas() -> dict[str, Any]:
    """Return the JSON Schemas of what the routes take and answer, without words."""
    sys.path.insert(0, ROOT)
    from pyshim.server import vllm_app
    from pyshim.server.schemas import of_routes

    found: dict[str, Any] = _wordless(of_routes(vllm_app.models()))
    return found


def _wordless(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_wordless(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: _wordless(value)
        for key, value in schema.items()
        if not (key in ("description", "title") and isinstance(value, str))
    }


def text(value: Any, depth: int = 3, indent: str = "") -> str:
    """Write JSON with a line for each member down to a depth: a field each, so to speak."""
    short = json.dumps(value, ensure_ascii=False)
    if not depth or len(short) < 100 or not isinstance(value, dict | list):
        return short
    inner = indent + " "
    if isinstance(value, list):
        if not isinstance(value[0], dict):
            return short
        lines, ends = (text(item, 0) for item in value), "[]"
    else:
        depth -= "type" not in value
        lines = (f"{json.dumps(k)}: {text(item, depth, inner)}" for k, item in value.items())
        ends = "{}"
    return f"{ends[0]}\n{inner}" + f",\n{inner}".join(lines) + f"\n{indent}{ends[1]}"


def differences(old: Any, new: Any, place: str = "") -> Iterator[str]:
    """Name what is different, as deep as both are objects."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(key for key in new if key not in old)]:
            there = f"{place}.{key}" if place else key
            if key not in new:
                yield f"{there} is gone"
            elif key not in old:
                yield f"{there} is new: {json.dumps(new[key])[:200]}"
            else:
                yield from differences(old[key], new[key], there)
    elif old != new:
        yield f"{place} was {json.dumps(old)[:200]}, is {json.dumps(new)[:200]}"


def main() -> int:
    """Write, or compare; return the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="write nothing, name what differs")
    options = parser.parse_args()
    found = 0
    for path, made in ((MODELS, models()), (SCHEMAS, schemas())):
        if options.check:
            with open(path, encoding="utf-8") as file:
                for line in differences(json.load(file), json.loads(json.dumps(made))):
                    print(f"{os.path.basename(path)}: {line}")
                    found = 1
            continue
        with open(path, "w", encoding="utf-8") as file:
            file.write(text(made) + "\n")
    return found


if __name__ == "__main__":
    raise SystemExit(main())
