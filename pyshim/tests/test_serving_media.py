"""Images and audio in what the server answers, without vLLM."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest

from pyshim.server.vllm_twin import blake3, images
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


def test_a_refusal_keeps_no_image(shipped: Loader, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a collection: a few small requests may be gigabytes of pixels."""
    handle, opened, kept = shipped("v3-tekken-mm"), images._opened, []

    def open_and_watch(*args: Any) -> Any:
        found = opened(*args)
        kept.append(weakref.ref(found.pixels))
        return found

    sent = image(PIXEL)
    parts = sent["messages"][0]["content"]
    parts.append({"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}})
    monkeypatch.setattr(images, "_opened", open_and_watch)
    gc.disable()
    try:
        assert serve(handle, "/v1/chat/completions/render", sent).status == 400
        assert [found() for found in kept] == [None]
    finally:
        gc.enable()


def test_audio_is_for_vllm_to_render(synthetic: Loader) -> None:
    part = {"type": "input_audio", "input_audio": {"data": tone(), "format": "wav"}}
    sent = {"messages": [{"role": "user", "content": [part]}]}
    assert serve(synthetic("v13"), "/tokenize", sent).status == 200
    found = serve(synthetic("v13"), "/v1/chat/completions/render", sent)
    assert (found.status, found.json["error"]["type"]) == (501, "NotImplementedError")
    assert "--env vllm" in found.json["error"]["message"]


# The input of BLAKE3's published test vectors.
COUNTED = bytes(index % 251 for index in range(102400))


@pytest.mark.parametrize(
    ("data", "digest"),
    [
        (b"", "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"),
        (b"abc", "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85"),
        (COUNTED[:1024], "42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7"),
        (COUNTED[:1025], "d00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444"),
        (COUNTED[:2049], "5f4d72f40d7a5f82b15ca2b2e44b1de3c2ef86c426c95c1af0b6879522563030"),
        (COUNTED[:5120], "9cadc15fed8b5d854562b26a9536d9707cadeda9b143978f319ab34230535833"),
        (COUNTED, "bc3e3d41a1146b069abffad3c0d44860cf664390afce4d9661f7902e7943e085"),
    ],
)
def test_blake3(data: bytes, digest: str) -> None:
    assert blake3.hexdigest(data) == digest
