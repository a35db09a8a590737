"""Tekken files of the versions that are not shipped, cut from one that is."""

from __future__ import annotations

import io
import json
import math
import struct
import wave
from base64 import b64encode
from pathlib import Path
from typing import Any

VOCAB = 4000
SPECIAL = 100

IMAGE = {"image_patch_size": 16, "max_image_size": 256, "spatial_merge_size": 1}
AUDIO = {
    "sampling_rate": 16000,
    "frame_rate": 12.5,
    "audio_encoding_config": {"num_mel_bins": 128, "hop_length": 160, "window_size": 400},
    "chunk_length_s": 1.0,
}
SETTINGS = {
    "reasoning_effort": {"type": "enum", "values": ["none", "high"], "default": "none"},
    "json_schema": None,
}


def write(directory: Path, shipped: Path, version: str) -> Path:
    """Write <directory>/tekken.json of a version, with image and audio."""
    from mistral_common.tokens.tokenizers.base import SpecialTokens

    source: dict[str, Any] = json.loads((shipped / "tekken_240911.json").read_text())
    names = [token.value for token in SpecialTokens]
    source["special_tokens"] = [
        {"rank": rank, "token_str": name, "is_control": True} for rank, name in enumerate(names)
    ]
    source["vocab"] = source["vocab"][:VOCAB]
    source["config"] |= {
        "version": version,
        "num_vocab_tokens": VOCAB,
        "default_vocab_size": VOCAB + SPECIAL,
        "default_num_special_tokens": SPECIAL,
    }
    source.pop("multimodal", None)
    source["image"] = IMAGE
    source["audio"] = AUDIO
    if version == "v15":
        source["model_settings_builder"] = SETTINGS
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / "tekken.json"
    path.write_text(json.dumps(source))
    return path


def tone(seconds: float = 0.2, rate: int = 16000) -> str:
    """Return a WAV of a sine as base64."""
    samples = [int(12000 * math.sin(i / 9)) for i in range(int(seconds * rate))]
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(struct.pack(f"<{len(samples)}h", *samples))
    return b64encode(buffer.getvalue()).decode("ascii")
