"""What an answer depends on besides the request."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import NamedTuple


class Settings(NamedTuple):
    """The settings of a server, and what there is to say of a request's body.

    content_type and request_id are the request's, the former None of application/json; large is a
    body of so many members that not every error is told. max_model_input_len is
    encode_chat_completion's.
    """

    models: tuple[str, ...]
    max_model_len: int
    content_type: str | None = None
    large: bool = False
    request_id: str = ""
    max_model_input_len: int | None = None


@lru_cache(maxsize=64)
def read(text: bytes) -> Settings:
    """Read the settings; a server's requests all carry the same bytes."""
    given = json.loads(text)
    return Settings(**{**given, "models": tuple(given["models"])})
