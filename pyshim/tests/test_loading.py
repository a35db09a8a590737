from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from pyshim.tests.client import call, error, hello, load, ok, unload
from pyshim.tests.conftest import SHIPPED, Loader
from pyshim.tokenizers import load as loading
from pyshim.tokenizers.registry import REGISTRY
from pyshim.wire.codec import Op

SPM = "mistral_instruct_tokenizer_240323.model.v3"
TEKKEN = "tekken_240718.json"


@pytest.mark.parametrize("name", SHIPPED)
def test_names_are_the_reference_constructors(name: str, shipped: Loader) -> None:
    from mistral_common.tokens.tokenizers.mistral import MistralTokenizer

    method, keywords = loading.SHIPPED[name]
    direct: Any = getattr(MistralTokenizer, method)(**keywords)
    loaded = REGISTRY.get(shipped(name)).chat
    raw, expected = loaded.instruct_tokenizer.tokenizer, direct.instruct_tokenizer.tokenizer
    assert str(raw.file_path) == str(expected.file_path)
    assert loaded.mode == direct.mode
    assert type(loaded.instruct_tokenizer) is type(direct.instruct_tokenizer)


def test_description(shipped: Loader) -> None:
    desc = REGISTRY.get(shipped("v3-tekken-mm")).desc
    assert desc == {
        "cls": "InstructTokenizerV3",
        "raw": "Tekkenizer",
        "version": "v3",
        "n_words": 131072,
        "nsp": 1000,
        "image": {
            "cls": "ImageEncoder",
            "cfg": {"image_patch_size": 16, "max_image_size": 1024, "spatial_merge_size": 1},
            "ids": {"img": 10, "img_break": 12, "img_end": 13},
        },
        "audio": None,
        "mode": "test",
        "val": "MistralRequestValidatorV3",
        "norm": "InstructRequestNormalizer",
        "cls_req": desc["cls_req"],
        "shortcuts": ["text", "pack", "memo", "layouts", "schemas"],
    }
    assert desc["cls_req"].startswith("<class 'mistral_common.protocol.instruct.request.")


def test_description_with_audio(synthetic: Loader) -> None:
    desc = REGISTRY.get(synthetic("v13")).desc
    assert desc["version"] == "v13"
    assert desc["audio"]["cfg"]["sampling_rate"] == 16000
    assert desc["audio"]["ids"]["begin_audio"] > 0


def test_unknown_names_list_the_known() -> None:
    for name in ("v7-tekken", "v4", "V3", "../v3"):
        err = error(Op.LOAD, {"name": name})
        assert (err["module"], err["type"]) == ("pyshim.errors", "UnknownTokenizer")
        assert all(known in err["message"] for known in SHIPPED)


def test_every_model_of_the_reference_table_loads_without_warning() -> None:
    from mistral_common.tokens.tokenizers.mistral import MODEL_NAME_TO_TOKENIZER_CLS

    assert len(MODEL_NAME_TO_TOKENIZER_CLS) >= 16
    paths = {
        model: str(make().instruct_tokenizer.tokenizer.file_path)
        for model, make in MODEL_NAME_TO_TOKENIZER_CLS.items()
        if "tekken" not in str(loading.resolve({"model": model}))
    }
    for model in MODEL_NAME_TO_TOKENIZER_CLS:
        resolved = loading.resolve({"model": model})
        assert loading.resolve({"model": f"mistralai/{model}"}) == resolved
        assert Path(resolved).is_file()
        assert paths.get(model, resolved) == resolved
    answer = ok(Op.LOAD, {"model": "codestral-2405"})
    assert answer.warnings == []
    unload(answer.json["h"])


def test_the_model_that_the_table_lacks(shipped: Loader) -> None:
    for name in ("mistralai/Mistral-7B-Instruct-v0.3", "Mistral-7B-Instruct-v0.3"):
        answer = ok(Op.LOAD, {"model": name})
        handle = answer.json["h"]
        assert REGISTRY.get(handle) is REGISTRY.get(shipped("v3"))
        [(_, kind, text)] = answer.warnings
        assert kind == "UserWarning"
        assert text.startswith(f"{name} is taken for the shipped v3, which is not that model's own")
        assert "10 to 13 and 751 to 770" in text
        unload(handle)
    answer = ok(Op.LOAD, {"name": "v3"})
    assert answer.warnings == []
    unload(answer.json["h"])
    err = error(Op.LOAD, {"model": "mistralai/Mistral-9000"})
    assert err["type"] == "UnknownTokenizer"
    assert "pixtral-12b-2409" in err["message"]


@pytest.mark.parametrize("mode", ["serving", "finetuning", "test", "agnostic"])
def test_modes(mode: str, data: Path) -> None:
    for args in ({"name": "v3"}, {"file": str(data / SPM)}, {"model": "codestral-2405"}):
        answer = ok(Op.LOAD, {**args, "mode": mode}).json
        assert answer["desc"]["mode"] == mode
        unload(answer["h"])


def test_bad_mode_and_bad_arguments() -> None:
    assert error(Op.LOAD, {"name": "v3", "mode": "nonsense"})["type"] == "ValueError"
    two = {"name": "v3", "file": "x"}
    unreadable: list[Any] = [{}, [], None, two, {"name": 3}, {"name": ""}, {"path": 3}]
    for body in unreadable:
        assert error(Op.LOAD, body)["type"] == "BadArguments"
        assert error(Op.LOAD_RAW, body)["type"] == "BadArguments"


