"""The validator of a response_format of tags."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from pyshim.server.vllm_twin.models.params import (
    LegacyStructuralTagResponseFormat,
    StructuralTagResponseFormat,
)

if TYPE_CHECKING:
    from pydantic import TypeAdapter


@cache
def structural_tag() -> TypeAdapter[Any]:
    """Either form, built when it is first asked for."""
    from pydantic import TypeAdapter

    return TypeAdapter(LegacyStructuralTagResponseFormat | StructuralTagResponseFormat)
