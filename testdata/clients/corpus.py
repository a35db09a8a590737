"""Chats and texts on which servers are compared with vLLM's own functions."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

WEATHER: Json = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Weather of a city: °C, 🌧",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 1.0}},
            "required": ["city"],
        },
    },
}
BARE: Json = {"type": "function", "function": {"name": "f"}}


def system(content: Any) -> Json:
    return {"role": "system", "content": content}


def user(content: Any) -> Json:
    return {"role": "user", "content": content}


def assistant(content: Any, **more: Any) -> Json:
    return {"role": "assistant", "content": content, **more}


def call(identifier: str = "abcdefghi", arguments: Any = '{"city": "Zürich", "days": 2.0}') -> Json:
    return {
        "id": identifier,
        "type": "function",
        "function": {"name": "get_weather", "arguments": arguments},
    }


def result(content: Any = "22 °C", identifier: str = "abcdefghi") -> Json:
    return {"role": "tool", "content": content, "tool_call_id": identifier}


def parts(*texts: str) -> list[Json]:
    return [{"type": "text", "text": text} for text in texts]


TEXTS = (
    "",
    " ",
    "Hello, world!",
    "[INST] <s> </s> [TOOL_CALLS] \u0000 \u200b",
    "Grüße 👍🏽 🏳️‍🌈 e\u0301 é \ufeff\u2028",
    "ไทย 漢字 العربية हिन्दी 한국어",
    "\t\r\n  \n\n x = {'a': 0.1e5}\\ \"",
    "word " * 3000,
    "a" * 5000,
)

TURNS = [
    message
    for n in range(10)
    for message in (user(f"question {n} " * 20), assistant(f"answer {n} " * 30))
]

ASKED = [user("Weather?"), assistant("", tool_calls=[call()])]

# Chats whose tokens are compared; the keywords are fields of the request.
CHATS: dict[str, Json] = {
    **{f"text {n}": {"messages": [user(text)]} for n, text in enumerate(TEXTS)},
    "system": {"messages": [system("Be brief."), user("Hello")]},
    "many turns": {"messages": [system("Remember."), *TURNS, user("And?")]},
    "system only": {"messages": [system("a")]},
    "parts": {"messages": [system(parts("a", "b")), user(parts("c", "d"))]},
    "users in a row": {"messages": [user("a"), user("b")]},
    "a tool": {"messages": [user("Weather?")], "tools": [WEATHER]},
    "tools": {"messages": [user("Weather?")], "tools": [WEATHER, BARE]},
    "a prefix": {
        "messages": [user("a"), assistant("b")],
        "continue_final_message": True,
        "add_generation_prompt": False,
    },
}

# Chats with calls of tools, which vLLM's route /tokenize cannot read.
CALLS: dict[str, Json] = {
    "a result": {"messages": [*ASKED, result()], "tools": [WEATHER]},
    "json": {"messages": [*ASKED, result('{"t":  1.50}'), user("Thanks")], "tools": [WEATHER]},
    "parts": {"messages": [*ASKED, result(parts("a", "b"))], "tools": [WEATHER]},
    "two": {
        "messages": [
            user("two"),
            assistant("", tool_calls=[call("aaaaaaaaa"), call("bbbbbbbbb", "{}")]),
            result("1", "aaaaaaaaa"),
            result("2", "bbbbbbbbb"),
        ],
        "tools": [WEATHER],
    },
    "and on": {
        "messages": [*ASKED, result(), assistant("Warm. 🌞"), user("And now?")],
        "tools": [WEATHER],
    },
}

# Chats that vLLM's function refuses, with a text of its own.
REFUSED: dict[str, Json] = {
    "none": {"messages": []},
    "assistant last": {"messages": [user("a"), assistant("b")]},
    "system after assistant": {"messages": [user("b"), assistant("c"), system("d"), user("e")]},
    "assistant first": {"messages": [assistant("a")]},
    "a result of nothing": {"messages": [user("a"), result()]},
    "a bad name": {
        "messages": [user("a")],
        "tools": [{"type": "function", "function": {"name": "no spaces allowed"}}],
    },
    "a prefix of nothing": {
        "messages": [user("a")],
        "continue_final_message": True,
        "add_generation_prompt": False,
    },
}

IDS: tuple[list[int], ...] = (
    [],
    [1, 2],
    [1, 3, 1500, 2000, 4],
    [0, 5, 9, 10, 1001],
    list(range(900, 1500)),
)
