"""The httpx package: versions of HTTP, sockets, packed bodies, and the end of a server."""

from __future__ import annotations

import gzip
import json
import stat
import threading
from collections.abc import Iterator

import httpx
import pytest

from conftest import Start
from serving import Json, Server

HELLO: Json = {"messages": [{"role": "user", "content": "Hello, world!"}]}
TOKENS = [1, 3, 22177, 1044, 4304, 1033, 4]


@pytest.fixture(params=["HTTP/1.1", "HTTP/2", "Unix socket", "HTTP/2 on a Unix socket"])
def http(request: pytest.FixtureRequest, server: Server) -> Iterator[httpx.Client]:
    second = "HTTP/2" in request.param  # with prior knowledge: there is no TLS to agree on it
    transport = httpx.HTTPTransport(
        http1=not second,
        http2=second,
        uds=str(server.socket) if "socket" in request.param else None,
    )
    with httpx.Client(base_url=server.url, transport=transport, timeout=60) as client:
        assert client.get("/health").http_version == ("HTTP/2" if second else "HTTP/1.1")
        yield client


def test_there_and_back(http: httpx.Client) -> None:
    for text in ("Hello", "", "Grüße 👍🏽 \u0000\n", "ไทย " * 20, "[INST]</s>", "a" * 2000):
        answer = http.post("/tokenize", json={"prompt": text, "add_special_tokens": False}).json()
        back = http.post("/detokenize", json={"tokens": answer["tokens"]})
        assert back.json() == {"prompt": text}
    assert http.post("/v1/tokenize/", json=HELLO).json() == TOKENS
    message = http.post("/v1/detokenize/", json=[22177, 1044, 4304, 1033, 2]).json()
    assert message["content"] == "Hello, world!"
    string = http.post("/v1/detokenize/string", json={"tokens": TOKENS}).json()
    assert string == "Hello, world!"


def test_the_routes_without_a_body(http: httpx.Client) -> None:
    for path in ("/health", "/ping", "/livez", "/readyz"):
        assert http.get(path).status_code == 200, path
    assert http.get("/version").json()["version"]
    assert "mtok_" in http.get("/metrics").text
    assert http.get("/tokenize").status_code == 405


@pytest.mark.parametrize("coding", ["gzip", "zstd", "identity"])
def test_packed_answers(http: httpx.Client, coding: str) -> None:
    large = {"messages": [{"role": "user", "content": "word " * 40_000}]}
    answer = http.post("/tokenize", json=large, headers={"Accept-Encoding": coding})
    assert answer.headers.get("content-encoding", "identity") == coding
    assert answer.json()["count"] == len(answer.json()["tokens"]) == 40_004
    small = http.post("/tokenize", json=HELLO, headers={"Accept-Encoding": coding})
    assert "content-encoding" not in small.headers
    assert small.json()["tokens"] == TOKENS


def test_packed_requests(http: httpx.Client) -> None:
    answer = http.post(
        "/tokenize",
        content=gzip.compress(json.dumps(HELLO).encode()),
        headers={"Content-Encoding": "gzip", "Content-Type": "application/json"},
    )
    assert answer.json()["tokens"] == TOKENS


def test_a_body_in_pieces(http: httpx.Client) -> None:
    def pieces() -> Iterator[bytes]:
        for byte in json.dumps(HELLO).encode():
            yield bytes([byte])

    answer = http.post("/tokenize", content=pieces(), headers={"Content-Type": "application/json"})
    assert answer.json()["tokens"] == TOKENS


def test_the_socket_is_for_the_group(server: Server) -> None:
    assert stat.S_IMODE(server.socket.stat().st_mode) == 0o660


def test_errors(http: httpx.Client) -> None:
    answer = http.post("/tokenize", content=b"{", headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == 400
    answer = http.post("/tokenize", content=b"{}", headers={"Content-Type": "text/plain"})
    assert "Only 'application/json' is allowed" in answer.json()["error"]["message"]
    answer = http.post("/v1/tokenize/", json={"messages": []})
    assert (answer.status_code, answer.json()) == (
        400,
        {"detail": "Messages list cannot be empty."},
    )


def test_a_server_that_ends_answers_first(start: Start) -> None:
    server = start("--model", "v3-tekken")
    large = {"messages": [{"role": "user", "content": "word " * 2_000_000}]}
    answers: list[httpx.Response] = []

    def ask() -> None:
        answers.append(httpx.post(f"{server.url}/tokenize", json=large, timeout=120))

    asking = threading.Thread(target=ask)
    asking.start()
    with httpx.Client(base_url=server.url) as http:
        while asking.is_alive() and "mtok_calls_running 1" not in http.get("/metrics").text:
            pass
        assert asking.is_alive(), "it was answered before it could be seen to run"
    assert server.stop() == 0
    asking.join()
    assert answers[0].json()["count"] == 2_000_004
    assert not server.socket.exists()
