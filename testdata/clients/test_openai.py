"""The openai package, as the programs use it that talk to vLLM."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from itertools import pairwise
from typing import Any

import httpx2
import openai
import pytest

from conftest import Start
from serving import Json, Server

HELLO: Json = {"model": "tekken", "messages": [{"role": "user", "content": "Hello, world!"}]}
TOKENS = [1, 3, 22177, 1044, 4304, 1033, 4]


def client(
    server: Server,
    api_key: str = "none",
    max_retries: int = 0,
    http_client: httpx2.Client | None = None,
) -> openai.OpenAI:
    return openai.OpenAI(
        base_url=f"{server.url}/v1",
        api_key=api_key,
        max_retries=max_retries,
        http_client=http_client,
    )


def test_models(server: Server) -> None:
    models = client(server).models.list()
    assert [model.id for model in models] == ["tekken", "alias"]
    for model in models:
        assert model.object == "model"
        assert model.owned_by == "vllm"
        assert model.model_extra is not None
        assert model.model_extra["max_model_len"] > 0


def test_render(server: Server) -> None:
    answer: Any = client(server).post("/chat/completions/render", body=HELLO, cast_to=object)
    assert answer["token_ids"] == TOKENS
    assert answer["request_id"].startswith("chatcmpl-")
    answers: Any = client(server).post(
        "/completions/render", body={"model": "alias", "prompt": "Hello"}, cast_to=object
    )
    assert [answer["token_ids"] for answer in answers] == [[1, 22177]]


def test_a_path_beside_v1(server: Server) -> None:
    answer: Any = client(server).post(f"{server.url}/tokenize", body=HELLO, cast_to=object)
    assert answer["tokens"] == TOKENS
    assert answer["count"] == len(TOKENS)


def test_errors(server: Server) -> None:
    with pytest.raises(openai.NotFoundError) as unknown:
        client(server).post(
            "/chat/completions/render", body=HELLO | {"model": "gpt"}, cast_to=object
        )
    assert unknown.value.body == {
        "message": "The model `gpt` does not exist. Valid aliases: tekken, alias.",
        "type": "NotFoundError",
        "param": "model",
        "code": 404,
    }
    with pytest.raises(openai.BadRequestError) as refused:
        client(server).post(
            "/chat/completions/render", body={"messages": [{"role": 3}]}, cast_to=object
        )
    assert refused.value.type == "Bad Request"
    assert (refused.value.param or "").startswith("body.messages.0.")


def test_request_ids(server: Server) -> None:
    answer = client(server).post(
        "/chat/completions/render",
        body=HELLO,
        cast_to=httpx2.Response,
        options={"headers": {"X-Request-Id": "mine-1"}},
    )
    assert answer.headers["x-request-id"] == "mine-1"
    assert answer.json()["request_id"] == "chatcmpl-mine-1"
    with pytest.raises(openai.NotFoundError) as unknown:
        client(server).post("/nothing", body={}, cast_to=object)
    assert unknown.value.request_id


def test_keys(guarded: Server) -> None:
    body = {"messages": HELLO["messages"]}
    for key in ("first", "second"):
        answer: Any = client(guarded, api_key=key).post(
            "/chat/completions/render", body=body, cast_to=object
        )
        assert answer["token_ids"] == TOKENS
    with pytest.raises(openai.AuthenticationError) as refused:
        client(guarded, api_key="third").models.list()
    assert refused.value.body == "Unauthorized"


def test_many_at_once(server: Server) -> None:
    async def ask() -> list[Any]:
        async with openai.AsyncOpenAI(
            base_url=f"{server.url}/v1", api_key="none", max_retries=0
        ) as many:
            return await asyncio.gather(
                *(
                    many.post(
                        "/chat/completions/render",
                        body={"messages": [{"role": "user", "content": "word " * n}]},
                        cast_to=object,
                    )
                    for n in range(1, 101)
                )
            )

    # Each word is a token, and so is the space at the end.
    assert [len(answer["token_ids"]) for answer in asyncio.run(ask())] == list(range(5, 105))


def test_its_own_retries_outlast_an_overload(start: Start) -> None:
    """Two large requests take the interpreter and the only place that waits for it."""
    server = start("--model", "v3-tekken", "--queue", "1")
    large = json.dumps({"messages": [{"role": "user", "content": "word " * 5_000_000}]}).encode()
    counts: list[int] = []

    def ask_large() -> None:
        answer = httpx2.post(
            f"{server.url}/tokenize",
            content=large,
            headers={"Content-Type": "application/json"},
            timeout=120,
        )
        counts.append(answer.json()["count"])

    seen: list[tuple[int, str | None, float]] = []

    def note(response: httpx2.Response) -> None:
        found = response.headers.get("retry-after")
        seen.append((response.status_code, found, time.monotonic()))

    crowd = [threading.Thread(target=ask_large) for _ in range(2)]
    with httpx2.Client(event_hooks={"response": [note]}) as http:
        for one, metric in zip(crowd, ("mtok_calls_running 1", "mtok_queue_depth 1"), strict=True):
            one.start()
            while metric not in httpx2.get(f"{server.url}/metrics").text:
                assert one.is_alive(), "it was answered before it could be seen"
        answer: Any = client(server, max_retries=60, http_client=http).post(
            "/chat/completions/render", body={"messages": HELLO["messages"]}, cast_to=object
        )
    for one in crowd:
        one.join()
    assert counts == [5_000_004] * 2
    assert answer["token_ids"] == TOKENS
    assert [status for status, _, _ in seen] == [429] * (len(seen) - 1) + [200]
    assert len(seen) > 1, "there was no overload"
    assert {after for status, after, _ in seen if status == 429} == {"1"}
    waits = [then - now for (_, _, now), (_, _, then) in pairwise(seen)]
    assert min(waits) >= 1, "it waits as long as the answer says"
