"""HTTP requests, good and bad, for servers that must answer alike."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import server_audio_cases
import server_engine_cases
import server_media_cases
import server_render_cases
from cases import (
    GOOD,
    NO_PARAMETERS,
    PIXEL,
    REFUSED,
    TEMPLATE,
    TOOL,
    assistant,
    call,
    parts,
    result,
    system,
    user,
)

Json = dict[str, Any]

TOKENIZE, DETOKENIZE, INFO = "/tokenize", "/detokenize", "/tokenizer_info"
CHAT, COMPLETION = "/v1/chat/completions/render", "/v1/completions/render"
MISTRAL, MISTRAL_MESSAGE, MISTRAL_STRING = (
    "/v1/tokenize/",
    "/v1/detokenize/",
    "/v1/detokenize/string",
)

# Without vLLM there is no answer to some.
ONLY_VLLM = server_engine_cases.PATHS
VLLM = (TOKENIZE, DETOKENIZE, INFO, CHAT, COMPLETION, *ONLY_VLLM)
ROUTES = (*VLLM, MISTRAL, MISTRAL_MESSAGE, MISTRAL_STRING)

HI = {"messages": [user("Hello, world!")]}


class Case(NamedTuple):
    """One request. model, if given, is put into the body for the server under test."""

    path: str
    body: bytes
    content_type: str | None = "application/json"


def dumped(value: Any) -> bytes:
    # Lone surrogates are escaped, as a client would have to.
    return json.dumps(value).encode()


def conversations() -> list[Json]:
    """Return the chats of the other parity tests, as bodies."""
    found = []
    for case in (*GOOD, *REFUSED, *TEMPLATE):
        body = {"messages": case["messages"], **case["kwargs"]}
        for name in ("tools", "chat_template"):
            if case[name] is not None:
                body[name] = case[name]
        found.append(body)
    return found


LONG_ID = [
    user("a"),
    assistant(None, tool_calls=[call("call_abcdefghi")]),
    result("r", "call_abcdefghi"),
]
MORE_CHATS: list[Json] = [
    {"messages": [user("a"), assistant(None, tool_calls=[call()]), result()]},
    {"messages": [user("a"), assistant(None, tool_calls=[call()]), result()], "tools": [TOOL]},
    {"messages": [user("a"), {"role": "assistant", "tool_calls": [call()]}, result()]},
    {"messages": LONG_ID},
    {"messages": [user("a"), assistant(None, tool_calls=[]), user("b")]},
    {"messages": [user("a"), assistant(None, tool_calls=[call(arguments="")]), result()]},
    {"messages": [user("a"), assistant(None, tool_calls=[call(arguments="[1]")]), result()]},
    {"messages": [user("a"), assistant(None, tool_calls=[call(arguments="{bad")]), result()]},
    {"messages": [user("a"), assistant(None, tool_calls=[{"id": 1}])]},
    {"messages": [user("a"), assistant(None, tool_calls=3)]},
    {"messages": [user("a"), assistant(None, tool_calls="ab")]},
    {"messages": [user("a"), assistant(parts("b", "c")), user("d")]},
    {"messages": [user("a"), assistant([{"type": "refusal", "refusal": "no"}]), user("d")]},
    {"messages": [user(["plain", "strings"])]},
    {"messages": [system("x-anthropic-billing-header: 1\nrest"), user("a")]},
    {"messages": [system([*parts("x")]), user([*parts("y", "z")])]},
    {"messages": [{"role": "developer", "content": "be brief"}, user("a")]},
    {"messages": [{"role": "custom", "content": "be brief"}, user("a")]},
    {"messages": [{"role": "function", "name": "f", "content": "1"}, user("a")]},
    {"messages": [{"role": "user"}]},
    {"messages": [{"role": 3, "content": "a"}]},
    {"messages": [{"author": {"role": "user"}, "content": []}]},
    {"messages": [{"author": {"role": "nobody"}}]},
    {"messages": "Hello"},
    {"messages": {"role": "user", "content": "a"}},
    {"messages": [[]]},
    {"messages": [1, 2, 3]},
    {"messages": [user({"type": "text", "text": "a"})]},
    {"messages": [user([{"type": "text"}])]},
    {"messages": [user([{"type": "text", "text": 3}])]},
    {"messages": [user([{"type": "input_text", "text": "a"}])]},
    {"messages": [user([{"type": "tool_reference", "name": "f"}])]},
    {"messages": [user([{"type": "thinking", "thinking": "hm"}])]},
    {"messages": [user([{"type": "image_url", "image_url": {"url": PIXEL}}])]},
    {"messages": [user([{"image_url": PIXEL}])]},
    {"messages": [user([{"type": "image_url", "image_url": {"url": "http://127.0.0.1:9/x.png"}}])]},
    {"messages": [user([{"type": "image_url", "image_url": {"url": "file:///etc/passwd"}}])]},
    {"messages": [user([{"type": "image_embeds", "image_embeds": "AAAA"}])]},
    {"messages": [user([{"type": "prompt_embeds", "data": "AAAA"}])]},
    {"messages": [user([{"type": "prompt_embeds", "data": ""}])]},
    {"messages": [user([{"type": "input_audio", "input_audio": {"data": "AA", "format": "wav"}}])]},
    {"messages": [user([{"type": "audio_url", "audio_url": {"url": "data:,"}}])]},
    {"messages": [user([{"type": "video_url", "video_url": {"url": "data:,"}}])]},
    {"messages": [user([{"type": "file", "file": {"file_id": "x"}}])]},
    {**HI, "model": None},
    {**HI, "model": "nobody"},
    {**HI, "model": ""},
    {**HI, "model": 3},
    {**HI, "model": "x\ud800"},
    {**HI, "unknown": {"a": [1, None]}},
    {**HI, "prompt": "both"},
    {**HI, "prompt": 3},
    {**HI, "add_special_tokens": True},
    {**HI, "add_special_tokens": "maybe"},
    {**HI, "add_generation_prompt": "yes"},
    {**HI, "add_generation_prompt": 2},
    {**HI, "add_generation_prompt": None},
    {**HI, "continue_final_message": True},
    {**HI, "continue_final_message": True, "add_generation_prompt": False},
    {**HI, "continue_final_message": True, "add_generation_prompt": True},
    {"messages": [user("a"), assistant("b")], "add_generation_prompt": False},
    {
        "messages": [user("a"), assistant("b ")],
        "add_generation_prompt": False,
        "continue_final_message": True,
    },
    {**HI, "chat_template": "{{ x }}"},
    {**HI, "chat_template": None, "chat_template_kwargs": None},
    {**HI, "chat_template_kwargs": {}},
    {**HI, "chat_template_kwargs": {"chat_template": "x"}},
    {**HI, "chat_template_kwargs": {"continue_final_message": True}},
    {**HI, "chat_template_kwargs": "x"},
    {**HI, "mm_processor_kwargs": {"a": 1}},
    {**HI, "mm_processor_kwargs": {}},
    {**HI, "media_io_kwargs": {"image": {"a": 1}}},
    {**HI, "media_io_kwargs": {"image": 1}},
    {**HI, "tools": [NO_PARAMETERS, TOOL]},
    {
        **HI,
        "tools": [
            {"type": "function", "function": {"name": "f", "strict": True}, "defer_loading": True}
        ],
    },
    {**HI, "tools": [{"function": {"name": "f"}}]},
    {**HI, "tools": [{"type": "function", "function": {"name": 3}}]},
    {**HI, "tools": {}},
    {**HI, "tools": [1]},
    {**HI, "kv_transfer_params": {"prompt_token_ids": [1, 2, 3]}},
    {**HI, "kv_transfer_params": {"prompt_token_ids": [1, -2]}},
    {**HI, "kv_transfer_params": {"prompt_token_ids": [10**9]}},
    {**HI, "kv_transfer_params": {"prompt_token_ids": []}},
    {**HI, "kv_transfer_params": {"other": [2**70]}},
    {**HI, "kv_transfer_params": 3},
    {"messages": [user("\ud800 lone")]},
    {"messages": [user("x" * 300000)]},
    {"messages": [user(f"turn {i}") if i % 2 == 0 else assistant(f"turn {i}") for i in range(21)]},
    {"messages": [assistant("a"), user("b")]},
    {"messages": [user("a"), {"role": "assistant", "content": None}, user("b")]},
    {"messages": [user("a"), assistant("b", tool_calls=[call()]), result(), user("c")]},
    {
        "messages": [
            user("a"),
            assistant("b", function_call={"name": "f", "arguments": "{}"}),
            user("c"),
        ]
    },
    {"messages": [user("a"), assistant("b", name="bob", refusal=None, audio=None), user("c")]},
]

TOKENIZE_ONLY: list[Any] = [
    {"prompt": "Hello, world!"},
    {"prompt": ""},
    {"prompt": "a", "add_special_tokens": False},
    {"prompt": "", "add_special_tokens": False},
    {"prompt": "a", "add_special_tokens": None},
    {"prompt": "a", "add_special_tokens": 1},
    {"prompt": "a", "return_token_strs": True},
    {"prompt": "👍🏽 naïve façade 東京 ไทย", "return_token_strs": True},
    {"prompt": "a", "return_token_strs": None},
    {"prompt": "a", "return_token_strs": "on"},
    {**HI, "return_token_strs": True},
    {"prompt": "a", "model": "nobody"},
    {"prompt": ["a", "b"]},
    {"prompt": [1, 2]},
    {"prompt": None},
    {"prompt": {"a": 1}},
    {"prompt": "\ud800"},
    {"prompt": "[INST] <s> </s> \u0000 \u200b"},
    {"prompt": "word " * 5000},
    {"prompt": "a", "messages": 3},
    {"model": "nobody"},
    {},
    [],
    [1],
    "text",
    3,
    True,
    None,
    {"prompt": 3, "messages": 3, "model": 3, "tools": 3},
    {"prompt": "x" * 400, "add_special_tokens": "x" * 400},
    {"prompt": 10**400},
    {"prompt": "a", "extra": float("nan")},
    {"prompt": float("inf")},
]

DETOKENIZED: list[Any] = [
    {"tokens": [1, 3, 22177, 1044, 4304, 1033, 4]},
    {"tokens": []},
    {"tokens": [1, 2, 3], "model": "nobody"},
    {"tokens": [1, 2, 3], "model": None},
    {"tokens": [1000, 1001, 1002, 5, 9]},
    {"tokens": list(range(200))},
    {"tokens": [-1]},
    {"tokens": [2**63 - 1]},
    {"tokens": [2**63]},
    {"tokens": [2**31]},
    {"tokens": [2**32 + 5]},
    {"tokens": [131071]},
    {"tokens": [131072]},
    {"tokens": [32767]},
    {"tokens": [32768]},
    {"tokens": [1.0, 3.0]},
    {"tokens": [1.5]},
    {"tokens": ["7", "x"]},
    {"tokens": [True, None]},
    {"tokens": "abc"},
    {"tokens": {"a": 1}},
    {"tokens": None},
    {"tokens": [[1]]},
    {"token": [1]},
    {"tokens": [-1] * 30},
    {"tokens": [1], "special_token_policy": "keep"},
    {"tokens": [1, 5, 9], "special_token_policy": "ignore"},
    {"tokens": [1], "special_token_policy": "raise"},
    {"tokens": [1], "special_token_policy": None},
    {"tokens": [1], "special_token_policy": 1},
    {"tokens": [1], "special_token_policy": "KEEP"},
    {"special_token_policy": "keep"},
    {},
    [],
    [1, 3, 22177, 1044, 4304, 1033, 2],
    [1, 3, 12782],
    [1, 5, 9, 1091, 19227, 2],
    [9, 1091, 19227, 4994, 2811, 1429, 1102, 1897, 2],
    [5, 781, 2],
    [9] * 3,
    [2],
    [-5],
    [2**70],
    [131072],
    ["1", "a"],
    [None],
    "text",
    7,
    None,
]

SAMPLED: list[Json] = [
    {"temperature": 0},
    {"temperature": 0.001, "top_p": 0.5},
    {"temperature": -1},
    {"temperature": 2.5},
    {"temperature": "hot"},
    {"top_p": 0},
    {"top_p": 1.5},
    {"top_k": -1},
    {"top_k": -5},
    {"top_k": 7},
    {"min_p": 2},
    {"min_p": 0.1},
    {"n": 0},
    {"n": 2},
    {"n": 2, "temperature": 0},
    {"n": 20000},
    {"n": None},
    {"presence_penalty": 3},
    {"frequency_penalty": -3, "presence_penalty": 1},
    {"repetition_penalty": 0},
    {"repetition_penalty": 1.5},
    {"seed": 5},
    {"seed": -1},
    {"seed": 2**63},
    {"stop": "end"},
    {"stop": ["a", "bcd"]},
    {"stop": [""]},
    {"stop": list("abcde")},
    {"stop": 3},
    {"stop": ["abc"], "include_stop_str_in_output": True},
    {"stop_token_ids": [5, 5, 6]},
    {"stop_token_ids": None, "ignore_eos": True},
    {"min_tokens": 5, "max_tokens": 3},
    {"min_tokens": -1},
    {"min_tokens": 2, "max_tokens": 300},
    {"max_tokens": 0},
    {"max_tokens": -5},
    {"max_tokens": 5000},
    {"max_tokens": 16},
    {"max_tokens": None},
    {"max_completion_tokens": 7},
    {"max_completion_tokens": 5000},
    {"max_completion_tokens": 3, "max_tokens": 9},
    {"logprobs": True},
    {"logprobs": 1},
    {"logprobs": -2},
    {"logprobs": "x"},
    {"logprobs": True, "top_logprobs": 3},
    {"top_logprobs": 3},
    {"top_logprobs": None},
    {"top_logprobs": "a"},
    {"top_logprobs": -2},
    {"prompt_logprobs": 2},
    {"prompt_logprobs": True},
    {"prompt_logprobs": -2},
    {"prompt_logprobs": 1, "stream": True},
    {"logprob_token_ids": [5]},
    {"logprob_token_ids": [5], "logprobs": True},
    {"logprob_token_ids": [5], "use_beam_search": True},
    {"use_beam_search": True},
    {"use_beam_search": True, "echo": True, "logprobs": 1},
    {"stream": True},
    {"stream": True, "stream_options": {"include_usage": True, "more": 1}},
    {"stream_options": {"include_usage": True}},
    {"stream_options": {}},
    {"logit_bias": {"5": 200, "6": -3.5}},
    {"logit_bias": {"x": 1}},
    {"logit_bias": {}},
    {"bad_words": ["a", "a"]},
    {"bad_words": [""]},
    {"allowed_token_ids": [1, 2]},
    {"allowed_token_ids": []},
    {"skip_special_tokens": False, "spaces_between_special_tokens": False},
    {"priority": 3, "cache_salt": "abc"},
    {"priority": 2**63},
    {"cache_salt": ""},
    {"cache_salt": "a/b"},
    {"cache_salt": "a" * 129},
    {"cache_salt": 3},
    {"echo": True},
    {"echo": True, "logprobs": 2},
    {"echo": True, "max_tokens": 0},
    {"echo": True, "suffix": "b"},
    {"suffix": "b"},
    {"suffix": ""},
    {"truncate_prompt_tokens": 3},
    {"truncate_prompt_tokens": 3, "truncation_side": "left"},
    {"truncate_prompt_tokens": 0},
    {"truncate_prompt_tokens": -1},
    {"truncate_prompt_tokens": -1, "max_tokens": 5},
    {"truncate_prompt_tokens": -2},
    {"truncate_prompt_tokens": 100000},
    {"truncation_side": "middle"},
    {"truncate_prompt_tokens": 2, "suffix": "b"},
    {"response_format": {"type": "json_object"}},
    {"response_format": {"type": "text"}},
    {"response_format": {"type": "json_schema"}},
    {"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"a": 1}}}},
    {"response_format": {"type": "xml"}},
    {"response_format": "json"},
    {"structured_outputs": {"regex": "a+"}},
    {"structured_outputs": {"json": {"type": "object"}}},
    {"structured_outputs": {"choice": ["a", "b"]}},
    {"structured_outputs": {"choice": ["a"], "regex": "a"}},
    {"structured_outputs": {"grammar": "g", "json_object": True}},
    {"structured_outputs": {}},
    {"structured_outputs": "x"},
    {"structured_outputs": {"regex": "a"}, "response_format": {"type": "json_object"}},
    {"thinking_token_budget": 5},
    {"thinking_token_budget": -1},
    {"thinking_token_budget": -3},
    {"thinking_token_budget": 1.5},
    {"repetition_detection": {"max_pattern_size": 3, "min_count": 2}},
    {"repetition_detection": {"max_pattern_size": 3}},
    {"repetition_detection": {"min_pattern_size": 3}},
    {"stream_interval": 0},
    {"stream_interval": 4},
    {"vllm_xargs": {"a": 1, "b": ["c", 2.5]}},
    {"vllm_xargs": {"a": 2**70}},
    {"vllm_xargs": {"a": {}}},
    {"kv_transfer_params": {"do_remote_decode": True}, "ec_transfer_params": {"a": 1}},
    {"include_reasoning": False},
    {"reasoning_effort": "low"},
    {"reasoning_effort": "none"},
    {"reasoning_effort": "extreme"},
    {"documents": [{"title": "a", "text": "b"}]},
    {"documents": [{"title": 1}]},
    {"tool_choice": "auto"},
    {"tool_choice": "none", "tools": [TOOL]},
    {"tool_choice": "required", "tools": [TOOL]},
    {"tool_choice": "any", "tools": [TOOL]},
    {"tool_choice": {"type": "function", "function": {"name": "get_weather"}}, "tools": [TOOL]},
    {"tool_choice": {"type": "function", "function": {"name": "other"}}, "tools": [TOOL]},
    {"tool_choice": {"type": "function", "function": {}}, "tools": [TOOL]},
    {"tool_choice": {"type": "function"}, "tools": [TOOL]},
    {"tool_choice": {"type": "function", "function": {"name": ""}}, "tools": [TOOL]},
    {"tool_choice": 3, "tools": [TOOL]},
    {"tool_choice": {"function": {"name": "f"}}, "tools": [{"function": {}}]},
    {"tools": []},
    {"parallel_tool_calls": None, "user": "u", "session_id": "s"},
    {"watermarking": False, "length_penalty": 2},
    {"return_token_ids": True, "echo": True},
    {"return_token_offsets": True},
    {"return_mm_kwargs": False},
    {"mm_payload": "none"},
    {"mm_payload": "all"},
    {"routed_experts_prompt_start": 2},
    {"routed_experts_prompt_start": -2},
    {"request_id": "mine"},
    {"request_id": None},
    {"unknown": 1},
]

COMPLETED: list[Any] = [
    {"prompt": "Hello"},
    {"prompt": ["Hello", "world"]},
    {"prompt": [1, 2, 3]},
    {"prompt": [[1, 2], [3]]},
    {"prompt": [[1, 2], "a"]},
    {"prompt": [1, "a"]},
    {"prompt": [-1]},
    {"prompt": [[]]},
    {"prompt": []},
    {"prompt": ""},
    {"prompt": [""]},
    {"prompt": [5 * 10**9]},
    {"prompt": [True, False]},
    {"prompt": None},
    {"prompt": 3},
    {},
    [],
    None,
    {"prompt": "a", "model": "nobody"},
    {"prompt": "a", "add_special_tokens": False},
    {"prompt": "", "prompt_embeds": "AAAA"},
    {"prompt": "a", "prompt_embeds": "AAAA"},
    {"prompt": "a", "prompt_embeds": []},
    {"prompt": "a", "prompt_embeds": ["AAAA"], "echo": True},
    {"prompt": "a", "prompt_embeds": ["AAAA"], "suffix": "b"},
    {"prompt": "word " * 5000},
    {"prompt": "word " * 5000, "truncate_prompt_tokens": 10},
    {"prompt": "word " * 5000, "truncate_prompt_tokens": 10, "truncation_side": "left"},
    {"prompt": "word " * 5000, "truncate_prompt_tokens": -1},
    {"prompt": "x" * 300000},
    {"prompt": "x" * 300000, "truncate_prompt_tokens": 5, "truncation_side": "right"},
    {"prompt": [7] * 5000},
    {"prompt": [7] * 5000, "truncate_prompt_tokens": 4},
    {"prompt": [7] * 4096},
    {"prompt": [7] * 4097},
    {"prompt": ["a"] * 1025},
    {"prompt": [9, 10**9], "echo": True},
    {"prompt": ["a", 1], "suffix": "x"},
    {"prompt": [1], "suffix": "x"},
    {"prompt": "\ud800"},
    {"prompt": "a", "mm_processor_kwargs": {"a": 1}},
    {"prompt": "a", "kv_transfer_params": {"prompt_token_ids": [1]}},
]

RAW = [
    b"",
    b" ",
    b"{",
    b'{"prompt": "a"',
    b'{"prompt": "a",}',
    b"{'prompt': 'a'}",
    b"nonsense",
    b'{"prompt": "\xff"}',
    b'\xef\xbb\xbf{"prompt": "a"}',
    '{"prompt": "a"}'.encode("utf-16"),
    b'{"prompt": "a\x00b"}',
    b'{"prompt": "a\tb"}',
    b'{"prompt": "a", "prompt": "b"}',
    b'{"prompt": "a"} x',
    b'{"prompt": NaN}',
    b'{"tokens": [NaN]}',
    b'{"tokens": [' + b"1" * 5000 + b"]}",
    b'{"tokens": [1e3, 1E400]}',
    b'{"prompt": "\\ud83d\\ude00"}',
    b'{"messages": 1, "messages": [{"role": "user", "content": "b"}]}',
    b"null",
    b"\xed\xa0\x80",
    b'"\xed\xa0\x80"',
]

CONTENT_TYPES = (
    "application/json; charset=utf-8",
    "application/json;charset=latin-1",
    "Application/JSON",
    "application/vnd.api+json",
    "text/plain",
    "application/x-www-form-urlencoded",
    "",
)


def media_cases() -> list[Case]:
    """Return the requests with images and audio."""
    chats = server_media_cases.chats() + server_audio_cases.chats()
    return [Case(path, dumped(body)) for body in chats for path in (TOKENIZE, CHAT)]


def all_cases() -> list[Case]:
    """Return every request."""
    found: list[Case] = [Case(INFO, b"")]

    def add(path: str, body: Any) -> None:
        found.append(Case(path, dumped(body)))

    for body in (*conversations(), *MORE_CHATS):
        for path in (TOKENIZE, CHAT, MISTRAL):
            add(path, body)
    for body in TOKENIZE_ONLY:
        for path in (TOKENIZE, CHAT, MISTRAL):
            add(path, body)
    for body in DETOKENIZED:
        for path in (DETOKENIZE, MISTRAL_MESSAGE, MISTRAL_STRING):
            add(path, body)
    for more in SAMPLED:
        add(CHAT, {**HI, **more})
        add(COMPLETION, {"prompt": "Hello", **more})
    for body in COMPLETED:
        add(COMPLETION, body)
    chats, texts = server_render_cases.bodies()
    for body in chats:
        add(CHAT, body)
    for body in texts:
        add(COMPLETION, body)
    found += media_cases()
    for path, body in server_engine_cases.bodies():
        add(path, body)
    for raw in RAW:
        found += [Case(path, raw) for path in ROUTES if path != INFO]
    for kind in CONTENT_TYPES:
        for path in ROUTES:
            if path != INFO:
                found += [Case(path, raw, kind) for raw in (dumped(HI), b"{", b"")]
    return found
