"""The program curl, in the ways of manuals and scripts."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from serving import Server

HELLO = json.dumps({"messages": [{"role": "user", "content": "Hello, world!"}]})
TOKENS = [1, 3, 22177, 1044, 4304, 1033, 4]
TYPE = ("-H", "Content-Type: application/json")


def curl(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    found = shutil.which("curl")
    if found is None:
        pytest.fail("NOT RUN: there is no curl; install it (apt-get install curl)")
    command = [found, "-sS", "--max-time", "60", *arguments]
    return subprocess.run(command, check=False, capture_output=True)


@pytest.mark.parametrize("version", ["--http1.1", "--http2-prior-knowledge", "--http2"])
def test_versions(server: Server, version: str) -> None:
    done = curl(version, "-w", "\n%{http_version}", *TYPE, "-d", HELLO, f"{server.url}/tokenize")
    body, used = done.stdout.rsplit(b"\n", 1)
    assert json.loads(body)["tokens"] == TOKENS, done.stderr
    if version != "--http2":  # whose offer to change to it may be declined
        assert used == (b"1.1" if version == "--http1.1" else b"2")


def test_a_socket(server: Server) -> None:
    done = curl(
        "--unix-socket", str(server.socket), *TYPE, "-d", HELLO, "http://localhost/v1/tokenize/"
    )
    assert json.loads(done.stdout) == TOKENS, done.stderr


def test_packed(server: Server, tmp_path: Path) -> None:
    body = tmp_path / "body"
    body.write_text(json.dumps({"prompt": "word " * 100_000}))
    # More than a megabyte would make it ask with Expect: 100-continue.
    done = curl(
        "--compressed", "-D", "-", *TYPE, "--data-binary", f"@{body}", f"{server.url}/tokenize"
    )
    head, answer = done.stdout.split(b"\r\n\r\n", 1)
    assert b"content-encoding: " in head.lower(), head
    assert json.loads(answer)["count"] == 100_002


def test_a_large_body_that_waits_to_be_asked_for(server: Server, tmp_path: Path) -> None:
    body = tmp_path / "body"
    body.write_text(json.dumps({"prompt": "word " * 400_000}))
    done = curl(
        "-H", "Expect: 100-continue", *TYPE, "--data-binary", f"@{body}", f"{server.url}/tokenize"
    )
    assert json.loads(done.stdout)["count"] == 400_002, done.stderr


def test_failures_in_scripts(server: Server, guarded: Server) -> None:
    assert curl("--fail", *TYPE, "-d", "{}", f"{server.url}/tokenize").returncode == 22
    assert curl("--fail", f"{server.url}/health").returncode == 0
    assert curl("--fail", f"{guarded.url}/v1/models").returncode == 22
    done = curl("--fail", "-H", "Authorization: Bearer second", f"{guarded.url}/v1/models")
    assert json.loads(done.stdout)["data"][0]["id"] == "v3-tekken"
