"""Write the golden files: what the plain reference answers to cases.py.

Nothing of the bridge is imported. Run it by `make golden`, in the locked
environment; the versions that answered stand at the head of each file.
"""

from __future__ import annotations

import importlib.metadata
import json
import sys
import warnings
from pathlib import Path
from typing import Any

from mistral_common.protocol.instruct.request import ChatCompletionRequest
from mistral_common.tokens.tokenizers.mistral import MistralTokenizer

from cases import CHATS, DECODE, TEXTS

Json = dict[str, Any]

TOKENIZERS: dict[str, tuple[str, dict[str, bool]]] = {
    "v1": ("v1", {}),
    "v2": ("v2", {}),
    "v3": ("v3", {}),
    "v3-tekken": ("v3", {"is_tekken": True}),
    "v3-tekken-mm": ("v3", {"is_tekken": True, "is_mm": True}),
    "v7": ("v7", {}),
    "v7-mm": ("v7", {"is_mm": True}),
}
PACKAGES = ("mistral-common", "sentencepiece", "tiktoken")


def answer(case: Json, field: str, run: Any) -> Json:
    """Add what run returns, or the exception it raises, to a case."""
    try:
        return {**case, field: run()}
    except Exception as error:
        message = getattr(error, "message", None)
        kind = type(error)
        found = {
            "module": kind.__module__,
            "type": kind.__qualname__,
            "message": message if isinstance(message, str) else str(error),
        }
        return {**case, "error": found}


def cases(tok: Any) -> list[Json]:
    """Ask one tokenizer everything."""

    def chat(body: Json) -> Any:
        # A copy through JSON: the request as it arrives, and nothing a call changed in it.
        obj = json.loads(json.dumps(body))
        return tok.encode_chat_completion(ChatCompletionRequest.model_validate(obj)).tokens

    raw = tok.instruct_tokenizer.tokenizer
    found: list[Json] = []
    case: Json
    for name, body in CHATS.items():
        case = {"name": f"chat/{name}", "op": "chat", "request": body}
        found.append(answer(case, "tokens", lambda body=body: chat(body)))
    for name, text in TEXTS.items():
        for bos, eos in ((False, False), (True, True)):
            case = {"name": f"text/{name}/{bos:d}{eos:d}", "op": "text", "input": text}
            case |= {"bos": bos, "eos": eos}
            found.append(answer(case, "tokens", lambda t=text, b=bos, e=eos: raw.encode(t, b, e)))
    for name, args in DECODE.items():
        case = {"name": f"decode/{name}", "op": "decode", "ids": args["tokens"]}
        case |= {"policy": args.get("policy", "ignore")}
        found.append(
            answer(case, "text", lambda case=case: tok.decode(case["ids"], case["policy"]))
        )
    return found


def write(path: Path, tokenizer: str, tok: Any) -> None:
    """Write a file with one case a line, so that a diff shows the case.

    Keys are not sorted: the order within a tool reaches the tokens.
    """
    versions = {name: importlib.metadata.version(name) for name in PACKAGES}
    head = {"versions": versions, "tokenizer": tokenizer, "mode": tok.mode.value}
    lines = [json.dumps(case) for case in cases(tok)]
    start = json.dumps(head)[:-1]
    path.write_text(f'{start}, "cases": [\n' + ",\n".join(lines) + "\n]}\n", encoding="ascii")


def main() -> None:
    warnings.simplefilter("ignore")
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    for name, (method, keywords) in TOKENIZERS.items():
        write(target / f"{name}.json", name, getattr(MistralTokenizer, method)(**keywords))


if __name__ == "__main__":
    main()
