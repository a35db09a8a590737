"""The shortcuts: which are on, and whether their answers are still right.

plain   the reference's call as it is
text    without the debug text (debug_text.py)
pack    ids as bytes instead of lists (packed.py), which needs text
memo    the ids of a text that was seen before (memo.py), which needs pack
layouts the arrangement of a chat of a shape that was seen before (layouts.py), which needs pack
schemas the check of a tool's parameters by a table (schemas.py), which needs pack
"""

from __future__ import annotations

import logging
from array import array
from typing import Any

from pyshim.errors import BadArguments
from pyshim.shortcuts.layouts import Layouts
from pyshim.shortcuts.memo import Memo
from pyshim.shortcuts.schemas import CHECK
from pyshim.wire.codec import Reply, Request, reply_json
from pyshim.wire.fault import in_media

_log = logging.getLogger("pyshim.shortcuts.switches")


class Settings:
    """What is on in this process; audit n repeats every n-th shortcut plainly, 0 none."""

    def __init__(self) -> None:
        self.text = True
        self.pack = True
        self.layouts = True
        self.schemas = True
        self.memo_bytes = 64 << 20
        self.audit = 0
        self.calls = 0
        self.audited = 0
        self.differences = 0

    def dump(self) -> dict[str, Any]:
        """Return settings and counts."""
        return {**vars(self), "memo": MEMO.stats()}


SETTINGS = Settings()
NAMES = ("text", "pack", "layouts", "schemas", "memo_bytes", "audit")
MEMO = Memo(SETTINGS.memo_bytes)


def run_shortcuts(request: Request) -> Reply:
    """Operation shortcuts: {} or settings to change; answers settings and counts."""
    given = request.json() if request.body else {}
    if not isinstance(given, dict) or not given.keys() <= set(NAMES):
        raise BadArguments(
            "shortcuts are text, pack, layouts and schemas (true, false), memo_bytes and audit (n)"
        )
    for name, value in given.items():
        if type(value) is not type(getattr(SETTINGS, name)) or value < 0:
            raise BadArguments(f"shortcut {name} wants a {type(getattr(SETTINGS, name)).__name__}")
        setattr(SETTINGS, name, value)
    MEMO.resize(SETTINGS.memo_bytes)
    CHECK.on = SETTINGS.schemas
    return reply_json(SETTINGS.dump())


def counts() -> tuple[int, ...]:
    """Return calls, audited, differences; the memo's hits, misses, evictions, bytes, entries."""
    return (SETTINGS.calls, SETTINGS.audited, SETTINGS.differences, *MEMO.counts())


def due() -> bool:
    """Return whether this call is to be repeated plainly."""
    SETTINGS.calls += 1
    return SETTINGS.audit > 0 and SETTINGS.calls % SETTINGS.audit == 0


def agree(ids: bytes | list[int], plain: list[int]) -> bool:
    """Compare a shortcut's ids with the plain call's; a difference turns shortcuts off."""
    SETTINGS.audited += 1
    if (array("i", ids).tolist() if isinstance(ids, bytes) else ids) == plain:
        return True
    # How long, never what: a request's text is nobody's business here.
    _turn_off("a shortcut gave other tokens than the plain call (%d): all are off", len(plain))
    return False


# What the reference refuses a request with: classes of these packages, and these themselves.
_PACKAGES = frozenset({"mistral_common", "vllm", "pydantic_core", "pydantic", "jsonschema"})
_REFUSALS = frozenset({ValueError, TypeError, AssertionError})


def _refused(error: BaseException) -> bool:
    kind = type(error)
    if kind not in _REFUSALS and kind.__module__.partition(".")[0] not in _PACKAGES:
        return False
    return not in_media(error)  # what was fetched once more may be something else by now


class _Plainly:
    """The plain call that repeats a call which took a shortcut, and its comparison.

    Where it refuses the request, a shortcut has let it pass: the error is the answer. Where it
    fails for another reason (an image that is fetched once more, memory), it says nothing of the
    shortcut, whose answer stays.
    """

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if not isinstance(error, Exception):
            return False
        if not _refused(error):
            _log.warning("a call could not be repeated plainly (%s)", kind)
            return True
        SETTINGS.audited += 1
        _turn_off("a shortcut took what the plain call refuses (%s): all are off", kind)
        return False


PLAINLY = _Plainly()


def _turn_off(message: str, of: object) -> None:
    SETTINGS.differences += 1
    SETTINGS.text = SETTINGS.pack = SETTINGS.layouts = SETTINGS.schemas = CHECK.on = False
    MEMO.resize(0)
    _log.error(message, of)


def layouts(packed: Any) -> Layouts | None:
    """Return the layouts of a packed tokenizer, None where they are off or there are none."""
    if SETTINGS.layouts and SETTINGS.pack and SETTINGS.text and packed is not None:
        found: Layouts | None = packed.layouts
        return found
    return None


def allowed(obj: Any) -> bool:
    """Return whether nothing in a request makes the reference look at the ids."""
    if not isinstance(obj, dict) or obj.get("truncate_for_context_length"):
        return False
    messages = obj.get("messages")
    if not isinstance(messages, list):
        return False
    for message in messages:
        content = message.get("content") if isinstance(message, dict) else None
        if isinstance(content, list):
            for chunk in content:
                if not isinstance(chunk, dict) or chunk.get("type") not in ("text", "thinking"):
                    return False
    return True
