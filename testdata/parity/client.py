"""Talks to `mtok exec`, as a program in any language would."""

from __future__ import annotations

import json
import subprocess
from typing import Any


class Exec:
    """One `mtok exec` process; ask is one request and its answer."""

    def __init__(self, command: list[str]) -> None:
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8", bufsize=1
        )
        self.count = 0

    def ask(self, op: str, args: dict[str, Any], handle: str | None = None) -> dict[str, Any]:
        """Send one request and return the whole answer."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.count += 1
        # Everything beyond ASCII is escaped: that is how a lone surrogate gets over.
        line = json.dumps({"id": self.count, "op": op, "h": handle, "args": args})
        try:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
            text = self.process.stdout.readline()
        except BrokenPipeError:
            text = ""
        if not text:
            raise SystemExit(f"mtok exec ended (exit code {self.process.wait()}) at {line[:2000]}")
        answer: dict[str, Any] = json.loads(text)
        if answer["id"] != self.count:
            raise SystemExit(f"mtok exec answered {answer['id']!r} to request {self.count}")
        return answer

    def load(self, op: str, args: dict[str, Any]) -> str:
        """Load a tokenizer and return its handle."""
        answer = self.ask(op, args)
        if "ok" not in answer:
            raise SystemExit(f"mtok exec cannot {op} {args}: {answer['err']['message']}")
        handle: str = answer["ok"]["h"]
        return handle

    def close(self) -> None:
        """End the process; it must exit by itself."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        if code := self.process.wait(30):
            raise SystemExit(f"mtok exec ended with exit code {code}")
