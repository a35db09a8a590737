"""Requests to the render routes, for what their answers hand on and how they are written."""

from __future__ import annotations

from typing import Any

from cases import TOOL, assistant, call, result, user

Json = dict[str, Any]


def tool(parameters: Json) -> Json:
    """Return a tool, of whose parameters vLLM looks at nothing."""
    return {"type": "function", "function": {"name": "f", "parameters": parameters}}


NESTED: Any = 1e20
for _ in range(245):
    NESTED = [NESTED]
CALLED = [user("a"), assistant(None, tool_calls=[call()]), result(), assistant("b"), user("c")]
EMBEDS = {"type": "prompt_embeds", "data": "AAAA"}
PIXELS = {"type": "prompt_embeds", "uuid": "u", "image_url": "data:,"}

CHATS: list[Json] = [
    {"messages": CALLED, "tools": [TOOL]},
    {"messages": CALLED, "tools": [TOOL], "tool_choice": "none", "parallel_tool_calls": False},
    {"messages": [*CALLED[:3], assistant("b", tool_calls=[]), *CALLED[2:]]},
    {"messages": [user("a"), assistant("b", reasoning="hm"), user("c")]},
    {"messages": [user("a"), assistant("b", reasoning_content="hm"), user("c")]},
    {"messages": [user("a"), assistant("b", reasoning=EMBEDS), user("c")]},
    {"messages": [user("a"), assistant("b", reasoning={**EMBEDS, "data": ""}), user("c")]},
    {"messages": [user("a"), assistant("b", reasoning=PIXELS), user("c")]},
    {"messages": [user("a"), assistant("b", reasoning={"type": "text"}), user("c")]},
    {"messages": [user("a"), assistant("b", reasoning_content=EMBEDS), user("c")]},
    {"messages": [{**user("a"), "reasoning": EMBEDS}]},
    {"messages": [user([{"type": "video_embeds", "uuid": "u", "audio_embeds": "AAAA"}])]},
    {"messages": [user([{"uuid": "u", "audio_embeds": "AAAA", "video_embeds": "AAAA"}])]},
]
# To a chat of one message.
SENT: list[Json] = [
    {"tools": [tool({"a": value})]}
    for value in (
        *(1e16, 1e15, 1e-5, 1.5e-7, 1e22, 5e-324, -0.0, 1e300, 0.1),
        *(float("nan"), float("inf"), [float("-inf")]),
        *(2**63, 2**64 - 1, -(2**63), 2**64, [1e20, 2**64], [1e20, -(2**63) - 1]),
        {"b": [1e-5, 2**70]},
        *("1" * 30 + "\x7f\u2028/\\\"\b\f\n\x00", ["\ud800", 1e20], "1" * 30, [True, None]),
        *(NESTED, [[[[[NESTED]]]]], [[[[[[[[NESTED]]]]]]]]),
    )
]  # fmt: skip
# To a chat and to a text.
SAMPLED: list[Json] = [
    {"return_token_ids": False},
    {"return_token_ids": None},
    {"skip_special_tokens": None},
    {"skip_special_tokens": "no"},
    {"return_weight_versions": True},
    {"temperature": 1e-5},
    {"logit_bias": {"5": 1e-5}},
    {"vllm_xargs": {"a": 1e16, "b": 1}, "kv_transfer_params": {"c": 1e-5}},
    {"vllm_xargs": {"kv_transfer_params": "a"}},
    {"vllm_xargs": {"b": 1, "ec_transfer_params": ["a"]}},
    {"vllm_xargs": {"kv_transfer_params": 1, "b": 2}, "kv_transfer_params": {"a": [1e20, {}]}},
    {"kv_transfer_params": {}, "ec_transfer_params": None},
    {"kv_transfer_params": {"a": 2**64}},
    {"truncate_prompt_tokens": -1, "max_completion_tokens": 0},
    {"truncate_prompt_tokens": -1, "max_tokens": 0},
    {"reasoning_effort": "none", "documents": [{"a": "b"}]},
    {"reasoning_effort": None, "documents": []},
    {"reasoning_effort": "minimal"},
]
# Nearly as long as the model takes, and longer, for what a truncation leaves of it.
FULL: list[Json] = [
    {"truncate_prompt_tokens": -1, **more}
    for more in ({}, {"max_tokens": 1}, {"max_tokens": 0}, {"truncation_side": "right"})
]


def bodies() -> tuple[list[Json], list[Json]]:
    """Return the bodies of chats, and those of texts."""
    chats = [*CHATS, *({"messages": [user("Hello")], **more} for more in (*SENT, *SAMPLED))]
    texts = [{"prompt": "Hello", **more} for more in SAMPLED]
    texts += [{"prompt": ["Hello", "world"], **more} for more in SAMPLED[-8:]]
    for count in (4095, 4096, 5000):
        chats += [{"messages": [user("a " * count)], **more} for more in FULL]
        texts += [{"prompt": [7] * count, **more} for more in FULL]
    return chats, texts
