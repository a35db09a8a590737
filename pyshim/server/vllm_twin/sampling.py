"""The sampling parameters of a rendered request, as vLLM writes them.

vLLM leaves out what is at its default, but for numbers that came out of a request: those
are written even then. SamplingParams.dump has the fields in vLLM's order.
"""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from pyshim.server.errors import VLLMValidationError

Json = dict[str, Any]

_LEAST_TEMPERATURE, _GREEDY = 1e-2, 1e-5
_MOST_SEQUENCES = 16384
_DELTA, _FINAL_ONLY = 1, 2

# What a request that leaves them out asks for.
DEFAULTS = {
    "repetition_penalty": 1.0,
    "presence_penalty": 0.0,
    "frequency_penalty": 0.0,
    "temperature": 1.0,
    "top_p": 1.0,
    "top_k": 0,
    "min_p": 0.0,
}


def sampling_params(request: Any, max_tokens: int, logprobs: Any, echoed: Any) -> Json:
    """Return the sampling parameters of a request; VLLMValidationError.

    logprobs are those of the answer, echoed those of the prompt if the request wants it back.
    """
    given = {
        name: default if getattr(request, name) is None else getattr(request, name)
        for name, default in DEFAULTS.items()
    }
    prompt_logprobs = request.prompt_logprobs
    if prompt_logprobs is None and request.echo:
        prompt_logprobs = echoed
    params: Json = {
        "n": 1 if request.n is None else request.n,
        **given,
        "watermarking": request.watermarking,
        "seed": None if request.seed == -1 else request.seed,
        "stop": [request.stop] if isinstance(request.stop, str) else request.stop or [],
        "stop_token_ids": list(dict.fromkeys(request.stop_token_ids or [])),
        "ignore_eos": request.ignore_eos,
        "max_tokens": max_tokens,
        "min_tokens": request.min_tokens,
        "logprobs": logprobs,
        "prompt_logprobs": prompt_logprobs,
        "logprob_token_ids": request.logprob_token_ids or None,
        "skip_special_tokens": request.skip_special_tokens,
        "spaces_between_special_tokens": request.spaces_between_special_tokens,
        "include_stop_str_in_output": request.include_stop_str_in_output,
        "output_kind": _DELTA if request.stream else _FINAL_ONLY,
        "stream_interval": request.stream_interval,
        "structured_outputs": _constraint(request),
        "logit_bias": _bias(request.logit_bias),
        "allowed_token_ids": request.allowed_token_ids,
        "extra_args": _extra(request),
        "bad_words": list(dict.fromkeys(request.bad_words)),
        "thinking_token_budget": request.thinking_token_budget,
        "repetition_detection": request.repetition_detection,
        "routed_experts_prompt_start": request.routed_experts_prompt_start,
    }
    if 0 < params["temperature"] < _LEAST_TEMPERATURE:
        params["temperature"] = _LEAST_TEMPERATURE
    _verify(params)
    return _dump(params)


def _bias(bias: Json | None) -> dict[int, float] | None:
    if bias is None:
        return None
    wrong = [token for token in bias if not _is_int(token)]
    if wrong:
        raise VLLMValidationError(
            f"logit_bias contains key(s) that cannot be converted to integer token IDs: {wrong!r}",
            parameter="logit_bias",
            value=wrong,
        )
    return {int(token): min(100.0, max(-100.0, value)) for token, value in bias.items()}


def _is_int(text: str) -> bool:
    try:
        int(text)
    except ValueError:
        return False
    return True


def _constraint(request: Any) -> Any:
    import json

    from pyshim.server.vllm_twin.models.params import StructuredOutputsParams

    form, given = request.response_format, request.structured_outputs
    if form is None or form.type == "text":
        return given
    if form.type == "json_object":
        override: Json = {"json_object": True}
    elif form.type == "json_schema":
        assert form.json_schema is not None
        override = {"json": form.json_schema.json_schema}
    else:
        override = {"structural_tag": json.dumps(form.model_dump(by_alias=True))}
    kept = {} if given is None else {k: v for k, v in vars(given).items() if k[0] != "_"}
    return StructuredOutputsParams(**{**kept, **override})


def _extra(request: Any) -> Json | None:
    extra: Json = dict(request.vllm_xargs or {})
    for name in ("kv_transfer_params", "ec_transfer_params"):
        if getattr(request, name):
            extra[name] = getattr(request, name)
    return extra or None


