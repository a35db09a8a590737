"""Tokens of a chat as vLLM's MistralTokenizer and transformers make them of mistral_common.

No token is decided here: arguments are checked in their order, and handed to from_openai and
encode_chat_completion.
"""

from __future__ import annotations

from array import array
from functools import cache
from typing import Any

from pyshim.ops.chat import request_model
from pyshim.shortcuts import switches
from pyshim.shortcuts.layouts import plain
from pyshim.tokenizers.handle import Loaded

Json = dict[str, Any]

_WITH_EFFORT = 15  # the version of the tokenizer from which reasoning_effort is passed on


def apply(loaded: Loaded, messages: Any, kwargs: Json) -> list[int] | bytes:
    """Return the tokens, as integers or as packed int32.

    Equals safe_apply_chat_template of vLLM: whatever fails is a ValueError.
    """
    try:
        return _apply(loaded, messages, kwargs)
    except Exception as error:
        raise ValueError(str(error)) from error


def _apply(loaded: Loaded, messages: Any, kwargs: Json) -> list[int] | bytes:
    tools = kwargs.get("tools")
    generation = kwargs.get("add_generation_prompt", False)
    continued = kwargs.get("continue_final_message", False)
    check_prompts(messages, continued, generation)
    truncation = kwargs.get("truncation", False)
    if not isinstance(truncation, bool):
        raise TypeError("`truncation` must be a boolean for `apply_chat_template` method.")
    # An earlier mistral_common has no such argument, and no such tokenizer.
    effort = {"reasoning_effort": kwargs.get("reasoning_effort")}
    if version(loaded) < _WITH_EFFORT:
        effort = {}
    adapted = [_adapt(message) for message in messages]
    request = chat_request().from_openai(
        messages=adapted, tools=tools, continue_final_message=continued, **effort
    )
    ids = encode(loaded, request, adapted)
    most = kwargs.get("max_length")
    if truncation and most and most > 0:
        return array("i", ids).tolist()[:most] if isinstance(ids, bytes) else ids[:most]
    return ids


def check_prompts(messages: Any, continued: Any, generation: Any) -> None:
    """Check that the two ways to end a chat are not mixed up."""
    if generation and continued:
        raise ValueError(
            "Cannot set both `add_generation_prompt` and `continue_final_message` to True."
        )
    role = messages[-1]["role"]
    if generation and role == "assistant":
        raise ValueError(
            "Cannot set `add_generation_prompt` to True when the last message is from the "
            "assistant. Consider using `continue_final_message` instead."
        )
    if continued and role != "assistant":
        raise ValueError(
            "Cannot set `continue_final_message` to True when the last message is not from "
            "the assistant."
        )


def version(loaded: Loaded) -> int:
    """Return the version of the tokenizer as a number."""
    return int(str(loaded.raw.version.value).rpartition("v")[2])


def encode(loaded: Loaded, request: Any, messages: Any = None) -> list[int] | bytes:
    """Return the tokens of a mistral_common request; equals encode_chat_completion.

    messages, if given, are those from which the request was made: they say whether the
    shortcut is exact.
    """
    settings = switches.SETTINGS
    plainly = loaded.need_chat()
    if not settings.text or loaded.textless is None:
        tokens: list[int] = plainly.encode_chat_completion(request).tokens
        return tokens
    found: list[int] | bytes
    if settings.pack and loaded.packed is not None and switches.allowed({"messages": messages}):
        found = loaded.packed.encode(request, None)[1]
    else:
        found = loaded.textless.encode_chat_completion(request).tokens
    if switches.due():
        with switches.PLAINLY:
            plain = plainly.encode_chat_completion(request).tokens
            if not switches.agree(found, plain):
                return list(plain)
    return found


def chat(loaded: Loaded, obj: Json) -> list[int] | bytes:
    """Return the tokens of a plain chat; equals encode_chat_completion of ChatCompletionRequest."""
    layouts = switches.layouts(loaded.packed)
    simple = None if layouts is None else plain(obj)
    if layouts is not None and simple and (known := layouts.encode(simple)) is not None:
        if switches.due():
            with switches.PLAINLY:
                request = request_model(obj).model_validate(obj)
                whole = loaded.need_chat().encode_chat_completion(request).tokens
                if not switches.agree(known, whole):
                    return list(whole)
        return known
    validate = request_model(obj).model_validate
    found = encode(loaded, validate(obj), obj["messages"])
    if layouts is not None and simple:
        layouts.learn(simple, obj, validate)
    return found


def text(loaded: Loaded, prompt: str, special: bool) -> list[int] | bytes:
    """Return the tokens of a text; equals MistralTokenizer.__call__ of vLLM."""
    if loaded.packed is None or not switches.SETTINGS.pack:
        tokens: list[int] = loaded.raw.encode(prompt, special, False)
        return tokens
    found: bytes = loaded.packed.text(prompt, special, False)
    if switches.due():
        plain = loaded.raw.encode(prompt, special, False)
        if not switches.agree(found, plain):
            return list(plain)
    return found


def decode(loaded: Loaded, ids: list[int]) -> str:
    """Return the text of tokens, special ones too; equals MistralTokenizer.decode of vLLM."""
    found: str = loaded.need_chat().decode(ids, special_token_policy=policy("keep"))
    return found


def pieces(loaded: Loaded, ids: list[int]) -> list[str]:
    """Return the text of each token; equals MistralTokenizer.convert_ids_to_tokens of vLLM."""
    piece = loaded.raw.id_to_piece
    return [piece(token) for token in ids]


def unpacked(ids: list[int] | bytes) -> list[int]:
    """Return tokens as a list of integers."""
    return array("i", ids).tolist() if isinstance(ids, bytes) else ids


def _adapt(message: Any) -> Any:
    """Leave out the parts without a type, as transformers does."""
    if not isinstance(message, dict):
        return message
    content = message.get("content")
    if not content or isinstance(content, str):
        return message
    return {**message, "content": [part for part in content if part.get("type")]}


@cache
def chat_request() -> Any:
    """Return mistral_common's class of a chat."""
    from mistral_common.protocol.instruct.request import ChatCompletionRequest

    return ChatCompletionRequest


@cache
def policy(name: str) -> Any:
    """Return a SpecialTokenPolicy: ignore, keep or raise."""
    from mistral_common.tokens.tokenizers.base import SpecialTokenPolicy

    return SpecialTokenPolicy(name)
