"""normalize: a chat completion request to the InstructRequest that is encoded."""

from __future__ import annotations

from typing import Any

from pyshim.media.policy import measure
from pyshim.ops.chat import request_model
from pyshim.ops.classes import arguments, subclass
from pyshim.wire import marks
from pyshim.wire.codec import Reply, Request, reply_json
from pyshim.wire.dump import dump


def run_normalize(request: Request) -> Reply:
    """Operation normalize; equals InstructRequestNormalizer.from_chat_completion_request."""
    args = arguments(request.json(), "cls", "request")
    wanted = subclass("normalize", args["cls"], "InstructRequestNormalizer")
    normalizer = wanted.normalizer(_builder(args.get("msb")))
    cls = request_model(args["request"])
    given = marks.read(cls, args["request"])
    measure(given)
    return reply_json(dump(normalizer.from_chat_completion_request(cls.model_validate(given))))


def _builder(value: Any) -> Any:
    from mistral_common.tokens.tokenizers.model_settings_builder import ModelSettingsBuilder

    return None if value is None else ModelSettingsBuilder.model_validate(value)
