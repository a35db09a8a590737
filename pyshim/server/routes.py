"""The models of the routes, whose table is internal/routes."""

from __future__ import annotations

from typing import Any, NamedTuple

from pyshim.wire.routes import ROUTES


class Models(NamedTuple):
    """The models of one route; request is None where there is no body."""

    path: str
    request: Any
    response: Any
    error: Any


def of(error: Any, models: dict[int, tuple[Any, Any]]) -> list[Models]:
    """Return the models of routes: of their requests and of their answers."""
    return [Models(ROUTES[route].path, *pair, error) for route, pair in models.items()]
