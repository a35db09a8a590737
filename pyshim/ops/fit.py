"""fit: a chat without its oldest turns, so that it has at most so many tokens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyshim.media.policy import check_messages
from pyshim.ops.chat import request_model
from pyshim.shortcuts import switches
from pyshim.tokenizers.registry import REGISTRY
from pyshim.wire.codec import Reply, Request
from pyshim.wire.marks import read_message


def run_fit(request: Request) -> Reply:
    """Operation fit: the indexes of the messages that stay as ints, their tokens as aux.

    There are no indexes where not even the last turn fits; its tokens are aux all the same.
    A turn is what stands between one user's message and the next, with the answers, the calls
    and their results; users' messages in a row belong to one. System messages stay.
    """
    loaded = REGISTRY.get(request.handle)
    plain = loaded.need_chat()
    tokenizer = loaded.textless if switches.SETTINGS.text and loaded.textless is not None else plain
    obj = request.json()
    check_messages(obj, read_message)
    model = request_model(obj)

    def part(kept: list[int]) -> Any:
        whole = len(kept) == len(obj["messages"])
        return obj if whole else {**obj, "messages": [obj["messages"][at] for at in kept]}

    def plainly(kept: list[int]) -> int:
        return len(plain.encode_chat_completion(model.model_validate(part(kept))).tokens)

    def count(kept: list[int]) -> int:
        left = part(kept)
        if switches.SETTINGS.pack and loaded.packed is not None and switches.allowed(left):
            return len(loaded.packed.encode(model.model_validate(left), None)[1]) // 4
        return len(tokenizer.encode_chat_completion(model.model_validate(left)).tokens)

    if not isinstance(obj, dict) or not isinstance(obj.get("messages"), list):
        model.model_validate(obj)  # which says what is wrong
    kept, tokens = _fit(obj["messages"], request.arg, count)
    if switches.due():
        with switches.PLAINLY:
            found, long = _fit(obj["messages"], request.arg, plainly)
            if not switches.agree([*kept, tokens], [*found, long]):
                kept, tokens = found, long
    return Reply(ints=kept, aux=tokens)


def _fit(
    messages: list[Any], limit: int, count: Callable[[list[int]], int]
) -> tuple[list[int], int]:
    every = list(range(len(messages)))
    tokens = count(every)
    if tokens <= limit:
        return every, tokens
    starts = turns(messages)

    def without(dropped: int) -> list[int]:
        first = starts[dropped]
        return [at for at in every if at >= first or messages[at]["role"] == "system"]

    # Without low turns it is too long, without high ones it is not.
    low, high = 0, len(starts) - 1
    least = count(without(high)) if high else tokens
    if least > limit:
        return [], least
    while high - low > 1:
        middle = (low + high) // 2
        found = count(without(middle))
        if found > limit:
            low = middle
        else:
            high, least = middle, found
    return without(high), least


def turns(messages: list[Any]) -> list[int]:
    """Return where each turn begins; what stands before the first user's message is one."""
    starts: list[int] = []
    before = ""
    for at, message in enumerate(messages):
        role = message.get("role")
        if role == "system":
            continue
        if not starts or (role == "user" and before != "user"):
            starts.append(at)
        before = role
    return starts or [0]
