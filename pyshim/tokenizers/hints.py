"""The way out of an error, where the reference's own words do not say it."""

from __future__ import annotations

from pyshim.wire.fault import chain

_CHUNKS = "Unexpected content chunk types"
_IMAGE = ("ImageURLChunk", "ImageChunk")
_AUDIO = ("AudioURLChunk", "AudioChunk")

BOM = "the text begins with a byte order mark: save it as UTF-8 without one"
AUDIO = (
    "this tokenizer takes no audio, and none that mistral_common ships does: load that of a "
    "model which does, such as Voxtral's tekken.json"
)


def of(error: BaseException) -> str:
    """Return what to do about an exception, in words that quote nothing of it; mostly ""."""
    return next((found for link in chain(error) if (found := _of(link))), "")


def _of(error: BaseException) -> str:
    kind = type(error).__name__
    if kind == "AssertionError":
        text = str(error)
        if "define a image encoder" in text:
            return _images()
        return AUDIO if "define a audio encoder" in text else ""
    if kind == "InvalidUserMessageException":
        # The list of the classes stands at its end.
        _, found, classes = str(error).rpartition(_CHUNKS)
        if found and any(name in classes for name in _IMAGE):
            return _images()
        return AUDIO if found and any(name in classes for name in _AUDIO) else ""
    if kind in ("TokenizerException", "UnsupportedTokenizerFeatureException"):
        text = str(error)
        needs = ("Transcription not available", "Speech request not available", "an audio encoder")
        return AUDIO if any(part in text for part in needs) else ""
    if kind == "JSONDecodeError" and getattr(error, "msg", "").startswith("Unexpected UTF-8 BOM"):
        return BOM
    return ""


def _images() -> str:
    from pyshim.tokenizers.load import SHIPPED

    able = " and ".join(name for name, (_, keywords) in SHIPPED.items() if keywords.get("is_mm"))
    return f"this tokenizer takes no images; {able} do, and those of models with vision"
