"""encode_chat: a chat completion request to tokens."""

from __future__ import annotations

from functools import cache
from typing import Any

from pyshim.media.policy import check_messages
from pyshim.ops.spans import Recording
from pyshim.ops.tokenized import answer, ids_only
from pyshim.shortcuts import switches
from pyshim.shortcuts.layouts import plain
from pyshim.tokenizers.registry import REGISTRY
from pyshim.wire.codec import Reply, Request, Want
from pyshim.wire.marks import read_message

WHOLE = (Want.TEXT | Want.PLAIN).value
SPANS = Want.SPANS.value
OTHERWISE = WHOLE | SPANS


def run_encode_chat(request: Request) -> Reply:
    """Operation encode_chat; equals MistralTokenizer.encode_chat_completion.

    The reference is called from here and nothing is put between: how deep a request may
    nest depends on the frames below it.
    """
    loaded = REGISTRY.get(request.handle)
    flags = request.flags
    tokenizer = loaded.need_chat()
    obj = request.json()
    settings = switches.SETTINGS
    limit = None if request.arg < 0 else request.arg
    layouts = None if flags & OTHERWISE or limit is not None else switches.layouts(loaded.packed)
    simple = None if layouts is None else plain(obj)
    if layouts is not None and simple and (known := layouts.encode(simple)) is not None:
        if switches.due():
            with switches.PLAINLY:
                whole = tokenizer.encode_chat_completion(request_model(obj).model_validate(obj))
                if not switches.agree(known, whole.tokens):
                    return answer(whole, flags)
        return ids_only(known, flags)
    check_messages(obj, read_message)
    model = request_model(obj)
    if flags & SPANS:
        base = tokenizer if flags & WHOLE or not settings.text else loaded.textless or tokenizer
        done, found = Recording(base).chat(model.model_validate(obj), limit)
        return answer(done, flags, spans=found)
    if flags & WHOLE or not settings.text or loaded.textless is None:
        return answer(tokenizer.encode_chat_completion(model.model_validate(obj), limit), flags)
    ids = None
    if settings.pack and loaded.packed is not None and switches.allowed(obj):
        done, ids = loaded.packed.encode(model.model_validate(obj), limit)
    else:
        done = loaded.textless.encode_chat_completion(model.model_validate(obj), limit)
    if switches.due():
        with switches.PLAINLY:
            whole = tokenizer.encode_chat_completion(model.model_validate(obj), limit)
            if not switches.agree(done.tokens if ids is None else ids, whole.tokens):
                return answer(whole, flags)
    if layouts is not None and simple:
        layouts.learn(simple, obj, model.model_validate)
    return answer(done, flags, ids)


def request_model(obj: Any) -> Any:
    """Return the request class: a message that carries `weight` makes it a finetuning request."""
    messages = obj.get("messages") if isinstance(obj, dict) else None
    if isinstance(messages, list):
        for message in messages:
            if isinstance(message, dict) and "weight" in message:
                return _finetuning()
    return _ordinary()


# Cached because an import statement costs a microsecond, even of what is imported.
@cache
def _ordinary() -> Any:
    from mistral_common.protocol.instruct.request import ChatCompletionRequest

    return ChatCompletionRequest


@cache
def _finetuning() -> Any:
    from mistral_common.protocol.instruct.messages import FinetuningMessage

    return _ordinary()[FinetuningMessage]
