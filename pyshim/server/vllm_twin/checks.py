"""What vLLM's models look at besides their fields, by the names that models.json has.

Statuses and the fields at fault are vLLM's; the words are ours. Each check takes what
json.loads has made, and may change it as vLLM does.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from pyshim.server.errors import Refused, refuse_if
from pyshim.server.vllm_twin import logprobs, snapshot
from pyshim.server.vllm_twin.prompt_ids import has_media

Json = dict[str, Any]

MOST_SALT, MOST_PROMPTS = 128, 1024
_SALT_FORBIDDEN = frozenset("@/\\\x00")
_CONSTRAINTS = ("json", "regex", "choice", "grammar", "json_object", "structural_tag")


@cache
def validator(name: str) -> snapshot.Validator:
    """Return the validator of a body or a part of one."""
    return _MAKER.validator(name)


def _looking(look: Callable[[Json], Json | None]) -> Callable[[Any], Any]:
    """Return a check of what is an object; what is none is for the fields to refuse."""

    def check(data: Any) -> Any:
        changed = look(data) if isinstance(data, dict) else None
        return data if changed is None else changed

    return check


def _as_it_is(data: Any, handler: Callable[[Any], Any]) -> Any:
    # vLLM logs here what it does not know; the place of an error shows that it was here.
    return handler(data)


def _mm_payload(data: Json) -> Json | None:
    if data.get("return_mm_kwargs") is False and "mm_payload" not in data:
        return {**data, "mm_payload": "none"}
    return None


def _cache_salt(data: Json) -> None:
    salt = data.get("cache_salt")
    wrong = salt is not None and (
        not isinstance(salt, str)
        or not 0 < len(salt) <= MOST_SALT
        or not _SALT_FORBIDDEN.isdisjoint(salt)
    )
    words = f"`cache_salt` must have 1 to {MOST_SALT} characters, none of them '@', '/', '\\' or 0."
    refuse_if(wrong, "cache_salt", words)


def _messages(data: Json) -> None:
    """Make lists of tool calls, and call reasoning_content reasoning."""
    found = data.get("messages")
    for message in found if isinstance(found, list) else ():
        if not isinstance(message, dict):
            continue
        _list_calls(message)
        reasoning = message.pop("reasoning_content", None)
        if reasoning is not None and message.get("reasoning") is None:
            message["reasoning"] = reasoning


def _list_calls(message: Json) -> None:
    calls = message.get("tool_calls")
    if calls is not None and not isinstance(calls, list):
        message["tool_calls"] = list(calls)


def _calls_after(request: Any) -> Any:
    for message in request.messages:
        if isinstance(message, dict):
            _list_calls(message)
    return request


def _iterable_messages(data: Json) -> None:
    iter(data.get("messages", []))


def _response_format(data: Json) -> None:
    form = data.get("response_format")
    if not isinstance(form, dict):
        return
    kind = form.get("type")
    wrong = kind == "json_schema" and form.get("json_schema") is None
    refuse_if(wrong, "response_format", "`response_format` of type json_schema needs its schema.")
    if kind != "structural_tag":
        return
    # The shape only: whether the grammar is one needs vLLM's own libraries.
    from pydantic import ValidationError

    try:
        validator("structural_tag").validate_python(form)
    except ValidationError as error:
        words = "`response_format` is not a structural tag."
        raise Refused(words, "response_format") from error


def _stream_options(data: Json) -> None:
    wrong = data.get("stream_options") and not data.get("stream")
    refuse_if(wrong, "stream_options", "`stream_options` needs `stream`.")


def _constraints(data: Json, parameter: str | None = None) -> int:
    given: Any = data.get("structured_outputs")
    if given is None:
        return 0
    count = sum(given.get(name) is not None for name in ("json", "regex", "choice"))
    refuse_if(count > 1, parameter, "`structured_outputs` takes one constraint.")
    return count


def _chat_constraints(data: Json) -> None:
    free = data.get("tool_choice", "none") in ("none", "auto", "required")
    wrong = _constraints(data) > 0 and not free
    refuse_if(wrong, None, "`structured_outputs` does not go with a tool that is chosen.")


def _completion_constraints(data: Json) -> None:
    _constraints(data, "structured_outputs")


def _tools(data: Json) -> None:
    """Check tools and tool_choice, which is auto where there are tools."""
    tools = data.get("tools")
    refuse_if(tools == [], "tools", "`tools` must not be empty: leave it out.")
    if "tool_choice" not in data and tools:
        data["tool_choice"] = "auto"
    choice = data.get("tool_choice")
    if choice is None or choice == "none":
        return
    refuse_if(tools is None, "tool_choice", "`tool_choice` needs `tools`.")
    if isinstance(choice, dict):
        _named_tool(choice, tools)
        return
    words = '`tool_choice` must be "none", "auto", "required" or a tool by its name.'
    refuse_if(choice not in ["auto", "required"], "tool_choice", words)


def _named_tool(choice: Json, known: Any) -> None:
    place = "tool_choice.function"
    function: Any = choice.get("function")
    refuse_if(not isinstance(function, dict), place, f"`{place}` must be an object.")
    name = function.get("name")
    wrong = not isinstance(name, str) or not name
    refuse_if(wrong, f"{place}.name", f"`{place}.name` must be the name of a tool.")
    # Looked at in their order and no further: what lies behind is not checked here.
    found = any(tool["function"]["name"] == name for tool in known)
    refuse_if(not found, "tool_choice", "`tool_choice` names none of `tools`.")


def _not_both_prompts(data: Json) -> None:
    wrong = data.get("continue_final_message") and data.get("add_generation_prompt")
    words = "`continue_final_message` and `add_generation_prompt` cannot both be true."
    refuse_if(wrong, None, words)


def _forget_ids(data: Json) -> None:
    """Drop the ids of a request whose messages hold media, which they would leave out."""
    params = data.get("kv_transfer_params")
    if (
        isinstance(params, dict)
        and params.get("prompt_token_ids") is not None
        and has_media(data.get("messages"))
    ):
        params.pop("prompt_token_ids")


def _default_max_tokens(data: Json) -> Json | None:
    default = snapshot.models()["sampling"]["max_tokens"]
    return {**data, "max_tokens": default} if data.get("max_tokens") is None else None


def _some_prompt(data: Json) -> None:
    prompt, embeds = data.get("prompt"), data.get("prompt_embeds")
    wrong = (prompt is None or prompt == "") and (embeds is None or embeds == [])
    refuse_if(wrong, "prompt", "`prompt` must not be empty.")


def _number_of_prompts(data: Json) -> None:
    for name in ("prompt", "prompt_embeds"):
        given: Any = data.get(name)
        wrong = isinstance(given, list) and len(given) > MOST_PROMPTS
        if wrong and not (name == "prompt" and all(isinstance(item, int) for item in given)):
            raise Refused(f"`{name}` must not be more than {MOST_PROMPTS}.", name)


def _defer_loading(tool: Any) -> Any:
    if tool.defer_loading is not None and tool.function.defer_loading is None:
        tool.function.defer_loading = tool.defer_loading
    return tool


def _thinking_budget(value: Any) -> int | None:
    wrong = value is not None and (type(value) is not int or value < -1)
    words = "`thinking_token_budget` must be an integer that is not negative, or -1 for no limit."
    refuse_if(wrong, "thinking_token_budget", words)
    return None if value == -1 else value


def _one_constraint(params: Any) -> None:
    count = sum(getattr(params, name) is not None for name in _CONSTRAINTS)
    refuse_if(count != 1, None, f"`structured_outputs` takes one of {', '.join(_CONSTRAINTS)}.")


def _patterns(params: Any) -> None:
    wrong = not 0 <= params.min_pattern_size <= params.max_pattern_size
    wrong |= params.max_pattern_size > 0 and params.min_count < 2
    words = (
        "`repetition_detection` needs 0 <= min_pattern_size <= max_pattern_size, min_count >= 2."
    )
    refuse_if(wrong, None, words)


_COMMON = {
    "apply_return_mm_kwargs_alias": _mm_payload,
    "check_cache_salt_support": _cache_salt,
    "validate_response_format": _response_format,
    "validate_stream_options": _stream_options,
}
_OF_CHATS = {
    "_normalize_messages_before": _messages,
    "check_generation_prompt": _not_both_prompts,
    "check_logprobs": logprobs.of_chat,
    "check_structured_outputs_count": _chat_constraints,
    "check_system_message_content_type": _iterable_messages,
    "check_tool_usage": _tools,
    "drop_prompt_token_ids_with_media": _forget_ids,
}
_OF_TEXTS = {
    "check_logprobs": logprobs.of_text,
    "check_structured_outputs_count": _completion_constraints,
    "normalize_null_max_tokens": _default_max_tokens,
    "validate_prompt_and_prompt_embeds": _some_prompt,
    "validate_prompt_list_length": _number_of_prompts,
}
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "<lambda>": lambda number: 0 if number is None else number,
    "ChatCompletionRequest._materialize_tool_calls_after": _calls_after,
    "ChatCompletionToolsParam._propagate_defer_loading": _defer_loading,
    "OpenAIBaseModel.__log_extra_fields__": _as_it_is,
    "RepetitionDetectionParams.__post_init__": _patterns,
    "StructuredOutputsParams.__post_init__": _one_constraint,
    "TokenizeChatRequest.check_generation_prompt": _looking(_not_both_prompts),
    "list": list,
    "random_uuid": str,  # empty: a random one is made where the answer is
    "validate_thinking_token_budget": _thinking_budget,
    **{f"ChatCompletionRequest.{k}": _looking(v) for k, v in (_COMMON | _OF_CHATS).items()},
    **{f"CompletionRequest.{k}": _looking(v) for k, v in (_COMMON | _OF_TEXTS).items()},
}
_MAKER = snapshot.Maker(FUNCTIONS)
