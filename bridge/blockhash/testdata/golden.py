"""Write golden.json: block hashes by the real vllm.v1.core.kv_cache_utils.

Run it with a Python that has vLLM (mtok setup --with vllm), in this directory. No GPU is used.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import vllm
from vllm.utils.hashing import get_hash_fn_by_name
from vllm.v1.core import kv_cache_utils

ALGORITHMS = ("sha256", "sha256_cbor")
IMAGE = [{"id": "a" * 64, "offset": 5, "length": 30}]
TWO_IMAGES = [
    {"id": "a" * 64, "offset": 2, "length": 3},
    {"id": "b" * 64, "offset": 7, "length": 9},
]


def hashes(algorithm: str, size: int, ids: list[int], extra: dict[str, Any]) -> list[str]:
    """Return the block hashes of a request that has no more than what they are made of."""
    lora = extra.get("lora")
    features = [
        SimpleNamespace(
            identifier=m["id"],
            mm_position=SimpleNamespace(offset=m["offset"], length=m["length"]),
        )
        for m in extra.get("media", [])
    ]
    request = SimpleNamespace(
        block_hashes=[],
        num_tokens=len(ids),
        all_token_ids=ids,
        mm_features=features,
        lora_request=SimpleNamespace(lora_name=lora[0], lora_path=lora[1]) if lora else None,
        cache_salt=extra.get("salt"),
        prompt_embeds=None,
    )
    function = get_hash_fn_by_name(algorithm)
    kv_cache_utils.init_none_hash(function)
    hasher = kv_cache_utils.get_request_block_hasher(size, function)
    return [block.hex() for block in hasher(request)]


def main() -> None:
    """Write golden.json."""
    edges = [0, 1, 23, 24, 255, 256, 65535, 65536, 131071, 2**31 - 1]
    cases = []
    for seed in (None, "0", "mine", "é" * 130):
        os.environ.pop("PYTHONHASHSEED", None)
        if seed is not None:
            os.environ["PYTHONHASHSEED"] = seed
        for algorithm in ALGORITHMS:
            for size, ids, given in (
                (16, list(range(50)), {}),
                (16, list(range(15)), {}),
                (1, [0, 7, 7, 131071], {}),
                (2, edges, {}),
                (3, edges, {}),
                (4, edges, {}),
                (10, edges, {}),
                (128, [i * 997 % 131072 for i in range(300)], {}),
                (16384, [i * 997 % 131072 for i in range(32768)], {}),
                (32768, [i * 997 % 131072 for i in range(32768)], {}),
                (4, edges, {"salt": "tenant"}),
                (4, edges, {"salt": "ü" * 200}),
                (4, edges, {"lora": ["name", "/path"]}),
                (4, edges, {"lora": ["same", "same"], "salt": "same"}),
                (4, edges, {"lora": ["s", "s"], "salt": "é"}),
                (4, edges, {"lora": ["", ""], "salt": "é"}),
                (16, list(range(50)), {"media": IMAGE}),
                (4, list(range(50)), {"media": IMAGE, "salt": "s", "lora": ["n", "p"]}),
                (16, list(range(50)), {"media": TWO_IMAGES}),
            ):
                # Texts of a request are objects of their own, as in a server.
                extra = json.loads(json.dumps(given))
                cases.append(
                    {
                        "algorithm": algorithm,
                        "seed": seed,
                        "size": size,
                        "ids": ids if len(ids) < 30000 else [],
                        "extra": extra,
                        "hashes": hashes(algorithm, size, ids, extra),
                    }
                )
    Path("golden.json").write_text(
        json.dumps({"vllm": vllm.__version__, "cases": cases}, separators=(",", ":")) + "\n"
    )


main()
