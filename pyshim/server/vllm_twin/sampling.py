"""The sampling parameters of a rendered request, as vLLM writes them.

vLLM leaves out what is at its default, but for numbers that came out of a request: those
are written even then. The fields, in their order, and their defaults are in models.json.
"""

from __future__ import annotations

import json
import math
from typing import Any

from pyshim.server.errors import Refused, refuse_if
from pyshim.server.vllm_twin.checks import validator
from pyshim.server.vllm_twin.snapshot import dumped, models

Json = dict[str, Any]

_LEAST_TEMPERATURE, _GREEDY = 1e-2, 1e-5
_MOST_SEQUENCES = 16384
_DELTA, _FINAL_ONLY = 1, 2
# What an engine gets beside its extra arguments, though requests are checked with it in them.
TRANSFERS = ("kv_transfer_params", "ec_transfer_params")

# What vLLM replaces where a request has none of it.
_REPLACED = (
    "repetition_penalty", "presence_penalty", "frequency_penalty", "temperature", "top_p",
    "top_k", "min_p", "skip_special_tokens",
)  # fmt: skip
# What goes as it came.
_KEPT = (
    "watermarking", "ignore_eos", "min_tokens", "spaces_between_special_tokens",
    "include_stop_str_in_output", "stream_interval", "allowed_token_ids",
    "thinking_token_budget", "routed_experts_prompt_start",
)  # fmt: skip


def sampling_params(request: Any, max_tokens: int, logprobs: Any, echoed: Any) -> Json:
    """Return the sampling parameters of a request; Refused.

    logprobs are those of the answer, echoed those of the prompt if the request wants it back.
    """
    given = vars(request)
    defaults = models()["sampling"]
    stop = [request.stop] if isinstance(request.stop, str) else request.stop or []
    prompt_logprobs = request.prompt_logprobs
    if prompt_logprobs is None and request.echo:
        prompt_logprobs = echoed
    params: Json = {
        **{name: given[name] for name in _KEPT},
        **{n: defaults[n] if given[n] is None else given[n] for n in ("n", *_REPLACED)},
        "seed": None if request.seed == -1 else request.seed,
        "stop": stop,
        "stop_token_ids": list(dict.fromkeys(request.stop_token_ids or [])),
        "max_tokens": max_tokens,
        "logprobs": logprobs,
        "prompt_logprobs": prompt_logprobs,
        "logprob_token_ids": request.logprob_token_ids or None,
        "output_kind": _DELTA if request.stream else _FINAL_ONLY,
        "structured_outputs": _fields(_constraint(request)),
        "logit_bias": _bias(request.logit_bias),
        "extra_args": _extra(request),
        "bad_words": list(dict.fromkeys(request.bad_words)),
        "repetition_detection": _fields(request.repetition_detection),
        "skip_clone": True,
        "skip_reading_prefix_cache": prompt_logprobs is not None,
        "output_text_buffer_length": 0
        if request.include_stop_str_in_output
        else max(map(len, stop), default=1) - 1,
    }
    if 0 < params["temperature"] < _LEAST_TEMPERATURE:
        params["temperature"] = _LEAST_TEMPERATURE
    _verify(params)
    return {name: params[name] for name in defaults if _written(params.get(name), defaults[name])}


def _written(value: Any, default: Any) -> bool:
    # Defaults are compared by identity there: a number with a point is never the same.
    return value is not None and (isinstance(default, float) or value != default)


def _fields(params: Any) -> Json | None:
    return None if params is None else vars(params)


def _bias(bias: Json | None) -> dict[int, float] | None:
    if bias is None:
        return None
    try:
        return {int(token): min(100.0, max(-100.0, value)) for token, value in bias.items()}
    except ValueError as error:
        raise Refused("`logit_bias` has a key that is no token.", "logit_bias") from error


def _constraint(request: Any) -> Any:
    form, given = request.response_format, request.structured_outputs
    if form is None or form.type == "text":
        return given
    if form.type == "json_object":
        override: Json = {"json_object": True}
    elif form.type == "json_schema":
        assert form.json_schema is not None
        override = {"json": form.json_schema.json_schema}
    else:
        override = {"structural_tag": json.dumps(dumped(form))}
    kept = {} if given is None else {k: v for k, v in vars(given).items() if k[0] != "_"}
    return validator("structured_outputs").validate_python({**kept, **override})


def _extra(request: Any) -> Json | None:
    extra: Json = dict(request.vllm_xargs or {})
    for name in TRANSFERS:
        if getattr(request, name):
            extra[name] = getattr(request, name)
    return extra or None


def _verify(params: Json) -> None:
    _bounded(params["n"], None, "n", 1, _MOST_SEQUENCES)
    _check_extra_args(params["extra_args"] or {})
    for name in ("presence_penalty", "frequency_penalty"):
        _bounded(params[name], None, name, -2, 2)
    penalty = params["repetition_penalty"]
    wrong = not math.isfinite(penalty) or penalty <= 0
    refuse_if(wrong, None, "`repetition_penalty` must be greater than 0.")
    _bounded(params["temperature"], "temperature", "temperature", 0, 2)
    refuse_if(not 0 < params["top_p"] <= 1, "top_p", "`top_p` must be greater than 0, at most 1.")
    _bounded(params["top_k"], None, "top_k", -1, math.inf)
    _bounded(params["min_p"], None, "min_p", 0, 1)
    most = params["max_tokens"]
    _bounded(most, "max_tokens", "max_tokens", 1, math.inf)
    _bounded(params["min_tokens"], None, "min_tokens", 0, most)
    for name in ("logprobs", "prompt_logprobs"):
        if params[name] is not None:
            _bounded(params[name], name, name, -1, math.inf)
    for name in ("stop", "bad_words"):
        refuse_if(not all(params[name]), None, f"`{name}` must not have an empty text in it.")
    if params["temperature"] < _GREEDY:
        # At their defaults, hence not written.
        params.update(top_p=None, top_k=0, min_p=None)
        refuse_if(params["n"] > 1, None, "`n` must be 1 where `temperature` is 0.")


def _bounded(value: Any, parameter: str | None, name: str, least: float, most: float) -> None:
    words = f"`{name}` must be at least {least}" + (f", at most {most}" if most < math.inf else "")
    refuse_if(not least <= value <= most, parameter, f"{words}; it is {value}.")


def _check_extra_args(extra: Json) -> None:
    pending: list[Any] = [extra]
    while pending:
        value = pending.pop()
        wrong = isinstance(value, int) and not -(2**63) <= value < 2**64
        refuse_if(wrong, "extra_args", "An integer of extra arguments does not fit 64 bits.")
        if isinstance(value, dict):
            pending += [*value.keys(), *value.values()]
        elif isinstance(value, list):
            pending += value
