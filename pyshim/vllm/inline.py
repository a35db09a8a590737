"""What is so short that a thread's hop would take longer than the call."""

from __future__ import annotations

from typing import Any

# Of the weights below, which follow what the parts of a request cost: a byte of text about
# as much as the name of a role, a message thirty times that, an argument of a tool the same.
# A message of 1 KB weighs 1,100. What weighs SHORT takes far less than a millisecond with
# either kind of tokenizer, for any text.
SHORT = 1280
# How much an event loop is held before it comes round: about the five milliseconds for which
# one thread keeps Python's lock from another, so that the worker is no better.
TURN = 8 * SHORT

CONTAINER, SCALAR = 32, 8
HOMES = ("mistral_common", "vllm")
SCALARS = frozenset({int, float, bool, type(None)})


def known(tokenizer: Any) -> bool:
    """Return whether what a call costs follows from its weight.

    So it is for the classes of mistral_common and vLLM; others may do whatever they like.
    """
    return type(tokenizer).__module__.partition(".")[0] in HOMES


def weigh(args: tuple[Any, ...], kwargs: dict[str, Any]) -> int:
    """Return the weight of a call's arguments; more than SHORT if it is unknown.

    Those are contents that are no text, and objects that are not JSON.
    """
    weight = 0
    todo: list[Any] = [*args, kwargs]
    while todo and weight <= SHORT:
        value = todo.pop()
        kind = type(value)
        if kind is str:
            # Characters beyond ASCII are up to four bytes, and as many tokens.
            weight += len(value) if value.isascii() else 4 * len(value)
        elif kind is dict and _is_text(value.get("content")):
            weight += CONTAINER + len(value)
            if weight <= SHORT:
                todo += value
                todo += value.values()
        elif kind is list or kind is tuple:
            weight += CONTAINER + len(value)
            if weight <= SHORT:
                todo += value
        elif kind in SCALARS:
            weight += SCALAR
        else:
            return SHORT + 1
    return weight


def _is_text(content: Any) -> bool:
    """Return whether a message has no images and no sounds, which are read and scaled."""
    if content is None or type(content) is str:
        return True
    return type(content) is list and all(
        type(part) is dict and part.get("type") == "text" for part in content
    )
