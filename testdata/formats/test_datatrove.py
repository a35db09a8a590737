"""The files of mtok bulk in datatrove's format: those that datatrove itself makes of the ids."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from datatrove.io import get_datafolder
from datatrove.pipeline.tokens.merger import get_data_reader, load_doc_ends
from datatrove.pipeline.tokens.tokenizer import TokenizedFile

from conftest import TEXTS, Bulk, Merge

ENDS = ["", ".index", ".metadata"]


def documents(file: Path, size: int) -> list[list[int]]:
    """Read a file as datatrove's merger does."""
    folder = get_datafolder(str(file.parent))
    ends = load_doc_ends(folder.open(f"{file.name}.index", "rb"))
    pieces = get_data_reader(folder.open(file.name, "rb"), ends, nb_bytes=size)
    return [np.frombuffer(p, {2: np.uint16, 4: np.uint32}[size]).tolist() for p in pieces]


@pytest.mark.parametrize(("tokenizer", "size"), [("v3-tekken", 4), ("v3", 2)])
def test_the_same_bytes(
    bulk: Bulk, corpus: Path, tmp_path: Path, tokenizer: str, size: int
) -> None:
    flags = ["-t", tokenizer, "--format", "datatrove", "--bos=false", "--eos=false"]
    totals = bulk(corpus, "--out", tmp_path / "out", *flags, "--shard-bytes", "1MiB")
    found = []
    for file in sorted((tmp_path / "out" / "shards").glob("*.ds")):
        ids = documents(file, size)
        found += ids
        theirs = TokenizedFile(
            str(tmp_path / "theirs"),
            file.name,
            tokenizer_name_or_path=tokenizer,
            save_final_metadata=True,
            token_size=size,
        )
        for document in ids:
            theirs.write(document, None)
        theirs.close()
        for end in ENDS:
            name = f"{file.name}{end}"
            assert (file.parent / name).read_bytes() == (tmp_path / "theirs" / name).read_bytes()
    assert len(found) == len(TEXTS)
    assert [] in found
    assert sum(map(len, found)) == totals["counts"]["tokens"]


def test_merged(bulk: Bulk, merge: Merge, corpus: Path, tmp_path: Path) -> None:
    bulk(corpus, "--out", tmp_path / "out", "--format", "datatrove", "--shard-bytes", "200KiB")
    merge(tmp_path / "out", "--to", tmp_path / "one")
    shards = sorted((tmp_path / "out" / "shards").glob("*.ds"))
    assert len(shards) > 1
    whole = [ids for shard in shards for ids in documents(shard, 4)]
    assert documents(tmp_path / "one.ds", 4) == whole


def test_loss(bulk: Bulk, chats: Path, tmp_path: Path) -> None:
    flags = ["--type", "chat", "--shard-bytes", "50KiB"]
    totals = bulk(chats, "--out", tmp_path / "out", *flags, "--format", "datatrove")
    bulk(chats, "--out", tmp_path / "megatron", *flags)
    trained = 0
    shards = sorted((tmp_path / "out" / "shards").glob("*.ds"))
    assert len(shards) > 1
    for file in shards:
        name = file.with_suffix("").name
        loss = np.fromfile(tmp_path / "megatron" / "shards" / f"{name}.loss", np.uint8)
        ids = np.fromfile(tmp_path / "megatron" / "shards" / f"{name}.bin", np.int32)
        assert len(loss) == len(ids)
        theirs = TokenizedFile(
            str(tmp_path / "theirs"),
            file.name,
            tokenizer_name_or_path="v3-tekken",
            save_final_metadata=True,
            save_loss_metadata=True,
            token_size=4,
        )
        at = 0
        for document in documents(file, 4):
            assert ids[at : at + len(document)].tolist() == document
            theirs.write(document, loss[at : at + len(document)])
            at += len(document)
        theirs.close()
        for end in [*ENDS, ".loss"]:
            part = f"{file.name}{end}"
            assert (file.parent / part).read_bytes() == (tmp_path / "theirs" / part).read_bytes()
        trained += int(loss.sum())
    assert trained == totals["counts"]["loss_tokens"] > 0
