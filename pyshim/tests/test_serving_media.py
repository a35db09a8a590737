"""Images and audio in what the server answers, without vLLM."""

from __future__ import annotations

import pytest

from pyshim.server.vllm_twin import blake3
from pyshim.tests.conftest import Loader
from pyshim.tests.serving import different, serve
from pyshim.tests.synthetic import tone
from pyshim.tests.test_serving import PIXEL, image


def test_images(shipped: Loader) -> None:
    seeing, blind = shipped("v3-tekken-mm"), shipped("v3-tekken")
    assert serve(seeing, "/tokenize", image(PIXEL)).ids == [1, 3, 10, 13, 4]
    assert serve(seeing, "/v1/tokenize/", image(PIXEL)).ids == [1, 3, 10, 13, 4]
    refused = serve(blind, "/tokenize", image(PIXEL))
    assert (refused.status, refused.json["error"]["message"]) == (
        400,
        "m is not a multimodal model",
    )
    rendered = serve(seeing, "/v1/chat/completions/render", image(PIXEL))
    assert rendered.ids == [1, 3, 10, 13, 4]
    assert rendered.json["features"]["mm_placeholders"] == {"image": [{"offset": 2, "length": 2}]}


def test_images_that_the_reference_renders(shipped: Loader) -> None:
    assert different(shipped("v3-tekken-mm"), "v3-tekken-mm") == []


def test_hashes_begin_with_the_name_of_the_model(shipped: Loader) -> None:
    found = [
        serve(shipped("v3-tekken-mm"), "/v1/chat/completions/render", image(PIXEL), models=names)
        for names in (("a",), ("b",), ("a", "b"))
    ]
    hashes = [answer.json["features"]["mm_hashes"]["image"][0] for answer in found]
    assert hashes[0] == hashes[2] != hashes[1]


def test_audio_is_for_vllm_to_render(synthetic: Loader) -> None:
    part = {"type": "input_audio", "input_audio": {"data": tone(), "format": "wav"}}
    sent = {"messages": [{"role": "user", "content": [part]}]}
    assert serve(synthetic("v13"), "/tokenize", sent).status == 200
    found = serve(synthetic("v13"), "/v1/chat/completions/render", sent)
    assert (found.status, found.json["error"]["type"]) == (501, "NotImplementedError")
    assert "--env vllm" in found.json["error"]["message"]


@pytest.mark.parametrize(
    ("data", "digest"),
    [
        (b"", "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"),
        (b"abc", "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85"),
    ],
)
def test_blake3(data: bytes, digest: str) -> None:
    assert blake3.hexdigest(data) == digest
