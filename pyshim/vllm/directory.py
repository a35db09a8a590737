"""A model directory as vLLM wants one, around a tokenizer file of any name."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def around(path: str) -> Iterator[str]:
    """Yield a private directory that holds the file under the name vLLM looks for.

    vLLM reads the file while it loads and never again, so the directory is gone as soon
    as that is done, and nothing of it can outlive the process.
    """
    os.stat(path)  # a missing file is reported by its own name
    with tempfile.TemporaryDirectory(prefix="mistralbridge-") as made:
        os.symlink(os.path.abspath(path), os.path.join(made, name_of(path)))
        yield made


def name_of(path: str) -> str:
    """Return tekken.json, or tokenizer.model with the version from the file's name."""
    base = os.path.basename(path)
    at = base.rfind(".model")
    return "tekken.json" if at < 0 else f"tokenizer{base[at:]}"
