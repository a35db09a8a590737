"""Images, audio, and chats that name them."""

from __future__ import annotations

import base64
import io
import struct
import zlib
from typing import Any


def png(width: int, height: int) -> bytes:
    """A PNG that says its size and has no pixels: enough for a header."""

    def piece(kind: bytes, data: bytes) -> bytes:
        crc = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n" + piece(b"IHDR", head)
    return start + piece(b"IDAT", zlib.compress(b"")) + piece(b"IEND", b"")


def real_png() -> str:
    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", (20, 10), "red").save(out, "PNG")
    return url(out.getvalue())


def url(data: bytes, kind: str = "image/png") -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def chat(*chunks: dict[str, Any]) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": [{"type": "text", "text": "?"}, *chunks]}]}


def image(value: Any) -> dict[str, Any]:
    return chat({"type": "image_url", "image_url": value})


def audio(value: Any) -> dict[str, Any]:
    return chat({"type": "audio_url", "audio_url": value})
