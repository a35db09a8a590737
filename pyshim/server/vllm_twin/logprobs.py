"""What vLLM looks at in a request for the probabilities of tokens."""

from __future__ import annotations

from typing import Any

from pyshim.server.errors import refuse_if

Json = dict[str, Any]


def _integers(data: Json, *names: str) -> None:
    for name in names:
        value = data.get(name)
        wrong = value is not None and not isinstance(value, int | float)
        refuse_if(wrong, name, f"`{name}` must be an integer.")


def _number_of_logprobs(name: str, number: Any) -> None:
    refuse_if(number < 0 and number != -1, name, f"`{name}` must not be negative, or -1 for all.")


def _prompt_logprobs(data: Json) -> None:
    number = data.get("prompt_logprobs")
    if number is None:
        return
    wrong = data.get("stream") and (number > 0 or number == -1)
    refuse_if(wrong, "prompt_logprobs", "`prompt_logprobs` is not for streams.")
    _number_of_logprobs("prompt_logprobs", number)


def _no_beam_search(data: Json) -> None:
    wrong = data.get("logprob_token_ids") and data.get("use_beam_search")
    refuse_if(wrong, "logprob_token_ids", "`logprob_token_ids` is not for a beam search.")


def of_chat(data: Json) -> None:
    """Check what a chat asks for."""
    _no_beam_search(data)
    asked = data.get("logprobs")
    wrong = data.get("logprob_token_ids") and not asked
    refuse_if(wrong, "logprob_token_ids", "`logprob_token_ids` needs `logprobs`.")
    _integers(data, "prompt_logprobs", "top_logprobs")
    _prompt_logprobs(data)
    top = data.get("top_logprobs")
    if top is not None:
        _number_of_logprobs("top_logprobs", top)
        wrong = (top == -1 or top > 0) and not asked
        refuse_if(wrong, "top_logprobs", "`top_logprobs` needs `logprobs`.")


def of_text(data: Json) -> None:
    """Check what is requested with a text."""
    _no_beam_search(data)
    ids, asked = data.get("logprob_token_ids"), data.get("logprobs")
    wrong = data.get("use_beam_search") and data.get("echo") and asked is not None
    refuse_if(wrong, "echo", "`echo` with `logprobs` is not for a beam search.")
    wrong = ids and ((data.get("echo") and data.get("max_tokens") == 0) or asked is None)
    words = "`logprob_token_ids` needs `logprobs`, and tokens to be generated."
    refuse_if(wrong, "logprob_token_ids", words)
    _integers(data, "prompt_logprobs", "logprobs")
    _prompt_logprobs(data)
    if asked is not None:
        _number_of_logprobs("logprobs", asked)
