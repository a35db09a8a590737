"""The three things that are compared, each by its direct Python call.

Nothing of pyshim is used here: what a user would write, and no more.
"""

from __future__ import annotations

import copy
import json
import os
import shutil
from collections.abc import Mapping
from typing import Any

from client import Exec

Json = dict[str, Any]

# Where mistral_common keeps each, and the name vLLM wants in a model directory.
FILES = {
    "v1": ("tokenizer.model.v1", "tokenizer.model.v1"),
    "v2": ("mistral_instruct_tokenizer_240216.model.v2", "tokenizer.model.v2"),
    "v3": ("mistral_instruct_tokenizer_240323.model.v3", "tokenizer.model.v3"),
    "v7": ("mistral_instruct_tokenizer_241114.model.v7", "tokenizer.model.v7"),
    "v3-tekken": ("tekken_240718.json", "tekken.json"),
    "v3-tekken-mm": ("tekken_240911.json", "tekken.json"),
}


class MistralCommon:
    """encode_chat_completion, encode and decode of mistral_common itself."""

    packages = ("mistral-common", "pydantic", "sentencepiece", "tiktoken")
    operation = "encode_chat_completion"

    def __init__(self, name: str, path: str, client: Exec) -> None:
        from mistral_common.tokens.tokenizers.mistral import MistralTokenizer

        self.name = name
        self.client = client
        self.tokenizer: Any = MistralTokenizer.from_file(path)
        self.handle = client.load("load", {"path": path})

    def through(self, case: Json) -> Json:
        """Ask mtok."""
        if "op" in case:
            return self.client.ask("raw", {"m": case["op"], "a": case["a"]}, self.handle)
        return self.client.ask(self.operation, {"request": request_of(case)}, self.handle)

    def direct(self, case: Json) -> Any:
        """Call the reference."""
        from mistral_common.protocol.instruct.messages import FinetuningMessage
        from mistral_common.protocol.instruct.request import ChatCompletionRequest

        if "op" in case:
            return getattr(self.tokenizer.instruct_tokenizer.tokenizer, case["op"])(*case["a"])
        request = request_of(case)
        cls: Any = ChatCompletionRequest
        messages = request["messages"]
        if isinstance(messages, list) and any(
            isinstance(m, dict) and "weight" in m for m in messages
        ):
            cls = ChatCompletionRequest[FinetuningMessage]
        done = self.tokenizer.encode_chat_completion(cls.model_validate(request))
        return {
            "tokens": done.tokens,
            "prefix_ids": done.prefix_ids,
            "text": done.text if "text" in type(done).model_fields else done._text,
            "images": [list(image.shape) for image in done.images],
        }

    @staticmethod
    def plain(found: Any) -> Any:
        """Bring the answer of mtok to the form of direct."""
        if isinstance(found, dict) and "tokens" in found:
            images = [image["shape"] for image in found["images"]]
            return {key: found[key] for key in ("tokens", "prefix_ids", "text")} | {
                "images": images
            }
        return found


class Tokens(MistralCommon):
    """The same with the tokens alone: mtok may take its shortcuts."""

    def through(self, case: Json) -> Json:
        """Ask mtok for less."""
        if "op" in case:
            return super().through(case)
        args = {"request": request_of(case), "want": ["tokens"]}
        return self.client.ask(self.operation, args, self.handle)

    def direct(self, case: Json) -> Any:
        """Call the reference, and keep the tokens."""
        done = super().direct(case)
        return {"tokens": done["tokens"]} if "op" not in case else done

    @staticmethod
    def plain(found: Any) -> Any:
        """Bring the answer of mtok to the form of direct."""
        return {"tokens": found["tokens"]} if isinstance(found, dict) else found


def request_of(case: Json) -> Json:
    """Return the ChatCompletionRequest of a case: its keywords are fields of it."""
    request = {"messages": case["messages"], **case["kwargs"]}
    if case["tools"] is not None:
        request["tools"] = case["tools"]
    return request


class Vllm:
    """apply_mistral_chat_template, or what became of it, and vLLM's text methods."""

    packages = ("vllm", "transformers", "torch", *MistralCommon.packages)
    operation = "apply_mistral_chat_template"

    def __init__(self, name: str, path: str, client: Exec) -> None:
        self.name = name
        self.client = client
        try:
            from vllm.entrypoints.chat_utils import apply_mistral_chat_template
            from vllm.transformers_utils.tokenizers.mistral import MistralTokenizer

            self.function: Any = apply_mistral_chat_template
        except ImportError:
            from vllm.renderers.mistral import safe_apply_chat_template
            from vllm.tokenizers.mistral import MistralTokenizer

            def function(
                tokenizer: Any, messages: Any, template: Any, tools: Any, **more: Any
            ) -> Any:
                return safe_apply_chat_template(
                    tokenizer, messages, chat_template=template, tools=tools, **more
                )

            self.function = function
        self.tokenizer: Any = MistralTokenizer.from_pretrained(path)
        self.handle = client.load("load_vllm", {"path": path})

    def through(self, case: Json) -> Json:
        """Ask mtok."""
        if "op" in case:
            args = {"m": case["op"], "a": case["a"]}
            return self.client.ask("vllm_raw", args, self.handle)
        args = {
            "messages": case["messages"],
            "chat_template": case["chat_template"],
            "tools": case["tools"],
            "kwargs": case["kwargs"],
        }
        return self.client.ask(self.operation, args, self.handle)

    def direct(self, case: Json) -> Any:
        """Call vLLM on a copy, because it changes what it is given."""
        if "op" in case:
            found = getattr(self.tokenizer, case["op"])(*case["a"])
            return dict(found) if isinstance(found, Mapping) else found
        own = copy.deepcopy(case)
        return self.function(
            self.tokenizer, own["messages"], own["chat_template"], own["tools"], **own["kwargs"]
        )

    @staticmethod
    def plain(found: Any) -> Any:
        """Bring the answer of mtok to the form of direct: it has it already."""
        return found


def model_directory(root: str, name: str, *, whole: bool) -> str:
    """Copy a shipped file to a model directory below root; return the directory, or the file."""
    from mistral_common.tokens.tokenizers.mistral import MistralTokenizer

    shipped, wanted = FILES[name]
    made = os.path.join(root, name)
    os.makedirs(made)
    target = os.path.join(made, wanted)
    shutil.copyfile(os.path.join(MistralTokenizer._data_path(), shipped), target)
    return made if whole else target


def as_json(value: Any) -> Any:
    """Bring a result of Python to what the protocol makes of it."""
    if isinstance(value, bytes):
        import base64

        return {"__bytes__": base64.b64encode(value).decode("ascii")}
    if isinstance(value, dict):
        return {key: as_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(item) for item in value]
    return json.loads(json.dumps(value))
