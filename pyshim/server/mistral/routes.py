"""The routes of the server that comes with mistral_common: FastAPI's answers, and its own."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from pyshim.errors import MediaDenied, MediaTooLarge
from pyshim.media.policy import check_messages
from pyshim.server import encoding
from pyshim.server.answer import cut, plain
from pyshim.server.asked import Asked
from pyshim.server.body import checked, missing, validate
from pyshim.server.errors import HttpError, InvalidBody
from pyshim.server.routes import Models, of
from pyshim.tokenizers.handle import Loaded
from pyshim.wire.codec import Reply
from pyshim.wire.routes import (
    MISTRAL_DETOKENIZE,
    MISTRAL_DETOKENIZE_STRING,
    MISTRAL_TOKENIZE,
)

Json = dict[str, Any]

NO_MESSAGES = "Messages list cannot be empty."
NO_TOKENS = "Tokens list cannot be empty."


def models() -> list[Models]:
    """Return the models of the routes."""
    from mistral_common.protocol.instruct.messages import AssistantMessage
    from mistral_common.protocol.instruct.request import ChatCompletionRequest

    from pyshim.server.mistral.models import (
        DetokenizeStringRequest,
        HTTPError,
        OpenAIChatCompletionRequest,
    )

    chat: Any = ChatCompletionRequest | OpenAIChatCompletionRequest
    return of(
        HTTPError,
        {
            MISTRAL_TOKENIZE: (chat, list[int]),
            MISTRAL_DETOKENIZE: (list[int], AssistantMessage),
            MISTRAL_DETOKENIZE_STRING: (DetokenizeStringRequest, str),
        },
    )


def tokenize(loaded: Loaded, obj: Any, asked: Asked) -> Reply:
    """POST /v1/tokenize/."""
    from pydantic import ValidationError

    from pyshim.server.mistral.models import OpenAIChatCompletionRequest, tokenize_adapter

    request = validate(tokenize_adapter(), obj, asked.large)
    if isinstance(request, OpenAIChatCompletionRequest):
        try:
            # That server means to drop what is not declared, and passes it on all the same.
            request = encoding.chat_request().from_openai(**request.model_dump())
        except (ValidationError, ValueError) as error:
            raise HttpError(400, str(error)) from error
    if request.messages == []:
        raise HttpError(400, NO_MESSAGES)
    try:
        check_messages(obj)
    except (MediaDenied, MediaTooLarge) as error:
        raise HttpError(400, str(error)) from error
    if request.truncate_for_context_length:
        # That server hands no limit over, and fails; a request to this one may have one.
        limit = asked.max_model_input_len
        return cut(b"", loaded.need_chat().encode_chat_completion(request, limit).tokens)
    return cut(b"", encoding.encode(loaded, request, obj.get("messages")))


def detokenize_string(loaded: Loaded, obj: Any, asked: Asked) -> Reply:
    """POST /v1/detokenize/string."""
    from pyshim.server.mistral.models import ids_adapter, policy_adapter, text_adapter

    if obj is not None and not isinstance(obj, bytes | dict):
        raise InvalidBody([missing(("body", name)) for name in ("tokens", "special_token_policy")])
    given: Json = obj if isinstance(obj, dict) else {}
    errors: list[Any] = []
    values: Json = {"tokens": [], "special_token_policy": encoding.policy("ignore")}
    adapters = {"tokens": ids_adapter(), "special_token_policy": policy_adapter()}
    for name, adapter in adapters.items():
        if given.get(name) is not None:
            try:
                values[name] = checked(adapter, given[name], asked.large, ("body", name))
            except InvalidBody as error:
                errors += error.errors
    if errors:
        raise InvalidBody(errors)
    if not values["tokens"]:
        raise HttpError(400, NO_TOKENS)
    try:
        text = loaded.need_chat().decode(**values)
    except ValueError as error:
        raise HttpError(400, str(error)) from error
    return plain(text_adapter().dump_json(text))


def detokenize(loaded: Loaded, obj: Any, asked: Asked) -> Reply:
    """POST /v1/detokenize/: the assistant's message that the tokens are."""
    from pyshim.server.mistral.models import ids_adapter, message_adapter

    tokens = [] if obj is None else checked(ids_adapter(), obj, asked.large)
    if not tokens:
        raise HttpError(400, NO_TOKENS)
    message = _message(loaded, tokens)
    return plain(message_adapter().dump_json(message, by_alias=True))


def _message(loaded: Loaded, tokens: list[int]) -> Any:
    tokenizer = loaded.need_chat()
    from mistral_common.experimental.tools import (
        _decode_tool_calls,
        _split_content_and_tool_calls,
    )
    from mistral_common.protocol.instruct.messages import AssistantMessage
    from mistral_common.tokens.tokenizers.base import TokenizerVersion

    raw = tokenizer.instruct_tokenizer.tokenizer
    calling: Any = ()
    content_tokens = tokens
    if raw.version > TokenizerVersion.v1:
        content_tokens, calling = _split_content_and_tool_calls(
            tokens, raw.get_special_token("[TOOL_CALLS]")
        )
    content = _content(tokenizer, content_tokens)
    calls = None
    if calling:
        try:
            calls = _decode_tool_calls(calling, raw)
        except (ValueError, json.JSONDecodeError) as error:
            raise HttpError(400, str(error)) from error
    return AssistantMessage(content=content, tool_calls=calls, prefix=tokens[-1] != raw.eos_id)


def _content(tokenizer: Any, tokens: list[int]) -> Any:
    from mistral_common.tokens.tokenizers.base import TokenizerVersion

    inner = tokenizer.instruct_tokenizer
    thinks = inner.tokenizer.version >= TokenizerVersion.v13
    begin, end = (inner.BEGIN_THINK, inner.END_THINK) if thinks else (None, None)
    if begin is None or end is None:
        return _text(tokenizer, tokens) if tokens else None
    from mistral_common.experimental.think import _split_content_and_think_chunks
    from mistral_common.protocol.instruct.chunk import TextChunk, ThinkChunk

    try:
        parts = _split_content_and_think_chunks(tokens, begin, end)
    except ValueError as error:
        raise HttpError(400, str(error)) from error
    if not parts:
        return None
    chunks: list[Any] = [
        ThinkChunk(thinking=_text(tokenizer, part), closed=part[-1] == end)
        if thinking
        else TextChunk(text=_text(tokenizer, part))
        for part, thinking in parts
        if part != [inner.tokenizer.eos_id]
    ]
    if len(chunks) == 1 and isinstance(chunks[0], TextChunk):
        return chunks[0].text
    return chunks


def _text(tokenizer: Any, tokens: list[int]) -> Any:
    return tokenizer.decode(tokens, special_token_policy=encoding.policy("ignore"))


# FastAPI's jsonable_encoder, for what a list of errors can hold.


@cache
def _kinds() -> tuple[type, ...]:
    return str, int, float, type(None)


def encodable(value: Any) -> Any:
    """Return a value as JSON can hold it."""
    if isinstance(value, _kinds()):
        return value
    if isinstance(value, dict):
        return {
            key: encodable(item)
            for key, item in value.items()
            if not (isinstance(key, str) and key.startswith("_sa"))
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [encodable(item) for item in value]
    if isinstance(value, bytes):
        return value.decode()
    return encodable(vars(value))
