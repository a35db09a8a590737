"""What the render routes answer, for its JSON Schema: vLLM's GenerateRequest."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel
from typing_extensions import TypedDict

from pyshim.server.vllm_twin.models.params import (
    RepetitionDetectionParams,
    StreamOptions,
    StructuredOutputsParams,
)


class SamplingParams(TypedDict, total=False):
    """What is absent is at its default."""

    n: int
    presence_penalty: float
    frequency_penalty: float
    repetition_penalty: float
    temperature: float
    watermarking: bool
    top_p: float
    top_k: int
    min_p: float
    seed: int
    stop: list[str]
    stop_token_ids: list[int]
    ignore_eos: bool
    max_tokens: int
    min_tokens: int
    logprobs: int
    prompt_logprobs: int
    logprob_token_ids: list[int]
    skip_special_tokens: bool
    spaces_between_special_tokens: bool
    include_stop_str_in_output: bool
    output_kind: int
    stream_interval: int
    skip_clone: bool
    output_text_buffer_length: int
    structured_outputs: StructuredOutputsParams
    logit_bias: dict[int, float]
    allowed_token_ids: list[int]
    extra_args: dict[str, Any]
    bad_words: list[str]
    skip_reading_prefix_cache: bool
    thinking_token_budget: int
    repetition_detection: RepetitionDetectionParams
    routed_experts_prompt_start: int


class GenerateRequest(BaseModel):
    """What an engine is told to generate."""

    request_id: str
    token_ids: list[int]
    token_offsets: list[tuple[int, int]] | None
    features: dict[str, Any] | None
    content_parts: list[dict[str, Any]] | None
    sampling_params: SamplingParams
    model: str | None
    reasoning_ended: bool | None
    reasoning_parser_kwargs: dict[str, Any] | None
    return_token_ids: bool | None
    output_mode: Literal["tokens", "text"]
    stream: bool | None
    stream_options: StreamOptions | None
    cache_salt: str | None
    priority: int
    kv_transfer_params: dict[str, Any] | None
    ec_transfer_params: dict[str, Any] | None
