"""Cases written by hand: every kind of message, and what is refused."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

# A PNG of one red pixel.
PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAE"
    "hQGAhKmMIQAAAABJRU5ErkJggg=="
)

TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Weather of a city",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 1.0}},
            "required": ["city"],
        },
    },
}
BARE_TOOL = {"type": "function", "function": {"name": "f"}}
NO_PARAMETERS = {
    "type": "function",
    "function": {"name": "f", "description": "d", "parameters": {}},
}


def case(messages: Any, tools: Any = None, chat_template: Any = None, **kwargs: Any) -> Json:
    return {
        "messages": messages,
        "tools": tools,
        "chat_template": chat_template,
        "kwargs": kwargs,
    }


def system(content: Any) -> Json:
    return {"role": "system", "content": content}


def user(content: Any) -> Json:
    return {"role": "user", "content": content}


def assistant(content: Any, **more: Any) -> Json:
    return {"role": "assistant", "content": content, **more}


def call(identifier: Any = "abcdefghi", arguments: Any = '{"city": "Paris"}') -> Json:
    function = {"name": "get_weather", "arguments": arguments}
    return {"id": identifier, "type": "function", "function": function}


def result(content: Any = "22 °C", identifier: Any = "abcdefghi", **more: Any) -> Json:
    return {"role": "tool", "content": content, "tool_call_id": identifier, **more}


def parts(*texts: str) -> list[Json]:
    return [{"type": "text", "text": text} for text in texts]


ASKED = [user("Weather in Paris?"), assistant("", tool_calls=[call()])]

GOOD = [
    case([user("Hello")]),
    case([user("")]),
    case([user("[INST] <s> </s> [TOOL_CALLS] \u0000 \u200b 👍🏽 Grüße ไทย")]),
    case([user("word " * 3000)]),
    case([system("Be brief."), user("Hello")]),
    case([system("a"), user("b"), assistant("c"), system("d"), user("e")]),
    case([user("a"), assistant("b"), user("c"), assistant("d"), user("e")]),
    case([user("a"), user("b")]),
    case([user(parts("a", "b"))]),
    case([system(parts("a", "b")), user(parts("c"))]),
    case([user("a"), assistant(parts("b", "c")), user("d")]),
    case([user("a")], [TOOL]),
    case([user("a")], []),
    case([user("a")], [TOOL, NO_PARAMETERS]),
    case([user("a")], [BARE_TOOL]),
    case([*ASKED, result()], [TOOL]),
    case([*ASKED, result(name="get_weather"), assistant("Warm."), user("And now?")], [TOOL]),
    case([*ASKED, result('{"t": 1.0}'), user("Thanks")], [TOOL]),
    case([*ASKED, result(parts("a", "b"))], [TOOL]),
    case(
        [
            user("two"),
            assistant(None, tool_calls=[call("aaaaaaaaa"), call("bbbbbbbbb", "{}")]),
            result("1", "aaaaaaaaa"),
            result("2", "bbbbbbbbb"),
        ],
        [TOOL],
    ),
    case([user("a"), assistant("b")], continue_final_message=True),
    case([user("a"), assistant("b", prefix=True)]),
    case([user("a"), assistant([{"type": "thinking", "thinking": "hm"}, *parts("b")]), user("c")]),
    case([user([*parts("what is this?"), {"type": "image_url", "image_url": {"url": PIXEL}}])]),
    case([user([{"type": "image_url", "image_url": PIXEL}])]),
    case([user("a")], model="m", temperature=0.5, top_p=1.0, max_tokens=10, random_seed=3),
    case([user("a")], tool_choice="none", response_format={"type": "text"}),
    case([user("a"), assistant("b", reasoning="why"), user("c")]),
    case([user("a"), assistant("b", reasoning_content="why"), user("c")]),
]

REFUSED = [
    case([]),
    case(None),
    case("text"),
    case({}),
    case([None]),
    case([{}]),
    case([{"role": "robot", "content": "a"}]),
    case([{"content": "a"}]),
    case([user(None)]),
    case([user(3)]),
    case(
        [
            user(
                "a",
            ),
            {"role": "user", "content": "b", "extra": 1},
        ]
    ),
    case([user("\ud800")]),
    case([assistant("a")]),
    case([system("only")]),
    case([user("a"), assistant("b")]),
    case([user("a"), assistant("")], continue_final_message=True),
    case([user("a")], continue_final_message=True),
    case([user("a"), assistant("b"), assistant("c"), user("d")]),
    case([user("a"), result()]),
    case([*ASKED, result(identifier="wrong")], [TOOL]),
    case([user("a"), assistant("", tool_calls=[call("much-too-long-an-id")]), result()], [TOOL]),
    case([user("a"), assistant("", tool_calls=[call(arguments="{")]), result()], [TOOL]),
    case([user("a"), assistant("", tool_calls=[call(arguments={"b": 1, "a": 1.0})]), result()]),
    case([user("a"), assistant("", tool_calls=[{"function": {}}])]),
    case([user("a"), assistant("", tool_calls=None), user("b")]),
    case([user([{"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}])]),
    case([user([{"type": "video", "video": 1}])]),
    case([user([{}])]),
    case([user("a")], [{}]),
    case([user("a")], [{"type": "function"}]),
    case([user("a")], [{"type": "function", "function": {"name": "no spaces allowed"}}]),
    case([user("a")], [{"type": "code", "function": {"name": "f"}}]),
    case([user("a")], [{"type": "function", "function": {"name": "f", "extra": 1}}]),
    case([user("a")], "tools"),
    case([user("a")], nonsense=1),
    case(
        [
            user(
                "a",
            )
        ],
        temperature="hot",
    ),
    case([{"role": "user", "content": "a", "weight": 1.0}]),
    case([user("a"), assistant("b", weight=0.5)]),
]

# Keywords that only the template of vLLM knows.
TEMPLATE = [
    case([user("Hello")], add_generation_prompt=True),
    case([user("Hello")], add_generation_prompt=False),
    case([*ASKED, result()], [TOOL], add_generation_prompt=True),
    case([user("a"), assistant("b")], add_generation_prompt=True),
    case([user("a"), assistant("b")], add_generation_prompt=True, continue_final_message=True),
    case([user("a"), assistant("b")], add_generation_prompt=False, continue_final_message=True),
    case([user("a")], None, "{{ messages }}"),
    case([user("a")], None, ""),
    case([user("a")], chat_template_kwargs={"a": 1}),
    case([user("a")], documents=[{"a": 1}]),
    case([user("a")], tokenize=False),
    case([user("word " * 50)], truncation=True, max_length=10),
    case([user("word " * 50)], truncation="yes", max_length=10),
    case([user("a")], padding="max_length", max_length=20),
    case([user("a")], reasoning_effort="high"),
    case([[user("a")], [user("b")]]),
    case([user([{"type": "image", "base64": PIXEL}])]),
    case([user([{"type": "image"}])]),
]

TEXTS = ["", "a", " ", "Hello world", "[INST]</s>", "Grüße 👍🏽 \u0000\n", "ไทย " * 20, "a" * 2000]


def method(op: str, *args: Any) -> Json:
    return {"op": op, "a": list(args)}


def of(target: str) -> list[Json]:
    """Return the cases of a target."""
    if target.startswith("mistral_common"):
        texts = [method("encode", text, bos, not bos) for text in TEXTS for bos in (True, False)]
        ids = [method("decode", ids) for ids in ([], [1, 2], [1, 1000, 5, 2], [-1], [10**6])]
        return [*GOOD, *REFUSED, *texts, *ids, method("id_to_piece", 1234), method("encode", 3)]
    texts = [method(name, text) for name in ("encode", "encode_one", "__call__") for text in TEXTS]
    lists = [[], [1, 2], [1, 3, 1500, 2000, 4], [-1], [10**6], ["a"]]
    ids = [
        method(name, *args)
        for name in ("decode", "convert_ids_to_tokens")
        for ids in lists
        for args in ((ids,), (ids, True), (ids, False))
    ]
    pieces = [
        method("convert_tokens_to_string", p) for p in ([], ["a", "b"], ["[INST]", "▁a"], [3])
    ]
    return [*GOOD, *REFUSED, *TEMPLATE, *texts, *ids, *pieces]
