"""Images of a chat as vLLM opens them, and what its processor of Pixtral makes of them."""

from __future__ import annotations

import base64
import contextlib
import io
from typing import Any, NamedTuple

from pyshim.server.vllm_twin import hashing, tensors
from pyshim.server.vllm_twin.snapshot import models

Json = dict[str, Any]

# VLLM_MAX_MEDIA_REQUEST_DECODE_BYTES: four bytes for each pixel of all images of a request.
_MOST_BYTES = 715_827_880
_WHITE = (255, 255, 255)


class Opened(NamedTuple):
    """An image that is open, and the bytes that it was; settings are those that changed it."""

    pixels: Any
    data: bytes
    settings: Json | None


def load(urls: list[str | None]) -> list[Opened | None]:
    """Open images; ValueError, or NotImplementedError for what vLLM does not do."""
    found: list[Opened | None] = []
    left = _MOST_BYTES
    for url in urls:
        image = _opened(_bytes(url), left) if url else None
        if image is not None:
            left -= _size(image.pixels)
        found.append(image)
    return found


def _size(image: Any) -> int:
    width, height = image.size
    return int(width * height * 4)


def _bytes(url: str) -> bytes:
    if url[:5].lower() != "data:":
        if url.lower().startswith(("http:", "https:", "file:")):
            raise NotImplementedError(
                "Without vLLM an engine's request has no images by URL: send data: URLs, or let "
                "the server fetch them (--fetch)."
            )
        raise ValueError("The URL of an image must be a data: URL.")
    head, comma, data = url[5:].partition(",")
    if not comma:
        raise ValueError("A data: URL has a comma before its data.")
    _, semicolon, encoding = head.rpartition(";")
    if not semicolon or encoding != "base64":
        raise NotImplementedError("Of data: URLs only those in base64 are taken.")
    return base64.b64decode(data, validate=True)


def _opened(data: bytes, most: int) -> Opened:
    from PIL import Image, ImageOps

    try:
        image: Any = Image.open(io.BytesIO(data), formats=models()["image_formats"])
        if _size(image) > most:  # by its header: nothing is decoded yet
            raise ValueError(f"The images of a request are larger than {_MOST_BYTES} bytes.")
        with contextlib.suppress(Exception):
            image = ImageOps.exif_transpose(image)
        image.load()
        converted = _in_colours(image)
    # As Pillow says that a file is broken, or too large.
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"An image cannot be opened: {error}") from error
    if converted is image:
        return Opened(image, data, None)
    return Opened(converted, data, {"image_mode": "RGB", "rgba_background_color": _WHITE})


def _in_colours(image: Any) -> Any:
    """Return an image in RGB, on white where it is transparent."""
    from PIL import Image

    if image.mode in ("RGBA", "LA", "PA") or "transparency" in getattr(image, "info", {}):
        image = image.convert("RGBA")
        found = Image.new("RGB", image.size, _WHITE)
        found.paste(image, mask=image.split()[3])
        return found
    return image if image.mode == "RGB" else image.convert("RGB")


def name(image: Opened | None, model: str) -> str:
    """Return by what vLLM's caches know an image."""
    value: Any = None
    if image is not None:
        inner = (
            image.data
            if image.settings is None
            else {"io_config": image.settings, "data": image.data}
        )
        value = hashing.Part("image", inner)
    return hashing.of({"image": value, "model_id": model})


def places(images: list[Opened | None], encoder: Any, ids: list[int]) -> list[tuple[int, int]]:
    """Return where each image stands in the tokens, and how many are its own."""
    special = encoder.special_ids
    found: list[tuple[int, int]] = []
    start = 0
    for image in images:
        if image is None:
            raise ValueError("An image that is only named cannot be rendered.")
        columns, rows = encoder._image_to_num_tokens(image.pixels)
        own = ([special.img] * columns + [special.img_break]) * rows
        own[-1] = special.img_end
        at = _index(ids, own, start)
        if at < 0:
            raise RuntimeError(f"{len(found)} of {len(images)} images are among the tokens.")
        start = at + len(own)
        found.append((at, len(own)))
    return found


def _index(ids: list[int], own: list[int], start: int) -> int:
    while True:
        try:
            start = ids.index(own[0], start, len(ids) - len(own) + 1)
        except ValueError:
            return -1
        if ids[start : start + len(own)] == own:
            return start
        start += 1


def tensor(image: Opened, encoder: Any) -> str:
    """Return the pixels as the model gets them, as an engine receives them."""
    from mistral_common.protocol.instruct import chunk

    array = encoder(chunk.ImageChunk(image=image.pixels)).image
    return tensors.item("images", array)
