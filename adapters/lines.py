"""The line protocol for an implementation in Python. See docs/CONFORMANCE.md."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any, Protocol, cast


class Tokenizer(Protocol):
    """What an adapter brings."""

    def encode(self, text: str) -> list[int]:
        """Return the ids of a text."""

    def decode(self, ids: list[int]) -> str:
        """Return the text of ids."""


class Chats(Tokenizer, Protocol):
    """What an adapter brings that supports chat."""

    def chat(self, request: dict[str, Any]) -> list[int]:
        """Return the ids of a chat."""


def serve(info: dict[str, Any], load: Callable[[dict[str, Any]], Tokenizer]) -> None:
    """Answer the lines of stdin until they end."""
    # Nothing that a library prints may get between the answers.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    handles: list[Tokenizer] = []

    def answer(op: str, h: str | None, args: dict[str, Any]) -> Any:
        if op == "info":
            return info
        if op == "load":
            handles.append(load(args))
            return {"h": str(len(handles) - 1)}
        if op == "raw":
            return handles[int(h or "")].encode(args["a"][0])
        if op == "decode":
            return handles[int(h or "")].decode(args["tokens"])
        if op == "encode_chat_completion":
            return {"tokens": cast(Chats, handles[int(h or "")]).chat(args["request"])}
        raise ValueError(f"no op {op!r}")

    for line in sys.stdin.buffer:
        r = json.loads(line)
        try:
            reply = {"ok": answer(r["op"], r.get("h"), r.get("args") or {})}
        except Exception as e:
            reply = {"err": {"type": type(e).__name__, "message": str(e)}}
        out.write(json.dumps({"id": r["id"], **reply}) + "\n")
        out.flush()
