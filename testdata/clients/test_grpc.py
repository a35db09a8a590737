"""Python's gRPC, whose core is not Go's, against mtok serve: both services, health, reflection.

Stubs are made from the protos when the tests start, as a user of them would.
"""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)

PROTOS = ("mistralbridge/v1/tokenizer.proto", "tokenization/tokenization.proto")
LIMIT = 100 << 20
OPTIONS = [("grpc.max_send_message_length", LIMIT), ("grpc.max_receive_message_length", LIMIT)]
HELLO = [1, 3, 22177, 1044, 4304, 1033, 4]


class Stubs:
    """The generated modules."""

    def __init__(self) -> None:
        from mistralbridge.v1 import tokenizer_pb2, tokenizer_pb2_grpc
        from tokenization import tokenization_pb2, tokenization_pb2_grpc

        self.v1: Any = tokenizer_pb2
        self.v1_grpc: Any = tokenizer_pb2_grpc
        self.llmd: Any = tokenization_pb2
        self.llmd_grpc: Any = tokenization_pb2_grpc


@pytest.fixture(scope="session")
def stubs(tmp_path_factory: pytest.TempPathFactory) -> Stubs:
    root = next(p for p in Path(__file__).resolve().parents if (p / "go.mod").exists())
    protos = root / "proto"
    out = tmp_path_factory.mktemp("stubs")
    protoc = [sys.executable, "-m", "grpc_tools.protoc", f"-I{protos}"]
    subprocess.run(
        [*protoc, f"--python_out={out}", f"--grpc_python_out={out}", *PROTOS], check=True
    )
    sys.path.insert(0, str(out))
    return Stubs()


@pytest.fixture(params=["tcp", "unix"])
def channel(request: pytest.FixtureRequest, server: Any) -> Iterator[grpc.Channel]:
    target = f"unix://{server.socket}" if request.param == "unix" else server.url.split("//")[1]
    with grpc.insecure_channel(target, options=OPTIONS) as channel:
        yield channel


def refused(call: Callable[[], object]) -> grpc.RpcError:
    with pytest.raises(grpc.RpcError) as caught:
        call()
    return caught.value


def test_typed(channel: grpc.Channel, stubs: Stubs) -> None:
    v1 = stubs.v1
    stub = stubs.v1_grpc.TokenizerServiceStub(channel)
    request = {"messages": [{"role": "user", "content": "Hello, world!"}]}
    chat = v1.TokenizeChatRequest(request_json=json.dumps(request).encode())
    assert list(stub.TokenizeChat(chat).tokens) == HELLO
    assert stub.Detokenize(v1.DetokenizeRequest(tokens=HELLO)).text == "Hello, world!"
    assert stub.ListModels(v1.ListModelsRequest()).models[0].name == "tekken"
    items = [v1.TokenizeStreamRequest(tokenize_chat=chat) for _ in range(100)]
    answers = list(stub.TokenizeStream(iter(items)))
    assert [a.index for a in answers] == list(range(100))
    assert all(list(a.tokenize_chat.tokens) == HELLO for a in answers)


def test_spans_and_offsets(channel: grpc.Channel, stubs: Stubs, server: Any) -> None:
    v1 = stubs.v1
    stub = stubs.v1_grpc.TokenizerServiceStub(channel)
    messages = [
        {"role": "user", "content": "Hello, world!", "name": "me"},
        {"role": "assistant", "content": "Yes 日本."},
        {"role": "user", "content": "More?"},
    ]
    body = {"model": "tekken", "stream": True, "messages": messages}
    over_http = _over_http(server, "/v1/chat/completions/spans", body)
    text = json.dumps(body).encode()
    found = stub.Spans(v1.SpansRequest(chat_completion_json=text, loss_mask=v1.LossMask()))
    assert list(found.tokens) == over_http["tokens"]
    assert [(s.start, s.length, s.kind) for s in found.spans] == [
        (s["start"], s["length"], s["kind"]) for s in over_http["spans"]
    ]
    trained = [token for token, on in zip(found.tokens, found.loss_mask, strict=True) if on]
    assert stub.Detokenize(v1.DetokenizeRequest(tokens=trained)).text == "Yes 日本."
    count = stub.Count(v1.CountRequest(chat_completion_json=text)).count
    assert count == len(over_http["tokens"])

    text = "Hello ▁ 日本 🌍"
    offsets = stub.Offsets(v1.OffsetsRequest(text=text))
    over_http = _over_http(server, "/v1/offsets", {"text": text})
    assert list(offsets.tokens) == over_http["tokens"]
    pairs = [list(pair) for pair in zip(*[iter(offsets.offset_pairs)] * 2, strict=True)]
    assert pairs == over_http["offsets"]


