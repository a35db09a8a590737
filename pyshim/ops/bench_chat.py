"""reference_chat: the plain call as any Python program makes it, timed.

Nothing of ours is used between the two clock readings. It is what the bridge is
measured against, and compared with.
"""

from __future__ import annotations

import json
from time import perf_counter_ns

from pyshim.media.policy import check_messages
from pyshim.tokenizers.registry import REGISTRY
from pyshim.wire.codec import Has, Reply, Request, dumps
from pyshim.wire.marks import read_message


def run_reference_chat(request: Request) -> Reply:
    """Operation reference_chat; arg = repetitions, at least one."""
    from mistral_common.protocol.instruct.request import ChatCompletionRequest

    tok = REGISTRY.get(request.handle).need_chat()
    obj = json.loads(request.text())
    check_messages(obj, read_message)
    tokens: list[int] = []
    times: list[int] = []
    for _ in range(max(request.arg, 1)):
        begin = perf_counter_ns()
        tokens = tok.encode_chat_completion(ChatCompletionRequest.model_validate(obj)).tokens
        times.append(perf_counter_ns() - begin)
    return Reply(dumps({"ns": times}), Has.BODY_JSON.value, tokens, (), min(times))
