"""Models of parameters that a render request carries, by vLLM's names and with its texts."""

from __future__ import annotations

from dataclasses import field
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field
from pydantic.dataclasses import dataclass

from pyshim.server.errors import VLLMValidationError
from pyshim.server.vllm_twin.models.tokenize import OpenAIBaseModel

INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1
MOST_STOPS = 4
MOST_SALT = 128

StopParam = str | Annotated[list[str], Field(max_length=MOST_STOPS)] | None
TopLogprobsParam = Annotated[
    int, BeforeValidator(lambda v: 0 if v is None else v, json_schema_input_type=int | None)
]
MMPayload = Literal["tensors", "none"]
Seed = Annotated[int, Field(ge=INT64_MIN, le=INT64_MAX)]


def thinking_budget(value: Any) -> int | None:
    """Return a thinking_token_budget, None for no limit."""
    if value is None:
        return None
    if isinstance(value, bool | float) or not isinstance(value, int) or value < -1:
        raise VLLMValidationError(
            "`thinking_token_budget` must be a non-negative integer or -1 for unlimited.",
            parameter="thinking_token_budget",
            value=value,
        )
    return None if value == -1 else value


ThinkingTokenBudget = Annotated[int | None, BeforeValidator(thinking_budget)]


class StreamOptions(OpenAIBaseModel):
    """What a stream carries beside the tokens."""

    include_usage: bool | None = False
    continuous_usage_stats: bool | None = False


class JsonSchemaResponseFormat(OpenAIBaseModel):
    """A JSON Schema with a name."""

    name: str
    description: str | None = None
    json_schema: dict[str, Any] | None = Field(default=None, alias="schema")
    strict: bool | None = None


class ResponseFormat(OpenAIBaseModel):
    """The form of an answer."""

    type: Literal["text", "json_object", "json_schema"]
    json_schema: JsonSchemaResponseFormat | None = None


class LegacyStructuralTag(OpenAIBaseModel):
    """A tag, in the old form."""

    begin: str
    structural_tag_schema: dict[str, Any] | None = Field(default=None, alias="schema")
    end: str


class LegacyStructuralTagResponseFormat(OpenAIBaseModel):
    """The form of an answer by tags, in the old form."""

    type: Literal["structural_tag"]
    structures: list[LegacyStructuralTag]
    triggers: list[str]


class StructuralTagResponseFormat(OpenAIBaseModel):
    """The form of an answer by tags."""

    type: Literal["structural_tag"]
    format: Any


AnyResponseFormat = ResponseFormat | StructuralTagResponseFormat | LegacyStructuralTagResponseFormat

# In the order in which vLLM tries and counts them.
CONSTRAINTS = ("json", "regex", "choice", "grammar", "json_object", "structural_tag")


@dataclass
class StructuredOutputsParams:
    """What an answer must be like: exactly one of its constraints."""

    json: str | dict | None = None  # type: ignore[type-arg]
    regex: str | None = None
    choice: list[str] | None = None
    grammar: str | None = None
    json_object: bool | None = None
    disable_any_whitespace: bool = False
    disable_additional_properties: bool = False
    whitespace_pattern: str | None = None
    structural_tag: str | None = None
    _backend: str | None = field(default=None, init=False)
    _backend_was_auto: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        count = sum(getattr(self, name) is not None for name in CONSTRAINTS)
        if count > 1:
            raise VLLMValidationError(
                "You can only use one kind of structured outputs constraint "
                f"but multiple are specified: {self.__dict__}"
            )
        if count < 1:
            raise VLLMValidationError(
                "You must use one kind of structured outputs constraint "
                f"but none are specified: {self.__dict__}"
            )


@dataclass
class RepetitionDetectionParams:
    """When repetitions end an answer."""

    max_pattern_size: int = 0
    min_pattern_size: int = 0
    min_count: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.min_pattern_size <= self.max_pattern_size:
            raise VLLMValidationError(
                "max_pattern_size, min_pattern_size must be >=0, "
                "with min_pattern_size <= max_pattern_size. "
                "Set both to 0 to disable repetitive pattern detection."
            )
        if self.max_pattern_size > 0 and self.min_count < 2:
            raise VLLMValidationError(
                "min_count must be >= 2 to detect repetitive patterns "
                "in engine output. If you do not wish to detect repetitive "
                "patterns, set max_pattern_size to 0."
            )