def test_detokenize_stream(channel: grpc.Channel, stubs: Stubs) -> None:
    v1 = stubs.v1
    stub = stubs.v1_grpc.TokenizerServiceStub(channel)
    text = "Hello 日本 𒀀 👩‍👩‍👧"
    tokens = list(stub.Tokenize(v1.TokenizeRequest(text=text, eos=True)).tokens)
    for size in range(1, len(tokens) + 1):
        pieces = [tokens[i : i + size] for i in range(0, len(tokens), size)]
        requests = [v1.DetokenizeStreamRequest(tokens=piece) for piece in pieces]
        requests[0].with_events = True
        answers = list(stub.DetokenizeStream(iter(requests)))
        assert len(answers) == len(requests) + 1
        assert "".join(a.text for a in answers) == text
        events = [event for answer in answers for event in answer.events]
        assert "".join(event.text for event in events) == text
        assert (events[-1].kind, events[-1].name) == (v1.DETOKENIZE_EVENT_KIND_END, "</s>")
    bad = [v1.DetokenizeStreamRequest(tokens=t) for t in (tokens, [5, 1 << 30])]
    error = refused(lambda: list(stub.DetokenizeStream(iter(bad))))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "tokens[1] is 1073741824" in error.details()


def test_long_errors_arrive(channel: grpc.Channel, stubs: Stubs) -> None:
    stub = stubs.v1_grpc.TokenizerServiceStub(channel)
    request = {"messages": [{"role": "é" * 5000, "content": "x"}] * 50}
    chat = stubs.v1.TokenizeChatRequest(request_json=json.dumps(request).encode())
    error = refused(lambda: stub.TokenizeChat(chat))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "validation error" in error.details()


def test_large_messages(channel: grpc.Channel, stubs: Stubs) -> None:
    stub = stubs.v1_grpc.TokenizerServiceStub(channel)
    text = "word " * (1 << 20)
    tokens = stub.Tokenize(stubs.v1.TokenizeRequest(text=text)).tokens
    count = stub.Count(stubs.v1.CountRequest(tokenize=stubs.v1.TokenizeRequest(text=text))).count
    assert len(tokens) == count > 1 << 20


def test_llmd(channel: grpc.Channel, stubs: Stubs, server: Any) -> None:
    llmd = stubs.llmd
    stub = stubs.llmd_grpc.TokenizationServiceStub(channel)
    ready = stub.InitializeTokenizer(
        llmd.InitializeTokenizerRequest(model_name="tekken", add_generation_prompt=True)
    )
    assert ready.success
    assert not ready.error_message

    messages = [llmd.ChatMessage(role="user", content="Hello, world!")]
    rendered = stub.RenderChatCompletion(
        llmd.RenderChatCompletionRequest(
            model_name="tekken", messages=messages, add_generation_prompt=True
        )
    )
    assert rendered.success
    assert list(rendered.token_ids) == HELLO
    assert not rendered.HasField("features")
    body = {"model": "tekken", "messages": [{"role": "user", "content": "Hello, world!"}]}
    answer = _over_http(server, "/v1/chat/completions/render", body)
    assert list(rendered.token_ids) == answer["token_ids"]

    prompt = "Hello 你好 مرحبا 🌍 <|special|>"
    completion = stub.RenderCompletion(
        llmd.RenderCompletionRequest(model_name="tekken", prompt=prompt)
    )
    assert completion.success
    body = {"model": "tekken", "prompt": prompt}
    assert list(completion.token_ids) == _over_http(server, "/tokenize", body)["tokens"]

    tokenized = stub.Tokenize(
        llmd.TokenizeRequest(input=prompt, model_name="tekken", add_special_tokens=True)
    )
    assert tokenized.success
    assert list(tokenized.input_ids) == list(completion.token_ids)
    assert len(tokenized.offset_pairs) == 2 * len(tokenized.input_ids)
    assert tokenized.offset_pairs[-1] == len(prompt)


def test_llmd_errors(channel: grpc.Channel, stubs: Stubs) -> None:
    llmd = stubs.llmd
    stub = stubs.llmd_grpc.TokenizationServiceStub(channel)
    for name in ("", "no/model"):
        answer = stub.InitializeTokenizer(llmd.InitializeTokenizerRequest(model_name=name))
        assert not answer.success
    for call in (
        lambda: stub.Tokenize(llmd.TokenizeRequest(input="Hello", model_name="no/model")),
        lambda: stub.RenderChatTemplate(llmd.ChatTemplateRequest(model_name="tekken")),
        lambda: stub.RenderChatCompletion(llmd.RenderChatCompletionRequest(model_name="tekken")),
    ):
        assert refused(call).code() is grpc.StatusCode.INTERNAL


def test_health_and_reflection(channel: grpc.Channel, stubs: Stubs) -> None:
    health = health_pb2_grpc.HealthStub(channel)
    for service in ("", "mistralbridge.v1.TokenizerService", "tokenization.TokenizationService"):
        answer = health.Check(health_pb2.HealthCheckRequest(service=service))
        assert answer.status == health_pb2.HealthCheckResponse.SERVING
    known = ProtoReflectionDescriptorDatabase(channel).get_services()
    assert {"mistralbridge.v1.TokenizerService", "tokenization.TokenizationService"} <= set(known)


def _over_http(server: Any, path: str, body: dict[str, Any]) -> Any:
    request = urllib.request.Request(
        server.url + path, json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)
