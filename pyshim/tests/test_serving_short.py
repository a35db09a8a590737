"""The short way of the server's answers against the long one."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pyshim.server import fast_path
from pyshim.tests.conftest import Loader
from pyshim.tests.serving import serve
from pyshim.wire.codec import Want

HI = {"messages": [{"role": "user", "content": "Hello, world!"}]}

message = st.fixed_dictionaries(
    {
        "role": st.sampled_from(["user", "user", "assistant", "system", "tool"]),
        "content": st.one_of(
            st.text(max_size=20),
            st.text(max_size=20),
            st.none(),
            st.just([{"type": "text", "text": "part"}]),
        ),
    },
    optional={"name": st.text(max_size=4), "prefix": st.booleans()},
)
odd = st.one_of(st.none(), st.booleans(), st.integers(-2, 2), st.text(max_size=3))
body: st.SearchStrategy[Any] = st.one_of(
    st.fixed_dictionaries(
        {"messages": st.one_of(st.lists(message, max_size=4), odd)},
        optional={
            "model": st.sampled_from(["m", "alias", "nobody", "", None, 3]),
            "add_generation_prompt": odd,
            "return_token_strs": odd,
            "continue_final_message": odd,
            "tools": st.just([]),
        },
    ),
    st.fixed_dictionaries(
        {"prompt": st.one_of(st.text(), st.text(), odd)},
        optional={
            "model": st.sampled_from(["m", None, "nobody"]),
            "add_special_tokens": odd,
            "return_token_strs": odd,
            "messages": odd,
        },
    ),
)


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    body=body,
    path=st.sampled_from(["/tokenize", "/v1/tokenize/", "/v1/chat/completions/render"]),
    length=st.sampled_from([1, 8, 17, 4096]),
)
@pytest.mark.parametrize("name", ["v3-tekken", "v3", "v1"])
def test_the_short_way_is_the_long_one(
    shipped: Loader, name: str, path: str, body: Any, length: int
) -> None:
    handle = shipped(name)
    short = serve(handle, path, body, max_model_len=length)
    assert short == serve(handle, path, body, max_model_len=length, flags=Want.PLAIN)


def test_what_is_left_of_a_models_length(shipped: Loader) -> None:
    path = "/v1/chat/completions/render"
    for length in range(1, 40):
        short = serve(shipped("v3"), path, HI, max_model_len=length)
        assert short == serve(shipped("v3"), path, HI, max_model_len=length, flags=Want.PLAIN)


def test_a_chat_without_an_id_gets_one(shipped: Loader) -> None:
    path = "/v1/chat/completions/render"
    found = [serve(shipped("v3"), path, HI, request_id=b"").json["request_id"] for _ in range(2)]
    assert found[0] != found[1]
    assert all(re.fullmatch("chatcmpl-[0-9a-f]{16}", one) for one in found)


def test_the_short_way_is_taken(shipped: Loader, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[Any] = []
    real = fast_path.answer

    def answer(*args: Any) -> Any:
        taken.append(real(*args))
        return taken[-1]

    monkeypatch.setattr("pyshim.server.fast_path.answer", answer)
    sent: Any
    for path, sent in (
        ("/tokenize", HI),
        ("/tokenize", {**HI, "model": "alias"}),
        ("/tokenize", {"prompt": "a"}),
        ("/v1/tokenize/", HI),
        ("/v1/chat/completions/render", HI),
        ("/v1/chat/completions/render", {**HI, "model": "alias"}),
    ):
        assert serve(shipped("v3-tekken"), path, sent).status == 200
        assert taken.pop() is not None
    serve(shipped("v3-tekken"), "/tokenize", {**HI, "tools": None})
    assert taken == [None]
