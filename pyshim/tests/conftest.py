from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pyshim.media import policy
from pyshim.tests import client
from pyshim.tokenizers.registry import REGISTRY
from pyshim.wire import logs, warning

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "testdata" / "golden"))

SHIPPED = ("v1", "v2", "v3", "v3-tekken", "v3-tekken-mm", "v7", "v7-mm")

Loader = Callable[[str], int]


@pytest.fixture(scope="session", autouse=True)
def _collecting() -> None:
    # Only the warnings: pytest wants to keep stdout. The whole start is in test_bootstrap.
    warning.install()


@pytest.fixture(autouse=True)
def _no_left_overs() -> Iterator[None]:
    before = REGISTRY.sizes()[0]
    logs.LOG.drain()
    yield
    kept = len(_session_handles)
    assert REGISTRY.sizes()[0] - kept <= before, "a test left handles open"


_session_handles: dict[str, int] = {}


@pytest.fixture(scope="session")
def shipped() -> Loader:
    """Return the session's handle on a shipped tokenizer."""

    def get(name: str) -> int:
        if name not in _session_handles:
            _session_handles[name] = client.load(name=name)
        return _session_handles[name]

    return get


@pytest.fixture
def default_media_policy() -> Iterator[None]:
    """Leave the settings for media as they are at the start."""
    yield
    policy.configure(**policy.Policy().dump())


@pytest.fixture(scope="session")
def tokenizer() -> Any:
    """Return a tokenizer of the reference that has encoded something."""
    from mistral_common.tokens.tokenizers.mistral import MistralTokenizer

    from pyshim.vllm import apply_mistral_chat_template

    made = MistralTokenizer.v3()
    apply_mistral_chat_template(made, [{"role": "user", "content": "warm"}])
    return made


@pytest.fixture(scope="session")
def data() -> Path:
    """Return the directory of the shipped tokenizer files."""
    from mistral_common.tokens.tokenizers.mistral import MistralTokenizer

    return MistralTokenizer._data_path()


@pytest.fixture(scope="session")
def synthetic(tmp_path_factory: pytest.TempPathFactory, data: Path) -> Loader:
    """Return the session's handle on a made-up tekken file of a version."""
    from pyshim.tests.synthetic import write

    def get(version: str) -> int:
        key = f"synthetic-{version}"
        if key not in _session_handles:
            path = write(tmp_path_factory.mktemp(version), data, version)
            _session_handles[key] = client.load(file=str(path))
        return _session_handles[key]

    return get
