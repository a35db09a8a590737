"""Arrays of images and audio as buffers beside the reply."""

from __future__ import annotations

from typing import Any


def image(array: Any, bufs: list[bytes]) -> dict[str, Any]:
    """Append an image's pixels to bufs, in C order, and return where they are."""
    # The reference hands out a transposed view: its memory is in another order.
    bufs.append(array.tobytes(order="C"))
    return {"dtype": str(array.dtype), "shape": list(array.shape), "buf": len(bufs) - 1}


def audio(audio: Any, bufs: list[bytes]) -> dict[str, Any]:
    """Append an audio's samples to bufs and return where they are."""
    found = image(audio.audio_array, bufs)
    return {**found, "sr": audio.sampling_rate, "format": audio.format}
