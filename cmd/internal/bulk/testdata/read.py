"""Read a run's output as Megatron's loader does, and hold it against the reference alone.

Usage: read.py OUT MODEL FIELD BOS EOS INPUT..., with lines of rejects, FILE OFFSET LENGTH, on
stdin. It shares no code with what wrote the files: the index is mapped, and its parts are taken by
count and type.
"""

import gzip
import itertools
import json
import struct
import sys
from pathlib import Path

import numpy as np
from mistral_common.tokens.tokenizers.mistral import MistralTokenizer

TYPES = {
    1: np.uint8,
    2: np.int8,
    3: np.int16,
    4: np.int32,
    5: np.int64,
    6: np.float64,
    7: np.float32,
    8: np.uint16,
}


def documents(prefix: Path) -> list[list[int]]:
    """Give the ids of each document of a pair of files."""
    with open(prefix.with_suffix(".idx"), "rb") as f:
        assert f.read(9) == b"MMIDIDX\x00\x00"
        (version,) = struct.unpack("<Q", f.read(8))
        assert version == 1
        (code,) = struct.unpack("<B", f.read(1))
        (sequences,) = struct.unpack("<Q", f.read(8))
        (entries,) = struct.unpack("<Q", f.read(8))
        offset = f.tell()
    index = memoryview(np.memmap(prefix.with_suffix(".idx"), mode="r", order="C"))
    lengths = np.frombuffer(index, dtype=np.int32, count=sequences, offset=offset)
    offset += lengths.nbytes
    pointers = np.frombuffer(index, dtype=np.int64, count=sequences, offset=offset)
    offset += pointers.nbytes
    starts = np.frombuffer(index, dtype=np.int64, count=entries, offset=offset)
    assert lengths.shape[0] == len(lengths) == starts[-1]
    assert offset + starts.nbytes == len(index)
    ids = memoryview(np.memmap(prefix.with_suffix(".bin"), mode="r", order="C"))
    found = []
    for first, last in itertools.pairwise(starts):
        document: list[int] = []
        for i in range(first, last):
            document += np.frombuffer(
                ids, dtype=TYPES[code], count=lengths[i], offset=pointers[i]
            ).tolist()
        found.append(document)
    return found


def main() -> None:
    """Compare, and say how much."""
    out, model, field, bos, eos, *inputs = sys.argv[1:]
    tokenizer = MistralTokenizer.v3(is_tekken=model == "v3-tekken").instruct_tokenizer.tokenizer
    want, rejects = [], []
    for name in sorted(inputs):
        with gzip.open(name) if name.endswith(".gz") else open(name, "rb") as f:
            offset = 0
            for line in f:
                at, offset = offset, offset + len(line)
                if not line.strip():
                    continue
                try:
                    text = json.loads(line.decode("utf-8"))[field]
                    assert isinstance(text, str)
                    text.encode("utf-8")  # lone surrogates
                    want.append(tokenizer.encode(text, bos == "true", eos == "true"))
                except (ValueError, TypeError, LookupError, AssertionError):
                    rejects.append(f"{name} {at} {len(line)}")
    found = [d for p in sorted(Path(out, "shards").glob("*.idx")) for d in documents(p)]
    assert len(found) == len(want), (len(found), len(want))
    for n, (a, b) in enumerate(zip(found, want, strict=True)):
        assert a == b, f"document {n}"
    reported = sys.stdin.read().splitlines()
    assert reported == rejects, (reported, rejects)
    sys.stdout.write(f"{len(found)} {sum(map(len, found))} {len(rejects)}\n")


if __name__ == "__main__":
    main()
