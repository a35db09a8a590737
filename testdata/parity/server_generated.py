"""HTTP requests made up by hypothesis, for servers that must answer alike."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

import server_cases as cases
import strategies

sampling = st.sampled_from(cases.SAMPLED)
more = st.fixed_dictionaries(
    {},
    optional={
        "model": st.sampled_from([None, "", "nobody", 3]),
        "add_generation_prompt": st.booleans(),
        "continue_final_message": st.booleans(),
        "add_special_tokens": strategies.mostly(st.booleans(), strategies.json_value),
        "return_token_strs": strategies.mostly(st.booleans(), strategies.json_value),
        "tools": strategies.tools,
        "chat_template_kwargs": strategies.json_object,
        "extra": strategies.json_value,
    },
)
chat = st.builds(
    lambda messages, rest: {"messages": messages, **rest},
    strategies.messages,
    strategies.mostly(st.just({}), more, 3),
)
ids = st.lists(strategies.mostly(st.integers(0, 132_000), strategies.json_value, 12), max_size=30)
prompt = st.one_of(strategies.text, strategies.text, ids, st.lists(strategies.text, max_size=3))


def case() -> st.SearchStrategy[cases.Case]:
    """Return the strategy for a request to any route."""

    def to(paths: tuple[str, ...], body: st.SearchStrategy[Any]) -> Any:
        return st.builds(
            lambda path, value: cases.Case(path, cases.dumped(value)), st.sampled_from(paths), body
        )

    def with_sampling(body: st.SearchStrategy[Any]) -> Any:
        return st.builds(lambda value, params: {**value, **params}, body, sampling)

    texts = st.builds(lambda text, rest: {"prompt": text, **rest}, prompt, more)
    tokens = st.builds(lambda tokens, rest: {"tokens": tokens, **rest}, ids, more)
    return st.one_of(
        to((cases.TOKENIZE, cases.CHAT, cases.MISTRAL), chat),
        to((cases.TOKENIZE, cases.CHAT, cases.MISTRAL), chat),
        to((cases.CHAT,), with_sampling(chat)),
        to((cases.TOKENIZE, cases.COMPLETION), texts),
        to((cases.COMPLETION,), with_sampling(texts)),
        to((cases.DETOKENIZE, cases.MISTRAL_STRING), tokens),
        to((cases.MISTRAL_MESSAGE,), ids),
        to(tuple(path for path in cases.ROUTES if path != cases.INFO), strategies.json_value),
    )


def generate(count: int, number: int) -> list[cases.Case]:
    """Return so many requests, the same for the same number."""
    found: list[cases.Case] = []

    @seed(number)
    @settings(
        max_examples=count,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case())
    def collect(made: cases.Case) -> None:
        found.append(made)

    collect()
    return found
