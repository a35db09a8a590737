"""normalize: a chat completion request to the InstructRequest that is encoded."""

from __future__ import annotations

from typing import Any

from pyshim.chat import request_model
from pyshim.classes import arguments, subclass
from pyshim.codec import Reply, Request, reply_json
from pyshim.dumping import dump
from pyshim.mediapolicy import measure


def run_normalize(request: Request) -> Reply:
    """Operation normalize; equals InstructRequestNormalizer.from_chat_completion_request."""
    args = arguments(request.json(), "cls", "request")
    cls = subclass("normalize", args["cls"], "InstructRequestNormalizer")
    normalizer = cls.normalizer(_builder(args.get("msb")))
    given = args["request"]
    measure(given)
    model = request_model(given).model_validate(given)
    return reply_json(dump(normalizer.from_chat_completion_request(model)))


def _builder(value: Any) -> Any:
    from mistral_common.tokens.tokenizers.model_settings_builder import ModelSettingsBuilder

    return None if value is None else ModelSettingsBuilder.model_validate(value)
