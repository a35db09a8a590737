"""The JSON Schemas of what the routes take and answer, made by pydantic of its models."""

from __future__ import annotations

from typing import Any

from pyshim.server import vllm_app
from pyshim.server.routes import Route, vllm_routes
from pyshim.tokenizers.registry import REGISTRY
from pyshim.vllm.load import LoadedVllm
from pyshim.wire.codec import Reply, Request, reply_json


def run_serve_schemas(request: Request) -> Reply:
    """Operation serve_schemas: {"$defs": …, "routes": {path: {request, response, error}}}."""
    from pydantic import TypeAdapter
    from pydantic.errors import PydanticUserError

    loaded = REGISTRY.get(request.handle)
    by_vllm = isinstance(loaded, LoadedVllm) and vllm_app.available()
    routes = [*(vllm_app.models() if by_vllm else _own()), *_mistral()]
    inputs: list[Any] = []
    for route in routes:
        for name in ("request", "response", "error"):
            model = getattr(route, name)
            if model is not None:
                mode = "validation" if name == "request" else "serialization"
                inputs.append(((route.path, name), mode, TypeAdapter(model)))
    try:
        found, definitions = TypeAdapter.json_schemas(inputs, ref_template="#/$defs/{model}")
    except PydanticUserError as error:
        raise RuntimeError(f"pydantic makes no JSON Schema of the routes: {error}") from error
    answered: dict[str, dict[str, Any]] = {route.path: {} for route in routes}
    for ((path, name), _), schema in found.items():
        answered[path][name] = schema
    return reply_json({"$defs": definitions.get("$defs", {}), "routes": answered})


def _own() -> list[Route]:
    from pyshim.server.vllm_twin.models import tokenize as models
    from pyshim.server.vllm_twin.models.chat import ChatCompletionRequest
    from pyshim.server.vllm_twin.models.completion import CompletionRequest
    from pyshim.server.vllm_twin.models.generate import GenerateRequest

    return vllm_routes(
        (models.TokenizeRequest, models.TokenizeResponse),
        (models.DetokenizeRequest, models.DetokenizeResponse),
        (None, models.TokenizerInfoResponse),
        (ChatCompletionRequest, GenerateRequest),
        (CompletionRequest, list[GenerateRequest]),
        error=models.ErrorResponse,
    )


def _mistral() -> list[Route]:
    from mistral_common.protocol.instruct.messages import AssistantMessage
    from mistral_common.protocol.instruct.request import ChatCompletionRequest

    from pyshim.server.mistral.models import (
        DetokenizeStringRequest,
        HTTPError,
        OpenAIChatCompletionRequest,
    )

    chat: Any = ChatCompletionRequest | OpenAIChatCompletionRequest
    return [
        Route("/v1/tokenize/", chat, list[int], HTTPError),
        Route("/v1/detokenize/", list[int], AssistantMessage, HTTPError),
        Route("/v1/detokenize/string", DetokenizeStringRequest, str, HTTPError),
    ]
