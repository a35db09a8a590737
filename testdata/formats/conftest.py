from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Bulk = Callable[..., dict[str, Any]]
Merge = Callable[..., None]

# What texts can have: nothing, lines, characters of four bytes, repetitions, some MB.
TEXTS = [
    "The first document.",
    "",
    "lines\r\nand\ttabs\n",
    "naïve façade — 東京 👍🏽",
    *["the same again"] * 40,
    *(f"document {n}: " + "many words " * (n % 90) for n in range(700)),
    "A long one. " * 200_000,
    "the last",
]


def pytest_sessionstart() -> None:
    if not os.access(os.environ.get("MTOK", ""), os.X_OK):
        pytest.exit("NOT RUN: MTOK is to name the mtok to test: make formats", returncode=3)


@pytest.fixture(scope="session")
def bulk() -> Bulk:
    """Run mtok bulk run, and return the totals that it prints."""

    def run(*arguments: object) -> dict[str, Any]:
        command = [os.environ["MTOK"], "bulk", "run", "--json", *map(str, arguments)]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        totals: dict[str, Any] = json.loads(done.stdout)
        return totals

    return run


@pytest.fixture(scope="session")
def merge() -> Merge:
    """Run mtok bulk merge."""

    def run(*arguments: object) -> None:
        command = [os.environ["MTOK"], "bulk", "merge", *map(str, arguments)]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    return run


@pytest.fixture(scope="session")
def chats(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Chats as lines of JSON, some with an answer on which there is no loss."""
    lines = []
    for n, text in enumerate(TEXTS[:-2]):
        messages: list[dict[str, Any]] = [
            {"role": "user", "content": text},
            {"role": "assistant", "content": "No.", "weight": n % 2},
            {"role": "user", "content": "Again."},
            {"role": "assistant", "content": f"Answer {n}"},
        ]
        lines.append(json.dumps({"messages": messages}) + "\n")
    path = tmp_path_factory.mktemp("chats") / "chats.jsonl"
    path.write_text("".join(lines))
    return path


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The texts as lines of JSON."""
    path = tmp_path_factory.mktemp("corpus") / "corpus.jsonl"
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in TEXTS))
    return path
