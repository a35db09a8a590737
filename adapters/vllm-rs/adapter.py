"""vLLM's render server in Rust, asked over HTTP, with the template that mtok makes of the file."""

from __future__ import annotations

import atexit
import http.client
import importlib.metadata
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from lines import serve

# What a model's directory says about a small model: a server of tokens reads little of it.
CONFIG = {
    "architectures": ["MistralForCausalLM"],
    "model_type": "mistral",
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 1,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "vocab_size": 131072,
}
MODEL_LEN = 1 << 20


def program() -> str:
    """Return the path of the binary in vLLM's wheel, of which nothing is imported."""
    found = find_spec("vllm")
    assert found is not None
    assert found.submodule_search_locations is not None
    return os.path.join(found.submodule_search_locations[0], "vllm-rs")


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class Adapter:
    """One server for one tokenizer."""

    def __init__(self, path: str) -> None:
        self.model = tempfile.TemporaryDirectory()
        place = Path(self.model.name)
        (place / "config.json").write_text(json.dumps(CONFIG))
        name = "tekken.json" if path.endswith(".json") else "tokenizer.model"
        (place / name).symlink_to(path)
        mtok = [os.environ["MTOK"], "template", "--literal", "-t", path]
        template = subprocess.run(mtok, stdout=subprocess.PIPE, check=True).stdout
        (place / "template.jinja").write_bytes(template)
        port = free_port()
        self.connection = http.client.HTTPConnection("127.0.0.1", port)
        command = [program(), "render", self.model.name, "--served-model-name", "m"]
        command += ["--chat-template", str(place / "template.jinja")]
        command += ["--max-model-len", str(MODEL_LEN), "--port", str(port)]
        log = place / "log"
        with log.open("wb") as out:
            server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        atexit.register(server.kill)
        while not self.ready():
            if server.poll() is not None:
                said = log.read_text(errors="replace").strip().splitlines()
                raise RuntimeError(f"it ended: {said[-1] if said else server.returncode}")
            time.sleep(0.05)

    def ready(self) -> bool:
        """Return whether the server answers."""
        try:
            self.connection.request("GET", "/health")
            answer = self.connection.getresponse()
            answer.read()
            return answer.status < http.client.BAD_REQUEST
        except (OSError, http.client.HTTPException):
            self.connection.close()
            return False

    def ask(self, path: str, body: dict[str, Any]) -> Any:
        """Return what a route answers; RuntimeError where it refuses."""
        data = json.dumps({**body, "model": "m"}).encode()
        self.connection.request("POST", path, data, {"Content-Type": "application/json"})
        answer = self.connection.getresponse()
        said = answer.read()
        if answer.status != http.client.OK:
            raise RuntimeError(said.decode(errors="replace")[:300])
        return json.loads(said)

    def encode(self, text: str) -> list[int]:
        """Return the ids of a text; a server of prompts takes no empty one."""
        if not text:
            return []
        body = {"prompt": text, "add_special_tokens": False}
        return list(self.ask("/v1/completions/render", body)[0]["token_ids"])

    def decode(self, ids: list[int]) -> str:
        """Not offered: there is no such route."""
        raise NotImplementedError

    def chat(self, request: dict[str, Any]) -> list[int]:
        """Return the ids of a chat."""
        return list(self.ask("/v1/chat/completions/render", request)["token_ids"])


INFO: dict[str, Any] = {
    "name": "vllm-rs render",
    "version": importlib.metadata.version("vllm"),
    "supports": ["encode", "chat"],
    "tokenizers": ["v1", "v2", "v3", "v7", "v7-mm", "v3-tekken", "v3-tekken-mm"],
    "load": "path",
}

if sys.platform != "linux":
    raise SystemExit("vLLM's wheel for this system has no such server")
serve(INFO, lambda args: Adapter(args["path"]))
