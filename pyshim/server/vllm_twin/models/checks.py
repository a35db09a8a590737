"""What vLLM looks at in a render request before its models do, and the texts of its refusals.

Each takes the request as json.loads has made it, and may change it as vLLM does.
"""

from __future__ import annotations

from typing import Any

from pyshim.server.errors import VLLMValidationError
from pyshim.server.vllm_twin.models.params import MOST_SALT

Json = dict[str, Any]

_SALT_FORBIDDEN = frozenset("@/\\\x00")
_USAGE = 'Correct usage: `{"type": "function", "function": {"name": "my_function"}}`'


def mm_payload(data: Json) -> Json:
    """Give the old name of mm_payload its meaning."""
    if data.get("return_mm_kwargs") is False and "mm_payload" not in data:
        return {**data, "mm_payload": "none"}
    return data


def cache_salt(data: Json) -> None:
    """Check the salt of the prefix cache."""
    salt = data.get("cache_salt")
    if salt is None:
        return
    if not isinstance(salt, str) or not salt:
        raise VLLMValidationError(
            "Parameter 'cache_salt' must be a non-empty string if provided.",
            parameter="cache_salt",
        )
    if len(salt) > MOST_SALT or not _SALT_FORBIDDEN.isdisjoint(salt):
        raise VLLMValidationError(
            "Parameter 'cache_salt' must be at most 128 characters and must "
            "not contain '@', '/', '\\\\', or NUL.",
            parameter="cache_salt",
        )


def messages(data: Json) -> None:
    """Make lists of tool calls, and call reasoning_content reasoning."""
    found = data.get("messages")
    for message in found if isinstance(found, list) else ():
        if not isinstance(message, dict):
            continue
        calls = message.get("tool_calls")
        if calls is not None and not isinstance(calls, list):
            message["tool_calls"] = list(calls)
        reasoning = message.pop("reasoning_content", None)
        if reasoning is not None and message.get("reasoning") is None:
            message["reasoning"] = reasoning


def response_format(data: Json) -> None:
    """Check that a schema is there where one is announced."""
    form = data.get("response_format")
    if form is None or not isinstance(form, dict):
        return
    if form.get("type") == "json_schema" and form.get("json_schema") is None:
        raise VLLMValidationError(
            "When response_format type is 'json_schema', the 'json_schema' field must be provided.",
            parameter="response_format",
        )
    if form.get("type") == "structural_tag":
        _structural_tag(form)


def _structural_tag(form: Json) -> None:
    # The shape only: whether the grammar is one needs vLLM's own libraries.
    from pydantic import ValidationError

    from pyshim.server.vllm_twin.models.structural_tag import structural_tag

    try:
        structural_tag().validate_python(form)
    except ValidationError as error:
        raise VLLMValidationError(
            "Invalid response_format structural_tag specification.", parameter="response_format"
        ) from error


def stream_options(data: Json) -> None:
    """Check that stream_options come with a stream."""
    if data.get("stream_options") and not data.get("stream"):
        raise VLLMValidationError(
            "Stream options can only be defined when `stream=True`.", parameter="stream_options"
        )


def integers(data: Json, *names: str) -> None:
    """Check that fields that are compared are numbers."""
    for name in names:
        value = data.get(name)
        if value is not None and not isinstance(value, int | float):
            raise VLLMValidationError(f"`{name}` must be an integer.", parameter=name, value=value)


def prompt_logprobs(data: Json) -> None:
    """Check prompt_logprobs."""
    number = data.get("prompt_logprobs")
    if number is None:
        return
    if data.get("stream") and (number > 0 or number == -1):
        raise VLLMValidationError(
            "`prompt_logprobs` are not available when `stream=True`.", parameter="prompt_logprobs"
        )
    not_negative("prompt_logprobs", number)


def not_negative(name: str, number: Any) -> None:
    """Check a number of logprobs, of which -1 means all."""
    if number < 0 and number != -1:
        raise VLLMValidationError(
            f"`{name}` must be a positive value or -1.", parameter=name, value=number
        )


