"""Routes that only vLLM itself answers, where there is none."""

from __future__ import annotations

from typing import Any, NoReturn

from pyshim.server.asked import Asked
from pyshim.server.errors import Refused
from pyshim.tokenizers.handle import Loaded


def render_messages(loaded: Loaded, obj: Any, asked: Asked) -> NoReturn:
    """POST /v1/messages/render."""
    _refuse("/v1/messages/render", "/v1/chat/completions/render takes a chat in OpenAI's form")


def render_responses(loaded: Loaded, obj: Any, asked: Asked) -> NoReturn:
    """POST /v1/responses/render."""
    _refuse("/v1/responses/render", "/v1/chat/completions/render takes a chat in OpenAI's form")


def derender_chat(loaded: Loaded, obj: Any, asked: Asked) -> NoReturn:
    """POST /v1/chat/completions/derender."""
    _refuse("/v1/chat/completions/derender", "/detokenize answers the text of tokens")


def derender_completion(loaded: Loaded, obj: Any, asked: Asked) -> NoReturn:
    """POST /v1/completions/derender."""
    _refuse("/v1/completions/derender", "/detokenize answers the text of tokens")


def _refuse(path: str, instead: str) -> NoReturn:
    # By 404 llm-d's router knows that it has to convert a chat in Anthropic's form itself.
    raise Refused(
        f"{path} needs vLLM 0.32 or later (--env vllm). {instead}.",
        kind="NotFoundError",
        status=404,
    )
