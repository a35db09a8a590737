"""Requests made up by hypothesis: plausible chats, and broken ones."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from cases import BARE_TOOL, NO_PARAMETERS, PIXEL, TOOL

Strategy = st.SearchStrategy[Any]

# fmt: off
WORDS = [
    "Hello", "word ", "[INST]", "[/INST]", "<s>", "</s>", "[TOOL_CALLS]", "<<SYS>>", "\n", "\t",
    "\r\n", "  ", "\u0000", "é", "e\u0301", "👍🏽", "ไทย", "漢字", "\ufeff", "\u2028", "\ud83d",
    "🏳️‍🌈", "0.1e5", '"', "\\", "'", " ", "\xa0", "\u3000", "\x0b", "\x0c", "\x1c", "\x1f", "\x85",
]
# fmt: on


def mostly(common: Strategy, rare: Strategy, one_in: int = 8) -> Strategy:
    """Draw from rare once in a while: one odd part is enough for a request to be refused."""
    return st.integers(1, one_in).flatmap(lambda n: rare if n == one_in else common)


text = st.one_of(
    st.text(max_size=40),
    st.lists(st.sampled_from(WORDS), max_size=12).map("".join),
    st.builds(lambda word, times: word * times, st.sampled_from(WORDS), st.integers(0, 300)),
)
identifier = mostly(
    st.text("abcXYZ019", min_size=9, max_size=9),
    st.sampled_from(["", "a", "call_123456789", "null"]),
)
json_value = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.text(max_size=8)
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)
json_object = st.dictionaries(st.text(max_size=6), json_value, max_size=4)

text_part = st.fixed_dictionaries({"type": st.just("text"), "text": text})
odd_part = st.one_of(
    st.fixed_dictionaries(
        {"type": st.just("thinking"), "thinking": text}, optional={"closed": st.booleans()}
    ),
    st.sampled_from(
        [
            {"type": "image_url", "image_url": {"url": PIXEL}},
            {"type": "image_url", "image_url": PIXEL},
            {"type": "image_url", "image_url": {"url": PIXEL, "detail": "low"}},
            {"type": "image_url", "image_url": "data:image/png;base64,AAAA"},
            {"type": "text"},
            {"type": "nothing"},
            {},
        ]
    ),
)
part = mostly(text_part, odd_part, 6)
content = mostly(mostly(text, st.lists(text_part, max_size=3), 4), st.lists(part, max_size=3), 10)
arguments = mostly(
    st.sampled_from(['{"city": "Paris"}', "{}", '{"a": 1.0, "b": 1e3}', {}, {"b": 1, "a": [1.0]}]),
    st.one_of(json_object, st.text(max_size=8)),
    6,
)
function_name = mostly(st.sampled_from(["f", "get_weather", "a-b_c"]), st.text(max_size=8))
tool_call = st.fixed_dictionaries(
    {"function": st.fixed_dictionaries({"name": function_name, "arguments": arguments})},
    optional={"id": identifier, "type": st.sampled_from(["function", "code"])},
)
tool = mostly(
    st.sampled_from([TOOL, BARE_TOOL, NO_PARAMETERS]),
    st.fixed_dictionaries(
        {
            "type": st.sampled_from(["function", "function", "function", "x"]),
            "function": st.fixed_dictionaries(
                {"name": function_name},
                optional={
                    "description": st.one_of(text, st.none()),
                    "parameters": st.one_of(json_object, st.none()),
                    "strict": st.booleans(),
                    "extra": st.integers(),
                },
            ),
        }
    ),
)
tools = st.one_of(st.none(), st.none(), st.lists(tool, max_size=3))

role = st.sampled_from(["system", "user", "assistant", "tool", "developer", "robot"])
any_message = st.one_of(
    st.fixed_dictionaries(
        {"role": role},
        optional={
            "content": st.one_of(content, st.none(), json_value),
            "tool_calls": st.one_of(st.lists(tool_call, max_size=2), st.none()),
            "tool_call_id": identifier,
            "name": text,
            "prefix": st.booleans(),
            "weight": st.sampled_from([0, 1, 0.5]),
            "reasoning": text,
            "reasoning_content": text,
            "extra": json_value,
        },
    ),
    json_object,
    json_value,
)


@st.composite
def conversation(draw: Any) -> list[dict[str, Any]]:
    """Return messages in an order that the reference accepts, mostly."""
    messages: list[dict[str, Any]] = []
    if draw(st.booleans()):
        messages.append({"role": "system", "content": draw(content)})
    for _ in range(draw(st.integers(0, 3))):
        messages.append({"role": "user", "content": draw(content)})
        if draw(st.integers(0, 3)) == 0:
            messages.extend(draw(tool_turn()))
        messages.append({"role": "assistant", "content": draw(content)})
    messages.append({"role": "user", "content": draw(content)})
    last = draw(st.integers(0, 5))
    if last == 0:
        messages.extend(draw(tool_turn()))
    elif last == 1:
        messages.append({"role": "assistant", "content": draw(content)})
    elif last == 2:
        messages.append({"role": "assistant", "content": draw(content), "prefix": True})
    return messages


@st.composite
def tool_turn(draw: Any) -> list[dict[str, Any]]:
    """Return an assistant's tool calls and their results."""
    ids = draw(st.lists(identifier, min_size=1, max_size=2, unique=True))
    calls = [{**draw(tool_call), "id": each} for each in ids]
    said = draw(st.one_of(st.none(), st.just(""), content))
    results = [{"role": "tool", "content": draw(content), "tool_call_id": each} for each in ids]
    return [{"role": "assistant", "content": said, "tool_calls": calls}, *results]


