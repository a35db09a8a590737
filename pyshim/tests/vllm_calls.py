"""What calls of vLLM's chat template are made of."""

from __future__ import annotations

from typing import Any

KB = "word " * 204
LONG = 60  # seconds: for what never happens


def user(content: Any) -> list[dict[str, Any]]:
    return [{"role": "user", "content": content}]


def tool(name: str) -> dict[str, Any]:
    parameters = {"type": "object", "properties": {"city": {"type": "string"}}}
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
