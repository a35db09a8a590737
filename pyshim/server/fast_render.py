"""The answer to a plain chat on the render route, around its tokens.

Of such a request only the model, the id and the number of tokens get into the answer besides
the tokens. So the long way writes the rest once for each model.
"""

from __future__ import annotations

import json
from functools import lru_cache

from pyshim.server.answer import cut
from pyshim.server.asked import Asked, Server
from pyshim.server.vllm_twin import render
from pyshim.server.vllm_twin.checks import validator
from pyshim.server.vllm_twin.writing import render_dump
from pyshim.wire.codec import Reply

# What stands for the id, the tokens and max_tokens until they are known.
_MARKS = ("\x00id\x00", "\x00tokens\x00", "\x00most\x00")
# vLLM's default of max_tokens, at which it is left out.
_DEFAULT = 16


def chat(
    ids: list[int] | bytes, model: str | None, max_model_len: int, request_id: str
) -> Reply | None:
    """Return the answer; None where the number of tokens is a matter for the long way."""
    count = len(ids) // 4 if isinstance(ids, bytes) else len(ids)
    if not 0 < count < max_model_len or max_model_len - count == _DEFAULT:
        return None
    parts = _around(model, max_model_len)
    head = parts[0] + render_dump(f"chatcmpl-{request_id}") + parts[1]
    return cut(head, ids, b"%b%d%b" % (parts[2], max_model_len - count, parts[3]))


@lru_cache(maxsize=64)
def _around(model: str | None, max_model_len: int) -> list[bytes]:
    given = {"messages": [{"role": "user", "content": "-"}], "model": model}
    request = validator("chat").validate_python(given)
    asked = Asked(Server((model or "",), max_model_len))
    answer = render.chat_answer(request, [0], asked, None)
    answer["request_id"], answer["token_ids"], most = _MARKS
    if answer["sampling_params"]["max_tokens"] != max_model_len - 1:
        raise AssertionError("max_tokens is not what is left of the model's length")
    answer["sampling_params"]["max_tokens"] = most
    parts, rest = [], render_dump(answer)
    for mark in _MARKS:
        before, _, rest = rest.partition(json.dumps(mark).encode())
        parts.append(before)
    return [*parts, rest]
