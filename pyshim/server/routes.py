"""The routes of vLLM's server, as bridge/internal/wire/route.go has them, and their models."""

from __future__ import annotations

from typing import Any, NamedTuple

from pyshim.wire.ops import VLLM_ROUTES

ROUTES = VLLM_ROUTES


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
