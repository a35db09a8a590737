"""The reference's servers, started with a Python that has vLLM, FastAPI and uvicorn."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

# On a machine without a device vLLM needs to see that it is the build for processors.
RENDER = """
import importlib.metadata as metadata
version = metadata.version
metadata.version = lambda name: version(name) + "+cpu" if name == "vllm" else version(name)
from vllm.entrypoints.cli.main import main
main()
"""

# A small model: what a server of tokens reads of it is how many there are.
SHAPE = {
    "model_type": "mistral",
    "architectures": ["MistralForCausalLM"],
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "num_hidden_layers": 1,
    "torch_dtype": "bfloat16",
}
# The same in Mistral's own form.
OWN: dict[str, Any] = {
    "dim": 64,
    "n_layers": 1,
    "head_dim": 16,
    "hidden_dim": 128,
    "n_heads": 4,
    "n_kv_heads": 2,
    "norm_eps": 1e-05,
    "rope_theta": 1000000.0,
}
# With eyes, or with ears.
VISION: dict[str, Any] = {
    "vision_encoder": {
        "hidden_size": 64,
        "num_channels": 3,
        "image_size": 1024,
        "max_image_size": 1024,
        "patch_size": 16,
        "rope_theta": 10000.0,
        "intermediate_size": 128,
        "num_hidden_layers": 1,
        "num_attention_heads": 4,
        "image_token_id": 10,
        "image_break_token_id": 12,
        "image_end_token_id": 13,
        "adapter_bias": True,
    },
}

AUDIO: dict[str, Any] = {
    "multimodal": {
        "whisper_model_args": {
            "encoder_args": {
                "audio_encoding_args": {
                    "num_mel_bins": 128,
                    "window_size": 400,
                    "sampling_rate": 16000,
                    "hop_length": 160,
                },
                "dim": 64,
                "n_layers": 1,
                "hidden_dim": 128,
                "n_heads": 4,
                "head_dim": 16,
                "vocab_size": 100,
            },
            "downsample_args": {"downsample_factor": 4},
        }
    }
}

FIND = """
import sys
sys.path.insert(0, sys.argv[1])
from pyshim.tokenizers.load import resolve
from pyshim.vllm.directory import around
import json, os, shutil
path = resolve({"file" if "/" in sys.argv[2] else "name": sys.argv[2]})
with around(path) as made:
    shutil.copytree(made, sys.argv[3], dirs_exist_ok=True)
from mistral_common.tokens.tokenizers.mistral import MistralTokenizer
inner = MistralTokenizer.from_file(path).instruct_tokenizer
found = {"path": path, "words": inner.tokenizer.n_words}
found |= {k: getattr(inner, k + "_encoder") is not None for k in ("image", "audio")}
print(json.dumps(found))
"""


@contextlib.contextmanager
def running(
    python: str, tokenizer: str, models: list[str], max_model_len: int
) -> Iterator[tuple[str, str]]:
    """Start vLLM's and mistral_common's server; give their URLs, and stop them afterwards."""
    with contextlib.ExitStack() as stack:
        root = stack.enter_context(tempfile.TemporaryDirectory())
        # vLLM is given the name that requests use: hashes of images begin with it.
        model = os.path.join(root, models[0])
        repository = os.path.join(os.path.dirname(__file__), "..", "..")
        said = subprocess.run(
            [python, "-c", FIND, repository, tokenizer, model], check=True, stdout=subprocess.PIPE
        )
        found = json.loads(said.stdout)
        more = _describe(model, found)
        ports = _port(), _port()
        launch = [
            *(python, "-c", RENDER, "launch", "render", models[0], *more),
            *("--tokenizer-mode", "mistral", "--max-model-len", str(max_model_len)),
            *("--host", "127.0.0.1", "--port", str(ports[0])),
            *("--served-model-name", *models, "--enable-tokenizer-info-endpoint"),
        ]
        serve = [python, "-m", "mistral_common.experimental.app.main", "serve", found["path"]]
        serve += ["--port", str(ports[1])]
        started = [
            stack.enter_context(_process(command, root, os.path.join(root, name + ".log")))
            for command, name in ((launch, "vllm"), (serve, "mistral_common"))
        ]
        urls = f"http://127.0.0.1:{ports[0]}", f"http://127.0.0.1:{ports[1]}"
        _wait(urls[0] + "/health", started[0])
        _wait(urls[1] + "/openapi.json", started[1])
        yield urls


def _describe(model: str, found: dict[str, Any]) -> list[str]:
    media = VISION if found["image"] else AUDIO if found["audio"] else None
    name, shape = ("config.json", SHAPE) if media is None else ("params.json", OWN | media)
    size = {"vocab_size": found["words"], "max_position_embeddings": 1 << 20}
    with open(os.path.join(model, name), "w", encoding="utf-8") as file:
        json.dump({**shape, **size}, file)
    return [] if media is None else ["--config-format", "mistral", "--load-format", "mistral"]


def _port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextlib.contextmanager
def _process(command: list[str], directory: str, log: str) -> Iterator[subprocess.Popen[bytes]]:
    environ = {**os.environ, "VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1"}
    with open(log, "wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env=environ, cwd=directory)
        try:
            yield process
        except BaseException:
            with open(log, "rb") as said:
                sys.stderr.write(said.read()[-4000:].decode("utf-8", "replace"))
            raise
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until a server answers, however long that takes on a busy machine, or has ended."""
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - on this machine
                answer.read()
                return
        except OSError:
            if process.poll() is not None:
                raise
            time.sleep(0.2)
