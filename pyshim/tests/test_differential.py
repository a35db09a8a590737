"""Every shortcut against the plain call: same tokens, same exceptions."""

from __future__ import annotations

import json
from itertools import chain
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases import CHATS
from pyshim.tests.client import call, load, shortcuts, unload
from pyshim.tests.conftest import SHIPPED, Loader
from pyshim.tests.synthetic import tone
from pyshim.tokenizers.registry import REGISTRY
from pyshim.wire.codec import Op, Want

MODES = ("serving", "finetuning", "test", "agnostic")
Outcome = tuple[Any, ...]


def plainly(tokenizer: Any, body: dict[str, Any]) -> Outcome:
    """Ask the reference as any Python program does."""
    from mistral_common.protocol.instruct.request import ChatCompletionRequest

    try:
        done = tokenizer.encode_chat_completion(ChatCompletionRequest.model_validate(body))
    except BaseException as failure:
        message = getattr(failure, "message", None)
        text = message if isinstance(message, str) else str(failure)
        return type(failure).__module__, type(failure).__qualname__, text
    return done.tokens, done.prefix_ids


def bridged(handle: int, body: bytes, flags: Want) -> Outcome:
    answer = call(Op.ENCODE_CHAT, body, handle, flags | Want.NO_MEDIA)
    if answer.status:
        payload = answer.json
        return payload["module"], payload["type"], payload["message"]
    return answer.ints, answer.json["prefix_ids"] if answer.body else None


def same(handle: int, body: dict[str, Any]) -> None:
    raw = json.dumps(body).encode()
    expected = plainly(REGISTRY.get(handle).chat, json.loads(raw))
    for flags in (Want(0), Want.PLAIN, Want.TEXT):
        assert bridged(handle, raw, flags) == expected
    assert bridged(handle, raw, Want(0)) == expected  # out of the memo
    with shortcuts(memo_bytes=0):
        assert bridged(handle, raw, Want(0)) == expected
    with shortcuts(pack=False):
        assert bridged(handle, raw, Want(0)) == expected


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_tokenizers_in_every_mode(name: str, mode: str) -> None:
    handle = load(name=name, mode=mode)
    for body in CHATS.values():
        same(handle, body)
        same(handle, {**body, "model": "m"})
    unload(handle)


@pytest.mark.parametrize("version", ["v7", "v11", "v13", "v15"])
def test_other_versions(version: str, synthetic: Loader) -> None:
    think = [{"type": "thinking", "thinking": "hm", "closed": True}, {"type": "text", "text": "b"}]
    more: list[dict[str, Any]] = [
        {
            "messages": [
                {"role": "user", "content": [{"type": "input_audio", "input_audio": tone()}]}
            ]
        },
        {
            "messages": [
                {"role": "user", "content": "a"},
                {"role": "assistant", "content": think},
                {"role": "user", "content": "c"},
            ]
        },
    ]
    for body in [*CHATS.values(), *more]:
        same(synthetic(version), body)


text = st.text(max_size=60) | st.sampled_from(["[INST]", "</s>", " ", "\n\n", "👩‍👩‍👧", "\0"])
message = st.fixed_dictionaries(
    {"role": st.sampled_from(["user", "assistant", "system", "tool"]), "content": text},
    optional={"prefix": st.booleans()},
)
turn = st.tuples(text, text).map(
    lambda pair: [
        {"role": "user", "content": pair[0]},
        {"role": "assistant", "content": pair[1]},
    ]
)
talk = st.tuples(st.lists(turn, max_size=3), text).map(
    lambda parts: [*chain(*parts[0]), {"role": "user", "content": parts[1]}]
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(messages=talk | st.lists(message, max_size=4), name=st.sampled_from(SHIPPED))
def test_any_conversation(messages: list[Any], name: str, shipped: Loader) -> None:
    same(shipped(name), {"messages": messages})
