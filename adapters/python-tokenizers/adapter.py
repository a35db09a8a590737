"""Hugging Face's tokenizers, with a tokenizer made of Mistral's own files."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import sentencepiece
import tokenizers
from lines import serve
from tokenizers import Regex, Tokenizer, decoders, normalizers, pre_tokenizers
from tokenizers.models import BPE


def merges(ranks: dict[str, float]) -> list[tuple[str, str]]:
    """Return every pair that makes a piece, the pieces in the order of their ranks."""
    found = []
    for piece, rank in ranks.items():
        pairs = [(piece[:i], piece[i:]) for i in range(1, len(piece))]
        known = [(a, b) for a, b in pairs if a in ranks and b in ranks]
        known.sort(key=lambda pair: (ranks[pair[0]], ranks[pair[1]]))
        found += [(rank, pair) for pair in known]
    found.sort(key=lambda item: item[0])
    return [pair for _, pair in found]


def from_model(path: str) -> Tokenizer:
    """Make a tokenizer of a SentencePiece model."""
    model = sentencepiece.SentencePieceProcessor(model_file=path)
    ids = range(model.vocab_size())
    vocab = {model.id_to_piece(i): i for i in ids}
    # Control symbols and bytes are reached by no merge. Ids are nearly in the order
    # of scores, but not quite.
    plain = {
        model.id_to_piece(i): -model.get_score(i)
        for i in ids
        if not model.is_control(i) and not model.is_byte(i) and not model.is_unknown(i)
    }
    bpe = BPE(vocab=vocab, merges=merges(plain), byte_fallback=True, fuse_unk=True)
    tok = Tokenizer(bpe)
    tok.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tok.decoder = decoders.Sequence(
        [
            decoders.Replace("▁", " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            decoders.Strip(" ", 1, 0),
        ]
    )
    return tok


def byte_letters() -> dict[int, str]:
    """Return the letter that a byte-level vocabulary has for each byte."""
    shown = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [b for b in range(256) if b not in shown]
    return {b: chr(b) for b in shown} | {b: chr(256 + i) for i, b in enumerate(hidden)}


def from_tekken(path: str) -> Tokenizer:
    """Make a tokenizer of a tekken.json."""
    file = json.loads(Path(path).read_text())
    specials = file["config"]["default_num_special_tokens"]
    letters = byte_letters()
    entries = file["vocab"][: file["config"]["default_vocab_size"] - specials]
    vocab = {
        "".join(letters[b] for b in base64.b64decode(e["token_bytes"])): specials + e["rank"]
        for e in entries
    }
    tok = Tokenizer(BPE(vocab=vocab, merges=merges(vocab), ignore_merges=True))
    split = pre_tokenizers.Split(Regex(file["config"]["pattern"]), "isolated")
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tok.pre_tokenizer = pre_tokenizers.Sequence([split, byte_level])
    tok.decoder = decoders.ByteLevel()
    return tok


class Adapter:
    """Text only."""

    def __init__(self, path: str) -> None:
        self.tok = from_tekken(path) if path.endswith(".json") else from_model(path)

    def encode(self, text: str) -> list[int]:
        return list(self.tok.encode(text, add_special_tokens=False).ids)

    def decode(self, ids: list[int]) -> str:
        return str(self.tok.decode(ids))


INFO: dict[str, Any] = {
    "name": "Python tokenizers",
    "version": tokenizers.__version__,
    "supports": ["encode", "decode"],
    "tokenizers": ["v1", "v2", "v3", "v7", "v7-mm", "v3-tekken", "v3-tekken-mm"],
    "load": "path",
}

serve(INFO, lambda args: Adapter(args["path"]))
