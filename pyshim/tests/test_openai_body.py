"""encode_openai: bodies as clients send them, against the reference's own from_openai."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from pyshim.tests.client import error, load, ok, shortcuts, unload
from pyshim.tests.conftest import SHIPPED, Loader
from pyshim.tests.openai_bodies import ASKED, CLEAN, TOP, Json, decorated, ours, reference
from pyshim.tests.synthetic import SETTINGS, write
from pyshim.wire.codec import Op, Want


@pytest.mark.parametrize("name", SHIPPED)
def test_it_is_from_openai_of_what_makes_tokens(shipped: Loader, name: str) -> None:
    _against_the_reference(shipped(name))


@pytest.mark.parametrize("version", ["v11", "v13", "v15"])
def test_made_up_files_too(synthetic: Loader, version: str) -> None:
    _against_the_reference(synthetic(version))


def _against_the_reference(handle: int) -> None:
    encoded = 0
    for body in CLEAN:
        want = reference(handle, body)
        for top in TOP.values():
            sent = decorated(body, top)
            assert ours(handle, sent) == want, sent
            count = len(want) if isinstance(want, list) else want
            assert ours(handle, sent, Want.COUNT) == count, sent
        encoded += isinstance(want, list)
    assert encoded >= 3


def test_an_audit_and_no_shortcut_say_the_same(shipped: Loader) -> None:
    handle = shipped("v3-tekken")
    want = reference(handle, CLEAN[4])
    with shortcuts(audit=1):
        assert ours(handle, CLEAN[4]) == want
    with shortcuts(text=False):
        assert ours(handle, CLEAN[4]) == want
    whole = ok(Op.ENCODE_OPENAI, CLEAN[4], handle, Want.TEXT)
    assert whole.ints == want
    assert whole.json["text"]


def test_prefix_continues_the_last_answer(shipped: Loader) -> None:
    for name in ("v3-tekken", "v7"):
        plain = CLEAN[7]
        last = {**plain["messages"][-1], "prefix": True}
        sent = {"messages": [plain["messages"][0], last]}
        assert ours(shipped(name), sent) == reference(shipped(name), plain)


@pytest.mark.parametrize(
    ("more", "place"),
    [
        ({"functions": [{"name": "f"}]}, "functions"),
        ({"function_call": {"name": "f"}}, "function_call"),
        ({"documents": [{"text": "d"}]}, "documents"),
        ({"chat_template": "{{ x }}"}, "chat_template"),
        ({"chat_template_kwargs": {"enable_thinking": True}}, "chat_template_kwargs"),
        ({"add_special_tokens": True}, "add_special_tokens"),
        ({"add_special_tokens": 0}, "add_special_tokens"),
        ({"add_generation_prompt": False}, "add_generation_prompt"),
        ({"truncate_prompt_tokens": 5}, "truncate_prompt_tokens"),
        ({"safe_prompt": True}, "safe_prompt"),
        ({"prompt_mode": "reasoning"}, "prompt_mode"),
        ({"web_search_options": {}}, "web_search_options"),
        ({"mm_processor_kwargs": {"a": 1}}, "mm_processor_kwargs"),
        ({"messages": {}}, "messages"),
        ({"messages": None}, "messages"),
        ({"messages": [1]}, "messages.0"),
        ({"messages": [{"role": "function", "name": "f", "content": "x"}]}, "messages.0.role"),
        ({"messages": [{"role": []}]}, "messages.0.role"),
        ({"messages": [{"role": "user"}]}, "messages.0.content"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages.0.tool_call_id"),
        (
            {"messages": [ASKED[0], {"role": "assistant", "function_call": {"name": "f"}}]},
            "messages.1.function_call",
        ),
        (
            {"messages": [ASKED[0], {"role": "assistant", "refusal": "no"}]},
            "messages.1.refusal",
        ),
        (
            {"messages": [ASKED[0], {"role": "assistant", "audio": {"id": "a"}}]},
            "messages.1.audio",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "file", "file": {}}]}]},
            "messages.0.content.0.type",
        ),
        ({"messages": [{"role": "user", "content": ["x"]}]}, "messages.0.content.0"),
        (
            {"messages": [{"role": "assistant", "content": "a", "prefix": True}, ASKED[0]]},
            "messages.0.prefix",
        ),
        (
            {"messages": [ASKED[0], {"role": "assistant", "content": "a", "prefix": 1}]},
            "messages.1.prefix",
        ),
    ],
)
def test_what_cannot_be_honoured_is_named(shipped: Loader, more: Json, place: str) -> None:
    err = error(Op.ENCODE_OPENAI, {"messages": ASKED[:1], **more}, shipped("v3-tekken"))
    assert err["type"] == "UnsupportedField"
    assert err["fault"] == "caller"
    assert err["str"].startswith(f"{place}: "), err["str"]


def test_neither_a_url_nor_a_body_that_is_no_object(shipped: Loader) -> None:
    part = {"type": "image_url", "image_url": {"url": "https://host/a.png"}}
    body = {"messages": [{"role": "user", "content": [part]}]}
    err = error(Op.ENCODE_OPENAI, body, shipped("v3-tekken-mm"))
    assert err["type"] == "MediaDenied"
    assert err["str"].startswith("messages.0.content.0.image_url.url is a URL")
    for wrong, kind in itertools.product(([], b'"x"', b"null"), ("TypeError",)):
        assert error(Op.ENCODE_OPENAI, wrong, shipped("v3-tekken"))["type"] == kind


def test_a_response_format_that_no_token_is_made_of_is_not_read(shipped: Loader) -> None:
    body = {**CLEAN[0], "response_format": {"type": "structural_tag", "structures": []}}
    assert ours(shipped("v3"), body) == reference(shipped("v3"), CLEAN[0])


def test_a_schema_that_the_tokenizer_writes_is_read(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SETTINGS, "json_schema", {"type": "json_schema"})
    handle = load(file=str(write(tmp_path, data, "v15")))
    body = next(body for body in CLEAN if "response_format" in body)
    want = reference(handle, body)
    assert len(want) > len(reference(handle, {"messages": body["messages"]}))
    for top in TOP.values():
        assert ours(handle, decorated(body, top)) == want
    unload(handle)


def test_spans_name_the_messages_of_the_body(shipped: Loader) -> None:
    answer = ok(Op.ENCODE_OPENAI, CLEAN[4], shipped("v7"), Want.SPANS)
    messages = {row[2] for row in answer.json["spans"]}
    assert {0, 1, 2} <= messages
