"""vLLM's render routes, without vLLM: what is to be generated, as an engine receives it."""

from __future__ import annotations

import secrets
from typing import Any

from pyshim.server import encoding
from pyshim.server.answer import plain, with_tokens
from pyshim.server.asked import Asked
from pyshim.server.body import validate
from pyshim.server.errors import Refused, refuse_if
from pyshim.server.vllm_twin.checks import validator
from pyshim.server.vllm_twin.limits import Limits, max_tokens, refuse_media_kwargs, widest
from pyshim.server.vllm_twin.sampling import TRANSFERS, sampling_params
from pyshim.server.vllm_twin.snapshot import dumped, models
from pyshim.server.vllm_twin.tokenize import chat, check_model, check_template, given, tool_dicts
from pyshim.server.vllm_twin.writing import render_dump
from pyshim.tokenizers.handle import Loaded
from pyshim.wire.codec import Reply

Json = dict[str, Any]

BEAMS = "`use_beam_search` is not for render."
ID_LENGTH = 9


def render_chat(loaded: Loaded, obj: Any, asked: Asked) -> Reply:
    """POST /v1/chat/completions/render."""
    request = validate(validator("chat"), obj, asked.large)
    check_model(request.model, asked)
    refuse_if(request.use_beam_search, None, BEAMS)
    _prepare(request)
    tools = tool_dicts(request.tools)
    check_template(request.chat_template, request.chat_template_kwargs)
    wanted, name = request.max_completion_tokens, "max_completion_tokens"
    if wanted is None:
        wanted, name = request.max_tokens, "max_tokens"
    refuse_media_kwargs(request)
    limits = Limits.of(request, asked.server.max_model_len, wanted, name)
    transferred = getattr(request, "kv_transfer_params", None)
    reused = isinstance(transferred, dict) and transferred.get("prompt_token_ids") is not None
    found, media = chat(loaded, request, obj, asked, tools, _template(request))
    ids = encoding.unpacked(found)
    if not reused:
        if limits.detokenize:
            encoding.decode(loaded, ids)
        ids = limits.after(ids)
    features = media.features(loaded, ids, asked.server.models[0], request.mm_payload)
    rendered = chat_answer(request, ids, asked, wanted)
    rendered["features"] = features
    rendered["request_id"] = f"chatcmpl-{_id(request, asked.request_id)}"
    return with_tokens(rendered, rendered, "token_ids", render_dump)


def chat_answer(request: Any, ids: list[int], asked: Asked, wanted: int | None) -> Json:
    """Return the answer to a chat, which has no id yet."""
    rendered = _rendered(request, ids, asked, wanted, _chat_params)
    rendered["reasoning_ended"] = None if request.include_reasoning else True
    rendered["parse_context"] = {
        "tools": tool_dicts(request.tools),
        "tool_choice": dumped(request.tool_choice),
        "parallel_tool_calls": request.parallel_tool_calls,
        "include_reasoning": request.include_reasoning,
        "chat_template_kwargs": {**models()["template"], **given(_template(request))},
        "history_tool_call_cnt": sum(
            len(message.get("tool_calls") or ())
            for message in request.messages
            if message.get("role") == "assistant"
        ),
    }
    return rendered


def render_completion(loaded: Loaded, obj: Any, asked: Asked) -> Reply:
    """POST /v1/completions/render."""
    request = validate(validator("completion"), obj, asked.large)
    check_model(request.model, asked)
    refuse_if(request.use_beam_search, None, BEAMS)
    _check_completion(request)
    limits = Limits.of(request, asked.server.max_model_len, request.max_tokens, "max_tokens")
    embeds = request.prompt_embeds
    wrong = isinstance(embeds, bytes) or embeds
    refuse_if(wrong, "prompt_embeds", "`prompt_embeds` are not taken.")
    prompts = _prompts(request.prompt)
    if not prompts:
        raise Refused("`prompt` must not be empty.", "prompt")
    found = [_prompt(loaded, prompt, limits) for prompt in prompts]
    base = f"cmpl-{_id(request, asked.request_id)}"
    answer = []
    for index, ids in enumerate(found):
        rendered = _rendered(request, ids, asked, request.max_tokens, _completion_params)
        rendered["request_id"] = base if len(found) == 1 else f"{base}-{index}"
        answer.append(rendered)
    if len(answer) == 1:
        return with_tokens(answer, answer[0], "token_ids", render_dump)
    return plain(render_dump(answer))


def _prompts(prompt: Any) -> list[Any]:
    if isinstance(prompt, str) or (prompt and all(isinstance(item, int) for item in prompt)):
        return [prompt]
    return list(prompt or ())