# The fields in vLLM's order, with the default at which one is left out. A number with a
# point is never left out: vLLM compares by identity, and what a request gives is another.
_WRITTEN: tuple[tuple[str, Any], ...] = (
    ("n", 1),
    ("presence_penalty", None),
    ("frequency_penalty", None),
    ("repetition_penalty", None),
    ("temperature", None),
    ("watermarking", None),
    ("top_p", None),
    ("top_k", 0),
    ("min_p", None),
    ("seed", None),
    ("stop", None),
    ("stop_token_ids", None),
    ("ignore_eos", False),
    ("max_tokens", 16),
    ("min_tokens", 0),
    ("logprobs", None),
    ("prompt_logprobs", None),
    ("logprob_token_ids", None),
    ("skip_special_tokens", True),
    ("spaces_between_special_tokens", True),
    ("include_stop_str_in_output", False),
    ("output_kind", None),
    ("stream_interval", None),
    ("skip_clone", False),
    ("output_text_buffer_length", 0),
    ("structured_outputs", None),
    ("logit_bias", None),
    ("allowed_token_ids", None),
    ("extra_args", None),
    ("bad_words", None),
    ("skip_reading_prefix_cache", None),
    ("thinking_token_budget", None),
    ("repetition_detection", None),
    ("routed_experts_prompt_start", 0),
)


def _dump(params: Json) -> Json:
    params["skip_clone"] = True
    params["skip_reading_prefix_cache"] = params["prompt_logprobs"] is not None
    held = max(map(len, params["stop"]), default=1) - 1
    params["output_text_buffer_length"] = 0 if params["include_stop_str_in_output"] else held
    for name in ("structured_outputs", "repetition_detection"):
        if params[name] is not None:
            params[name] = asdict(params[name])
    return {
        name: params[name]
        for name, default in _WRITTEN
        if params[name] is not None and params[name] != default
    }


def _verify(params: Json) -> None:
    for check in (_sequences, _extra_args, _penalties, _temperature, _tops, _numbers, _texts):
        check(params)
    if params["temperature"] < _GREEDY:
        params.update(top_p=None, top_k=0, min_p=None)  # at their defaults, hence not written
        if params["n"] > 1:
            raise VLLMValidationError(f"n must be 1 when using greedy sampling, got {params['n']}.")


def _sequences(params: Json) -> None:
    if params["n"] < 1:
        raise VLLMValidationError(f"n must be at least 1, got {params['n']}.")
    if params["n"] > _MOST_SEQUENCES:
        raise VLLMValidationError(
            f"n must be at most {_MOST_SEQUENCES}, got {params['n']}. "
            "To increase this limit, set the VLLM_MAX_N_SEQUENCES environment variable."
        )


def _extra_args(params: Json) -> None:
    pending = [params["extra_args"] or {}]
    while pending:
        value = pending.pop()
        if isinstance(value, int) and not -(2**63) <= value < 2**64:
            raise VLLMValidationError(
                "extra_args integers must be between -2**63 and 2**64 - 1.",
                parameter="extra_args",
            )
        if isinstance(value, dict):
            pending += [*value.keys(), *value.values()]
        elif isinstance(value, list | tuple):
            pending += value


def _penalties(params: Json) -> None:
    for name in ("presence_penalty", "frequency_penalty"):
        if not -2.0 <= params[name] <= 2.0:
            raise VLLMValidationError(f"{name} must be in [-2, 2], got {params[name]}.")
    penalty = params["repetition_penalty"]
    if not math.isfinite(penalty):
        raise VLLMValidationError(f"repetition_penalty must be a finite number, got {penalty}.")
    if penalty <= 0.0:
        raise VLLMValidationError(f"repetition_penalty must be greater than zero, got {penalty}.")


def _temperature(params: Json) -> None:
    value = params["temperature"]
    if not math.isfinite(value):
        what = "a finite number"
    elif value < 0.0:
        what = "non-negative"
    elif value > 2.0:
        what = "in [0, 2]"
    else:
        return
    raise _named("temperature", f"must be {what}", value)


def _tops(params: Json) -> None:
    if not 0.0 < params["top_p"] <= 1.0:
        raise _named("top_p", "must be in (0, 1]", params["top_p"])
    if params["top_k"] < -1:
        raise VLLMValidationError(
            f"top_k must be 0 (disable), or at least 1, got {params['top_k']}."
        )
    if not 0.0 <= params["min_p"] <= 1.0:
        raise VLLMValidationError(f"min_p must be in [0, 1], got {params['min_p']}.")


def _numbers(params: Json) -> None:
    most, least = params["max_tokens"], params["min_tokens"]
    if most < 1:
        raise _named("max_tokens", "must be at least 1", most)
    if least < 0:
        raise VLLMValidationError(f"min_tokens must be greater than or equal to 0, got {least}.")
    if least > most:
        raise VLLMValidationError(
            f"min_tokens must be less than or equal to max_tokens={most}, got {least}."
        )
    for name in ("logprobs", "prompt_logprobs"):
        value = params[name]
        if value is not None and value != -1 and value < 0:
            raise _named(name, "must be non-negative or -1", value)


def _texts(params: Json) -> None:
    if not all(params["stop"]):
        raise VLLMValidationError("stop cannot contain an empty string.")
    if not all(params["bad_words"]):
        raise VLLMValidationError(
            f"bad_words cannot contain an empty string. Got bad_words={params['bad_words']}"
        )


def _named(name: str, what: str, value: Any) -> VLLMValidationError:
    return VLLMValidationError(f"{name} {what}, got {value}.", parameter=name, value=value)
