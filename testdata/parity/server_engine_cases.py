"""Requests to the routes that only vLLM itself answers: other APIs' chats, and engines' answers."""

from __future__ import annotations

from typing import Any

from cases import PIXEL, user

Json = dict[str, Any]

MESSAGES, RESPONSES = "/v1/messages/render", "/v1/responses/render"
CHAT_BACK, COMPLETION_BACK = "/v1/chat/completions/derender", "/v1/completions/derender"
PATHS = (MESSAGES, RESPONSES, CHAT_BACK, COMPLETION_BACK)

HI = {"model": "m", "max_tokens": 16, "messages": [user("Hello, world!")]}
PICTURE = PIXEL.partition(",")[2]
ANTHROPIC_TOOL = {
    "name": "f",
    "description": "d",
    "input_schema": {"type": "object", "properties": {"a": {"type": "string"}}},
}
TOOL_USE = {"type": "tool_use", "id": "toolu_abcdefghi", "name": "f", "input": {"a": "b"}}
TOOL_RESULT = {"type": "tool_result", "tool_use_id": "toolu_abcdefghi", "content": "c"}


def source(**more: Any) -> Json:
    """Return a part with an image, in Anthropic's form."""
    return {"type": "image", "source": more}


MESSAGE_BODIES: list[Any] = [
    HI,
    {**HI, "model": ""},
    {**HI, "model": "nobody"},
    {"messages": HI["messages"]},
    {**HI, "max_tokens": 0},
    {**HI, "max_tokens": 5000},
    {**HI, "system": "Be brief."},
    {**HI, "system": [{"type": "text", "text": "Be"}, {"type": "text", "text": "brief."}]},
    {**HI, "messages": [user("a"), {"role": "assistant", "content": "b"}, user("c")]},
    {**HI, "messages": [user("a"), {"role": "assistant", "content": "b"}]},
    {**HI, "messages": [user([{"type": "text", "text": "a"}])]},
    {**HI, "messages": [user("a"), {"role": "system", "content": "b"}, user("c")]},
    {**HI, "messages": []},
    {**HI, "messages": "a"},
    {**HI, "tools": [ANTHROPIC_TOOL]},
    {**HI, "tools": [ANTHROPIC_TOOL], "tool_choice": {"type": "any"}},
    {**HI, "tools": [ANTHROPIC_TOOL], "tool_choice": {"type": "tool", "name": "f"}},
    {
        **HI,
        "tools": [ANTHROPIC_TOOL],
        "messages": [user("a"), {"role": "assistant", "content": [TOOL_USE]}, user([TOOL_RESULT])],
    },
    {**HI, "thinking": {"type": "enabled", "budget_tokens": 1024}},
    {**HI, "thinking": {"type": "disabled"}},
    {**HI, "temperature": 0.5, "top_p": 0.9, "top_k": 3, "stop_sequences": ["a"]},
    {**HI, "stream": True},
    {**HI, "mm_payload": "none"},
    {**HI, "unknown": 1},
    {**HI, "messages": [user([source(type="base64", media_type="image/png", data=PICTURE)])]},
    {**HI, "messages": [user([source(type="base64", media_type="image/png", data="????")])]},
    *({}, [], None, "a"),
]
RESPONSE_BODIES: list[Any] = [
    {"input": "Hello, world!", **more}
    for more in (
        {},
        {"model": "m"},
        {"model": "nobody"},
        {"instructions": "Be brief."},
        {"max_output_tokens": 5},
        {"max_output_tokens": 5000},
        {"temperature": 0.5, "top_p": 0.9},
        {"stream": True},
        {"previous_response_id": "resp_1"},
        {"reasoning": {"effort": "low"}},
        {"tools": [{"type": "function", "name": "f", "parameters": {}, "strict": None}]},
        {"text": {"format": {"type": "json_object"}}},
        {"truncation": "auto"},
        {"cache_salt": "a", "priority": 3},
        {"store": False},
        {"unknown": 1},
    )
] + [
    {"input": [user("a"), {"role": "assistant", "content": "b"}, user("c")]},
    {"input": [user([{"type": "input_text", "text": "a"}])]},
    {"input": [user([{"type": "input_image", "image_url": PIXEL, "detail": "auto"}])]},
    {"input": []},
    {"input": 3},
    *({}, [], None, "a"),
]

TEXT = [22177, 1044, 4304, 1033, 2]


