"""What the golden files hold: requests, texts and token lists, named. No answers here."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import Any

Json = dict[str, Any]


def user(content: Any) -> Json:
    return {"role": "user", "content": content}


def assistant(content: Any, **more: Any) -> Json:
    return {"role": "assistant", "content": content, **more}


def system(content: Any) -> Json:
    return {"role": "system", "content": content}


def result(content: Any, call: str = "abcdefghi", **more: Any) -> Json:
    return {"role": "tool", "content": content, "tool_call_id": call, **more}


def call(arguments: Any, call_id: str = "abcdefghi", name: str = "get_weather") -> Json:
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


def chunk(text: str) -> Json:
    return {"type": "text", "text": text}


def request(*messages: Json, **more: Any) -> Json:
    return {"messages": list(messages), **more}


def png(width: int, height: int) -> str:
    """Return a data URL of a grey image, made by hand so that no codec version is in it."""

    def part(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    # Stored, not compressed: deflate output differs between builds of zlib.
    rows = (b"\0" + b"\x80" * width) * height
    stored = b"\x78\x01\x01" + struct.pack("<HH", len(rows), len(rows) ^ 0xFFFF) + rows
    stored += struct.pack(">I", zlib.adler32(rows))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    image = (
        b"\x89PNG\r\n\x1a\n" + part(b"IHDR", header) + part(b"IDAT", stored) + part(b"IEND", b"")
    )
    return "data:image/png;base64," + base64.b64encode(image).decode("ascii")


# Key order and number text reach the tokens: "unit" before "city", 1.0 beside 1.
WEATHER: Json = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a place — now.",
        "parameters": {
            "type": "object",
            "required": ["unit", "city"],
            "properties": {
                "unit": {"type": "string", "enum": ["°C", "°F"]},
                "city": {"type": "string", "description": "City, e.g. Orléans"},
                "days": {"type": "integer", "minimum": 1, "maximum": 7.0, "default": 1.50},
            },
            "additionalProperties": False,
        },
    },
}
CLOCK: Json = {"type": "function", "function": {"name": "clock", "parameters": {}}}

ARGUMENTS = '{"unit": "°C",  "city": "Orléans", "days": 1.0}'

TEXTS: dict[str, str] = {
    "ascii": "The quick brown fox jumps over the lazy dog.",
    "empty": "",
    "space": " ",
    "spaces": "  leading,   inner\t\ttabs, trailing   ",
    "newlines": "a\n\nb\r\nc\n\n\n",
    "accents": "Déjà vu — naïve façade, Ångström, İstanbul, ﬁn",
    "combining": "e\u0301 n\u0303 \u1100\u1161\u11a8",
    "emoji": "👍🏽 👩‍👩‍👧‍👦 🇫🇷 ☺️",
    "cjk": "東京は日本の首都です。 我能吞下玻璃而不伤身体。 𠜎𠜱",
    "rtl": "שלום עולם — مرحبا بالعالم",
    "controls": "nul \x00 bell \x07 del \x7f nel \x85 sep \u2028 end",
    "invisible": "zero\u200bwidth \ufeffbom\u00a0nbsp\u00adshy",
    "lookalikes": "<s></s>[INST] [/INST]<unk>[AVAILABLE_TOOLS][TOOL_CALLS][IMG]<SPECIAL_20><0x0A>▁",
    "code": "def f(x):\n    return {\"a\": [1, 2.50], 'b': x ** -1}  # ≤ 3\n",
    "numbers": "0 007 3.14159 1e400 12345678901234567890 ½ Ⅷ",
    "url": "https://example.org/a%20b?q=1&r=%F0%9F%98%80#frag",
}

CHATS: dict[str, Json] = {
    **{f"user-{name}": request(user(text)) for name, text in TEXTS.items()},
    "system": request(system("Be brief."), user("Hello")),
    "system-twice": request(system("Be brief."), system("Be kind."), user("Hello")),
    "system-chunks": request(system([chunk("Be"), chunk("brief.")]), user("Hello")),
    "developer": request({"role": "developer", "content": "Be brief."}, user("Hello")),
    "turns": request(user("1+1?"), assistant("2"), user("2+2?"), assistant("4"), user("3+3?")),
    "turns-system": request(
        system("Count."),
        user("one"),
        assistant(" two "),
        user("three"),
        assistant("four"),
        user("5"),
    ),
    "user-twice": request(user("Hello"), user("again")),
    "assistant-twice": request(user("a"), assistant("b"), assistant("c"), user("d")),
    "system-late": request(user("a"), assistant("b"), system("now"), user("c")),
    "user-chunks": request(user([chunk("Hello"), chunk(" world"), chunk("")])),
    "user-image": request(user([chunk("What?"), {"type": "image_url", "image_url": png(40, 24)}])),
    "user-image-first": request(
        user([{"type": "image_url", "image_url": {"url": png(16, 16)}}, chunk("And?")])
    ),
    "prefix": request(user("Write"), assistant("Once upon", prefix=True)),
    "prefix-space": request(user("Write"), assistant(" Once ", prefix=True)),
    "continue-final": request(user("Write"), assistant("Once"), continue_final_message=True),
    "tools": request(user("Weather?"), tools=[WEATHER]),
    "tools-two": request(user("Weather?"), tools=[WEATHER, CLOCK], tool_choice="any"),
    "tools-history": request(user("a"), assistant("b"), user("Weather?"), tools=[CLOCK]),
    "tools-strict": request(
        user("x"), tools=[{"type": "function", "function": {**CLOCK["function"], "strict": True}}]
    ),
    "tool-call": request(
        user("Weather?"),
        assistant(None, tool_calls=[call(ARGUMENTS)]),
        result('{"t":  21.50, "wind": null}', name="get_weather"),
        tools=[WEATHER],
    ),
    "tool-call-answered": request(
        user("Weather?"),
        assistant("", tool_calls=[call(ARGUMENTS)]),
        result("21 °C"),
        assistant("It is 21 °C."),
        user("Thanks"),
        tools=[WEATHER],
    ),
    "tool-call-text": request(
        user("Weather?"), assistant("Let me see.", tool_calls=[call({"city": "é"})]), result("ok")
    ),
    "tool-calls-parallel": request(
        user("Weather?"),
        assistant(None, tool_calls=[call("{}", "aaaaaaaaa"), call({"n": 1}, "bbbbbbbbb", "clock")]),
        result("[1, 2]", "aaaaaaaaa"),
        result("text", "bbbbbbbbb"),
    ),
    "tool-calls-reordered": request(
        user("Weather?"),
        assistant(None, tool_calls=[call("{}", "aaaaaaaaa"), call({"n": 1}, "bbbbbbbbb", "clock")]),
        result("text", "bbbbbbbbb"),
        result("[1, 2]", "aaaaaaaaa"),
    ),
    "sampling": request(user("Hello"), temperature=0.1, top_p=0.5, max_tokens=3, random_seed=0),
    "json-object": request(user("Hello"), response_format={"type": "json_object"}),
    # What the reference refuses, in its own words.
    "no-messages": request(),
    "messages-missing": {"model": "m"},
    "messages-null": {"messages": None},
    "unknown-field": request(user("Hello"), nonsense=1),
    "unknown-message-field": request({**user("Hello"), "nonsense": 1}),
    "unknown-role": request({"role": "robot", "content": "Hello"}),
    "role-missing": request({"content": "Hello"}),
    "content-missing": request({"role": "user"}),
    "content-number": request({"role": "user", "content": 3}),
    "assistant-first": request(assistant("Hello")),
    "assistant-last": request(user("Hello"), assistant("there")),
    "assistant-empty": request(user("a"), assistant(""), user("b")),
    "tool-first": request(result("x")),
    "tool-id-bad": request(
        user("a"), assistant(None, tool_calls=[call("{}", "call_1")]), result("x", "call_1")
    ),
    "tool-result-missing": request(
        user("a"), assistant(None, tool_calls=[call("{}")]), assistant("b"), user("c")
    ),
    "tool-name-bad": request(
        user("a"),
        tools=[{"type": "function", "function": {**CLOCK["function"], "name": "a b"}}],
    ),
    "tool-schema-bad": request(
        user("a"),
        tools=[{"type": "function", "function": {"name": "f", "parameters": {"type": "nonsense"}}}],
    ),
    "system-only": request(system("Be brief.")),
    "temperature-high": request(user("a"), temperature=2.5),
    "surrogate": request(user("lone \ud800 surrogate")),
    "truncate": request(user("Hello"), truncate_for_context_length=True),
    "image-scheme": request(user([{"type": "image_url", "image_url": "ftp://host/x.png"}])),
    "reasoning": request(user("Hello"), reasoning_effort="high"),
}

DECODE: dict[str, Json] = {
    "nothing": {"tokens": []},
    "specials": {"tokens": [1, 3, 4, 2]},
    "specials-keep": {"tokens": [1, 3, 4, 2], "policy": "keep"},
    "specials-raise": {"tokens": [1, 1200, 2], "policy": "raise"},
    "plain-raise": {"tokens": [1200, 1300, 1400], "policy": "raise"},
    "bytes": {"tokens": [1, 1200, 1010, 1011, 2], "policy": "keep"},
    "policy-unknown": {"tokens": [1200], "policy": "maybe"},
    "out-of-range": {"tokens": [1 << 20]},
}
