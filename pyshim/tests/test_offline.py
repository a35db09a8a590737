"""offline: no connection, no matter which library wants one."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from pyshim.errors import Offline
from pyshim.tests.client import error
from pyshim.tokenizers import hub, offline
from pyshim.wire.codec import Op

# In a process of its own, because a hook cannot be taken back.
SCRIPT = """
import asyncio, json, os, socket, tempfile, urllib.request
from pyshim.tokenizers import offline
offline.always()

trap = socket.create_server(("127.0.0.1", 0))
trap.settimeout(0.2)
port = trap.getsockname()[1]
url = f"http://127.0.0.1:{port}/"

async def stream():
    await asyncio.open_connection("127.0.0.1", port)

def datagram():
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", port))

def hub():
    from huggingface_hub import HfApi
    HfApi(endpoint=url).model_info("somebody/model")

said = {}
for name, way in {
    "connect": lambda: socket.socket().connect(("127.0.0.1", port)),
    "connect_ex": lambda: socket.socket().connect_ex(("127.0.0.1", port)),
    "datagram": datagram,
    "name": lambda: socket.gethostbyname("nobody.example"),
    "urllib": lambda: urllib.request.urlopen(url),
    "asyncio": lambda: asyncio.run(stream()),
    "hub": hub,
}.items():
    try:
        way()
        said[name] = "went out"
    except Exception as error:
        said[name] = type(error).__name__
try:
    trap.accept()
    said["trap"] = "somebody came"
except TimeoutError:
    said["trap"] = "nobody"
with tempfile.TemporaryDirectory() as directory:
    local = socket.socket(socket.AF_UNIX)
    local.bind(directory + "/s")
    local.listen()
    socket.socket(socket.AF_UNIX).connect(directory + "/s")
socket.socketpair()
said["settings"] = [os.environ.get(name) for name in offline.SETTINGS]
print(json.dumps(said))
"""


def test_nothing_in_the_process_connects() -> None:
    top = Path(__file__).parents[2]
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        capture_output=True,
        text=True,
        cwd=top,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    said = json.loads(run.stdout)
    assert said.pop("trap") == "nobody"
    assert said.pop("settings") == ["1"] * len(offline.SETTINGS)
    assert "OfflineModeIsEnabled" in said.pop("hub")
    assert said.pop("urllib") in ("URLError", "Offline")
    assert set(said.values()) == {"Offline"}, said


def test_a_thread_is_offline_for_a_while() -> None:
    seen: list[bool] = []
    with offline.during(True):
        assert offline.forbidden()
        other = threading.Thread(target=lambda: seen.append(offline.forbidden()))
        other.start()
        other.join()
        with offline.during(True):
            pass
        assert offline.forbidden()
    assert seen == [False]
    assert not offline.forbidden()
    with offline.during(False):
        assert not offline.forbidden()


@pytest.mark.parametrize("options", [{}, {"revision": "x"}, {"force_download": True}])
def test_the_hub_is_not_asked(
    options: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    options["cache_dir"] = str(tmp_path)
    with offline.during(True), pytest.raises(Offline) as refused:
        hub.fetch("somebody/model", options)
    assert refused.value.args == (
        "the tokenizer of 'somebody/model', from the Hugging Face hub,",
        hub.WAY,
    )
    found = error(Op.LOAD, {"model": "somebody/model", "hub": options, "offline": True})
    assert (found["type"], found["args"]) == ("Offline", list(refused.value.args))
    assert found["message"].startswith("offline: the tokenizer of 'somebody/model'")
