from __future__ import annotations

import base64
import errno
import io
import json
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pyshim.media import policy
from pyshim.tests.client import call, error
from pyshim.tests.conftest import Loader
from pyshim.tests.serving import serve
from pyshim.tests.synthetic import tone
from pyshim.wire import fault
from pyshim.wire.codec import Op, Want

FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "TIFF", "BMP", "JPEG2000", "PPM", "TGA", "DDS", "AVIF")


def noise(kind: str) -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.effect_noise((120, 90), 50).convert("RGB").save(out, kind)
    return out.getvalue()


def url(data: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(data).decode()}"


def chat(chunk: dict[str, Any]) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": [{"type": "text", "text": "?"}, chunk]}]}


def image(data: bytes) -> dict[str, Any]:
    return chat({"type": "image_url", "image_url": url(data)})


def audio(data: bytes | str) -> dict[str, Any]:
    text = data if isinstance(data, str) else base64.b64encode(data).decode()
    return chat({"type": "input_audio", "input_audio": {"data": text, "format": "wav"}})


def raised(run: Callable[[], Any]) -> BaseException:
    with pytest.raises(BaseException) as failure:
        run()
    return failure.value


def direct(handle: int, request: dict[str, Any]) -> BaseException:
    """Return what the reference itself raises."""
    from mistral_common.protocol.instruct.request import ChatCompletionRequest

    from pyshim.tokenizers.registry import REGISTRY

    tokenizer = REGISTRY.get(handle).chat
    return raised(
        lambda: tokenizer.encode_chat_completion(ChatCompletionRequest.model_validate(request))
    )


def same(err: dict[str, Any], want: BaseException) -> None:
    assert err["type"] == type(want).__qualname__
    assert err["module"] == type(want).__module__
    assert err["str"] == str(want)


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("keep", [0.1, 0.5, 0.9])
def test_a_truncated_image_is_the_callers(shipped: Loader, kind: str, keep: float) -> None:
    handle = shipped("v3-tekken-mm")
    whole = noise(kind)
    request = image(whole[: int(len(whole) * keep)])
    err = error(Op.ENCODE_CHAT, request, handle)
    same(err, direct(handle, request))
    assert err["fault"] == "caller", err["traceback"]
    assert err["place"].startswith("mistral_common/tokens/tokenizers/image.py:")


@pytest.mark.parametrize("op", [Op.ENCODE_CHAT, Op.INSTRUCT, Op.TEMPLATE])
def test_in_every_operation(shipped: Loader, op: Op) -> None:
    whole = noise("PNG")
    request: dict[str, Any] = image(whole[: len(whole) // 2])
    if op is Op.INSTRUCT:
        content = request["messages"][0]["content"]
        request = {"m": "encode_user_content", "k": {"content": content, "is_last": True}}
        request["k"]["system_prompt"] = None
    answer = call(op, request, shipped("v3-tekken-mm"))
    if op is not Op.TEMPLATE:
        assert answer.status == 1
    assert answer.status == 0 or answer.json["fault"] in ("caller", "usage")


def test_damaged_audio_is_the_callers(synthetic: Loader) -> None:
    handle = synthetic("v13")
    whole = base64.b64decode(tone())
    odd = bytearray(whole)
    odd[24:28] = struct.pack("<I", 0)  # a sampling rate of zero
    for data in (whole[:20], b"RIFF", b"\x00" * 100, bytes(odd), "!!!", "data:audio/wav;base64,é"):
        request = audio(data)
        err = error(Op.ENCODE_CHAT, request, handle)
        same(err, direct(handle, request))
        assert err["fault"] == "caller", err["traceback"]
    for arguments in (
        {"m": "decode", "audio": tone(), "rate": -1},
        {"m": "decode", "audio": tone(), "rate": "x"},
        {"m": "convert", "audio": base64.b64encode(_strange_rate()).decode(), "format": "mp3"},
    ):
        assert error(Op.AUDIO, arguments, handle)["fault"] == "caller"


def _strange_rate() -> bytes:
    data = bytearray(base64.b64decode(tone()))
    data[24:28] = struct.pack("<I", 12345)  # which MP3 does not know
    return bytes(data)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xef\xbb\xbf{}",
        b'{"messages":' + b"[" * 200_000,
        b'{"messages":' + b"9" * 5000 + b"}",
        b'{"messages":[]}',
        b'{"messages":[{"role":"user","content":"\\ud800"}]}',
    ],
)
def test_hostile_bodies_are_the_callers(shipped: Loader, body: bytes) -> None:
    assert error(Op.ENCODE_CHAT, body, shipped("v3"))["fault"] == "caller"


