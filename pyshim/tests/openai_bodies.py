"""Bodies for encode_openai: what makes tokens, and what clients put around it."""

from __future__ import annotations

from typing import Any

from pyshim.tests.client import NONE, call
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
