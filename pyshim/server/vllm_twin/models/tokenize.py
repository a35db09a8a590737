"""What vLLM's tokenize routes take and answer, by its names, with its defaults and texts."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidatorFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from pyshim.server.errors import VLLMValidationError
from pyshim.server.vllm_twin.models.messages import ChatCompletionMessageParam

BOTH_PROMPTS = "Cannot set both `continue_final_message` and `add_generation_prompt` to True."


class OpenAIBaseModel(BaseModel):
    """A request or an answer that may hold more than is declared."""

    model_config = ConfigDict(extra="allow")

    @model_validator(mode="wrap")
    @classmethod
    def _as_it_is(cls, data: Any, handler: ValidatorFunctionWrapHandler) -> Any:
        # vLLM logs what it does not know here; the place of an error tells that it was here.
        return handler(data)


class ErrorInfo(OpenAIBaseModel):
    """What is wrong."""

    message: str
    type: str
    param: str | None = None
    code: int


class ErrorResponse(OpenAIBaseModel):
    """Every answer that is none of what was asked for."""

    error: ErrorInfo


class FunctionDefinition(OpenAIBaseModel):
    """What a tool can be told."""

    name: str
    description: str | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None
    defer_loading: bool | None = None

    @model_serializer(mode="wrap")
    def _serialize(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return declared(self, handler(self), "strict", "defer_loading")


class ChatCompletionToolsParam(OpenAIBaseModel):
    """A tool."""

    type: Literal["function"] = "function"
    function: FunctionDefinition
    defer_loading: bool | None = None

    @model_validator(mode="after")
    def _propagate_defer_loading(self) -> ChatCompletionToolsParam:
        if self.defer_loading is not None and self.function.defer_loading is None:
            self.function.defer_loading = self.defer_loading
        return self

    @model_serializer(mode="wrap")
    def _serialize(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return declared(self, handler(self), "defer_loading")


def declared(model: BaseModel, data: dict[str, Any], *optional: str) -> dict[str, Any]:
    """Return the declared fields of a dump, without those of optional that are None."""
    return {
        key: value
        for key, value in data.items()
        if key in type(model).model_fields
        and (key not in optional or getattr(model, key) is not None)
    }


def not_both_prompts(data: Any) -> Any:
    """Refuse what vLLM refuses before anything is validated."""
    if (
        isinstance(data, dict)
        and data.get("continue_final_message")
        and data.get("add_generation_prompt")
    ):
        raise VLLMValidationError(BOTH_PROMPTS)
    return data


class TokenizeCompletionRequest(OpenAIBaseModel):
    """POST /tokenize of a text."""

    model: str | None = None
    prompt: str
    add_special_tokens: bool = Field(
        default=True, description="Whether tokens such as that of the beginning are added."
    )
    return_token_strs: bool | None = Field(
        default=False, description="Whether the text of each token is answered too."
    )


class TokenizeChatRequest(OpenAIBaseModel):
    """POST /tokenize of a chat."""

    model: str | None = None
    messages: list[ChatCompletionMessageParam]
    add_generation_prompt: bool = Field(
        default=True,
        description="Must be false where the last message is the assistant's.",
    )
    return_token_strs: bool | None = Field(
        default=False, description="Whether the text of each token is answered too."
    )
    continue_final_message: bool = Field(
        default=False,
        description="Whether the last message, the assistant's, is left open. "
        "Not together with add_generation_prompt.",
    )
    add_special_tokens: bool = Field(
        default=False, description="Without effect: the tokenizer adds what belongs to a chat."
    )
    chat_template: str | None = Field(default=None, description="Refused.")
    chat_template_kwargs: dict[str, Any] | None = Field(
        default=None, description="More arguments for the tokenizer."
    )
    media_io_kwargs: dict[str, dict[str, Any]] | None = Field(default=None, description="Refused.")
    mm_processor_kwargs: dict[str, Any] | None = Field(default=None, description="Refused.")
    tools: list[ChatCompletionToolsParam] | None = Field(
        default=None, description="The tools that the model may call."
    )

    @model_validator(mode="before")
    @classmethod
    def check_generation_prompt(cls, data: Any) -> Any:
        """Refuse both ways to end at once."""
        return not_both_prompts(data)


class TokenizeResponse(OpenAIBaseModel):
    """The tokens."""

    count: int
    max_model_len: int
    tokens: list[int]
    token_strs: list[str] | None = None


class DetokenizeRequest(OpenAIBaseModel):
    """POST /detokenize."""

    model: str | None = None
    tokens: list[Annotated[int, Field(ge=0, le=2**63 - 1)]]


class DetokenizeResponse(OpenAIBaseModel):
    """The text."""

    prompt: str


class TokenizerInfoResponse(OpenAIBaseModel):
    """What there is to say of the tokenizer."""

    tokenizer_class: str


TokenizeRequest = TokenizeCompletionRequest | TokenizeChatRequest
