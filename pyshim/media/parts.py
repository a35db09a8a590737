"""Where a request names images and audio. Nothing is fetched, opened or decoded here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import urlparse

IMAGE = frozenset({"image_url", "image"})
# The keys of a content chunk, and those at the top of a transcription or speech request.
CHUNK = ("image_url", "audio_url", "input_audio", "image")
REQUEST = ("audio", "ref_audio")

INLINE, REMOTE, FILE, BARE = "inline", "remote", "file", "bare"


class Part(NamedTuple):
    """One image or audio: where it stands in the request, and its text or bytes.

    form is inline (data: URL, base64, bytes), remote (http, https), file (a file: URL) or
    bare (an audio_url without a scheme, which the reference takes for a path if one exists,
    and for base64 otherwise).
    """

    path: tuple[str | int, ...]
    field: str
    form: str
    value: str | bytes


def parts(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[Part]:
    """Find the media of a request, a message, a chunk, or of a list of those.

    Only places where the reference reads media are looked at: a tool's arguments may well
    have a key named image_url.
    """
    if isinstance(value, list):
        for index, item in enumerate(value):
            if isinstance(item, dict):
                yield from parts(item, (*path, index))
        return
    if not isinstance(value, dict):
        return
    for key in ("messages", "content"):
        if isinstance(value.get(key), list):
            yield from parts(value[key], (*path, key))
    for field in (*CHUNK, *REQUEST):
        if field in value:
            yield from _part(field, value[field], (*path, field))


def _part(field: str, value: Any, path: tuple[str | int, ...]) -> Iterator[Part]:
    if isinstance(value, dict):
        # {"url": …} of a URL, {"data": …} of an audio, {"__bytes__": …} of this protocol.
        for key in ("url", "data"):
            if isinstance(value.get(key), str | bytes):
                yield Part((*path, key), field, _form(field, value[key]), value[key])
    elif isinstance(value, str | bytes):
        yield Part(path, field, _form(field, value), value)


def _form(field: str, value: str | bytes) -> str:
    # These are the reference's own distinctions: image_from_chunk, AudioURLChunk.get_url_type.
    if isinstance(value, bytes) or field not in ("image_url", "audio_url"):
        return INLINE
    if field == "image_url":
        if value.startswith("file://"):
            return FILE
        return REMOTE if value.startswith("http") else INLINE
    try:
        scheme = urlparse(value).scheme
    except ValueError:
        return INLINE  # the reference parses it in the same way, and says so
    if scheme in ("http", "https"):
        return REMOTE
    if scheme == "file":
        return FILE
    return INLINE if scheme == "data" else BARE
