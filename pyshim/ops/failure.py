"""The reply of a request that has raised."""

from __future__ import annotations

from pyshim import errors
from pyshim.tokenizers import hints
from pyshim.wire import fault
from pyshim.wire.codec import Has, Reply, dumps


def reply(error: BaseException, op: int | None) -> Reply:
    """Return the reply for an exception that came out of an operation."""
    try:
        about = {"fault": fault.of(error, op), "place": fault.place(error)}
        if hint := hints.of(error):
            about["hint"] = hint
        body = dumps(errors.describe(error) | about)
    except BaseException:
        # Out of memory, most likely: say the least that is of use.
        name = type(error).__qualname__
        body = dumps(
            {
                "module": type(error).__module__,
                "type": name,
                "mro": [],
                "message": name,
                "str": name,
                "args": [],
                "traceback": "",
                "fault": fault.MACHINE,
                "place": "",
            }
        )
    return Reply(body, Has.BODY_JSON.value)
