"""apply_mistral_chat_template and vllm_raw: vLLM's functions, called as they are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from time import perf_counter_ns
from typing import Any

from pyshim.errors import BadArguments, UnknownMethod
from pyshim.media.policy import check_conversation
from pyshim.shortcuts import switches
from pyshim.vllm import debug_text
from pyshim.vllm.load import LoadedVllm, need_vllm
from pyshim.wire import marks
from pyshim.wire.codec import Has, Reply, Request, Want, dumps, reply_json
from pyshim.wire.keywords import keywords_of, positional_of
from pyshim.wire.values import pack

COUNT, PLAIN = Want.COUNT.value, Want.PLAIN.value

METHODS = frozenset(
    {
        "encode",
        "encode_one",
        "__call__",
        "decode",
        "convert_ids_to_tokens",
        "convert_tokens_to_string",
    }
)


def run_apply(request: Request) -> Reply:
    """Operation apply_mistral_chat_template.

    Nobody else holds what json.loads has made, so vLLM may change it as it likes. With
    the PLAIN flag the call is the plain one, without a shortcut, arg times, and timed.
    """
    loaded = need_vllm(request.handle)
    args = _arguments(request.json())
    if request.flags & PLAIN:
        return _timed(loaded, request)
    if switches.SETTINGS.text and debug_text.wanted(args[-1]):
        found = loaded.layout.apply(loaded.templating, *args)
        if switches.due():
            with switches.PLAINLY:
                plain = loaded.layout.apply(loaded.tokenizer, *_arguments(request.json()))
                if not switches.agree(found, plain):
                    found = plain
    else:
        found = loaded.layout.apply(loaded.tokenizer, *args)
    if not is_tokens(found):
        # A text with tokenize=False, a list of lists for a batch.
        return reply_json({"value": pack(found)})
    if request.flags & COUNT:
        return Reply(aux=len(found))
    return Reply(ints=found)


def _arguments(args: Any) -> tuple[Any, Any, Any, dict[str, Any]]:
    if not isinstance(args, dict) or "messages" not in args:
        raise BadArguments(
            "apply_mistral_chat_template wants an object with messages and perhaps chat_template, "
            "tools and kwargs"
        )
    kwargs = keywords_of(args, "kwargs")
    if not isinstance(kwargs, dict):
        raise BadArguments("the kwargs of apply_mistral_chat_template are no object")
    check_conversation(args["messages"])
    return args["messages"], args.get("chat_template"), args.get("tools"), kwargs


def is_tokens(found: Any) -> bool:
    """Distinguish a list of tokens from the other things that the function may return."""
    return type(found) is list and (not found or type(found[0]) is int)


def _timed(loaded: LoadedVllm, request: Request) -> Reply:
    text = request.text()
    tokens: list[int] = []
    times: list[int] = []
    for _ in range(max(request.arg, 1)):
        # Anew each time, because vLLM changes them; it is not in the time.
        args = _arguments(json.loads(text))
        begin = perf_counter_ns()
        tokens = loaded.layout.apply(loaded.tokenizer, *args)
        times.append(perf_counter_ns() - begin)
    return Reply(dumps({"ns": times}), Has.BODY_JSON.value, tokens, (), min(times))


def run_vllm_raw(request: Request) -> Reply:
    """Operation vllm_raw: a method of vLLM's MistralTokenizer."""
    tokenizer = need_vllm(request.handle).tokenizer
    args = request.json()
    if not isinstance(args, dict) or not isinstance(args.get("m"), str):
        raise BadArguments('vllm_raw wants {"m": "…", "a": […], "k": {…}}')
    name = args["m"]
    if name not in METHODS:
        raise UnknownMethod(f"vllm_raw offers no {name!r}; it offers {', '.join(sorted(METHODS))}")
    positional, keywords = positional_of(args), keywords_of(args)
    if name == "convert_tokens_to_string":
        # The pieces of convert_ids_to_tokens, of which some are bytes.
        positional = marks.read(list[list[bytes]], positional)
        if isinstance(keywords, dict) and "tokens" in keywords:
            keywords = keywords | {"tokens": marks.read(list[bytes], keywords["tokens"])}
    found = getattr(tokenizer, name)(*positional, **keywords)
    # __call__ returns a mapping that is no dict.
    return reply_json(pack(dict(found) if isinstance(found, Mapping) else found))
