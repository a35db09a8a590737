"""validate: the reference's validators on their own."""

from __future__ import annotations

from typing import Any

from pyshim.errors import BadArguments
from pyshim.media.policy import measure
from pyshim.ops.chat import request_model
from pyshim.ops.classes import arguments, subclass
from pyshim.wire import marks
from pyshim.wire.codec import Reply, Request, reply_json
from pyshim.wire.keywords import keywords_of


def run_validate(request: Request) -> Reply:
    """Operation validate; equals MistralRequestValidator.validate_request or validate_messages."""
    from mistral_common.protocol.instruct.validator import ValidationMode

    args = arguments(request.json(), "cls", "x")
    cls = subclass("validator", args["cls"], "MistralRequestValidator")
    validator = cls(ValidationMode(args.get("mode") or "test"))
    what, given, more = args.get("what", "request"), args["x"], keywords_of(args)
    if what == "request":
        validator.validate_request(_parsed(given), **more)
    elif what == "messages":
        # The messages of a request, parsed as those of a request are.
        validator.validate_messages(_parsed({"messages": given}).messages, **more)
    else:
        raise BadArguments(f"validate wants what = 'request' or 'messages', not {what!r}")
    return reply_json(None)


def _parsed(given: Any) -> Any:
    model = request_model(given)
    given = marks.read(model, given)
    measure(given)
    return model.model_validate(given)
