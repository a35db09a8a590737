"""vLLM's /tokenize, /detokenize and /tokenizer_info, without vLLM."""

from __future__ import annotations

from typing import Any

from pyshim.errors import MediaDenied, MediaTooLarge
from pyshim.media.policy import check_messages
from pyshim.server import encoding
from pyshim.server.answer import cut, dump, plain
from pyshim.server.asked import Asked
from pyshim.server.body import validate
from pyshim.server.errors import Refused
from pyshim.server.vllm_twin import conversation
from pyshim.server.vllm_twin.checks import validator
from pyshim.server.vllm_twin.features import Media
from pyshim.server.vllm_twin.limits import refuse_media_kwargs
from pyshim.server.vllm_twin.prompt_ids import take_ids
from pyshim.tokenizers.handle import Loaded
from pyshim.wire.codec import Reply

Json = dict[str, Any]


def tokenize(loaded: Loaded, obj: Any, asked: Asked) -> Reply:
    """POST /tokenize."""
    request = validate(validator("tokenize"), obj, asked.large)
    check_model(request.model, asked)
    ids: list[int] | bytes
    if "messages" in request.declared:  # and not only given
        tools = tool_dicts(request.tools)
        check_template(request.chat_template, request.chat_template_kwargs)
        overrides = {
            "add_generation_prompt": request.add_generation_prompt,
            "continue_final_message": request.continue_final_message,
        }
        ids, media = chat(loaded, request, obj, asked, tools, overrides)
        if media.images:
            media.check(loaded, encoding.unpacked(ids))
    else:
        ids = encoding.text(loaded, request.prompt, request.add_special_tokens)
    strings = None
    if request.return_token_strs:
        strings = encoding.pieces(loaded, encoding.unpacked(ids))
    return tokens(ids, asked.server.max_model_len, strings)


def tokens(ids: list[int] | bytes, max_model_len: int, strings: list[str] | None) -> Reply:
    """Answer with tokens, and with their texts if there are any."""
    count = len(ids) // 4 if isinstance(ids, bytes) else len(ids)
    head = b'{"count":%d,"max_model_len":%d,"tokens":' % (count, max_model_len)
    return cut(head, ids, b',"token_strs":%b}' % (b"null" if strings is None else dump(strings)))


def detokenize(loaded: Loaded, obj: Any, asked: Asked) -> Reply:
    """POST /detokenize."""
    request = validate(validator("detokenize"), obj, asked.large)
    check_model(request.model, asked)
    return plain(dump({"prompt": encoding.decode(loaded, request.tokens)}))


def tokenizer_info(loaded: Loaded, obj: Any, asked: Asked) -> Reply:
    """GET /tokenizer_info: what vLLM's tokenizer for Mistral models has to say."""
    return plain(b'{"tokenizer_class":"MistralTokenizer"}')


def chat(
    loaded: Loaded,
    request: Any,
    obj: Any,
    asked: Asked,
    tools: list[Any] | None,
    overrides: dict[str, Any],
) -> tuple[list[int] | bytes, Media]:
    """Return the tokens of a chat, or those that the request brings along; its images, open."""
    refuse_media_kwargs(request)
    ids = take_ids(request, request.messages, loaded.raw.n_words - 1)
    if ids:
        return ids, Media([], [], False)
    inner = loaded.need_chat().instruct_tokenizer
    encoders = {"image": inner.image_encoder, "audio": inner.audio_encoder}
    kinds = frozenset(kind for kind, encoder in encoders.items() if encoder is not None)
    found = conversation.read(request.messages, conversation.Taken(asked.server.models[0], kinds))
    check_media(obj)
    media = Media.of(found)
    kwargs = given({"tools": tools}) | given(request.chat_template_kwargs) | given(overrides)
    return encoding.apply(loaded, request.messages, kwargs), media


def given(kwargs: dict[str, Any] | None) -> dict[str, Any]:
    """Return the arguments of a template that say something."""
    return {name: value for name, value in (kwargs or {}).items() if value not in (None, "auto")}


def check_media(obj: Any) -> None:
    """Refuse what names something to fetch or open, or what is too large to decode."""
    try:
        check_messages(obj)
    except (MediaDenied, MediaTooLarge) as error:
        raise Refused(str(error)) from error


def check_model(model: str | None, asked: Asked) -> None:
    """Refuse a model that is not served."""
    if model and model not in asked.server.models:
        raise Refused(
            f"The model `{model}` does not exist. Valid aliases: {', '.join(asked.server.models)}.",
            "model",
            "NotFoundError",
            404,
        )


def check_template(given: str | None, kwargs: dict[str, Any] | None) -> None:
    """Refuse a chat template of the request's."""
    if given is not None or (kwargs and kwargs.get("chat_template") is not None):
        raise Refused("`chat_template` is not for a request to choose.")


def tool_dicts(tools: list[Any] | None) -> list[Json] | None:
    """Return the tools of a request as vLLM hands them on: what it declares, and no more."""
    if tools is None:
        return None
    found = [_declared(tool, "defer_loading") for tool in tools]
    for tool in found:
        tool["function"] = _declared(tool["function"], "strict", "defer_loading")
    return found


def _declared(model: Any, *optional: str) -> Json:
    values = vars(model).items()
    return {name: value for name, value in values if value is not None or name not in optional}
