"""What a request may name: data, and nothing that would be fetched or opened."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from pyshim.errors import MediaDenied
from pyshim.media import policy
from pyshim.media.parts import parts
from pyshim.tests.client import call, error, ok
from pyshim.tests.conftest import Loader
from pyshim.tests.media_parts import audio, image, real_png
from pyshim.tests.synthetic import tone
from pyshim.wire.codec import Op

pytestmark = pytest.mark.usefixtures("default_media_policy")


@pytest.fixture
def never(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record what the reference would fetch or open."""
    import requests
    from mistral_common.tokens.tokenizers.audio import Audio

    reached: list[str] = []

    def reach(value: str, *more: Any, **named: Any) -> Any:
        reached.append(value)
        raise OSError("reached")

    monkeypatch.setattr(requests, "get", reach)
    monkeypatch.setattr(Audio, "from_file", reach)
    return reached


IMAGES = ["http://h/x.png", "https://h/x.png", "file:///etc/passwd", "httpfoo"]
AUDIOS = [
    "http://h/x.wav",
    "HTTPS://h/x.wav",
    "file:///etc/passwd",
    "FILE:/etc/passwd",
    "/etc/passwd",
    "etc/passwd",
    "x.wav",
    ".",
    "no-such-file",
    "",
    "\x00http://h/x.wav",
    " http://h/x.wav",
]


@pytest.mark.parametrize("value", IMAGES)
def test_image_by_name_is_denied(value: str, shipped: Loader, never: list[str]) -> None:
    for given in (value, {"url": value}, {"url": value, "detail": "low"}):
        err = error(Op.ENCODE_CHAT, image(given), shipped("v3-tekken-mm"))
        assert (err["module"], err["type"]) == ("pyshim.errors", "MediaDenied")
        assert "option media" in err["message"]
    assert never == []


@pytest.mark.parametrize("value", AUDIOS)
def test_audio_by_name_is_denied(value: str, synthetic: Loader, never: list[str]) -> None:
    for given in (value, {"url": value}):
        err = error(Op.ENCODE_CHAT, audio(given), synthetic("v7"))
        assert err["type"] == "MediaDenied", err
    assert never == []


def test_whether_a_file_exists_cannot_be_found_out(
    synthetic: Loader, tmp_path: Path, never: list[str]
) -> None:
    (tmp_path / "here").write_bytes(base64.b64decode(tone()))
    here = error(Op.ENCODE_CHAT, audio(str(tmp_path / "here")), synthetic("v7"))
    gone = error(Op.ENCODE_CHAT, audio(str(tmp_path / "gone")), synthetic("v7"))
    assert here["message"] == gone["message"]


def test_escapes_in_the_json_do_not_hide_a_url(shipped: Loader, never: list[str]) -> None:
    raw = json.dumps(image("http://h/x.png"))
    for plain in ("image_url", "http", "content"):
        hidden = "".join(f"\\u{ord(letter):04x}" for letter in plain)
        body = raw.replace(plain, hidden).encode()
        assert body != raw.encode()
        answer = call(Op.ENCODE_CHAT, body, shipped("v3-tekken-mm")).json
        assert answer["type"] == "MediaDenied"


@pytest.mark.parametrize("role", ["user", "system", "assistant", "tool"])
def test_every_role_is_looked_at(role: str, shipped: Loader) -> None:
    body = {"messages": [{"role": role, "content": [{"type": "image_url", "image_url": "http:"}]}]}
    assert error(Op.ENCODE_CHAT, body, shipped("v7-mm"))["type"] == "MediaDenied"
    assert error(Op.ENCODE_INSTRUCT, body, shipped("v7-mm"))["type"] == "MediaDenied"


def test_other_ways_to_encode_a_chat_are_looked_at_too(shipped: Loader) -> None:
    body = image("http://h/x.png")
    err = error(Op.REFERENCE_CHAT, body, shipped("v3-tekken-mm"), arg=1)
    assert err["type"] == "MediaDenied"
    for conversation in (body["messages"], [body["messages"]], [[], *body["messages"]]):
        with pytest.raises(MediaDenied):
            policy.check_conversation(conversation)
    harmless: list[Any] = [[], [[]], {}, None, "http://h", [["a"]]]
    for nothing in harmless:
        policy.check_conversation(nothing)


