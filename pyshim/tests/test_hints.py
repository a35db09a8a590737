from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pyshim.tests.client import error, ok, unload
from pyshim.tests.conftest import Loader
from pyshim.tests.synthetic import tone
from pyshim.tests.test_fault import audio, image, noise
from pyshim.wire.codec import Op


@pytest.mark.parametrize("name", ["v1", "v2", "v3", "v3-tekken", "v7"])
def test_a_tokenizer_of_text_names_those_of_images(shipped: Loader, name: str) -> None:
    err = error(Op.ENCODE_CHAT, image(noise("PNG")), shipped(name))
    assert "v3-tekken-mm and v7-mm do" in err["hint"]
    assert "v7-mm" not in err["message"]  # the reference's own


@pytest.mark.parametrize("name", ["v1", "v3", "v3-tekken-mm", "v7", "v7-mm"])
def test_audio(shipped: Loader, name: str) -> None:
    handle = shipped(name)
    assert "no audio" in error(Op.ENCODE_CHAT, audio(tone()), handle)["hint"]
    assert "no audio" in error(Op.ENCODE_TRANSCRIPTION, {"audio": tone()}, handle)["hint"]
    speech = {"input": "x", "voice": "y"}
    assert "no audio" in error(Op.ENCODE_SPEECH_REQUEST, speech, handle)["hint"]


def test_no_hint_where_there_is_none(shipped: Loader) -> None:
    assert "hint" not in error(Op.ENCODE_CHAT, {"messages": []}, shipped("v3"))
    # What a request says is not taken for the reference's words.
    text = "Make sure to define a image encoder"
    bad = {"type": "function", "function": {"name": "a b", "parameters": {}}}
    named = {"messages": [{"role": "user", "content": text}], "tools": [bad]}
    assert "hint" not in error(Op.ENCODE_CHAT, named, shipped("v3"))


def test_a_byte_order_mark(shipped: Loader, tmp_path: Path, data: Path) -> None:
    body = b'\xef\xbb\xbf{"messages":[]}'
    for op in (Op.ENCODE_CHAT, Op.ENCODE_FIM, Op.ENCODE_INSTRUCT):
        assert "byte order mark" in error(op, body, shipped("v3"))["hint"]
    file = tmp_path / "tekken.json"
    file.write_bytes(b"\xef\xbb\xbf" + (data / "tekken_240911.json").read_bytes()[:50])
    assert "byte order mark" in error(Op.LOAD, {"file": str(file)})["hint"]


SPM = {"v1": "tokenizer.model.v1", "v3": "mistral_instruct_tokenizer_240323.model.v3"}


@pytest.mark.parametrize(
    ("source", "name", "warned"),
    [
        ("v3", "tokenizer.model", "is read as v1 because of its name, but it has 32,768 words"),
        ("v3", "a.model.v1", "is read as v1 because of its name, but it has 32,768 words"),
        ("v1", "tokenizer.model.v3", "is read as v3 because of its name, but it has 32,000 words"),
        ("v1", "tokenizer.model", ""),
        ("v1", "tokenizer.model.v1", ""),
        ("v3", "tokenizer.model.v3", ""),
        ("v3", "tokenizer.model.v2", ""),
    ],
)
def test_a_name_that_says_another_version(
    tmp_path: Path, data: Path, source: str, name: str, warned: str
) -> None:
    file = tmp_path / name
    shutil.copy(data / SPM[source], file)
    for op, arguments in ((Op.LOAD, {"file": str(file)}), (Op.LOAD_RAW, {"path": str(file)})):
        for _ in range(2):  # each load says it, also of what is loaded already
            answer = ok(op, arguments)
            texts = [text for _, _, text in answer.warnings]
            assert [warned in text for text in texts] == ([True] if warned else [])
            unload(answer.json["h"])


def test_what_was_meant() -> None:
    for name, want in (("V3", "v3"), ("v3tekken", "v3-tekken"), ("V7-MM", "v7-mm")):
        assert f"did you mean {want}?" in error(Op.LOAD, {"name": name})["message"]
    err = error(Op.LOAD, {"model": "mistralai/mistral-7b-instruct-v0.3"})["message"]
    assert "did you mean mistralai/Mistral-7B-Instruct-v0.3?" in err
    assert "did you mean" not in error(Op.LOAD, {"name": "gpt2"})["message"]
