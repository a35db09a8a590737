"""Read a run of chats, and hold its ids and loss masks against the reference alone.

Usage: read_chats.py OUT MODEL LAST INPUT..., with lines of rejects, FILE OFFSET LENGTH, on stdin.
LAST is true where only the last answer has a loss. Nothing of the bridge is used: what each
encode_..._message of the reference returns is counted, in the order of its calls, and the
answers of a request are told apart by their roles and weights.
"""

import itertools
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mistral_common
import numpy as np
from mistral_common.protocol.instruct.messages import FinetuningMessage
from mistral_common.protocol.instruct.request import ChatCompletionRequest
from mistral_common.protocol.instruct.validator import ValidationMode
from mistral_common.tokens.tokenizers.mistral import MistralTokenizer
from read import documents

FILES = {
    "v1": "tokenizer.model.v1",
    "v3": "mistral_instruct_tokenizer_240323.model.v3",
    "v7": "mistral_instruct_tokenizer_241114.model.v7",
    "v3-tekken": "tekken_240718.json",
}

calls: list[tuple[str, int]] = []


def counted(role: str, encode: Callable[..., Any]) -> Callable[..., Any]:
    """Note how many ids each message has."""

    def noted(*args: Any, **words: Any) -> Any:
        made = encode(*args, **words)
        calls.append((role, len(made[0] if isinstance(made, tuple) else made)))
        return made

    return noted


def weights(messages: list[dict[str, Any]]) -> list[bool]:
    """Say of each answer, and run of answers with one weight, whether a model is trained on it."""
    runs = itertools.groupby(messages, key=lambda m: (m["role"], m.get("weight")))
    return [weight is None or weight > 0 for (role, weight), _ in runs if role == "assistant"]


def main() -> None:
    """Compare, and say how much."""
    out, model, last, *inputs = sys.argv[1:]
    data = Path(mistral_common.__file__).parent / "data"
    tokenizer = MistralTokenizer.from_file(data / FILES[model], mode=ValidationMode.finetuning)
    instruct = tokenizer.instruct_tokenizer
    for role in ("user", "assistant", "tool", "system"):
        name = f"encode_{role}_message"
        setattr(instruct, name, counted(role, getattr(instruct, name)))
    want: list[list[int]] = []
    masks: list[list[int]] = []
    rejects = []
    for name in sorted(inputs):
        offset = 0
        for line in Path(name).read_bytes().splitlines(keepends=True):
            at, offset = offset, offset + len(line)
            calls.clear()
            try:
                body = json.loads(line)
                request = ChatCompletionRequest[FinetuningMessage].model_validate(body)
                ids = tokenizer.encode_chat_completion(request).tokens
            except Exception:
                rejects.append(f"{name} {at} {len(line)}")
                continue
            answers = weights(body["messages"])
            if last == "true":
                answers[:-1] = [False] * (len(answers) - 1)
            left = iter(answers)
            mask = [0] * len(instruct.start())
            for role, length in calls:
                mask += [int(role == "assistant" and next(left))] * length
            assert next(left, None) is None
            assert len(mask) == len(ids)
            want.append(ids)
            masks.append(mask)
    shards = sorted(Path(out, "shards").glob("*.idx"))
    found = [d for p in shards for d in documents(p)]
    assert found == want
    loss = np.concatenate([np.fromfile(p.with_suffix(".loss"), np.uint8) for p in shards])
    assert loss.tolist() == [bit for mask in masks for bit in mask]
    reported = sys.stdin.read().splitlines()
    assert reported == rejects, (reported, rejects)
    sys.stdout.write(f"{len(found)} {len(loss)} {loss.sum()} {len(rejects)}\n")


main()
