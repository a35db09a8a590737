"""For Python programs: vLLM's chat template call for Mistral tokenizers, off the event loop."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from pyshim import vllm_layout
from pyshim.vllm_install import install, uninstall

__all__ = [
    "apply_mistral_chat_template",
    "async_apply_mistral_chat_template",
    "install",
    "uninstall",
]

# One worker: large requests queue up, first come first served, instead of
# starving the event loop of the interpreter lock together.
_mistral_tokenizer_executor = ThreadPoolExecutor(
    max_workers=1, thread_name_prefix="mistral_tokenizer"
)

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
    """Do what apply_mistral_chat_template does, without blocking the event loop."""
    call = partial(apply_mistral_chat_template, tokenizer, *args, **kwargs)
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_mistral_tokenizer_executor, call)
