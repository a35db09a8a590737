"""What a request to a reference server is, and of which server: see bridge/refserver/serve.go."""

from __future__ import annotations

import json
import struct
from functools import lru_cache
from typing import NamedTuple

LENGTHS = struct.Struct("<IIII")


class Server(NamedTuple):
    """What all answers of a server depend on."""

    models: tuple[str, ...]
    max_model_len: int


class Asked(NamedTuple):
    """What an answer depends on besides the body.

    content_type is the request's, None of application/json; large is a body of so many members
    that not every error is reported. max_model_input_len is encode_chat_completion's.
    """

    server: Server
    request_id: str = ""
    content_type: str | None = None
    max_model_input_len: int | None = None
    large: bool = False


@lru_cache(maxsize=64)
def server_of(text: bytes) -> Server:
    """Read what a server is; all its requests carry the same bytes."""
    given = json.loads(text)
    return Server(**{**given, "models": tuple(given["models"])})