def _prompt(loaded: Loaded, prompt: Any, limits: Limits) -> list[int]:
    if isinstance(prompt, str):
        prompt = limits.before(prompt, widest(loaded))
        ids = encoding.unpacked(encoding.text(loaded, prompt, limits.special))
        return limits.after(limits.cut(ids))
    if limits.detokenize:
        encoding.decode(loaded, prompt)
    return limits.after(prompt)


def _check_completion(request: Any) -> None:
    prompt, embeds = request.prompt, request.prompt_embeds
    if request.suffix is not None:
        texts = isinstance(prompt, list) and all(isinstance(item, str) for item in prompt)
        wrong = (
            request.echo
            or embeds is not None
            or request.truncate_prompt_tokens is not None
            or not (isinstance(prompt, str) or texts)
            or prompt
        )
        refuse_if(wrong, "suffix", "`suffix` is not taken: it is for models that fill in.")
    wrong = embeds is not None and (request.echo or request.prompt_logprobs is not None)
    refuse_if(wrong, None, "`prompt_embeds` do not go with `echo` or `prompt_logprobs`.")
    refuse_media_kwargs(request)


def _prepare(request: Any) -> None:
    """Do to the messages what vLLM does to those of a Mistral model."""
    for message in request.messages:
        if message.get("role") == "assistant":
            calls = message.get("tool_calls")
            message["tool_calls"] = [] if calls is None else _calls(calls)
    for message in request.messages:
        role = message.get("role")
        if role == "assistant":
            for call in message["tool_calls"]:
                call["id"] = call["id"][-ID_LENGTH:]
        elif role in ("tool_results", "tool") and "tool_call_id" in message:
            message["tool_call_id"] = message["tool_call_id"][-ID_LENGTH:]
    wrong = request.chat_template is not None or request.chat_template_kwargs is not None
    refuse_if(wrong, "chat_template", "`chat_template` is not for Mistral's tokenizers.")
    effort, known = request.reasoning_effort, _efforts()
    words = f"`reasoning_effort` must be one of {', '.join(known)}."
    refuse_if(effort and effort not in known, "reasoning_effort", words)


def _calls(calls: Any) -> list[Any]:
    from pydantic import ValidationError

    try:
        return list(calls)
    except ValidationError as error:
        raise ValueError("`tool_calls` must be a list of calls of tools.") from error


def _efforts() -> list[str]:
    from mistral_common.protocol.instruct import request

    # An earlier mistral_common has no such thing, and its tokenizers make nothing of one.
    return [effort.value for effort in getattr(request, "ReasoningEffort", ())]


def _chat_params(request: Any, most: int) -> Json:
    wanted = request.logprobs and not request.logprob_token_ids
    logprobs = request.top_logprobs if wanted else None
    return sampling_params(request, most, logprobs, request.top_logprobs)


def _completion_params(request: Any, most: int) -> Json:
    if request.echo and request.max_tokens == 0:
        most = 1
    logprobs = None if request.logprob_token_ids else request.logprobs
    return sampling_params(request, most, logprobs, request.logprobs)


def _rendered(request: Any, ids: list[int], asked: Asked, wanted: int | None, params: Any) -> Json:
    refuse_if(not ids, None, "There are no tokens.")
    most = max_tokens(asked.server.max_model_len, wanted, len(ids), request.truncate_prompt_tokens)
    sampling = params(request, most)
    return {
        **models()["generate"],
        "token_ids": ids,
        "sampling_params": sampling,
        **_transfers(sampling),
        "model": request.model,
        "stream": bool(request.stream),
        "stream_options": dumped(request.stream_options) if request.stream else None,
        "return_token_ids": request.return_token_ids,
        "cache_salt": request.cache_salt,
        "priority": request.priority,
    }


def _transfers(sampling: Json) -> Json:
    """Take the parameters of transfers out of the extra arguments of an engine."""
    extra = sampling.get("extra_args")
    if not extra:
        return {}
    found = {name: extra.pop(name, None) for name in TRANSFERS}
    if not extra:
        del sampling["extra_args"]
    for name, value in found.items():
        wrong = value is not None and not isinstance(value, dict)
        refuse_if(wrong, None, f"`{name}` must be an object.")
    return found


def _template(request: Any) -> Json:
    """Return what a chat is rendered with besides its messages and tools."""
    found = {
        "add_generation_prompt": request.add_generation_prompt,
        "continue_final_message": request.continue_final_message,
        "documents": request.documents,
        "reasoning_effort": request.reasoning_effort,
    }
    if request.reasoning_effort is not None:
        found["enable_thinking"] = request.reasoning_effort != "none"
    return found


def _id(request: Any, given: str) -> str:
    if given:
        return given
    if request.given("request_id"):
        return str(request.request_id)
    return secrets.token_hex(8)
