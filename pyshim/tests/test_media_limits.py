"""What is too large is refused by its header, before anything is decoded."""

from __future__ import annotations

import base64
import io
import struct
from typing import Any

import pytest

from pyshim.errors import MediaTooLarge
from pyshim.media import policy
from pyshim.tests.client import error, ok
from pyshim.tests.conftest import Loader
from pyshim.tests.media_parts import audio, chat, image, png, real_png, url
from pyshim.tests.synthetic import tone
from pyshim.wire.codec import Op

pytestmark = pytest.mark.usefixtures("default_media_policy")


@pytest.mark.parametrize(
    "chunk",
    [
        {"type": "image_url", "image_url": url(png(13000, 13000))},
        {"type": "image_url", "image_url": {"url": url(png(64_000_001, 1))}},
        {"type": "image", "image": base64.b64encode(png(13000, 13000)).decode()},
        {"type": "image", "image": url(png(8001, 8000))},
        # Pillow refuses these by itself, and the reference then says that they are no image.
        {"type": "image_url", "image_url": url(png(14000, 13000))},
        {"type": "image_url", "image_url": url(png(100_000, 100_000))},
        {"type": "image", "image": url(png(2**31 - 1, 2**31 - 1))},
    ],
)
def test_image_bomb_is_refused_by_its_header(chunk: dict[str, Any], shipped: Loader) -> None:
    err = error(Op.ENCODE_CHAT, chat(chunk), shipped("v3-tekken-mm"))
    assert err["type"] == "MediaTooLarge"
    assert "max_image_pixels" in err["message"]


def test_image_limit_is_inclusive_and_can_be_set(shipped: Loader) -> None:
    handle = shipped("v3-tekken-mm")
    expected = ok(Op.ENCODE_CHAT, image(real_png()), handle).ints
    ok(Op.MEDIA_POLICY, {"max_image_pixels": 200})
    assert ok(Op.ENCODE_CHAT, image(real_png()), handle).ints == expected
    ok(Op.MEDIA_POLICY, {"max_image_pixels": 199})
    assert error(Op.ENCODE_CHAT, image(real_png()), handle)["type"] == "MediaTooLarge"


def test_audio_longer_than_the_limit_is_refused_before_decoding(synthetic: Loader) -> None:
    handle = synthetic("v7")
    ok(Op.MEDIA_POLICY, {"max_audio_samples": 3199})  # tone() has 3200
    for body in (
        audio(tone()),
        audio(f"data:audio/wav;base64,{tone()}"),
        chat({"type": "input_audio", "input_audio": tone()}),
        chat({"type": "input_audio", "input_audio": {"data": tone(), "format": "wav"}}),
    ):
        assert error(Op.ENCODE_CHAT, body, handle)["type"] == "MediaTooLarge"
    for value in (tone(), {"__bytes__": tone()}):
        err = error(Op.ENCODE_TRANSCRIPTION, {"audio": value}, handle)
        assert err["type"] == "MediaTooLarge"
        err = error(Op.ENCODE_SPEECH_REQUEST, {"input": "a", "ref_audio": value}, handle)
        assert err["type"] == "MediaTooLarge"
    ok(Op.MEDIA_POLICY, {"max_audio_samples": 3200})
    ok(Op.ENCODE_CHAT, audio(tone()), handle)


def test_a_low_rate_does_not_hide_how_long_an_audio_is(synthetic: Loader) -> None:
    handle = synthetic("v7")
    slow = bytearray(base64.b64decode(tone()))  # 3200 samples
    slow[24:28] = struct.pack("<I", 1)  # of one a second
    value = base64.b64encode(slow).decode()
    ok(Op.MEDIA_POLICY, {"max_audio_samples": 3200 * 8000 - 1})
    for body in (audio(value), chat({"type": "input_audio", "input_audio": value})):
        err = error(Op.ENCODE_CHAT, body, handle)
        assert err["type"] == "MediaTooLarge"
        assert "25600000 samples" in err["message"]
    assert error(Op.ENCODE_TRANSCRIPTION, {"audio": value}, handle)["type"] == "MediaTooLarge"
    asked = {"m": "decode", "audio": value, "rate": 16000}
    assert error(Op.AUDIO, asked, handle)["type"] == "MediaTooLarge"
    ok(Op.MEDIA_POLICY, {"max_audio_samples": 3200 * 8000})
    policy.check({"audio": value})


def test_an_hour_of_silence_is_seen_without_decoding_it() -> None:
    import numpy as np
    import soundfile  # type: ignore[import-untyped]

    out = io.BytesIO()
    soundfile.write(out, np.zeros(3600 * 8000, dtype=np.int16), 8000, format="FLAC")
    ok(Op.MEDIA_POLICY, {"max_audio_samples": 3600 * 8000 - 1})
    with pytest.raises(MediaTooLarge, match=str(3600 * 8000)):
        policy.check({"audio": base64.b64encode(out.getvalue()).decode()})
