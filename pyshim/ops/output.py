"""output: tokens a model gave back into content, thinking and tool calls.

These are the reference's experimental helpers, under private names; where a version
no longer has one, its ImportError says so.
"""

from __future__ import annotations

from typing import Any

from pyshim.errors import UnknownMethod
from pyshim.ops.classes import arguments
from pyshim.tokenizers.registry import REGISTRY
from pyshim.wire.codec import Reply, Request, reply_json
from pyshim.wire.dump import dump

METHODS = ("split_content_and_tool_calls", "decode_tool_calls", "split_content_and_think_chunks")


def run_output(request: Request) -> Reply:
    """Operation output: {"m", "tokens"}; decode_tool_calls takes a list of token lists."""
    args = arguments(request.json(), "m", "tokens")
    raw = REGISTRY.get(request.handle).raw
    name, tokens = args["m"], args["tokens"]
    if name not in METHODS:
        raise UnknownMethod(f"output offers {', '.join(METHODS)}; not {name!r}")
    return reply_json(dump(_run(name, tokens, raw)))


def _run(name: str, tokens: Any, raw: Any) -> Any:
    from mistral_common.experimental import think, tools
    from mistral_common.tokens.tokenizers.base import SpecialTokens

    if name == "decode_tool_calls":
        return tools._decode_tool_calls(tokens, raw)
    if name == "split_content_and_tool_calls":
        marker = raw.get_special_token(SpecialTokens.tool_calls.value)
        return tools._split_content_and_tool_calls(tokens, marker)
    ids = [
        raw.get_special_token(token.value)
        for token in (SpecialTokens.begin_think, SpecialTokens.end_think)
    ]
    return think._split_content_and_think_chunks(tokens, *ids)
