"""The description of a loaded tokenizer that crosses with its handle."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from pyshim.tokenizers import releases


def describe(tokenizer: Any) -> dict[str, Any]:
    """Describe a MistralTokenizer."""
    inner = tokenizer.instruct_tokenizer
    normalizer = tokenizer._instruct_request_normalizer
    return {
        "cls": type(inner).__name__,
        **describe_raw(inner.tokenizer),
        "image": _encoder(inner.image_encoder, "image_config"),
        "audio": _encoder(inner.audio_encoder, "audio_config"),
        "mode": releases.mode(tokenizer),
        "val": type(tokenizer._chat_completion_request_validator).__name__,
        "norm": type(normalizer).__name__,
        "cls_req": str(normalizer._instruct_request_class),
    }


def describe_raw(raw: Any) -> dict[str, Any]:
    """Describe a Tekkenizer or SentencePieceTokenizer."""
    return {
        "raw": type(raw).__name__,
        "version": str(raw.version.value),
        "n_words": raw.n_words,
        "nsp": releases.num_special_tokens(raw),
    }


def _encoder(encoder: Any, config: str) -> dict[str, Any] | None:
    if encoder is None:
        return None
    return {
        "cls": type(encoder).__name__,
        "cfg": _plain(getattr(encoder, config)),
        "ids": _plain(encoder.special_ids),
    }


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(dataclasses.asdict(value), default=str))