@pytest.mark.parametrize("tokens", [[10**10], [2**63], ["a"], None, [[1]]])
def test_hostile_ids_are_the_callers(shipped: Loader, tokens: Any) -> None:
    answer = call(Op.DECODE, {"tokens": tokens}, shipped("v3-tekken"), Want.JSON)
    assert answer.status == 1
    assert answer.json["fault"] == "caller"


# Below the machine is at fault, whatever the request: the reference is made to fail so.


def out_of_memory(*_: Any, **__: Any) -> Any:
    raise MemoryError


def out_of_files(*_: Any, **__: Any) -> Any:
    raise OSError(errno.EMFILE, "Too many open files")


def broken_library(*_: Any, **__: Any) -> Any:
    exec(compile("raise OSError('cannot load library')", "library.py", "exec"), {})


def missing_library(*_: Any, **__: Any) -> Any:
    raise ModuleNotFoundError("no cv2")


def other_file(*_: Any, **__: Any) -> Any:
    raise FileNotFoundError(errno.ENOENT, "gone", "/etc/schemas.json")


@pytest.mark.parametrize("failure", [out_of_memory, out_of_files, broken_library, missing_library])
def test_the_machine(
    shipped: Loader, monkeypatch: pytest.MonkeyPatch, failure: Callable[..., Any]
) -> None:
    from PIL import Image

    handle = shipped("v3-tekken-mm")
    request = image(noise("PNG"))
    monkeypatch.setattr(Image.Image, "resize", failure)
    monkeypatch.setattr(Image.Image, "convert", failure)
    monkeypatch.setattr(Image.Image, "load", failure)
    err = error(Op.ENCODE_CHAT, request, handle)
    assert err["fault"] == "machine", err["traceback"]


def test_memory_behind_another_exception(shipped: Loader, monkeypatch: pytest.MonkeyPatch) -> None:
    from PIL import Image

    monkeypatch.setattr(Image, "open", out_of_memory)
    err = error(Op.ENCODE_CHAT, image(noise("PNG")), shipped("v3-tekken-mm"))
    assert err["type"] == "ValueError"
    assert err["fault"] == "machine"


def test_a_file_that_no_request_named(shipped: Loader, monkeypatch: pytest.MonkeyPatch) -> None:
    from mistral_common.tokens.tokenizers.mistral import MistralTokenizer

    monkeypatch.setattr(MistralTokenizer, "encode_chat_completion", other_file)
    body = {"messages": [{"role": "user", "content": "x"}]}
    err = error(Op.ENCODE_CHAT, body, shipped("v3"), Want.PLAIN)
    assert err["fault"] == "machine"


@pytest.fixture
def _allowed() -> Iterator[None]:
    policy.configure(media="allow")
    yield
    policy.configure(media="deny")


@pytest.mark.usefixtures("_allowed")
def test_a_file_that_the_request_named(shipped: Loader) -> None:
    request = chat({"type": "image_url", "image_url": "file:///nowhere/a.png"})
    err = error(Op.ENCODE_CHAT, request, shipped("v3-tekken-mm"))
    assert err["type"] == "FileNotFoundError"
    assert err["fault"] == "caller"


def test_loads(tmp_path: Path) -> None:
    assert error(Op.LOAD, {"dir": "/nowhere"})["fault"] == "machine"
    assert error(Op.LOAD, {"dir": str(tmp_path)})["fault"] == "usage"
    assert error(Op.LOAD, {"name": "v99"})["fault"] == "usage"
    assert error(Op.LOAD, {"name": "v3", "mode": "lax"})["fault"] == "caller"
    assert error(0x6FFF, {})["fault"] == "machine"


# Behind an answer of status 500 stands what raised it, and nothing that a request said.

MARKER = "Zanzibar-5309"


def test_the_cause_of_a_bare_500(shipped: Loader) -> None:
    body = json.dumps({"messages": [{"role": "assistant", "content": MARKER}]}).encode()
    reply = serve(shipped("v3-tekken"), "/v1/tokenize/", body)
    assert reply.status == 500
    (logged,) = reply.bufs
    found = json.loads(logged)
    assert found["class"] == "mistral_common.exceptions.InvalidMessageStructureException"
    file, function, line = found["place"].split(":")
    assert file == "mistral_common/protocol/instruct/validator.py"
    assert function.startswith("_validate")
    assert int(line) > 0
    assert MARKER not in logged.decode()


def test_no_cause_of_what_the_caller_did(shipped: Loader) -> None:
    mine, theirs = "/v1/tokenize/", "/tokenize"
    for path, body in ((mine, b"{}"), (mine, b"{"), (theirs, b"{}"), (mine, b'{"messages":[]}')):
        reply = serve(shipped("v3-tekken"), path, body)
        assert 400 <= reply.status < 500
        assert reply.bufs == ()


def test_places_have_no_directories() -> None:
    def lost() -> None:
        json.loads("{")

    place = fault.place(raised(lost))
    assert place.split(":")[0] == "json/decoder.py"