def choice(ids: Any, **more: Any) -> Json:
    """Return what an engine has made."""
    return {"index": 0, "token_ids": ids, "finish_reason": "stop", **more}


def made(*choices: Json, **more: Any) -> Json:
    """Return the answer of an engine."""
    return {"request_id": "r", "choices": list(choices), **more}


LOGPROBS = {
    "content": [
        {"token": f"token_id:{i}", "logprob": -0.5, "bytes": None, "top_logprobs": []} for i in TEXT
    ]
}
ENGINE_ANSWERS: list[Any] = [
    *(made(choice(ids)) for ids in (TEXT, [], [2], None, [119685, 1140, 1141], [119685, 1140])),
    *(made(choice(ids)) for ids in ([-1], [10**9], "a", [5, 9, 1091, 19227, 2], list(range(40)))),
    made(choice(TEXT), {**choice([1, 2]), "index": 1}),
    made(choice(TEXT, finish_reason="length")),
    made(choice(TEXT, finish_reason="tool_calls", stop_reason=2)),
    made(choice(TEXT, logprobs=LOGPROBS)),
    made(choice([7] * 5000)),
    made(),
    made(choice(TEXT), prompt_token_ids=[1, 3, 22177]),
    made(choice(TEXT), output_mode="text"),
    {"request_id": "r"},
    None,
]
STATES: list[Json] = [
    {},
    {"role_sent": True},
    {"prev_tokens": ["a", "b"], "prefix_offset": 0, "read_offset": 1},
    {"prev_tokens": ["a"], "prefix_offset": 5, "read_offset": 9},
    {"prefix_offset": -1},
    {"output_token_ids": [1], "output_chunk_lens": []},
    {"prev_tokens": ["a"] * 2000},
]


def bodies() -> list[tuple[str, Any]]:
    """Return paths and bodies."""
    found = [(MESSAGES, body) for body in MESSAGE_BODIES]
    for body in RESPONSE_BODIES:
        # Without an id of its own it gets one by chance.
        named = {"request_id": "resp_mine", **body} if isinstance(body, dict) else body
        found.append((RESPONSES, named))
    for answer in ENGINE_ANSWERS:
        found.append((CHAT_BACK, {"generate_response": answer}))
        found.append((COMPLETION_BACK, {"generate_responses": [answer]}))
        found.append((CHAT_BACK, {"stream": True, "generate_chunk": answer}))
        found.append((COMPLETION_BACK, {"stream": True, "generate_chunk": answer}))
    whole = made(choice(TEXT))
    chat = {"messages": HI["messages"]}
    for more in (
        *({"model": name} for name in ("m", "alias", "nobody", None, 3)),
        {"prompt_tokens": 7},
        {"prompt_tokens": -7},
        {"prompt_token_ids": [1, 3, 22177]},
        {"prompt_token_ids": [1] * 5000},
        {"prompt_token_ids": [-1]},
        {"stream": False},
        {"chat_request": chat},
        {"chat_request": {**chat, "stop": [","]}},
        {"chat_request": {**chat, "stop": [","], "include_stop_str_in_output": True}},
        {"chat_request": {**chat, "return_token_ids": True, "skip_special_tokens": False}},
        {"chat_request": {**chat, "logprobs": True, "top_logprobs": 2}},
        {"chat_request": {**chat, "tool_choice": "required"}},
    ):
        found.append((CHAT_BACK, {"generate_response": whole, **more}))
        found.append((CHAT_BACK, {"stream": True, "generate_chunk": whole, **more}))
    for more in (
        {"model": "alias"},
        {"prompt_tokens": [7]},
        {"prompt_tokens": [7, 8]},
        {"prompt_token_ids": [[1, 3, 22177]]},
        {"prompt_token_ids": [None]},
        {"completion_request": {"prompt": "a", "stop": [","]}},
        {"completion_request": {"prompt": "a", "echo": True, "return_token_ids": True}},
    ):
        found.append((COMPLETION_BACK, {"generate_responses": [whole], **more}))
        found.append((COMPLETION_BACK, {"generate_responses": [whole, whole], **more}))
        found.append((COMPLETION_BACK, {"stream": True, "generate_chunk": whole, **more}))
    for state in STATES:
        for path in (CHAT_BACK, COMPLETION_BACK):
            sent = {"stream": True, "generate_chunk": whole, "stream_state": state}
            found.append((path, sent))
    return found
