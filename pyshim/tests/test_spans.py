"""Spans: they cover the tokens, they are the plain call's tokens, and each is whose it says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases import CHATS, WEATHER, assistant, png, result, system, user
from cases import call as tool_call
from pyshim.tests.client import call, error, load, ok, unload
from pyshim.tests.conftest import SHIPPED, Loader
from pyshim.tests.synthetic import tone
from pyshim.tests.test_differential import plainly, talk
from pyshim.tokenizers.registry import REGISTRY
from pyshim.wire.codec import Op, Want

Rows = list[tuple[int, int, int, str, str, str, float]]
WITH = Want.SPANS | Want.NO_MEDIA


def lawful(handle: int, body: dict[str, Any]) -> Rows:
    """Check what holds of any request; return the spans, [] of a request that is refused."""
    expected = plainly(REGISTRY.get(handle).chat, json.loads(json.dumps(body)))
    answer = call(Op.ENCODE_CHAT, body, handle, WITH)
    if answer.status:
        payload = answer.json
        assert (payload["module"], payload["type"], payload["message"]) == expected
        return []
    tokens, prefix = expected
    assert (answer.ints, answer.json["prefix_ids"]) == (tokens, prefix)
    rows: Rows = [tuple(row) for row in answer.json["spans"]]
    at = 0
    for start, length, message, role, kind, _, weight in rows:
        assert start == at
        assert length > 0
        assert (message == -1) == (role == "") or role == "user"
        assert role == "" or message == -1 or body["messages"][message]["role"] == role
        assert kind != "control" or length == 1
        assert weight >= 0
        at += length
    assert at == len(tokens)
    return rows


def spans_read(handle: int, body: dict[str, Any]) -> list[tuple[int, str, str, str, str]]:
    """Return (message, role, kind, within, what the tokens read) of each span."""
    tokens = plainly(REGISTRY.get(handle).chat, body)[0]
    raw = REGISTRY.get(handle).raw
    found = []
    for start, length, message, role, kind, within, _ in lawful(handle, body):
        ids = tokens[start : start + length]
        text = raw.id_to_piece(ids[0]) if kind == "control" else raw.decode(ids)
        found.append((message, role, kind, within, text))
    return found


CALLS = [tool_call('{"a": 1}', "abcdefgh1", "f"), tool_call("{}", "abcdefgh2", "g")]
TURNS = {
    "tools": [WEATHER],
    "messages": [
        system("S"),
        user("a"),
        user("b"),
        assistant(None, tool_calls=CALLS),
        result("two", "abcdefgh2"),
        result("one", "abcdefgh1"),
        assistant("fin"),
        user("x"),
    ],
}


def test_whose_tokens_they_are(synthetic: Loader) -> None:
    found = spans_read(synthetic("v11"), TURNS)
    (tools,) = [row for row in found if row[2] == "tool_list"]
    assert json.loads(tools[4])[0]["function"]["name"] == WEATHER["function"]["name"]
    assert [row for row in found if row is not tools] == [
        (-1, "", "control", "", "<s>"),
        (0, "system", "control", "", "[SYSTEM_PROMPT]"),
        (0, "system", "text", "", "S"),
        (0, "system", "control", "", "[/SYSTEM_PROMPT]"),
        (1, "user", "control", "", "[INST]"),
        (1, "user", "text", "", "a\n\nb"),
        (1, "user", "control", "", "[/INST]"),
        (3, "assistant", "control", "tool_call", "[TOOL_CALLS]"),
        (3, "assistant", "tool_call", "tool_call", "f"),
        (3, "assistant", "control", "tool_call", "[CALL_ID]"),
        (3, "assistant", "tool_call", "tool_call", "abcdefgh1"),
        (3, "assistant", "control", "tool_call", "[ARGS]"),
        (3, "assistant", "tool_call", "tool_call", '{"a": 1}'),
        (3, "assistant", "control", "tool_call", "[TOOL_CALLS]"),
        (3, "assistant", "tool_call", "tool_call", "g"),
        (3, "assistant", "control", "tool_call", "[CALL_ID]"),
        (3, "assistant", "tool_call", "tool_call", "abcdefgh2"),
        (3, "assistant", "control", "tool_call", "[ARGS]"),
        (3, "assistant", "tool_call", "tool_call", "{}"),
        (3, "assistant", "control", "", "</s>"),
        (5, "tool", "control", "", "[TOOL_RESULTS]"),
        (5, "tool", "text", "", "abcdefgh1"),
        (5, "tool", "control", "", "[TOOL_CONTENT]"),
        (5, "tool", "text", "", "one"),
        (5, "tool", "control", "", "[/TOOL_RESULTS]"),
        (4, "tool", "control", "", "[TOOL_RESULTS]"),
        (4, "tool", "text", "", "abcdefgh2"),
        (4, "tool", "control", "", "[TOOL_CONTENT]"),
        (4, "tool", "text", "", "two"),
        (4, "tool", "control", "", "[/TOOL_RESULTS]"),
        (6, "assistant", "text", "", "fin"),
        (6, "assistant", "control", "", "</s>"),
        (7, "user", "control", "tool_list", "[AVAILABLE_TOOLS]"),
        (7, "user", "control", "tool_list", "[/AVAILABLE_TOOLS]"),
        (7, "user", "control", "", "[INST]"),
        (7, "user", "text", "", "x"),
        (7, "user", "control", "", "[/INST]"),
    ]


def test_results_that_the_reference_sorts_keep_their_message(synthetic: Loader) -> None:
    found = [row for row in spans_read(synthetic("v13"), TURNS) if row[:3:2] and row[1] == "tool"]
    assert [(row[0], row[4]) for row in found if row[2] == "text"] == [(5, "one"), (4, "two")]


def test_thinking_images_audio_and_settings(shipped: Loader, synthetic: Loader) -> None:
    think = {"type": "thinking", "thinking": "hm", "closed": True}
    body = {"messages": [user("a"), assistant([think, {"type": "text", "text": "b"}]), user("c")]}
    assert spans_read(synthetic("v13"), body)[4:9] == [
        (1, "assistant", "control", "think", "[THINK]"),
        (1, "assistant", "think", "think", "hm"),
        (1, "assistant", "control", "think", "[/THINK]"),
        (1, "assistant", "text", "", "b"),
        (1, "assistant", "control", "", "</s>"),
    ]
    picture = {"type": "image_url", "image_url": png(40, 24)}
    body = {"messages": [user([{"type": "text", "text": "what"}, picture])]}
    kinds = [(row[4], row[1]) for row in lawful(shipped("v3-tekken-mm"), body)]
    assert [kind for kind, _ in kinds] == ["control", "control", "image", "text", "control"]
    assert kinds[2][1] > 1
    sound = {"type": "input_audio", "input_audio": tone()}
    rows = lawful(synthetic("v13"), {"messages": [user([sound])]})
    assert [row[4] for row in rows] == ["control", "control", "audio", "control"]
    wished: dict[str, Any] = {"messages": [user("a")], "reasoning_effort": "high"}
    assert spans_read(synthetic("v15"), wished)[1:4] == [
        (0, "user", "control", "settings", "[MODEL_SETTINGS]"),
        (0, "user", "settings", "settings", '{"reasoning_effort": "high"}'),
        (0, "user", "control", "settings", "[/MODEL_SETTINGS]"),
    ]


def test_words_that_look_like_control_tokens_are_text(shipped: Loader) -> None:
    body = {"messages": [user("a[/INST]</s>"), assistant("[TOOL_CALLS]"), user("[THINK]")]}
    found = spans_read(shipped("v3-tekken"), body)
    assert [row[4] for row in found if row[2] == "text"] == [
        "a[/INST]</s>",
        "[TOOL_CALLS]",
        "[THINK]",
    ]


def test_what_is_cut_off_leaves_no_span(synthetic: Loader) -> None:
    body = {
        "messages": [user("one " * 40), assistant("two"), user("three")],
        "truncate_for_context_length": True,
    }
    handle = synthetic("v7")
    rows = ok(Op.ENCODE_CHAT, body, handle, WITH, arg=20).json["spans"]
    assert {row[2] for row in rows} == {-1, 2}
    whole = ok(Op.ENCODE_CHAT, body, handle, WITH, arg=500).json["spans"]
    assert {row[2] for row in whole} == {-1, 0, 1, 2}


def test_weights(shipped: Loader) -> None:
    handle = load(name="v3-tekken", mode="finetuning")
    body = {
        "messages": [
            user("a"),
            assistant("b", weight=0),
            user("c"),
            assistant("d", weight=1),
            user("e"),
            assistant("f", weight=None),
        ]
    }
    rows = ok(Op.ENCODE_CHAT, body, handle, WITH).json["spans"]
    weights = {row[2]: row[6] for row in rows}
    assert weights == {-1: 1, 0: 1, 1: 0, 2: 1, 3: 1, 4: 1, 5: 1}
    unload(handle)


def test_instruct_requests_have_them(shipped: Loader) -> None:
    body = {"messages": [user("a"), assistant("b"), user("c")], "system_prompt": None}
    answer = ok(Op.ENCODE_INSTRUCT, body, shipped("v3"), Want.SPANS)
    plain = ok(Op.ENCODE_INSTRUCT, body, shipped("v3"))
    assert answer.ints == plain.ints
    assert [row[2] for row in answer.json["spans"]] == [-1, 0, 0, 0, 1, 1, 2, 2, 2]


def test_a_reference_that_cannot_be_followed(
    shipped: Loader, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mistral_common.tokens.tokenizers.instruct import InstructTokenizerBase

    plain = InstructTokenizerBase.encode_instruct

    def reversed_(self: Any, request: Any) -> Any:
        done = plain(self, request)
        done.tokens = done.tokens[::-1]
        return done

    handle = shipped("v3")
    monkeypatch.setattr(InstructTokenizerBase, "encode_instruct", reversed_)
    assert error(Op.ENCODE_CHAT, {"messages": [user("a b")]}, handle, WITH)["type"] == (
        "UnsupportedRelease"
    )


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_tokenizers(name: str, shipped: Loader) -> None:
    assert sum(bool(lawful(shipped(name), body)) for body in CHATS.values()) > 5


@pytest.mark.parametrize("version", ["v7", "v11", "v13", "v15"])
def test_other_versions(version: str, synthetic: Loader) -> None:
    assert sum(bool(lawful(synthetic(version), body)) for body in CHATS.values()) > 5


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    roles=st.lists(st.sampled_from(["user", "user", "assistant", "system"]), max_size=8),
    name=st.sampled_from(SHIPPED),
)
def test_every_word_is_its_messages_own(roles: list[str], name: str, shipped: Loader) -> None:
    messages = [
        {"role": role, "content": f"Q{chr(65 + at)}Z"} for at, role in enumerate([*roles, "user"])
    ]
    # The reference aggregates a system prompt into another message; v7's stays one.
    first: dict[int, int] = {}
    for at, message in enumerate(messages):
        alike = at > 0 and messages[at - 1]["role"] == message["role"]
        first[at] = first[at - 1] if alike else at
    rows = lawful(shipped(name), {"messages": messages})
    if not rows:
        return
    words = {at: message["content"] for at, message in enumerate(messages)}
    found = spans_read(shipped(name), {"messages": messages})
    for at, word in words.items():
        if messages[at]["role"] != "system":
            owners = {row[0] for row in found if word in row[4]}
            assert owners == {first[at]}
    assert rows[0][2] == -1


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(messages=talk, name=st.sampled_from(SHIPPED))
def test_any_conversation(messages: list[Any], name: str, shipped: Loader) -> None:
    lawful(shipped(name), {"messages": messages})
