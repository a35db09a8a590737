"""The routes of vLLM's server, numbered as in bridge/refserver, and the models of a route."""

from __future__ import annotations

from typing import Any, NamedTuple

ROUTES = {
    1: ("POST", "/tokenize"),
    2: ("POST", "/detokenize"),
    3: ("GET", "/tokenizer_info"),
    4: ("POST", "/v1/chat/completions/render"),
    5: ("POST", "/v1/completions/render"),
}


class Route(NamedTuple):
    """The models of one route; request is None where there is no body."""

    path: str
    request: Any
    response: Any
    error: Any


def vllm_routes(*models: tuple[Any, Any], error: Any) -> list[Route]:
    """Return vLLM's routes, with the models of each in their order."""
    paths = [path for _, path in ROUTES.values()]
    return [Route(path, *pair, error) for path, pair in zip(paths, models, strict=True)]
