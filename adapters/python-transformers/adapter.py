"""The tokenizers that transformers makes of Mistral's own files."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import transformers
from lines import serve
from transformers import LlamaTokenizer
from transformers.integrations.mistral import convert_tekken_tokenizer


class Adapter:
    """Text only: special tokens are neither added nor read."""

    def __init__(self, path: str) -> None:
        if path.endswith(".json"):
            self.tok = convert_tekken_tokenizer(path)
            return
        with tempfile.TemporaryDirectory() as model:
            shutil.copy(path, Path(model, "tokenizer.model"))
            self.tok = LlamaTokenizer.from_pretrained(model)

    def encode(self, text: str) -> list[int]:
        # Without split_special_tokens, "[INST]" in a text becomes the token.
        return list(self.tok.encode(text, add_special_tokens=False, split_special_tokens=True))

    def decode(self, ids: list[int]) -> str:
        text = self.tok.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        return str(text)


INFO: dict[str, Any] = {
    "name": "Python transformers",
    "version": transformers.__version__,
    "supports": ["encode", "decode"],
    "tokenizers": ["v1", "v2", "v3", "v7", "v7-mm", "v3-tekken", "v3-tekken-mm"],
    "load": "path",
}

serve(INFO, lambda args: Adapter(args["path"]))
