from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from serving import Server

Start = Callable[..., Server]


def pytest_sessionstart() -> None:
    if not os.access(os.environ.get("MTOK", ""), os.X_OK):
        pytest.exit("NOT RUN: MTOK is to name the mtok to test: make clients", returncode=3)


@pytest.fixture(scope="session")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Start servers that end with the session, unless they are stopped before."""
    running: list[Server] = []

    def begin(*flags: str, before: tuple[str, ...] = ()) -> Server:
        server = Server(tmp_path_factory.mktemp("server"), *flags, before=before)
        running.append(server)
        return server

    yield begin
    for server in running:
        server.stop()


@pytest.fixture(scope="session")
def server(start: Start) -> Server:
    """The server of most tests: a name and an alias, and what headers vLLM has flags for."""
    return start("--model", "v3-tekken=tekken=alias", "--enable-request-id-headers")


@pytest.fixture(scope="session")
def guarded(start: Start, tmp_path_factory: pytest.TempPathFactory) -> Server:
    """A server that asks for a key."""
    keys: Path = tmp_path_factory.mktemp("keys") / "keys"
    keys.write_text("first\nsecond\n")
    return start("--model", "v3-tekken", "--api-key-file", str(keys))
