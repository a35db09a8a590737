"""vLLM's routes as vLLM's own code answers them in this process: pytest -m vllm."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pyshim.server import vllm_app
from pyshim.server.vllm_twin import blake3, snapshot, tensors
from pyshim.tests.client import ok, unload
from pyshim.tests.serving import PARITY, different, promised, serve
from pyshim.tests.synthetic import tone, write
from pyshim.wire.codec import Op, Want

Json = dict[str, Any]

pytestmark = pytest.mark.vllm

PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAE"
    "hQGAhKmMIQAAAABJRU5ErkJggg=="
)


@pytest.fixture(scope="module")
def handles() -> Iterator[Callable[[str], int]]:
    from pyshim.tests import conftest

    opened: dict[str, int] = {}

    def get(name: str) -> int:
        if name not in opened:
            opened[name] = int(ok(Op.LOAD_VLLM, {"name": name}).json["h"])
            conftest._session_handles[f"serving-{name}"] = opened[name]
        return opened[name]

    yield get
    for name, handle in opened.items():
        unload(handle)
        del conftest._session_handles[f"serving-{name}"]


@pytest.mark.parametrize("name", ["v3-tekken", "v3"])
@pytest.mark.parametrize("flags", [Want(0), Want.PLAIN])
def test_what_the_server_answers(handles: Callable[[str], int], name: str, flags: Want) -> None:
    assert different(handles(name), name, vllm_app.available(), flags=flags) == []


def test_the_routes_are_vllms_own(handles: Callable[[str], int]) -> None:
    handles("v3")
    version = tuple(map(int, importlib.metadata.version("vllm").split(".")[:2]))
    assert vllm_app.available() == (version >= (0, 32))


@pytest.mark.parametrize("flags", [Want(0), Want.PLAIN])
def test_images(handles: Callable[[str], int], flags: Want) -> None:
    if vllm_app.available():
        assert different(handles("v3-tekken-mm"), "v3-tekken-mm", words=True, flags=flags) == []


SIZES = (0, 1, 63, 64, 65, 1023, 1024, 1025, 2048, 2049, 3072, 3073, 5000, 7168, 8193, 100_000)


def test_hashes() -> None:
    blake = importlib.import_module("blake3").blake3
    data = bytes(index * 7 % 251 for index in range(max(SIZES)))
    for size in SIZES:
        assert blake3.hexdigest(data[:size]) == blake(data[:size]).hexdigest(), size


@pytest.mark.parametrize("shape", [(1,), (2,), (8,), (3, 4), (3, 1, 128), (3, 16, 300), (1, 70000)])
def test_tensors(shape: tuple[int, ...]) -> None:
    """Numbers between two of bfloat16, every second in the middle."""
    if not vllm_app.available():
        return
    import numpy as np

    torch = importlib.import_module("torch")
    serde = importlib.import_module("vllm.entrypoints.scale_out.token_in_token_out.mm_serde")
    inputs = importlib.import_module("vllm.multimodal.inputs")
    count = int(np.prod(shape))
    bits = np.arange(count, dtype=np.uint32) % 0xFF00 * np.uint32(0x8000)
    bits[::3] |= 0x8000_0001
    array = bits.view(np.float32).reshape(shape)
    field = inputs.MultiModalBatchedField()
    tensor = torch.from_numpy(array).to(torch.bfloat16)
    element = inputs.MultiModalFieldElem(data=tensor, field=field)
    item = inputs.MultiModalKwargsItem({"images": element})
    assert tensors.item("images", array) == serde.encode_mm_kwargs_item(item)


def test_images_go_to_mistral_common(handles: Callable[[str], int]) -> None:
    part = {"type": "image_url", "image_url": {"url": PIXEL}}
    chat = {"messages": [{"role": "user", "content": [part]}]}
    assert serve(handles("v3-tekken-mm"), "/tokenize", chat).ids == [1, 3, 10, 13, 4]
    assert serve(handles("v3-tekken"), "/tokenize", chat).status == 400


PICTURE = {"type": "base64", "media_type": "image/png", "data": PIXEL.partition(",")[2]}


def anthropic(source: Json) -> Json:
    content = [{"type": "image", "source": source}]
    return {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": content}]}


def test_images_of_other_apis(handles: Callable[[str], int]) -> None:
    if not vllm_app.available():
        return
    found = serve(handles("v3-tekken-mm"), "/v1/messages/render", anthropic(PICTURE))
    assert found.ids == [1, 3, 10, 13, 4]
    assert found.json["features"]["mm_placeholders"] == {"image": [{"offset": 2, "length": 2}]}
    url = {"type": "url", "url": "http://127.0.0.1:9/x.png"}
    refused = serve(handles("v3-tekken-mm"), "/v1/messages/render", anthropic(url))
    assert refused.status == 400
    assert "nothing-is-fetched.invalid" in refused.json["error"]["message"]
    part = {"type": "input_image", "detail": "auto", "image_url": "file:///etc/passwd"}
    body = {"input": [{"role": "user", "content": [part]}]}
    refused = serve(handles("v3-tekken-mm"), "/v1/responses/render", body)
    assert refused.status >= 400
    assert b"root:" not in refused.body


def test_what_no_model_of_vllm_takes(tmp_path: Path, data: Path) -> None:
    """A tokenizer for images and audio: it is answered as without vLLM."""
    if not vllm_app.available():
        return
    handle = int(ok(Op.LOAD_VLLM, {"file": str(write(tmp_path, data, "v13"))}).json["h"])
    part = {"type": "image_url", "image_url": {"url": PIXEL}}
    chat = {"messages": [{"role": "user", "content": [part]}]}
    found = serve(handle, "/v1/chat/completions/render", chat)
    assert len(found.json["features"]["mm_hashes"]["image"]) == 1
    part = {"type": "input_audio", "input_audio": {"data": tone(), "format": "wav"}}
    chat = {"messages": [{"role": "user", "content": [part]}]}
    assert serve(handle, "/tokenize", chat).status == 200
    assert serve(handle, "/v1/chat/completions/render", chat).status == 501
    unload(handle)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/x.png", "file:///etc/passwd"])
@pytest.mark.parametrize("path", ["/tokenize", "/v1/chat/completions/render"])
def test_nothing_is_fetched_or_opened(handles: Callable[[str], int], path: str, url: str) -> None:
    for part in (
        {"type": "image_url", "image_url": {"url": url}},
        {"type": "input_image", "image_url": url},
        {"image_url": url},
        {"image_url": {"url": url}, "uuid": "a"},
    ):
        chat = {"messages": [{"role": "user", "content": [part]}]}
        found = serve(handles("v3-tekken-mm"), path, chat)
        assert found.status == 400
        assert b"nothing that a request names is fetched or opened" in found.body


def test_schemas(handles: Callable[[str], int]) -> None:
    found = ok(Op.SERVE_SCHEMAS, handle=handles("v3")).json
    assert len(found["routes"]) == 12
    assert (
        found["routes"]["/detokenize"]["request"]["$ref"].removeprefix("#/$defs/") in found["$defs"]
    )


def test_what_was_taken_down_is_what_vllm_declares() -> None:
    """Each line that is printed is a field, a default or a function that is another."""
    if not vllm_app.available():
        return  # test_the_routes_are_vllms_own says for which release that may be
    command = [sys.executable, str(PARITY / "server_snapshot.py"), "--check"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    assert (done.stdout, done.returncode) == ("", 0)


HI = {"messages": [{"role": "user", "content": "Hello"}]}
BODIES: dict[str, tuple[str, Json]] = {
    "openai.chat_completion.protocol.ChatCompletionRequest": ("/v1/chat/completions/render", HI),
    "openai.completion.protocol.CompletionRequest": ("/v1/completions/render", {"prompt": "a"}),
    "serve.tokenize.protocol.TokenizeChatRequest": ("/tokenize", HI),
    "serve.tokenize.protocol.TokenizeCompletionRequest": ("/tokenize", {"prompt": "a"}),
    "serve.tokenize.protocol.DetokenizeRequest": ("/detokenize", {"tokens": [1]}),
}
ODD: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 2**63, -(2**63), 2**64, 1.0, 1.5, -0.5, float("inf")),
    *("", "1", "a", "true", "x" * 1100, [], [1], ["a"], [[1]], [None]),
    *({}, {"a": 1}, {"a": "b"}, {"1": 1.5}, {"a": {"b": 1}}),
)


@pytest.mark.parametrize("model", BODIES)
def test_ours_is_vllms_for_odd_values(handles: Callable[[str], int], model: str) -> None:
    """Every field, with values of every type: both answer in this process."""
    theirs, ours = handles("v3-tekken"), int(ok(Op.LOAD, {"name": "v3-tekken"}).json["h"])
    if not vllm_app.available():
        return  # test_the_routes_are_vllms_own says for which release that may be
    path, body = BODIES[model]
    schema = snapshot.models()["named"][f"vllm.entrypoints.{model}"]
    while "fields" not in schema:
        schema = schema["schema"]
    asked, found = 0, []
    for name in schema["fields"]:
        for value in ODD:
            sent = {**body, name: value}
            want, got = (serve(handle, path, sent, flags=Want.PLAIN) for handle in (theirs, ours))
            asked += 1
            if (want.status, promised(want.status, want.body)) != (
                got.status,
                promised(got.status, got.body),
            ):
                found.append((sent, want, got))
    unload(ours)
    assert found == []
    assert asked == len(ODD) * len(schema["fields"])
