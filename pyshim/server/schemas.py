"""The JSON Schemas of what the routes take and answer, made by pydantic of its models."""

from __future__ import annotations

from typing import Any

from pyshim.server import vllm_app
from pyshim.server.mistral.routes import models as mistral_models
from pyshim.server.routes import Models
from pyshim.server.vllm_twin import snapshot
from pyshim.tokenizers.registry import REGISTRY
from pyshim.vllm.load import LoadedVllm
from pyshim.wire.codec import Reply, Request, reply_json

# Before the names of mistral_common's models, of which vLLM has some too.
MISTRAL = "mistral_common__"


def run_serve_schemas(request: Request) -> Reply:
    """Operation serve_schemas: {"$defs": …, "routes": {path: {request, response, error}}}."""
    loaded = REGISTRY.get(request.handle)
    by_vllm = isinstance(loaded, LoadedVllm) and vllm_app.available()
    if by_vllm:
        return reply_json(of_routes([*vllm_app.models(), *mistral_models()]))
    theirs, own = snapshot.schemas(), of_routes(mistral_models(), MISTRAL)
    return reply_json({name: theirs[name] | own[name] for name in theirs})


def of_routes(routes: list[Models], prefix: str = "") -> dict[str, Any]:
    """Return the schemas of the models of routes, with a prefix to the models' names."""
    from pydantic import TypeAdapter
    from pydantic.errors import PydanticUserError

    inputs: list[Any] = []
    for route in routes:
        for name in ("request", "response", "error"):
            model = getattr(route, name)
            if model is not None:
                mode = "validation" if name == "request" else "serialization"
                inputs.append(((route.path, name), mode, TypeAdapter(model)))
    try:
        found, definitions = TypeAdapter.json_schemas(
            inputs, ref_template=f"#/$defs/{prefix}{{model}}"
        )
    except PydanticUserError as error:
        raise RuntimeError(f"pydantic makes no JSON Schema of the routes: {error}") from error
    answered: dict[str, dict[str, Any]] = {route.path: {} for route in routes}
    for ((path, name), _), schema in found.items():
        answered[path][name] = schema
    named = definitions.get("$defs", {}).items()
    return {"$defs": {prefix + name: schema for name, schema in named}, "routes": answered}