def no_beam_search(data: Json) -> None:
    """Check that logprob_token_ids come without a beam search."""
    if data.get("logprob_token_ids") and data.get("use_beam_search"):
        raise VLLMValidationError(
            "`logprob_token_ids` is not supported with beam search.",
            parameter="logprob_token_ids",
        )


def chat_logprobs(data: Json) -> None:
    """Check what a chat asks of logprobs."""
    no_beam_search(data)
    if data.get("logprob_token_ids") and not data.get("logprobs"):
        raise VLLMValidationError(
            "when using `logprob_token_ids`, `logprobs` must be set to true.",
            parameter="logprob_token_ids",
        )
    integers(data, "prompt_logprobs", "top_logprobs")
    prompt_logprobs(data)
    top = data.get("top_logprobs")
    if top is None:
        return
    not_negative("top_logprobs", top)
    if (top == -1 or top > 0) and not data.get("logprobs"):
        raise VLLMValidationError(
            "when using `top_logprobs`, `logprobs` must be set to true.", parameter="top_logprobs"
        )


def structured_outputs(data: Json, parameter: str | None = None) -> int:
    """Check that there is one constraint at most; return how many there are."""
    given = data.get("structured_outputs")
    if given is None:
        return 0
    count = sum(given.get(name) is not None for name in ("json", "regex", "choice"))
    if count > 1:
        raise VLLMValidationError(
            "You can only use one kind of constraints for structured "
            "outputs ('json', 'regex' or 'choice').",
            parameter=parameter,
        )
    return count


def chat_structured_outputs(data: Json) -> None:
    """Check the constraints of a chat, which must not be beside a tool that is chosen."""
    count = structured_outputs(data)
    if count > 0 and data.get("tool_choice", "none") not in ("none", "auto", "required"):
        raise VLLMValidationError(
            "You can only either use constraints for structured outputs or tools, not both."
        )


def tools(data: Json) -> None:
    """Check tools and tool_choice, which is auto where there are tools."""
    if data.get("tools") == []:
        raise VLLMValidationError(
            "`tools` must not be an empty array. "
            "Either provide at least one tool or omit the field entirely.",
            parameter="tools",
        )
    if "tool_choice" not in data and data.get("tools"):
        data["tool_choice"] = "auto"
    choice = data.get("tool_choice")
    if choice is None or choice == "none":
        return
    if data.get("tools") is None:
        raise VLLMValidationError(
            "When using `tool_choice`, `tools` must be set.", parameter="tool_choice"
        )
    if choice not in ["auto", "required"] and not isinstance(choice, dict):
        raise VLLMValidationError(
            f"Invalid value for `tool_choice`: {choice}! "
            'Only named tools, "none", "auto" or "required" are supported.',
            parameter="tool_choice",
        )
    if isinstance(choice, dict):
        _named_tool(choice, data["tools"])


def _named_tool(choice: Json, known: Any) -> None:
    function = choice.get("function")
    if not isinstance(function, dict):
        raise VLLMValidationError(
            f"Invalid value for `function`: `{function}` in `tool_choice`! {_USAGE}",
            parameter="tool_choice.function",
        )
    if "name" not in function:
        raise VLLMValidationError(
            f"Expected field `name` in `function` in `tool_choice`! {_USAGE}",
            parameter="tool_choice.function.name",
        )
    name = function["name"]
    if not isinstance(name, str) or len(name) == 0:
        raise VLLMValidationError(
            f"Invalid `name` in `function`: `{name}` in `tool_choice`! {_USAGE}",
            parameter="tool_choice.function.name",
        )
    # Looked at in their order and no further: what lies behind is not checked here.
    if not any(tool["function"]["name"] == name for tool in known):
        raise VLLMValidationError(
            "The tool specified in `tool_choice` does not match any of the specified `tools`",
            parameter="tool_choice",
        )
