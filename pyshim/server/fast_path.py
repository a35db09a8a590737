"""The short way for the requests that nearly all are: a text, or a chat of plain messages.

What is let through here needs no model of pydantic's to say that it is well formed, and
nothing that is left out could change a token. All else, and all that fails, takes the
long way, which has the last word. A differential test holds the two together.
"""

from __future__ import annotations

import json
import secrets
from typing import Any

from pyshim.server import encoding, fast_render, vllm_app
from pyshim.server.answer import cut
from pyshim.server.asked import Server
from pyshim.shortcuts import switches
from pyshim.tokenizers.handle import Loaded
from pyshim.vllm.load import LoadedVllm
from pyshim.wire.codec import Reply
from pyshim.wire.routes import MISTRAL_TOKENIZE, RENDER_CHAT, TOKENIZE

_PROMPT = frozenset({"prompt", "model", "add_special_tokens", "return_token_strs"})
_CHAT = frozenset({"messages", "model", "add_generation_prompt", "return_token_strs"})
_RENDER = frozenset({"messages", "model"})
_MESSAGE = {"role", "content"}
_ROLES = frozenset({"user", "assistant", "system"})


def answer(
    loaded: Loaded, route: int, body: memoryview, server: Server, request_id: memoryview
) -> Reply | None:
    """Answer a plain request; None for any other."""
    if not switches.SETTINGS.text or loaded.chat is None:
        return None
    if route == TOKENIZE and isinstance(loaded, LoadedVllm) and not vllm_app.available():
        return None
    try:
        # Not of bytes, whose encoding json.loads would look for first.
        if route == TOKENIZE:
            return _tokenize(loaded, json.loads(str(body, "utf-8")), server)
        if route == MISTRAL_TOKENIZE:
            return _mistral(loaded, json.loads(str(body, "utf-8")))
        if route == RENDER_CHAT and type(loaded) is Loaded:
            return _render_chat(loaded, json.loads(str(body, "utf-8")), server, request_id)
    except Exception:  # the long way says what there is to say
        return None
    return None


def _render_chat(loaded: Loaded, obj: Any, server: Server, request_id: memoryview) -> Reply | None:
    if type(obj) is not dict or not obj.keys() <= _RENDER:
        return None
    messages: Any = obj.get("messages")
    model = obj.get("model")
    if model is not None and (type(model) is not str or model not in server.models):
        return None
    if not _plain(messages) or messages[-1]["role"] == "assistant":
        return None
    ids = encoding.chat(loaded, {"messages": messages})
    name = str(request_id, "latin-1") or secrets.token_hex(8)
    return fast_render.chat(ids, model, server.max_model_len, name)


def _tokenize(loaded: Loaded, obj: Any, server: Server) -> Reply | None:
    if type(obj) is not dict:
        return None
    model = obj.get("model")
    if model is not None and (type(model) is not str or model not in server.models):
        return None
    if obj.get("return_token_strs", False) is not False:
        return None
    if "messages" not in obj:
        prompt, special = obj.get("prompt"), obj.get("add_special_tokens", True)
        if type(prompt) is not str or type(special) is not bool or not obj.keys() <= _PROMPT:
            return None
        return _tokens(_text(loaded, prompt, special), server)
    messages = obj["messages"]
    if obj.get("add_generation_prompt", True) is not True or not obj.keys() <= _CHAT:
        return None
    if not _plain(messages) or messages[-1]["role"] == "assistant":
        return None
    if isinstance(loaded, LoadedVllm):
        given = {"tokenize": True, "add_generation_prompt": True, "continue_final_message": False}
        return _tokens(_templated(loaded, messages, given), server)
    return _tokens(encoding.chat(loaded, {"messages": messages}), server)


def _text(loaded: Loaded, prompt: str, special: bool) -> list[int] | bytes:
    if not isinstance(loaded, LoadedVllm):
        return encoding.text(loaded, prompt, special)
    made = loaded.templating(prompt, add_special_tokens=special, truncation=False, max_length=None)
    ids: list[int] = made["input_ids"]
    return ids


def _templated(loaded: LoadedVllm, messages: Any, given: dict[str, Any]) -> list[int]:
    """Return the tokens of vLLM's function, once more plainly if it is time to."""
    ids: list[int] = loaded.layout.apply(loaded.templating, messages, None, None, dict(given))
    if switches.due():
        with switches.PLAINLY:
            plain = loaded.layout.apply(loaded.tokenizer, messages, None, None, dict(given))
            if not switches.agree(ids, plain):
                return list(plain)
    return ids


def _mistral(loaded: Loaded, obj: Any) -> Reply | None:
    if type(obj) is not dict or obj.keys() != {"messages"} or not _plain(obj["messages"]):
        return None
    return cut(b"", encoding.chat(loaded, obj))


def _plain(messages: Any) -> bool:
    if type(messages) is not list or not messages:
        return False
    for message in messages:
        if type(message) is not dict or message.keys() != _MESSAGE:
            return False
        if message["role"] not in _ROLES or type(message["content"]) is not str:
            return False
    return True


def _tokens(ids: list[int] | bytes, server: Server) -> Reply:
    count = len(ids) // 4 if isinstance(ids, bytes) else len(ids)
    head = b'{"count":%d,"max_model_len":%d,"tokens":' % (count, server.max_model_len)
    return cut(head, ids, b',"token_strs":null}')
