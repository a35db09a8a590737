"""The Parquet that mtok bulk writes, as pyarrow reads it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from conftest import TEXTS, Bulk, Merge
from test_datatrove import documents

SCHEMA = pa.schema(
    [
        pa.field("document_id", pa.string(), nullable=False),
        pa.field("input_ids", pa.list_(pa.field("element", pa.int32(), False)), nullable=False),
        pa.field("length", pa.int32(), nullable=False),
    ]
)


def test_rows(bulk: Bulk, merge: Merge, corpus: Path, tmp_path: Path) -> None:
    flags = ["--bos=false", "--eos=false", "--shard-bytes", "200KiB"]
    bulk(corpus, "--out", tmp_path / "out", "--format", "parquet", *flags)
    bulk(corpus, "--out", tmp_path / "ds", "--format", "datatrove", *flags)
    shards = sorted((tmp_path / "out" / "shards").glob("*.parquet"))
    assert len(shards) > 1
    table = pa.concat_tables([pq.read_table(shard) for shard in shards])
    assert table.schema.equals(SCHEMA)
    table.validate(full=True)
    want = [
        ids
        for shard in sorted((tmp_path / "ds" / "shards").glob("*.ds"))
        for ids in documents(shard, 4)
    ]
    assert table["input_ids"].to_pylist() == want
    assert len(want) == len(TEXTS)
    assert [] in want
    assert table["length"].equals(pc.list_value_length(table["input_ids"]))

    text, places, at = corpus.read_bytes(), [], 0
    for line in text.splitlines(keepends=True):
        places.append(f"{corpus}:{at}")
        at += len(line)
    assert table["document_id"].to_pylist() == places

    merge(tmp_path / "out", "--to", tmp_path / "one")
    assert pq.read_table(tmp_path / "one.parquet").equals(table.combine_chunks())


def test_labels(bulk: Bulk, merge: Merge, chats: Path, tmp_path: Path) -> None:
    flags = ["--type", "chat", "--shard-bytes", "50KiB"]
    totals = bulk(chats, "--out", tmp_path / "out", *flags, "--format", "parquet")
    bulk(chats, "--out", tmp_path / "megatron", *flags)
    shards = sorted((tmp_path / "out" / "shards").glob("*.parquet"))
    assert len(shards) > 1
    table = pa.concat_tables([pq.read_table(shard) for shard in shards])
    labels = SCHEMA.field("input_ids").with_name("labels")
    assert table.schema.equals(SCHEMA.append(labels))
    table.validate(full=True)
    assert pc.list_value_length(table["labels"]).equals(table["length"])
    prefixes = sorted((tmp_path / "megatron" / "shards").glob("*.bin"))
    ids = np.concatenate([np.fromfile(p, np.int32) for p in prefixes])
    loss = np.concatenate([np.fromfile(p.with_suffix(".loss"), np.uint8) for p in prefixes])
    assert pc.list_flatten(table["input_ids"]).to_pylist() == ids.tolist()
    assert pc.list_flatten(table["labels"]).to_pylist() == np.where(loss, ids, -100).tolist()
    assert loss.sum() == totals["counts"]["loss_tokens"] > 0
    merge(tmp_path / "out", "--to", tmp_path / "one")
    assert pq.read_table(tmp_path / "one.parquet").equals(table.combine_chunks())
