"""The answers of the reference's servers: recorded, short way and long way, and what is ours."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pyshim.server import asked
from pyshim.server.answer import JSON, TEXT
from pyshim.tests import client
from pyshim.tests.conftest import Loader
from pyshim.tests.serving import NO_TOKENS, ONLY_VLLM, different, recorded, serve
from pyshim.wire.codec import Op, Want

HI = {"messages": [{"role": "user", "content": "Hello, world!"}]}
PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAE"
    "hQGAhKmMIQAAAABJRU5ErkJggg=="
)


def image(url: str) -> dict[str, Any]:
    part = {"type": "image_url", "image_url": {"url": url}}
    return {"messages": [{"role": "user", "content": [part]}]}


@pytest.mark.parametrize("name", ["v3-tekken", "v3"])
@pytest.mark.parametrize("way", ["short", "plain", "without shortcuts", "audited"])
def test_what_the_reference_answers(shipped: Loader, name: str, way: str) -> None:
    flags = Want.PLAIN if way == "plain" else Want(0)
    changed: dict[str, dict[str, Any]] = {
        "without shortcuts": {"text": False, "pack": False},
        "audited": {"audit": 1},
    }
    handle = shipped(name)
    with client.shortcuts(**changed.get(way, {})):
        assert different(handle, name, flags=flags) == []


def test_tokens_cross_as_integers(shipped: Loader) -> None:
    tekken = shipped("v3-tekken")
    sent: Any
    for path, sent in (
        ("/tokenize", HI),
        ("/v1/chat/completions/render", HI),
        ("/v1/completions/render", {"prompt": "a"}),
        ("/v1/tokenize/", HI),
    ):
        assert serve(tekken, path, sent).ids
    # What is beyond them, and what are several lists, is in the text.
    for sent in ({"prompt": [5_000_000_000, 3]}, {"prompt": ["a", "b"]}):
        found = serve(tekken, "/v1/completions/render", sent)
        assert found.status == 200
        assert found.ids is None
    assert found.json[1]["token_ids"] == [1, 1098]


def test_the_mark_of_the_tokens_is_no_word_of_a_request(shipped: Loader) -> None:
    sent = {**HI, "cache_salt": "tokens", "stop": ["\x00tokens\x00"]}
    found = serve(shipped("v3-tekken"), "/v1/chat/completions/render", sent)
    assert found.json["token_ids"] == [1, 3, 22177, 1044, 4304, 1033, 4]
    assert found.json["sampling_params"]["stop"] == ["\x00tokens\x00"]
    mine = {**HI, "request_id": "\x00tokens\x00"}
    found = serve(shipped("v3-tekken"), "/v1/chat/completions/render", mine, request_id=b"")
    assert found.json["request_id"] == "chatcmpl-\x00tokens\x00"
    assert found.json["token_ids"] == [1, 3, 22177, 1044, 4304, 1033, 4]


def test_what_is_too_long(shipped: Loader) -> None:
    def refused(path: str, sent: Any) -> str:
        found = serve(shipped("v3-tekken"), path, sent, max_model_len=4)
        assert found.status == 400
        return str(found.json["error"]["message"])

    text, chat = "/v1/completions/render", "/v1/chat/completions/render"
    # One token more than there may be is where vLLM's tokenizers stop.
    assert "contains at least 5 input tokens" in refused(text, {"prompt": [7] * 5, "max_tokens": 1})
    assert "contains 6 input tokens" in refused(text, {"prompt": [7] * 6, "max_tokens": 1})
    assert "contains at least 5 input" in refused(
        text, {"prompt": "a b c d e f g", "max_tokens": 1}
    )
    assert "contains 7 input tokens" in refused(chat, HI)


def test_request_ids(shipped: Loader) -> None:
    tekken, path = shipped("v3-tekken"), "/v1/chat/completions/render"
    assert serve(tekken, path, HI, request_id=b"\xe9").json["request_id"] == "chatcmpl-\xe9"
    mine = {**HI, "request_id": "mine"}
    assert serve(tekken, path, mine, request_id=b"").json["request_id"] == "chatcmpl-mine"
    assert serve(tekken, path, mine).json["request_id"] == "chatcmpl-0123456789abcdef"
    made = [serve(tekken, path, HI, request_id=b"").json["request_id"] for _ in range(2)]
    assert made[0] != made[1]
    assert len(made[0]) == len("chatcmpl-") + 16


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/x.png", "file:///etc/passwd"])
@pytest.mark.parametrize("path", ["/tokenize", "/v1/tokenize/"])
def test_nothing_is_fetched_or_opened(shipped: Loader, path: str, url: str) -> None:
    found = serve(shipped("v3-tekken-mm"), path, image(url))
    assert found.status == 400
    assert b"nothing that a request names is fetched or opened" in found.body


@pytest.mark.parametrize("path", sorted(ONLY_VLLM))
def test_what_only_vllm_answers(shipped: Loader, path: str) -> None:
    found = serve(shipped("v3-tekken"), path, {})
    assert (found.status, found.json["error"]["type"]) == (404, "NotFoundError")
    assert path in found.json["error"]["message"]
    assert "--env vllm" in found.json["error"]["message"]


def test_an_audio_that_is_no_base64_is_not_looked_for(synthetic: Loader, tmp_path: Path) -> None:
    there = tmp_path / "there.wav"
    there.write_bytes(b"RIFF")
    for name in (there, tmp_path / "absent.wav"):
        part = {"type": "audio_url", "audio_url": {"url": str(name)}}
        sent = {"messages": [{"role": "user", "content": [part]}]}
        for path in ("/tokenize", "/v1/tokenize/"):
            found = serve(synthetic("v13"), path, sent)
            assert found.status == 400
            assert b"nothing that a request names" in found.body


def test_what_no_exception_is_passes(shipped: Loader, monkeypatch: pytest.MonkeyPatch) -> None:
    def panic(*args: Any) -> Any:
        raise SystemExit("a panic")

    monkeypatch.setattr("pyshim.server.vllm_twin.tokenize.encoding.text", panic)
    server = b'{"models":["m"],"max_model_len":9}'
    frame = asked.LENGTHS.pack(len(server), 0, 0, 0) + server + b'{"prompt":"a"}'
    err = client.error(Op.SERVE, frame, shipped("v3"), Want.PLAIN, 1)
    assert err["type"] == "SystemExit"


def test_what_a_server_is_is_read_once_for_all_requests(shipped: Loader) -> None:
    asked.server_of.cache_clear()
    for number in range(5):
        kind = f"application/json; n={number}"
        serve(shipped("v3"), "/tokenize", HI, request_id=b"%d" % number, content_type=kind)
    assert asked.server_of.cache_info().misses == 1


def test_the_one_answer_that_is_no_json_says_so(shipped: Loader) -> None:
    found = serve(shipped("v7"), "/v1/tokenize/", HI | {"truncate_for_context_length": True})
    assert (found.status, found.body, found.kind) == (500, b"Internal Server Error", TEXT)
    found = serve(shipped("v7"), "/v1/tokenize/", {"messages": []})
    assert (found.status, found.kind) == (400, JSON)


@pytest.fixture
def schemas(shipped: Loader) -> Iterator[Any]:
    yield client.ok(Op.SERVE_SCHEMAS, handle=shipped("v3")).json


def test_schemas_say_what_is_answered(shipped: Loader, schemas: Any) -> None:
    import jsonschema  # type: ignore[import-untyped]

    def validator(path: str, part: str) -> Any:
        schema = {**schemas["routes"][path][part], "$defs": schemas["$defs"]}
        jsonschema.Draft202012Validator.check_schema(schema)
        return jsonschema.Draft202012Validator(schema)

    validators = {
        (path, part): validator(path, part)
        for path, parts in schemas["routes"].items()
        for part in parts
    }
    assert len(validators) == 3 * 12 - 1  # one has no body
    for row in recorded("v3"):
        if row["status"] == 200:
            validators[row["path"], "response"].validate(json.loads(row["answer"]))
        elif row["answer"] not in (
            b"Internal Server Error",
            b'{"detail":"There was an error parsing the body"}',
        ):
            validators[row["path"], "error"].validate(json.loads(row["answer"]))
    requests = validators["/tokenize", "request"]
    assert requests.is_valid(HI)
    assert not requests.is_valid({"prompt": 3})


def test_references_in_schemas_are_there(schemas: Any) -> None:
    def references(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            if isinstance(value.get("$ref"), str):
                yield value["$ref"]
            for item in value.values():
                yield from references(item)
        elif isinstance(value, list):
            for item in value:
                yield from references(item)

    named = set(references(schemas))
    assert named
    assert named <= {f"#/$defs/{name}" for name in schemas["$defs"]}


def test_nothing_is_imported_before_it_is_needed() -> None:
    import subprocess

    code = (
        "import sys, pyshim.dispatch; print([m for m in ('pydantic', 'PIL') if m in sys.modules])"
    )
    root = Path(__file__).parents[2]
    said = subprocess.run(
        [sys.executable, "-c", code], cwd=root, check=True, stdout=subprocess.PIPE, text=True
    )
    assert said.stdout.strip() == "[]"


def test_no_tokens_is_no_place() -> None:
    from pyshim.server import answer

    assert answer.NO_TOKENS == NO_TOKENS
    assert answer.cut(b"{", [1]).aux == 200 << 32 | 1


ITEMS = 60_000


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/tokenize", {"messages": [1] * ITEMS}),
        ("/tokenize", {"messages": [{"role": "user", "content": [1] * ITEMS}]}),
        ("/detokenize", {"tokens": [-1] * ITEMS}),
        ("/v1/tokenize/", {"messages": [1] * ITEMS}),
        ("/v1/detokenize/", ["a"] * ITEMS),
        ("/v1/detokenize/string", {"tokens": ["a"] * ITEMS}),
        ("/v1/chat/completions/render", {**HI, "stop_token_ids": ["a"] * ITEMS}),
        ("/v1/completions/render", {"prompt": "a", "logit_bias": dict.fromkeys(range(ITEMS), "x")}),
    ],
)
def test_a_large_body_is_refused_in_few_words(shipped: Loader, path: str, sent: Any) -> None:
    found = serve(shipped("v3-tekken"), path, sent)
    assert found.status in (400, 422)
    assert len(found.body) < 20_000 + 20 * ITEMS * path.startswith("/v1/tok")
    if found.status == 400:
        count = found.json["error"]["message"].partition(" ")[0]
        assert int(count) < 100
    else:
        assert len(found.json["detail"]) < 100


def test_a_large_body_that_is_right_is_answered(shipped: Loader) -> None:
    tekken = shipped("v3-tekken")
    many = {"tokens": [1234] * ITEMS}
    assert serve(tekken, "/detokenize", many).status == 200
    # The same as in parts that are not large.
    long = "word " * ITEMS
    tools = [{"type": "function", "function": {"name": "f", "parameters": {"a": "b" * ITEMS * 2}}}]
    for body in ({"prompt": long, "return_token_strs": True}, {**HI, "tools": tools}):
        found = serve(tekken, "/tokenize", body)
        assert found.status == 200
        assert found.json["count"] == len(found.ids or [])
