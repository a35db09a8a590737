"""Parquet as pyarrow writes it: mtok bulk reads the same texts from it as from JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from conftest import TEXTS, Bulk

WAYS: dict[str, dict[str, Any]] = {
    "as it comes": {},
    "no dictionary": {"use_dictionary": False, "compression": "none"},
    "large pages": {"use_dictionary": False, "data_page_size": 1 << 30, "compression": "zstd"},
    "small groups": {"row_group_size": 7, "compression": "gzip", "data_page_size": 64},
    "pages of version 2": {"data_page_version": "2.0", "compression": "brotli"},
    "lz4": {"compression": "lz4", "write_page_index": True, "write_page_checksum": True},
    "deltas": {
        "use_dictionary": False,
        "column_encoding": {"text": "DELTA_BYTE_ARRAY", "number": "PLAIN"},
    },
    "delta lengths": {
        "use_dictionary": False,
        "column_encoding": {"text": "DELTA_LENGTH_BYTE_ARRAY", "number": "PLAIN"},
    },
}


@pytest.fixture(scope="module")
def digest(bulk: Bulk, corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    totals = bulk(corpus, "--out", tmp_path_factory.mktemp("jsonl") / "out")
    assert totals["counts"]["documents"] == len(TEXTS)
    return str(totals["digest"])


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.binary()], ids=str)
@pytest.mark.parametrize("way", WAYS)
def test_ways(bulk: Bulk, tmp_path: Path, digest: str, way: str, kind: pa.DataType) -> None:
    texts = pa.array([t.encode() for t in TEXTS], pa.binary()).cast(kind)
    table = pa.table({"number": range(len(TEXTS)), "text": texts})
    pq.write_table(table, tmp_path / "a.parquet", **WAYS[way])
    totals = bulk(tmp_path / "a.parquet", "--out", tmp_path / "out")
    assert totals["digest"] == digest


def test_within_a_struct(bulk: Bulk, tmp_path: Path, digest: str) -> None:
    table = pa.table({"meta": pa.array([{"text": t, "n": 1} for t in TEXTS])})
    pq.write_table(table, tmp_path / "a.parquet")
    totals = bulk(tmp_path / "a.parquet", "--field", "meta.text", "--out", tmp_path / "out")
    assert totals["digest"] == digest
