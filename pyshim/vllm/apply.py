"""For Python programs: vLLM's chat template call for Mistral tokenizers, off the event loop."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any
from weakref import ref

from pyshim.shortcuts import debug_text as shortcut
from pyshim.shortcuts import switches
from pyshim.vllm import debug_text, inline
from pyshim.vllm import layout as vllm_layout
from pyshim.vllm.executor import BUSY, LendingExecutor, Turns

# One worker: large requests queue up, first come first served, instead of
# starving the event loop of the interpreter lock together.
_mistral_tokenizer_executor = LendingExecutor(thread_name_prefix="mistral_tokenizer")
_turns = Turns(inline.TURN)
# Tokenizers, by their id, that have answered: the first call may import what is missing.
_warm: dict[int, ref[Any]] = {}

# Messages, message, content, chunk, image_url; tools, tool, function, parameters: vLLM
# changes nothing that lies deeper.
DEPTH = 6


def apply_mistral_chat_template(
    tokenizer: Any, messages: Any, tools: Any = None, *more: Any, **kwargs: Any
) -> Any:
    """Return the tokens of OpenAI-style messages.

    On vLLM's MistralTokenizer this is vLLM's own function: same keywords, same tokens, its
    ValueError with the cause; four positional arguments are taken in vLLM's order,
    (tokenizer, messages, chat_template, tools). On mistral_common's MistralTokenizer it is
    from_openai and encode_chat_completion, whose exceptions pass unchanged.
    The caller's messages and tools are never changed, as vLLM does up to 0.13.
    """
    tokens = _apply(tokenizer, messages, tools, *more, **kwargs)
    _answered(tokenizer)
    return tokens


def _answered(tokenizer: Any) -> None:
    key = id(tokenizer)
    if key not in _warm and inline.known(tokenizer):
        _warm[key] = ref(tokenizer, lambda _: _warm.pop(key, None))


def _apply(tokenizer: Any, messages: Any, tools: Any = None, *more: Any, **kwargs: Any) -> Any:
    if len(more) > 1:
        given = 3 + len(more)
        raise TypeError(f"apply_mistral_chat_template() takes 2 to 4 arguments, {given} were given")
    if more:
        if "chat_template" in kwargs:
            raise TypeError("apply_mistral_chat_template() got chat_template twice")
        kwargs["chat_template"], tools = tools, more[0]
    if not _is_vllm(type(tokenizer)):
        return _with_mistral_common(tokenizer, messages, tools, kwargs)
    template = kwargs.pop("chat_template", None)
    layout = vllm_layout.find()
    return layout.apply(tokenizer, _copy(messages), template, _copy(tools), kwargs)


def _apply_without_text(tokenizer: Any, *args: Any, **kwargs: Any) -> Any:
    """Do what apply_mistral_chat_template does, without the debug text that nobody sees.

    The copy that leaves it out is made for each call, since a program may change its tokenizer.
    """
    if not (switches.SETTINGS.text and inline.known(tokenizer) and debug_text.wanted(kwargs)):
        return apply_mistral_chat_template(tokenizer, *args, **kwargs)
    without = debug_text.without_text if _is_vllm(type(tokenizer)) else shortcut.without_text
    tokens = _apply(without(tokenizer), *args, **kwargs)
    _answered(tokenizer)
    if switches.due():
        with switches.PLAINLY:
            plain = _apply(tokenizer, *args, **kwargs)
            if not switches.agree(tokens, plain):
                return plain
    return tokens


def _is_vllm(cls: type) -> bool:
    return any(base.__module__.partition(".")[0] == "vllm" for base in cls.__mro__)


def _with_mistral_common(
    tokenizer: Any, messages: Any, tools: Any, kwargs: dict[str, Any]
) -> list[int]:
    from mistral_common.protocol.instruct.request import ChatCompletionRequest

    request = ChatCompletionRequest.from_openai(messages, tools, **kwargs)
    tokens: list[int] = tokenizer.encode_chat_completion(request).tokens
    return tokens


def _copy(value: Any, depth: int = DEPTH) -> Any:
    """Copy lists and dicts; what is neither (an iterator of pydantic, say) stays as it is."""
    if depth == 0:
        return value
    if type(value) is list:
        return [_copy(item, depth - 1) for item in value]
    if type(value) is dict:
        return {key: _copy(item, depth - 1) for key, item in value.items()}
    return value


async def async_apply_mistral_chat_template(tokenizer: Any, *args: Any, **kwargs: Any) -> Any:
    """Return what apply_mistral_chat_template returns, without blocking the event loop.

    Calls are made one at a time, by the one worker of the executor. A short one is made at
    once if the worker has nothing to do, since handing it over would take longer than the
    call; an event loop makes no more of these in a turn than some milliseconds' worth.
    """
    loop = asyncio.get_running_loop()
    executor = _mistral_tokenizer_executor
    weight = inline.weigh(args, kwargs)
    if (
        weight <= inline.SHORT
        and id(tokenizer) in _warm
        and (left := _turns.take(loop, weight)) >= 0
    ):
        try:
            found = executor.run_if_idle(_apply_without_text, tokenizer, *args, **kwargs)
        finally:
            if left < weight:
                # A coroutine that calls again at once would never let the loop turn.
                await asyncio.sleep(0)
        if found is not BUSY:
            return found
    call = partial(_apply_without_text, tokenizer, *args, **kwargs)
    return await loop.run_in_executor(executor, call)
