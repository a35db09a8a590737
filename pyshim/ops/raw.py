"""raw: methods of the Tekkenizer or SentencePieceTokenizer, called as they are."""

from __future__ import annotations

from pyshim.errors import BadArguments, UnknownMethod
from pyshim.tokenizers.registry import REGISTRY
from pyshim.wire.codec import Reply, Request, reply_json
from pyshim.wire.keywords import keywords_of, positional_of
from pyshim.wire.values import pack

METHODS = frozenset(
    {
        "encode",
        "decode",
        "id_to_piece",
        "id_to_byte_piece",
        "is_special",
        "is_byte",
        "get_special_token",
        "vocab",
        "_to_string",
    }
)


def run_raw(request: Request) -> Reply:
    """Operation raw."""
    raw = REGISTRY.get(request.handle).raw
    args = request.json()
    if not isinstance(args, dict) or not isinstance(args.get("m"), str):
        raise BadArguments('raw wants {"m": "…", "a": […], "k": {…}}')
    name = args["m"]
    if name not in METHODS:
        raise UnknownMethod(f"raw offers no {name!r}; it offers {', '.join(sorted(METHODS))}")
    # No method takes bytes or a set: an object is an object, whatever its keys.
    positional, keywords = positional_of(args), keywords_of(args)
    return reply_json(pack(getattr(raw, name)(*positional, **keywords)))
