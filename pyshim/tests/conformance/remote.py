"""The program that answers: one process that speaks the line protocol."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from typing import Any

Json = dict[str, Any]


class Remote:
    """Sends one request at a time; a process that was forked off stays local."""

    def __init__(self, command: str, corrupt: bool) -> None:
        self.owner = os.getpid()
        self.corrupt = corrupt
        self.calls = 0
        self.process = subprocess.Popen(
            shlex.split(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    @property
    def usable(self) -> bool:
        return os.getpid() == self.owner

    def ask(self, op: str, args: Json, handle: str | None = None) -> Json:
        """Return the answer: ok or err, and w."""
        self.calls += 1
        line: Json = {"id": self.calls, "op": op, "args": args}
        if handle is not None:
            line["h"] = handle
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(line).encode() + b"\n")
        self.process.stdin.flush()
        text = self.process.stdout.readline()
        if not text:
            raise SystemExit(f"the program ended in the middle of {op!r}")
        found: Json = json.loads(text)
        if found["id"] != self.calls:
            raise SystemExit(f"answer {found['id']} came to request {self.calls}")
        if self.corrupt and "ok" in found and not op.startswith("load"):
            found["ok"] = corrupted(found["ok"])
            if found["ok"] is None:
                del found["ok"]
                wrong = {"module": "corrupt", "type": "Corrupt", "message": "", "args": []}
                found["err"] = wrong
        return found

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(30)


def corrupted(value: Any) -> Any:
    """Return a value of the same kind that is wrong."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, str):
        return value + "~"
    if isinstance(value, list):
        return [*value[:-1], corrupted(value[-1])] if value else [0]
    if not isinstance(value, dict):
        return None
    if "tokens" in value:
        return {**value, "tokens": corrupted(value["tokens"])}
    for key in reversed(list(value)):
        if isinstance(value[key], str | list | dict) and value[key] and key not in ("role", "type"):
            return {**value, key: corrupted(value[key])}
    return {**value, "corrupt": 1}