def test_inline_media_pass_with_the_same_tokens(shipped: Loader, synthetic: Loader) -> None:
    mm, v7 = shipped("v3-tekken-mm"), synthetic("v7")
    bare, named = tone(), f"data:audio/wav;base64,{tone()}"
    denied = [ok(Op.ENCODE_CHAT, image(real_png()), mm).ints]
    denied += [ok(Op.ENCODE_CHAT, audio(value), v7).ints for value in (bare, named)]
    ok(Op.MEDIA_POLICY, {"media": "allow"})
    allowed = [ok(Op.ENCODE_CHAT, image(real_png()), mm).ints]
    allowed += [ok(Op.ENCODE_CHAT, audio(value), v7).ints for value in (bare, named)]
    assert denied == allowed


def test_allowed_it_reaches_the_reference(
    shipped: Loader, synthetic: Loader, tmp_path: Path, never: list[str]
) -> None:
    ok(Op.MEDIA_POLICY, {"media": "allow"})
    error(Op.ENCODE_CHAT, image("http://h/x.png"), shipped("v3-tekken-mm"))
    sound = tmp_path / "x.wav"
    sound.write_bytes(b"x")
    error(Op.ENCODE_CHAT, audio(str(sound)), synthetic("v7"))
    assert never == ["http://h/x.png", str(sound)]


def test_names_elsewhere_are_no_media(shipped: Loader) -> None:
    call_ = {"id": "aaaaaaaaa", "function": {"name": "f", "arguments": {"image_url": "http://h"}}}
    body = {
        "messages": [
            {"role": "user", "content": "see http://h/x.png"},
            {"role": "assistant", "tool_calls": [call_]},
            {"role": "tool", "content": '{"audio_url": "/etc"}', "tool_call_id": "aaaaaaaaa"},
        ],
        "tools": [
            {
                "type": "function",
                "function": {
                    "name": "f",
                    "parameters": {"properties": {"image_url": {"const": "file:///x"}}},
                },
            }
        ],
    }
    ok(Op.ENCODE_CHAT, body, shipped("v3"))


def test_a_scheme_the_reference_refuses_is_left_to_it(shipped: Loader) -> None:
    err = error(Op.ENCODE_CHAT, image("ftp://h/x.png"), shipped("v3-tekken-mm"))
    assert (err["type"], err["message"]) == (
        "ValueError",
        "Unsupported image url scheme ftp://h/x.png",
    )


@pytest.mark.parametrize(
    "settings",
    [
        {"media": "maybe"},
        {"nonsense": 1},
        {"max_image_pixels": 0},
        {"max_audio_samples": "9"},
        {"max_image_pixels": True},
    ],
)
def test_wrong_settings_change_nothing(settings: dict[str, Any]) -> None:
    before = ok(Op.MEDIA_POLICY, {}).json
    assert error(Op.MEDIA_POLICY, settings)["type"] == "BadArguments"
    assert ok(Op.MEDIA_POLICY).json == before
    assert before["media"] == "deny"


def test_parts_say_where_media_are() -> None:
    body = image({"url": "http://h"})
    body["messages"].append(
        {
            "role": "user",
            "content": [
                {"type": "audio_url", "audio_url": "a/b"},
                {"type": "image_url", "image_url": "data:x"},
                {"type": "input_audio", "input_audio": {"data": "QQ=="}},
                {"type": "image_url", "image_url": "file:///f"},
            ],
        }
    )
    assert [(list(part.path), part.form, part.value) for part in parts(body)] == [
        (["messages", 0, "content", 1, "image_url", "url"], "remote", "http://h"),
        (["messages", 1, "content", 0, "audio_url"], "bare", "a/b"),
        (["messages", 1, "content", 1, "image_url"], "inline", "data:x"),
        (["messages", 1, "content", 2, "input_audio", "data"], "inline", "QQ=="),
        (["messages", 1, "content", 3, "image_url"], "file", "file:///f"),
    ]
