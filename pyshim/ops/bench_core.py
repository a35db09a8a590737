"""What else a benchmark measures the bridge against, timed in this interpreter.

reference_core   the native core alone on one text, ids left in its own buffer
reference_async  the plain call behind run_in_executor, as an asyncio program makes it
"""

from __future__ import annotations

import asyncio
import json
from functools import partial
from time import perf_counter_ns
from typing import Any

from pyshim.media.policy import check_messages
from pyshim.tokenizers.registry import REGISTRY
from pyshim.vllm.apply import _mistral_tokenizer_executor
from pyshim.wire.codec import Reply, Request, reply_json
from pyshim.wire.marks import read_message


def run_reference_core(request: Request) -> Reply:
    """Operation reference_core; body = a text, arg = repetitions.

    No times where the tokenizer has no native core.
    """
    core = _core(REGISTRY.get(request.handle).raw)
    text = request.text()
    times: list[int] = []
    if core is None:
        return reply_json({"ns": times})
    for _ in range(max(request.arg, 1)):
        begin = perf_counter_ns()
        core(text)
        times.append(perf_counter_ns() - begin)
    return reply_json({"ns": times})


def run_reference_async(request: Request) -> Reply:
    """Operation reference_async; body = a request, arg = repetitions."""
    from mistral_common.protocol.instruct.request import ChatCompletionRequest

    tok = REGISTRY.get(request.handle).need_chat()
    obj = json.loads(request.text())
    check_messages(obj, read_message)

    def call() -> Any:
        return tok.encode_chat_completion(ChatCompletionRequest.model_validate(obj)).tokens

    async def measure() -> list[int]:
        loop = asyncio.get_running_loop()
        times = []
        for _ in range(max(request.arg, 1)):
            begin = perf_counter_ns()
            await loop.run_in_executor(_mistral_tokenizer_executor, partial(call))
            times.append(perf_counter_ns() - begin)
        return times

    loop = asyncio.new_event_loop()
    try:
        return reply_json({"ns": loop.run_until_complete(measure())})
    finally:
        loop.close()


def _core(raw: Any) -> Any:
    model = raw._model
    if hasattr(model, "_core_bpe"):
        nothing: set[str] = set()
        return lambda text: model._core_bpe.encode_to_tiktoken_buffer(text, nothing)
    if hasattr(model, "encode_as_numpy"):
        return model.encode_as_numpy
    return None  # sentencepiece before 0.2.2 has none
