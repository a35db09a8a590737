"""Chats with images, as engines get them: what is made of pixels, and where it stands."""

from __future__ import annotations

import io
from base64 import b64encode
from typing import Any

from PIL import Image

from cases import PIXEL, assistant, call, parts, result, system, user

Json = dict[str, Any]

ORIENTATION = 0x0112
WHAT = {"type": "text", "text": "What is it?"}


def painted(mode: str, width: int, height: int) -> Image.Image:
    """Return an image in which each line and each column is another colour."""
    image = Image.new("RGBA", (width, height))
    for x in range(width):
        for y in range(height):
            image.putpixel((x, y), (x * 7 % 256, y * 11 % 256, (x * y) % 256, (x + y) * 3 % 256))
    return image.convert(mode)


def written(image: Image.Image, form: str = "PNG", **more: Any) -> str:
    """Return an image as a data URL."""
    buffer = io.BytesIO()
    image.save(buffer, form, **more)
    return f"data:image/{form.lower()};base64,{b64encode(buffer.getvalue()).decode()}"


def turned(orientation: int, width: int = 20, height: int = 40) -> str:
    """Return an image that a viewer is to turn."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    return written(painted("RGB", width, height), "JPEG", exif=exif)


def image(url: Any, **more: Any) -> Json:
    """Return a part with an image."""
    return {"type": "image_url", "image_url": {"url": url}, **more}


SMALL = written(painted("RGB", 20, 40))
WIDE = written(painted("RGB", 33, 16))
FORMS = [
    *(written(painted(mode, 17, 9)) for mode in ("L", "LA", "P", "RGBA", "1", "RGB")),
    written(painted("P", 5, 5), transparency=0),
    written(painted("RGB", 5, 5), transparency=(0, 0, 0)),
    *(written(painted("RGB", 9, 8), form) for form in ("JPEG", "GIF", "BMP", "TIFF", "PPM")),
    written(painted("RGBA", 9, 8), "WEBP", lossless=True),
    written(painted("CMYK", 9, 8), "JPEG"),
    written(Image.new("RGB", (1, 1))),
    # Larger than a side may be, and as narrow as can be.
    written(Image.new("RGB", (1400, 20), "red")),
    written(Image.new("RGB", (1, 1500))),
    *(turned(orientation) for orientation in (1, 3, 6)),
    turned(6, 16, 16),
    turned(8, 16, 15),
    # The data in other words.
    SMALL.replace("image/png", "IMAGE/PNG;a=b"),
    SMALL.replace("image/png;", ";"),
    SMALL.replace("data:", "DATA:"),
]
BROKEN = [
    *("", "data:", "data:,", "data:;base64,", "data:image/png,AAAA", "data:image/png;base64"),
    *("data:image/png;base64,AAAA", "data:image/png;base64,????", "data:image/png;base64,AAA"),
    SMALL[:-40],
    SMALL[:-4],
    SMALL + "\n",
    SMALL.replace(",", ", "),
    SMALL.partition(",")[2],
    "ftp://example.invalid/a.png",
    *(None, 3),
    # A form that is not opened for strangers.
    "data:image/eps;base64," + b64encode(b"%!PS-Adobe-3.0 EPSF-3.0\n").decode(),
]


def chats() -> list[Json]:
    """Return bodies of chats."""
    asked = {"messages": [user([WHAT, image(SMALL)])]}
    found: list[Json] = [{"messages": [user([image(url), WHAT])]} for url in (*FORMS, *BROKEN)]
    found += [
        {"messages": messages}
        for messages in (
            [user([image(SMALL)])],
            [user([image(SMALL), WHAT, image(WIDE), image(SMALL)])],
            [user([image(SMALL), image(SMALL)])],
            [user([WHAT, image(SMALL)]), assistant("A door."), user([image(WIDE), WHAT])],
            [system("Be brief."), user([WHAT, image(SMALL)])],
            [system([*parts("a"), image(SMALL)]), user("b")],
            [user("a"), assistant([image(SMALL)]), user("b")],
            [user("a"), assistant(None, tool_calls=[call()]), result([image(SMALL)])],
            [user([{"type": "image_url", "image_url": SMALL}])],
            [user([{"image_url": SMALL}])],
            [user([{"image_url": {"url": SMALL}}])],
            [user([{"type": "input_image", "image_url": SMALL}])],
            [user([{"type": "image_pil", "image_pil": SMALL}])],
            [user([{"type": "image", "image": SMALL}])],
            [user([{"type": "image_url"}])],
            [user([{"type": "image_url", "image_url": {}}])],
            [user([image(SMALL), {"image_url": SMALL}])],
            [user([image(SMALL, detail="high")])],
            [user([{"type": "image_url", "image_url": {"url": SMALL, "detail": "low"}}])],
            [user([image(SMALL, uuid="mine"), WHAT, image(WIDE)])],
            [user([image(SMALL, uuid="mine"), image(SMALL, uuid="mine")])],
            [user([image(SMALL, uuid=7)])],
            [user([image(SMALL, uuid="")])],
            [user([image(None, uuid="mine")])],
            [user([{"type": "image_url", "image_url": None, "uuid": "mine"}])],
            [user([{"type": "image_url", "uuid": "mine"}])],
        )
    ]
    found += [
        {**asked, **more}
        for more in (
            *({"mm_payload": value} for value in ("none", "tensors", "all", None)),
            *({"return_mm_kwargs": value} for value in (False, True, None)),
            {"return_mm_kwargs": True, "mm_payload": "none"},
            {"return_token_strs": True},
            {"echo": True},
            {"return_token_offsets": True},
            {"max_tokens": 5, "cache_salt": "a"},
            *({"truncate_prompt_tokens": value} for value in (1, 8, 13, 14, 100, -1)),
            {"truncate_prompt_tokens": 12, "truncation_side": "left"},
            {"truncate_prompt_tokens": 12, "truncation_side": "right"},
            {"mm_processor_kwargs": {}},
            {"mm_processor_kwargs": {"a": 1}},
            {"media_io_kwargs": {"image": {"image_mode": None}}},
            {"kv_transfer_params": {"prompt_token_ids": [1, 2, 3]}},
        )
    ]
    found.append({"messages": [user([image(PIXEL)] * 300)]})
    found.append({"messages": [user([image(PIXEL)] * 1000), assistant("a"), user("b")]})
    return found
