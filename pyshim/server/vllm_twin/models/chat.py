"""What vLLM's render route of chats takes, by its names, with its defaults."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from pyshim.server.vllm_twin.models import checks
from pyshim.server.vllm_twin.models.messages import ChatCompletionMessageParam
from pyshim.server.vllm_twin.models.params import (
    INT64_MAX,
    INT64_MIN,
    AnyResponseFormat,
    MMPayload,
    RepetitionDetectionParams,
    StopParam,
    StreamOptions,
    StructuredOutputsParams,
    ThinkingTokenBudget,
    TopLogprobsParam,
)
from pyshim.server.vllm_twin.models.prompt_ids import forget_ids
from pyshim.server.vllm_twin.models.tokenize import (
    ChatCompletionToolsParam,
    OpenAIBaseModel,
    not_both_prompts,
)

Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]


class ChatCompletionNamedFunction(OpenAIBaseModel):
    """The tool that is to be called."""

    name: str


class ChatCompletionNamedToolChoiceParam(OpenAIBaseModel):
    """That a tool is to be called."""

    function: ChatCompletionNamedFunction
    type: Literal["function"] = "function"


class ChatCompletionRequest(OpenAIBaseModel):
    """POST /v1/chat/completions/render."""

    messages: list[ChatCompletionMessageParam]
    model: str | None = None
    frequency_penalty: float | None = None
    logit_bias: dict[str, float] | None = None
    logprobs: bool | None = False
    top_logprobs: TopLogprobsParam = 0
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    n: int | None = 1
    presence_penalty: float | None = None
    response_format: AnyResponseFormat | None = None
    seed: int | None = Field(None, ge=INT64_MIN, le=INT64_MAX)
    stop: StopParam = Field(default=[])
    stream: bool | None = False
    stream_options: StreamOptions | None = None
    temperature: float | None = None
    top_p: float | None = None
    tools: list[ChatCompletionToolsParam] | None = None
    tool_choice: (
        Literal["none"]  # noqa: PYI030 - one error each
        | Literal["auto"]
        | Literal["required"]
        | ChatCompletionNamedToolChoiceParam
        | None
    ) = "none"
    reasoning_effort: Effort | None = None
    thinking_token_budget: ThinkingTokenBudget = None
    include_reasoning: bool = True
    parallel_tool_calls: bool | None = True
    user: str | None = None
    use_beam_search: bool = False
    top_k: int | None = None
    min_p: float | None = None
    repetition_penalty: float | None = None
    watermarking: bool | None = None
    length_penalty: float = 1.0
    stop_token_ids: list[int] | None = Field(default=[])
    include_stop_str_in_output: bool = False
    ignore_eos: bool = False
    min_tokens: int = 0
    skip_special_tokens: bool = True
    spaces_between_special_tokens: bool = True
    truncate_prompt_tokens: Annotated[int, Field(ge=-1, le=INT64_MAX)] | None = None
    truncation_side: Literal["left", "right"] | None = None
    prompt_logprobs: int | None = None
    logprob_token_ids: list[int] | None = None
    allowed_token_ids: list[int] | None = None
    bad_words: list[str] = Field(default_factory=list)
    echo: bool = False
    add_generation_prompt: bool = True
    continue_final_message: bool = False
    add_special_tokens: bool = False
    documents: list[dict[str, str]] | None = None
    chat_template: str | None = None
    chat_template_kwargs: dict[str, Any] | None = None
    media_io_kwargs: dict[str, dict[str, Any]] | None = None
    mm_processor_kwargs: dict[str, Any] | None = None
    structured_outputs: StructuredOutputsParams | None = None
    priority: int = Field(default=0, ge=INT64_MIN, le=INT64_MAX)
    # An empty one stands for a random one, which is made where the answer is.
    request_id: str = ""
    session_id: str | None = None
    return_tokens_as_token_ids: bool | None = None
    return_token_ids: bool | None = None
    routed_experts_prompt_start: int = Field(default=0, ge=0)
    return_token_offsets: bool | None = False
    return_prompt_text: bool | None = None
    mm_payload: MMPayload = "tensors"
    return_mm_kwargs: bool | None = None
    cache_salt: str | None = Field(default=None, min_length=1, max_length=1024)
    kv_transfer_params: dict[str, Any] | None = None
    ec_transfer_params: dict[str, Any] | None = None
    vllm_xargs: dict[str, str | int | float | list[str | int | float]] | None = None
    repetition_detection: RepetitionDetectionParams | None = None
    stream_interval: Annotated[int, Field(ge=1)] | None = None

    @model_validator(mode="before")
    @classmethod
    def check_before(cls, data: Any) -> Any:
        """Look at the request as vLLM does: the check it declares last comes first."""
        if not isinstance(data, dict):
            return data
        for _ in data.get("messages", []):
            break  # what has no members fails here, as it does there
        forget_ids(data)
        not_both_prompts(data)
        checks.tools(data)
        checks.chat_structured_outputs(data)
        checks.chat_logprobs(data)
        checks.stream_options(data)
        checks.response_format(data)
        checks.messages(data)
        checks.cache_salt(data)
        return checks.mm_payload(data)

    @model_validator(mode="after")
    def _materialize_tool_calls_after(self) -> ChatCompletionRequest:
        messages: list[Any] = self.messages
        for message in messages:
            calls = message.get("tool_calls") if isinstance(message, dict) else None
            if calls is not None and not isinstance(calls, list):
                message["tool_calls"] = list(calls)
        return self
