"""pieces: the bytes of many ids at once, and hub: the options of a download."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pyshim.errors import BadArguments, DownloadFailed
from pyshim.tests.client import error, ok
from pyshim.tests.conftest import Loader
from pyshim.tokenizers import hub
from pyshim.wire.codec import Op


@pytest.mark.parametrize("name", ["v3", "v3-tekken"])
def test_pieces_are_those_of_the_reference(shipped: Loader, name: str) -> None:
    from pyshim.tokenizers.registry import REGISTRY

    handle = shipped(name)
    raw = REGISTRY.get(handle).raw
    found = ok(Op.PIECES, None, handle, arg=1)
    assert found.ints is not None
    assert len(found.ints) == raw.n_words
    at, data = 0, found.bufs[0]
    for id_, length in enumerate(found.ints):
        piece = data[at : at + length]
        at += length
        if id_ % 97 == 0:
            assert piece.decode(errors="replace") == raw.id_to_piece(id_)
    assert at == len(data)


def test_an_id_out_of_range_is_the_reference_error(shipped: Loader) -> None:
    body = (1 << 20).to_bytes(4, "little")
    assert error(Op.PIECES, body, shipped("v3"))["type"] == "IndexError"


@pytest.mark.parametrize("options", [1, {"token": 1}, {"other": "x"}, {"force_download": "yes"}])
def test_hub_options_are_checked(options: Any) -> None:
    with pytest.raises(BadArguments):
        hub.fetch("somebody/model", options)


def test_local_files_only_asks_nobody(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    options = {"local_files_only": True, "cache_dir": str(tmp_path)}
    with pytest.raises(DownloadFailed, match="somebody/model"):
        hub.fetch("somebody/model", options)
    err = error(Op.LOAD, {"model": "somebody/model", "hub": options})
    assert err["type"] == "DownloadFailed"
    assert err["cause"]["type"] == "FileNotFoundError"


def test_the_cache_is_enough(tmp_path: Any) -> None:
    snapshot = tmp_path / "models--somebody--model" / "snapshots" / ("0" * 40)
    snapshot.mkdir(parents=True)
    (snapshot / "tekken.json").write_text(json.dumps({}))
    refs = tmp_path / "models--somebody--model" / "refs"
    refs.mkdir()
    (refs / "main").write_text("0" * 40)
    found = hub.fetch("somebody/model", {"cache_dir": str(tmp_path)})
    assert found == str(snapshot / "tekken.json")
