"""encode_text and decode: the raw tokenizer in both directions."""

from __future__ import annotations

from array import array

from pyshim.errors import BadArguments
from pyshim.shortcuts import switches
from pyshim.tokenizers.registry import REGISTRY
from pyshim.wire.codec import Reply, Request, Want, int32s

POLICIES = ("ignore", "keep", "raise")
COUNT, PLAIN, JSON = Want.COUNT.value, Want.PLAIN.value, Want.JSON.value
BOS, EOS = Want.BOS.value, Want.EOS.value


def run_encode_text(request: Request) -> Reply:
    """Operation encode_text; equals Tekkenizer.encode or SentencePieceTokenizer.encode."""
    loaded = REGISTRY.get(request.handle)
    flags = request.flags
    text, bos, eos = request.text(), bool(flags & BOS), bool(flags & EOS)
    if flags & PLAIN or loaded.packed is None or not switches.SETTINGS.pack:
        tokens = loaded.raw.encode(text, bos, eos)
        return Reply(aux=len(tokens)) if flags & COUNT else Reply(ints=tokens)
    ids = loaded.packed.text(text, bos, eos)
    if switches.due():
        plain = loaded.raw.encode(text, bos, eos)
        if not switches.agree(ids, plain):
            ids = array("i", plain).tobytes()
    return Reply(aux=len(ids) // 4) if flags & COUNT else Reply(ints=ids)


def run_decode(request: Request) -> Reply:
    """Operation decode; equals MistralTokenizer.decode, or the raw tokenizer's."""
    loaded = REGISTRY.get(request.handle)
    tokenizer = loaded.raw if loaded.chat is None else loaded.chat
    if request.flags & JSON:
        args = request.json()
        if not isinstance(args, dict) or "tokens" not in args:
            raise BadArguments('decode with the JSON flag wants {"tokens": …, "policy": …}')
        # Whatever was given reaches the reference, so that its own error comes back.
        given = [args["policy"]] if "policy" in args else []
        return Reply(tokenizer.decode(args["tokens"], *given).encode())
    tokens = int32s(request.body)
    if request.arg == -1:
        return Reply(tokenizer.decode(tokens).encode())
    if not 0 <= request.arg < len(POLICIES):
        raise BadArguments(f"decode policy {request.arg} is none of 0 ignore, 1 keep, 2 raise")
    return Reply(tokenizer.decode(tokens, POLICIES[request.arg]).encode())
