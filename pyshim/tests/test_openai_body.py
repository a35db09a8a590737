"""encode_openai: bodies as clients send them, against the reference's own from_openai."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

from pyshim.tests.client import NONE, call, error, load, ok, shortcuts, unload
from pyshim.tests.conftest import SHIPPED, Loader
from pyshim.tests.synthetic import SETTINGS, write
from pyshim.tokenizers.registry import REGISTRY
from pyshim.wire.codec import Op, Want

Json = dict[str, Any]

PNG = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwAD"
    "hgGAWjR9awAAAABJRU5ErkJggg=="
)
PARAMETERS = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
TOOL: Json = {
    "type": "function",
    "function": {"name": "weather", "description": "Say", "parameters": PARAMETERS, "strict": True},
}
BARE_TOOL: Json = {"type": "function", "function": {"name": "now", "description": None}}
CALL: Json = {
    "id": "abcdefghi",
    "type": "function",
    "function": {"name": "weather", "arguments": '{"city": "Köln"}'},
}
ASKED: list[Json] = [
    {"role": "user", "content": "Hot?"},
    {"role": "assistant", "content": None, "tool_calls": [CALL]},
    {"role": "tool", "tool_call_id": "abcdefghi", "name": "weather", "content": "30"},
]
# What makes tokens: the reference is given these as they stand.
CLEAN: tuple[Json, ...] = (
    {"messages": [{"role": "user", "content": "Hello"}]},
    {
        "messages": [
            {"role": "developer", "content": "Be brief."},
            {"role": "user", "content": "一"},
        ]
    },
    {"messages": [{"role": "user", "content": [{"type": "text", "text": "a"}]}]},
    {
        "messages": [
            {"role": "system", "content": [{"type": "text", "text": "b"}]},
            {"role": "user", "content": "one"},
            {"role": "assistant", "content": "two"},
            {"role": "user", "content": "three 🦜"},
        ],
        "model": "m",
    },
    {"messages": ASKED, "tools": [TOOL, BARE_TOOL]},
    {"messages": ASKED[:1], "tools": []},
    {
        "messages": [*ASKED, {"role": "assistant", "content": "30 deg"}, ASKED[0]],
        "tools": [TOOL],
    },
    {
        "messages": [
            {"role": "user", "content": "go"},
            {"role": "assistant", "content": "on"},
        ],
        "continue_final_message": True,
    },
    {
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "see"},
                    {"type": "image_url", "image_url": {"url": PNG, "detail": "low"}},
                    {"type": "image_url", "image_url": PNG},
                ],
            }
        ]
    },
    {"messages": ASKED[:1], "reasoning_effort": "high"},
    {
        "messages": [
            {"role": "user", "content": "q"},
            {"role": "assistant", "content": "a", "reasoning_content": "hm"},
            {"role": "user", "content": "q"},
        ]
    },
    {
        "messages": ASKED[:1],
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "s", "schema": PARAMETERS, "strict": True},
        },
    },
    # What the reference refuses is refused in its words.
    {"messages": []},
    {"messages": [{"role": "user", "content": None}]},
    {"messages": [{"role": "assistant", "content": ""}]},
    {"messages": ASKED[:1], "tools": [{"type": "custom", "custom": {"name": "c"}}]},
    {"messages": ASKED[:1], "reasoning_effort": "much"},
)

# What clients put around it.
TOP: dict[str, Json] = {
    "nothing": {},
    "openai": {
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_completion_tokens": 5,
        "max_tokens": -1,
        "temperature": 1.7,
        "top_p": None,
        "n": 2,
        "seed": -3,
        "stop": ["x"],
        "logit_bias": {"5": -100},
        "logprobs": True,
        "top_logprobs": 3,
        "user": "u",
        "store": False,
        "metadata": {"a": "b"},
        "service_tier": "auto",
        "presence_penalty": 0.0,
        "frequency_penalty": None,
        "modalities": ["text"],
        "prediction": None,
        "verbosity": "low",
        "tool_choice": {"type": "function", "function": {"name": "weather"}},
        "parallel_tool_calls": False,
        "prompt_cache_key": "k",
        "safety_identifier": "s",
    },
    "langchain": {
        "stream": False,
        "n": 1,
        "temperature": None,
        "functions": None,
        "function_call": None,
        "tool_choice": "any",
        "extra_body": {"top_k": 5},
    },
    "vercel": {
        "max_tokens": 100,
        "temperature": 0,
        "tool_choice": "auto",
        "stream_options": {"include_usage": True},
        "include_usage": True,
    },
    "vllm": {
        "add_generation_prompt": True,
        "chat_template_kwargs": {},
        "chat_template": None,
        "documents": [],
        "add_special_tokens": False,
        "guided_json": {"type": "object"},
        "priority": 3,
        "cache_salt": "s",
        "random_seed": "x",
        "weight": 1,
    },
    "mistral": {"safe_prompt": False, "prompt_mode": None, "random_seed": 5},
    "openrouter": {"provider": {"order": ["a"]}, "models": ["a", "b"], "transforms": []},
    "nulls": {"tool_choice": None, "truncate_for_context_length": None, "unknown": None},
}
IN_MESSAGE: dict[str, Json] = {
    "user": {"name": "Bob", "id": "x", "weight": 0},
    "system": {"name": "boss", "cache_control": {"type": "ephemeral"}},
    "developer": {"name": "boss"},
    "assistant": {
        "refusal": None,
        "audio": None,
        "annotations": [],
        "function_call": None,
        "name": "bot",
        "prefix": False,
    },
    "tool": {"artifact": {"a": 1}, "status": "success"},
}


def decorated(body: Json, top: Json) -> Json:
    messages = []
    for message in body["messages"]:
        one = {**message, **IN_MESSAGE.get(message["role"], {})}
        if one.get("tool_calls"):
            one["tool_calls"] = [{**c, "index": i} for i, c in enumerate(one["tool_calls"])]
        if isinstance(one.get("content"), list):
            one["content"] = [_part(part) for part in one["content"]]
        messages.append(one)
    nulls = {"response_format": None, "tools": None, "reasoning_effort": None, "model": None}
    return {**nulls, **top, **body, "messages": messages}


def _part(part: Json) -> Json:
    if isinstance(part.get("image_url"), dict):
        part = {**part, "image_url": {**part["image_url"], "format": "image/png"}}
    return {**part, "cache_control": {"type": "ephemeral"}}


def reference(handle: int, body: Json) -> Any:
    from mistral_common.protocol.instruct.request import ChatCompletionRequest

    try:
        request = ChatCompletionRequest.from_openai(**body)
        return REGISTRY.get(handle).need_chat().encode_chat_completion(request).tokens
    except Exception as failure:
        return type(failure).__name__, str(failure)


def ours(handle: int, body: Json, flags: Want = NONE) -> Any:
    answer = call(Op.ENCODE_OPENAI, body, handle, flags)
    if answer.status:
        return answer.json["type"], answer.json["str"]
    return answer.aux if flags & Want.COUNT else answer.ints


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
    told = error(Op.ENCODE_OPENAI, {"messages": ASKED[:1], **more}, shipped("v3-tekken"))
    assert told["type"] == "UnsupportedField"
    assert told["fault"] == "caller"
    assert told["str"].startswith(f"{place}: "), told["str"]


def test_neither_a_url_nor_a_body_that_is_no_object(shipped: Loader) -> None:
    part = {"type": "image_url", "image_url": {"url": "https://host/a.png"}}
    body = {"messages": [{"role": "user", "content": [part]}]}
    told = error(Op.ENCODE_OPENAI, body, shipped("v3-tekken-mm"))
    assert told["type"] == "MediaDenied"
    assert told["str"].startswith("messages.0.content.0.image_url.url is a URL")
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