def test_missing_files_are_for_the_reference_to_refuse(tmp_path: Path) -> None:
    err = error(Op.LOAD, {"file": str(tmp_path / "tekken.json")})
    assert err["type"] == "TokenizerException"
    assert err["message"] == f"Unrecognized tokenizer file: {tmp_path}/tekken.json"
    assert error(Op.LOAD_RAW, {"path": str(tmp_path / "tekken.json")})["type"] == "AssertionError"
    assert error(Op.LOAD, {"file": "nul\0byte/tekken.json"})["module"] != "pyshim.errors"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("tekken.json", b""),
        ("tekken.json", b"{}"),
        ("tekken.json", b'{"config": {"version": "v99"}}'),
        ("tekken.json", b"\xff\xfe"),
        ("tokenizer.model.v3", b"nonsense"),
        ("tokenizer.model.v3", b""),
        ("tokenizer.model.v99", b"nonsense"),
    ],
)
def test_corrupt_files_are_errors(name: str, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    before = REGISTRY.sizes()
    for args in ({"file": str(path)}, {"dir": str(tmp_path)}):
        assert error(Op.LOAD, args)["message"]
    assert REGISTRY.sizes() == before


def test_a_tokenizer_file_that_makes_rust_panic(tmp_path: Path, data: Path) -> None:
    content = json.loads((data / TEKKEN).read_text())
    content["vocab"][300] = content["vocab"][301] | {"rank": 300}
    path = tmp_path / "tekken.json"
    path.write_text(json.dumps(content))
    answer = call(Op.LOAD, {"file": str(path)})
    assert answer.status == 1
    assert answer.json["type"] in ("PanicException", "AssertionError", "ValueError")


def test_one_load_reads_the_file_once(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mistral_common.tokens.tokenizers.tekken import Tekkenizer

    reads: list[Any] = []
    real = Tekkenizer.from_file.__func__  # type: ignore[attr-defined]

    def counted(cls: Any, path: Any) -> Any:
        reads.append(path)
        return real(cls, path)

    monkeypatch.setattr(Tekkenizer, "from_file", classmethod(counted))
    path = tmp_path / "tekken.json"
    shutil.copy(data / TEKKEN, path)
    with ThreadPoolExecutor(16) as pool:
        handles = list(pool.map(lambda _: load(file=str(path)), range(16)))
    assert len(reads) == 1
    assert len(set(handles)) == 16
    assert len({id(REGISTRY.get(handle)) for handle in handles}) == 1
    for handle in handles:
        unload(handle)
    assert error(Op.ENCODE_CHAT, hello(), handles[0])["type"] == "UnknownHandle"
    assert error(Op.UNLOAD, handle=handles[0])["type"] == "UnknownHandle"


def test_a_replaced_file_is_another_file(data: Path, tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.model.v3"
    shutil.copy(data / SPM, path)
    first = load(file=str(path))
    shutil.copy(data / "mistral_instruct_tokenizer_241114.model.v7", tmp_path / "new")
    (tmp_path / "new").rename(path)
    second = load(file=str(path))
    assert REGISTRY.get(first) is not REGISTRY.get(second)
    assert REGISTRY.get(first).desc["nsp"] != REGISTRY.get(second).desc["nsp"]
    unload(first)
    unload(second)


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (["tekken.json", "tokenizer.model.v3"], "tekken.json"),
        (["tokenizer.model.v3", "tokenizer.model"], "tokenizer.model.v3"),
        (["tokenizer.mm.model.v7m1", "config.json"], "tokenizer.mm.model.v7m1"),
        (["mistral_instruct_tokenizer_240323.model.v3", "x.txt"], SPM),
        (["tokenizer.model", "other.model"], "tokenizer.model"),
        ([".tokenizer.model.v3", "sp.model"], "sp.model"),
    ],
)
def test_directories(names: list[str], chosen: str, tmp_path: Path) -> None:
    (tmp_path / "tekken.json.d").mkdir()
    for name in names:
        (tmp_path / name).touch()
    assert loading.resolve({"dir": str(tmp_path)}) == str(tmp_path / chosen)


def test_directories_without_a_choice(tmp_path: Path) -> None:
    err = error(Op.LOAD, {"dir": str(tmp_path)})
    assert err["type"] == "FileNotFoundError"
    assert "tekken.json, tokenizer.model.v*" in err["message"]
    for name in ("tokenizer.model.v2", "tokenizer.model.v3"):
        (tmp_path / name).touch()
    err = error(Op.LOAD, {"dir": str(tmp_path)})
    assert err["type"] == "AmbiguousDirectory"
    assert "tokenizer.model.v2, tokenizer.model.v3" in err["message"]
    assert error(Op.LOAD, {"dir": str(tmp_path / "none")})["type"] == "FileNotFoundError"


def test_a_model_directory_is_the_file_in_it(data: Path, tmp_path: Path, shipped: Loader) -> None:
    shutil.copy(data / SPM, tmp_path / "tokenizer.model.v3")
    handle = load(dir=str(tmp_path))
    expected = ok(Op.ENCODE_CHAT, hello(), shipped("v3")).ints
    assert ok(Op.ENCODE_CHAT, hello(), handle).ints == expected
    unload(handle)
