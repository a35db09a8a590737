"""What vLLM's render route of texts takes, by its names, with its defaults."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from pyshim.server.errors import VLLMValidationError
from pyshim.server.vllm_twin.models import checks
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
)
from pyshim.server.vllm_twin.models.tokenize import OpenAIBaseModel

MOST_PROMPTS = 1024
DEFAULT_MAX_TOKENS = 16


class CompletionRequest(OpenAIBaseModel):
    """POST /v1/completions/render."""

    model: str | None = None
    prompt: (
        list[Annotated[int, Field(ge=0)]]
        | list[list[Annotated[int, Field(ge=0)]]]
        | str
        | list[str]
        | None
    ) = None
    echo: bool | None = False
    frequency_penalty: float | None = None
    logit_bias: dict[str, float] | None = None
    logprobs: int | None = None
    max_tokens: int | None = DEFAULT_MAX_TOKENS
    n: int = 1
    presence_penalty: float | None = None
    seed: int | None = Field(None, ge=INT64_MIN, le=INT64_MAX)
    stop: StopParam = Field(default=[])
    stream: bool | None = False
    stream_options: StreamOptions | None = None
    suffix: str | None = None
    temperature: float | None = None
    top_p: float | None = None
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
    allowed_token_ids: list[int] | None = None
    prompt_logprobs: int | None = None
    logprob_token_ids: list[int] | None = None
    bad_words: list[str] = Field(default_factory=list)
    prompt_embeds: bytes | list[bytes] | None = None
    add_special_tokens: bool = True
    response_format: AnyResponseFormat | None = None
    structured_outputs: StructuredOutputsParams | None = None
    priority: int = Field(default=0, ge=INT64_MIN, le=INT64_MAX)
    # An empty one stands for a random one, which is made where the answer is.
    request_id: str = ""
    session_id: str | None = None
    return_tokens_as_token_ids: bool | None = None
    return_token_ids: bool | None = None
    routed_experts_prompt_start: int = Field(default=0, ge=0)
    return_token_offsets: bool | None = False
    mm_payload: MMPayload = "tensors"
    return_mm_kwargs: bool | None = None
    cache_salt: str | None = Field(default=None, min_length=1, max_length=1024)
    kv_transfer_params: dict[str, Any] | None = None
    ec_transfer_params: dict[str, Any] | None = None
    vllm_xargs: dict[str, str | int | float | list[str | int | float]] | None = None
    repetition_detection: RepetitionDetectionParams | None = None
    thinking_token_budget: ThinkingTokenBudget = None
    stream_interval: Annotated[int, Field(ge=1)] | None = None

    @model_validator(mode="before")
    @classmethod
    def check_before(cls, data: Any) -> Any:
        """Look at the request as vLLM does: the check it declares last comes first."""
        if not isinstance(data, dict):
            return data
        _check_prompts(data)
        _check_something(data)
        checks.stream_options(data)
        _check_logprobs(data)
        checks.structured_outputs(data, "structured_outputs")
        checks.response_format(data)
        if data.get("max_tokens") is None:
            data = {**data, "max_tokens": DEFAULT_MAX_TOKENS}
        checks.cache_salt(data)
        return checks.mm_payload(data)


def _check_prompts(data: dict[str, Any]) -> None:
    prompt = data.get("prompt")
    if (
        isinstance(prompt, list)
        and len(prompt) > MOST_PROMPTS
        and not all(isinstance(item, int) for item in prompt)
    ):
        raise VLLMValidationError(
            f"prompt list length {len(prompt)} exceeds the maximum allowed count of "
            f"{MOST_PROMPTS}. To increase this limit, set the VLLM_MAX_COMPLETION_PROMPTS "
            "environment variable.",
            parameter="prompt",
        )
    embeds = data.get("prompt_embeds")
    if isinstance(embeds, list) and len(embeds) > MOST_PROMPTS:
        raise VLLMValidationError(
            f"prompt_embeds list length {len(embeds)} exceeds the maximum allowed count of "
            f"{MOST_PROMPTS}. To increase this limit, set the VLLM_MAX_COMPLETION_PROMPTS "
            "environment variable.",
            parameter="prompt_embeds",
        )


def _check_something(data: dict[str, Any]) -> None:
    prompt, embeds = data.get("prompt"), data.get("prompt_embeds")
    if (prompt is None or prompt == "") and (embeds is None or embeds == []):
        raise VLLMValidationError(
            "Either prompt or prompt_embeds must be provided and non-empty.", parameter="prompt"
        )


def _check_logprobs(data: dict[str, Any]) -> None:
    checks.no_beam_search(data)
    if data.get("use_beam_search") and data.get("echo") and data.get("logprobs") is not None:
        raise VLLMValidationError(
            "`echo` with `logprobs` is not supported with beam search "
            "because beam search does not compute prompt logprobs.",
            parameter="echo",
        )
    if data.get("logprob_token_ids") and data.get("echo") and data.get("max_tokens") == 0:
        raise VLLMValidationError(
            "`logprob_token_ids` is not supported when `echo=True` and "
            "`max_tokens=0` because no output tokens are generated.",
            parameter="logprob_token_ids",
        )
    if data.get("logprob_token_ids") and data.get("logprobs") is None:
        raise VLLMValidationError(
            "when using `logprob_token_ids`, `logprobs` must be set.",
            parameter="logprob_token_ids",
        )
    checks.integers(data, "prompt_logprobs", "logprobs")
    checks.prompt_logprobs(data)
    if data.get("logprobs") is not None:
        checks.not_negative("logprobs", data["logprobs"])