messages = mostly(conversation(), st.one_of(st.lists(any_message, max_size=3), json_value))

# Fields of a ChatCompletionRequest.
fields = st.fixed_dictionaries(
    {},
    optional={
        "model": text,
        "temperature": st.one_of(st.floats(0, 2), json_value),
        "top_p": st.one_of(st.floats(0, 1), json_value),
        "max_tokens": st.one_of(st.integers(-1, 100), json_value),
        "random_seed": st.one_of(st.integers(-1, 2**63), json_value),
        "tool_choice": st.one_of(st.sampled_from(["auto", "none", "any", "required"]), json_value),
        "response_format": st.one_of(
            st.sampled_from([{"type": "text"}, {"type": "json_object"}]), json_value
        ),
        "continue_final_message": st.booleans(),
        "parallel_tool_calls": st.booleans(),
        "truncate_for_context_length": st.booleans(),
        "reasoning_effort": st.sampled_from(["none", "high", "odd"]),
        "nonsense": json_value,
    },
)
# Keywords of the template.
keywords = st.fixed_dictionaries(
    {},
    optional={
        "add_generation_prompt": st.booleans(),
        "continue_final_message": st.booleans(),
        "truncation": st.booleans(),
        "max_length": st.integers(1, 60),
        "padding": st.booleans(),
        "tokenize": st.booleans(),
        "reasoning_effort": st.sampled_from(["none", "high", "odd"]),
        "documents": json_value,
    },
)
none: Strategy = st.just({})


def case(target: str) -> Strategy:
    """Return the strategy for the cases of a target."""
    kwargs = fields if target.startswith("mistral_common") else keywords
    template = mostly(st.none(), text, 12)
    chats = st.fixed_dictionaries(
        {
            "messages": messages,
            "tools": tools,
            "chat_template": template if not target.startswith("mistral_common") else st.none(),
            "kwargs": mostly(none, kwargs, 4),
        }
    )
    encodings = st.builds(
        lambda t, flags: {"op": "encode", "a": [t, *flags]}, text, flags_of(target)
    )
    ids = st.lists(st.integers(-2, 140_000), max_size=20)
    decodings = st.builds(lambda i: {"op": "decode", "a": [i]}, ids)
    every = [chats] * 8 + [encodings, decodings]
    if not target.startswith("mistral_common"):
        every.append(
            st.builds(
                lambda i, skip: {"op": "convert_ids_to_tokens", "a": [i, skip]}, ids, st.booleans()
            )
        )
    return st.one_of(every)


def flags_of(target: str) -> Strategy:
    """Return what follows the text in encode."""
    if target.startswith("mistral_common"):
        return st.tuples(st.booleans(), st.booleans())
    return st.just(())
