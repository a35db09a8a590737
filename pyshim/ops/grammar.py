"""grammar: Lark grammars that hold a model to its tool calls, made by the reference.

A template given here is run as jinja without a sandbox: this is for the tool's own user,
never for a remote one.
"""

from __future__ import annotations

import threading
from typing import Any
from weakref import WeakKeyDictionary

from pyshim.errors import UnknownMethod
from pyshim.media.policy import measure
from pyshim.ops.chat import request_model
from pyshim.ops.classes import arguments
from pyshim.tokenizers.handle import Loaded
from pyshim.tokenizers.registry import REGISTRY
from pyshim.wire import marks
from pyshim.wire.codec import Reply, Request, reply_json
from pyshim.wire.keywords import keywords_of, positional_of

METHODS = (
    "is_supported",
    "select_jinja_template",
    "get_lark_from_jinja",
    "get_lark_for_json_schema",
    "get_grammar_for_chat_request",
)

_lock = threading.Lock()
# A factory takes 0.7 s and 100 MB: one a tokenizer, made on first use.
_factories: WeakKeyDictionary[Loaded, Any] = WeakKeyDictionary()


def run_grammar(request: Request) -> Reply:
    """Operation grammar; m is a method of mistral_common's GrammarFactory, k its keywords."""
    from mistral_common.guidance.grammar_factory import GrammarFactory

    args = arguments(request.json(), "m")
    name = args["m"]
    if name not in METHODS:
        raise UnknownMethod(f"grammar offers {', '.join(METHODS)}; not {name!r}")
    loaded = REGISTRY.get(request.handle)
    if name == "is_supported":
        return reply_json(GrammarFactory.is_supported(loaded.need_chat()))
    factory = _factory(loaded)
    keywords = dict(keywords_of(args))
    _models(keywords)
    return reply_json(getattr(factory, name)(*positional_of(args), **keywords))


def _models(keywords: dict[str, Any]) -> None:
    from mistral_common.protocol.instruct.tool_calls import NamedToolChoice, Tool

    if isinstance(keywords.get("tools"), list):
        keywords["tools"] = [Tool.model_validate(tool) for tool in keywords["tools"]]
    if isinstance(keywords.get("mode"), dict):
        keywords["mode"] = NamedToolChoice.model_validate(keywords["mode"])
    if "request" in keywords:
        model = request_model(keywords["request"])
        given = marks.read(model, keywords["request"])
        measure(given)
        keywords["request"] = model.model_validate(given)


def _factory(loaded: Loaded) -> Any:
    from mistral_common.guidance.grammar_factory import GrammarFactory

    with _lock:
        if loaded not in _factories:
            _factories[loaded] = GrammarFactory(loaded.need_chat())
        return _factories[loaded]
