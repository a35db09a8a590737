"""Write the golden files of the request families, as generate.py does those of chat and text.

Of images and audio the token ids are kept, and the hash of what goes to the model: float32
in C order. Pixels may differ in the last bit between builds of opencv, whose version
therefore stands at the head; numpy's does not, as each Python has its own.
`make golden` runs it: python -m testdata.golden.families
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import numpy as np
from mistral_common.protocol.fim.request import FIMRequest
from mistral_common.protocol.instruct.messages import ChatMessage, FinetuningMessage
from mistral_common.protocol.instruct.request import ChatCompletionRequest, InstructRequest
from mistral_common.protocol.instruct.tool_calls import Tool
from mistral_common.protocol.speech.request import SpeechRequest
from mistral_common.protocol.transcription.request import TranscriptionRequest
from mistral_common.tokens.tokenizers.mistral import MistralTokenizer

from cases import CHATS
from family_cases import FIM, FIT, IMAGES, INSTRUCT, NEWER, OPENAI, SPEECH, TRANSCRIPTION
from generate import PACKAGES, TOKENIZERS, answer
from pyshim.tests import synthetic

Json = dict[str, Any]
VERSIONS = (*PACKAGES, "opencv-python-headless", "pillow", "soxr", "soundfile")
SYNTHETIC = ("v7", "v11", "v13", "v15")


def kept(done: Any) -> Json:
    """Return what is kept of a Tokenized."""
    found: Json = {"tokens": done.tokens}
    if done.prefix_ids is not None:
        found["prefix_ids"] = done.prefix_ids
    if done.images:
        found["images"] = [_array(image) for image in done.images]
    if done.audios:
        found["audios"] = [
            {**_array(audio.audio_array), "sr": audio.sampling_rate, "format": audio.format}
            for audio in done.audios
        ]
    return found


def _array(value: Any) -> Json:
    flat = np.ascontiguousarray(value)
    digest = hashlib.sha256(flat.tobytes()).hexdigest()
    return {"dtype": str(flat.dtype), "shape": list(flat.shape), "sha256": digest}


def cases(tok: Any, made: bool) -> list[Json]:
    """Ask one tokenizer everything; made: it is a synthetic one."""
    inner = tok.instruct_tokenizer

    def instruct(body: Json) -> Any:
        weighted = any("weight" in message for message in body["messages"])
        message: Any = FinetuningMessage if weighted else ChatMessage
        return inner.encode_instruct(InstructRequest[message, Tool].model_validate(body))

    def chat(body: Json) -> Any:
        return tok.encode_chat_completion(ChatCompletionRequest.model_validate(body))

    def openai(body: Json) -> Any:
        return tok.encode_chat_completion(ChatCompletionRequest.from_openai(**body))

    def fit(body: Json) -> Json:
        return fitting(chat, body["request"], body["n"])

    asked: list[tuple[str, dict[str, Json], Callable[[Json], Any]]] = [
        ("openai", OPENAI, openai),
        ("fit", FIT, fit),
        ("fim", FIM, lambda body: tok.encode_fim(FIMRequest.model_validate(body))),
        ("instruct", INSTRUCT, instruct),
        ("chat", {f"image-{name}": body for name, body in IMAGES.items()}, chat),
        (
            "transcription",
            TRANSCRIPTION,
            lambda body: tok.encode_transcription(TranscriptionRequest.model_validate(body)),
        ),
        (
            "speech",
            SPEECH,
            lambda body: tok.encode_speech_request(SpeechRequest.model_validate(body)),
        ),
    ]
    if made:
        asked.append(("chat", NEWER | CHATS, chat))
    return [
        flat(answer({"name": f"{op}/{name}", "op": op, "request": body}, "ok", run(call, body)))
        for op, bodies, call in asked
        for name, body in bodies.items()
    ]


def run(call: Callable[[Json], Any], body: Json) -> Callable[[], Json]:
    """Return a call on a copy of the body: as it arrives, and nothing a call changed in it."""

    def done() -> Json:
        found = call(json.loads(json.dumps(body)))
        return found if isinstance(found, dict) else kept(found)

    return done


def fitting(chat: Callable[[Json], Any], body: Json, limit: int) -> Json:
    """Leave out a chat's oldest turns one by one, until it has no more tokens than the limit.

    A turn begins with a user's message behind another's; system messages stay.
    """
    messages = body["messages"]
    kept = list(range(len(messages)))
    while True:
        tokens = len(chat({**body, "messages": [messages[at] for at in kept]}).tokens)
        if tokens <= limit:
            return {"kept": kept, "count": tokens}
        free = [at for at in kept if messages[at]["role"] != "system"]
        roles = [messages[at]["role"] for at in free]
        begins = [k for k in range(1, len(free)) if roles[k] == "user" != roles[k - 1]]
        if not begins:
            return {"kept": [], "count": tokens}
        oldest = free[: begins[0]]
        kept = [at for at in kept if at not in oldest]


def flat(case: Json) -> Json:
    """Put the recorded answer beside the request."""
    more: Json = case.pop("ok", {})
    return case | more


def write(path: Path, name: str, tok: Any, made: bool) -> None:
    """Write a file with one case a line."""
    versions = {package: importlib.metadata.version(package) for package in VERSIONS}
    head = {"versions": versions, "tokenizer": name, "mode": tok.mode.value}
    lines = [json.dumps(case) for case in cases(tok, made)]
    start = json.dumps(head)[:-1]
    path.write_text(f'{start}, "cases": [\n' + ",\n".join(lines) + "\n]}\n", encoding="ascii")


def main() -> None:
    """Write all of them."""
    warnings.simplefilter("ignore")
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "families"
    for name, (method, keywords) in TOKENIZERS.items():
        write(target / f"{name}.json", name, getattr(MistralTokenizer, method)(**keywords), False)
    shipped = MistralTokenizer._data_path()
    for version in SYNTHETIC:
        with tempfile.TemporaryDirectory() as directory:
            file = synthetic.write(Path(directory), shipped, version)
            name = f"synthetic-{version}"
            write(target / f"{name}.json", name, MistralTokenizer.from_file(file), True)


if __name__ == "__main__":
    main()
