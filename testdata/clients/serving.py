"""Starts and stops mtok serve, as an operator would."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import Any

Json = dict[str, Any]

LISTENING = re.compile(r"msg=listening network=tcp addr=(\S+)")


class Server:
    """One mtok serve on a free port, and on a Unix socket besides."""

    def __init__(self, directory: Path, *flags: str, before: tuple[str, ...] = ()) -> None:
        self.socket = directory / "mtok.sock"
        self.log = directory / "log"
        command = [os.environ["MTOK"], *before, "serve", "--addr", "127.0.0.1:0"]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*command, "--uds", str(self.socket), *flags], stdout=log, stderr=log
            )
        self.url = f"http://{self._listening()}"
        self._ready()

    def _listening(self) -> str:
        for _ in self._patiently("it does not listen"):
            found = LISTENING.search(self.log.read_text())
            if found:
                return found[1]
        raise AssertionError

    def _ready(self) -> None:
        for _ in self._patiently("it is not ready"):
            try:
                with urllib.request.urlopen(f"{self.url}/readyz", timeout=5):
                    return
            except OSError:
                continue

    def _patiently(self, problem: str) -> Any:
        end = time.monotonic() + 300  # importing vLLM on a busy machine takes a minute
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise RuntimeError(f"mtok serve ended: {self.log.read_text()[-2000:]}")
            yield
            time.sleep(0.05)
        self.stop()
        raise RuntimeError(f"{problem}: {self.log.read_text()[-2000:]}")

    def stop(self) -> int:
        """Ask it to end; return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
