"""vocabulary: made once for a tokenizer, and gone with it."""

from __future__ import annotations

import gc
import shutil
from pathlib import Path

import pytest

from pyshim.ops import token_bytes
from pyshim.tests import client
from pyshim.tests.client import ok
from pyshim.tests.conftest import Loader
from pyshim.tokenizers.registry import REGISTRY
from pyshim.wire.codec import Op


def test_the_vocabulary_is_made_once(shipped: Loader, monkeypatch: pytest.MonkeyPatch) -> None:
    handle = shipped("v3")
    first = ok(Op.VOCABULARY, None, handle)

    def again(raw: object) -> None:
        pytest.fail("it was made again")

    monkeypatch.setattr(token_bytes, "_vocabulary", again)
    second = ok(Op.VOCABULARY, None, handle)
    assert (first.ints, first.bufs, first.body) == (second.ints, second.bufs, second.body)


def test_it_goes_with_the_tokenizer(data: Path, tmp_path: Path) -> None:
    before = len(token_bytes._made)
    # A file of its own: handles on the same file share what was loaded.
    own = shutil.copy(data / "tokenizer.model.v1", tmp_path)
    handle = client.load(file=str(own))
    ok(Op.VOCABULARY, None, handle)
    assert REGISTRY.get(handle) in token_bytes._made
    assert len(token_bytes._made) == before + 1
    ok(Op.UNLOAD, None, handle)
    gc.collect()
    assert len(token_bytes._made) == before
