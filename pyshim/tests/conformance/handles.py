"""From the tokenizer objects of a test to the handles of the other program."""

from __future__ import annotations

import base64
import dataclasses
import json
import tempfile
from pathlib import Path
from typing import Any

from pyshim.tests.conformance.remote import Json, Remote
from pyshim.tokenizers.describe import _encoder as describe_encoder
from pyshim.tokenizers.describe import describe_raw


class Local(Exception):
    """This call cannot be said in the protocol: the local package answers it."""


class Handles:
    """Loads each tokenizer once; Local when what was loaded is described differently."""

    def __init__(self, remote: Remote) -> None:
        self.remote = remote
        self.directory = tempfile.TemporaryDirectory(prefix="conformance-")
        # The object is kept, so that its id is not given to another one.
        self.known: dict[tuple[Any, ...], tuple[str | None, Any]] = {}

    def chat(self, tokenizer: Any) -> str:
        """Return the handle of a MistralTokenizer."""
        inner = tokenizer.instruct_tokenizer
        normalizer = tokenizer._instruct_request_normalizer
        expected = {
            **describe_instruct(inner),
            "mode": tokenizer.mode.value,
            "val": type(tokenizer._chat_completion_request_validator).__name__,
            "norm": type(normalizer).__name__,
            "cls_req": str(normalizer._instruct_request_class),
        }
        return self._get(inner.tokenizer, inner, expected, tokenizer.mode.value)

    def instruct(self, inner: Any) -> str:
        """Return a handle whose instruct tokenizer is this one."""
        return self._get(inner.tokenizer, inner, describe_instruct(inner), "test")

    def raw(self, raw: Any) -> str:
        """Return the handle of a bare Tekkenizer or SentencePieceTokenizer."""
        return self._get(raw, None, describe_raw(raw), None)

    def _get(self, raw: Any, inner: Any, expected: Json, mode: str | None) -> str:
        settings = getattr(raw, "_model_settings_builder", None)
        dump = settings.model_dump_json() if settings is not None else ""
        key = (id(raw), json.dumps(expected, sort_keys=True), mode, dump)
        if key not in self.known:
            self.known[key] = (self._load(raw, inner, expected, mode), raw)
        handle = self.known[key][0]
        if handle is None:
            raise Local("descriptor")
        return handle

    def _load(self, raw: Any, inner: Any, expected: Json, mode: str | None) -> str | None:
        for path in self._files(raw, inner):
            op = "load_raw" if mode is None else "load"
            args = {"path": str(path)} if mode is None else {"path": str(path), "mode": mode}
            found = self.remote.ask(op, args)
            if "err" in found:
                continue
            desc = found["ok"].get("desc") or {}
            if all(desc.get(name) == value for name, value in expected.items()):
                return str(found["ok"]["h"])
        return None

    def _files(self, raw: Any, inner: Any) -> Any:
        path = getattr(raw, "_file_path", None)
        if path is not None and Path(path).exists():
            yield path
        if type(raw).__name__ == "Tekkenizer":
            target = Path(self.directory.name) / f"{len(self.known)}" / "tekken.json"
            target.parent.mkdir()
            target.write_text(json.dumps(tekken_file(raw, inner)))
            yield target


def describe_instruct(inner: Any) -> Json:
    """Describe an instruct tokenizer as desc does."""
    return {
        "cls": type(inner).__name__,
        **describe_raw(inner.tokenizer),
        "image": describe_encoder(inner.image_encoder, "image_config"),
        "audio": describe_encoder(inner.audio_encoder, "audio_config"),
    }


def tekken_file(raw: Any, inner: Any) -> Json:
    """Return the content of the tekken.json that a Tekkenizer in memory could have come from."""
    ranks = sorted(raw._tekken_token2id_nospecial.items(), key=lambda item: item[1])
    content: Json = {
        "type": "Tekken",
        "version": 1,
        "config": {
            "pattern": raw._model._pat_str,
            "num_vocab_tokens": len(ranks),
            "default_vocab_size": raw.n_words,
            "default_num_special_tokens": raw.num_special_tokens,
            "version": raw.version.value,
        },
        "vocab": [
            {"rank": rank, "token_bytes": base64.b64encode(token).decode(), "token_str": None}
            for token, rank in ranks
        ],
        "special_tokens": raw._all_special_tokens,
    }
    image = inner.image_encoder.image_config if inner and inner.image_encoder else None
    audio = inner.audio_encoder.audio_config if inner and inner.audio_encoder else None
    if image is not None:
        content["image"] = dataclasses.asdict(image)
    if audio is not None:
        content["audio"] = dataclasses.asdict(audio)
        content["audio"]["audio_encoding_config"] = content["audio"].pop("encoding_config")
    if raw.model_settings_builder is not None:
        content["model_settings_builder"] = raw.model_settings_builder.model_dump(mode="json")
    return content
