"""The MDS that mtok bulk writes, read by its layout: mosaicml-streaming itself brings PyTorch."""

from __future__ import annotations

import itertools
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np

from conftest import TEXTS, Bulk, Merge
from test_datatrove import documents

CONFIG: dict[str, Any] = {
    "column_encodings": ["ndarray:int32"],
    "column_names": ["tokens"],
    "column_sizes": [None],
    "compression": None,
    "format": "mds",
    "hashes": [],
    "size_limit": 1 << 26,
    "version": 2,
}


def samples(folder: Path) -> list[list[int]]:
    """Read a data set as MDSReader does."""
    text = (folder / "index.json").read_text()
    index = json.loads(text)
    assert json.dumps(index, sort_keys=True) == text
    assert index["version"] == 2
    found = []
    for shard in index["shards"]:
        assert {k: shard[k] for k in CONFIG} == CONFIG
        assert shard["zip_data"] is None
        data = (folder / shard["raw_data"]["basename"]).read_bytes()
        assert len(data) == shard["raw_data"]["bytes"] <= CONFIG["size_limit"]
        (count,) = struct.unpack_from("<I", data)
        assert count == shard["samples"]
        offsets = struct.unpack_from(f"<{count + 1}I", data, 4)
        assert json.loads(data[4 + 4 * (count + 1) : offsets[0]]) == CONFIG
        assert offsets[-1] == len(data)
        for begin, end in itertools.pairwise(offsets):
            (size,) = struct.unpack_from("<I", data, begin)
            assert size == end - begin - 4
            kind = data[begin + 4]
            assert kind >> 2 == 1  # dimensions
            width = 1 << (kind & 3)
            length = int.from_bytes(data[begin + 5 : begin + 5 + width], "little")
            ids = np.frombuffer(data[begin + 5 + width : end], np.int32)
            assert len(ids) == length
            found.append(ids.tolist())
    return found


def test_samples(bulk: Bulk, merge: Merge, corpus: Path, tmp_path: Path) -> None:
    flags = ["--bos=false", "--eos=false", "--shard-bytes", "200KiB"]
    totals = bulk(corpus, "--out", tmp_path / "out", "--format", "mds", *flags)
    bulk(corpus, "--out", tmp_path / "ds", "--format", "datatrove", *flags)
    shards = sorted((tmp_path / "ds" / "shards").glob("*.ds"))
    want = [ids for shard in shards for ids in documents(shard, 4) if ids]
    assert totals["counts"]["rejected"] == TEXTS.count("") == 1
    assert len(want) == len(TEXTS) - 1
    parts = sorted(p for p in (tmp_path / "out" / "shards").iterdir() if p.is_dir())
    assert len(parts) > 1
    assert [ids for part in parts for ids in samples(part)] == want
    assert samples(tmp_path / "out" / "shards") == want
    merge(tmp_path / "out", "--to", tmp_path / "one")
    assert samples(tmp_path / "one") == want
