"""vLLM's routes as vLLM itself answers them: its FastAPI routes, called in this process.

Its routers, its models, its renderer and its handlers of errors are the installed ones. What
is ours is the configuration of a model that only has a tokenizer, and the loop that runs them.
"""

from __future__ import annotations

import importlib
import json
import threading
import types
from argparse import Namespace
from collections.abc import Callable
from concurrent.futures import Executor, Future
from functools import cache
from types import SimpleNamespace
from typing import Any
from weakref import WeakKeyDictionary

from pyshim.media import policy
from pyshim.server import asgi, routes, vllm_model
from pyshim.server.answer import cut, failed, plain
from pyshim.server.asked import Asked, Server
from pyshim.server.body import load, validate
from pyshim.server.errors import InvalidBody
from pyshim.vllm.load import LoadedVllm, when_loaded
from pyshim.wire.codec import Reply
from pyshim.wire.routes import (
    DERENDER_CHAT,
    DERENDER_COMPLETION,
    DETOKENIZE,
    RENDER_CHAT,
    RENDER_COMPLETION,
    RENDER_MESSAGES,
    RENDER_RESPONSES,
    ROUTES,
    TOKENIZE,
    TOKENIZER_INFO,
)

SERVE, SCALE_OUT, OPENAI = (f"vllm.entrypoints.{part}" for part in ("serve", "scale_out", "openai"))

HANDLERS = f"{SERVE}.exception_handling.handlers"

# Where the tokens stand in an answer that has one list of them.
_TOKENS = {code: b',"%b":[' % r.tokens.encode() for code, r in ROUTES.items() if r.tokens}


class Inline(Executor):
    """Runs what it is given at once, in the thread that asks: there is no loop to keep free."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:
            future.set_exception(error)
        return future


# The server, and whether it fetches what a request names.
_Key = tuple[Server, bool]
_lock = threading.Lock()
_states: WeakKeyDictionary[LoadedVllm, dict[_Key, dict[str, Any]]] = WeakKeyDictionary()


def find(name: str, module: str) -> Any:
    """Return what a module of that environment holds."""
    return getattr(importlib.import_module(module), name)


@cache
def available() -> bool:
    """Return whether this vLLM has the routes, in the places that are known."""
    try:
        _app()
    except Exception:  # an earlier release: it has them elsewhere, or not at all
        return False
    return True


@when_loaded
def _prepare(loaded: LoadedVllm) -> bool:
    if available():
        vllm_model.prepare(loaded)
    return available()


@cache
def _app() -> Any:
    """Build the application: the two routers, and the handlers of errors."""
    app = find("FastAPI", "fastapi")(openapi_url=None, docs_url=None, redoc_url=None)
    app.state.args = Namespace(enable_tokenizer_info_endpoint=True, log_error_stack=False)
    find("attach_router", f"{SERVE}.tokenize.api_router")(app)
    app.include_router(find("router", f"{SCALE_OUT}.render.api_router"))
    app.include_router(find("router", f"{SCALE_OUT}.derender.api_router"))
    find("init_exception_handler", f"{SERVE}.exception_handling.register")(app)
    return app


def models() -> list[Any]:
    """Return vLLM's own models of its routes."""

    def pair(module: str, *names: str) -> Any:
        return tuple(find(name, f"{SERVE}.tokenize.{module}") for name in names)

    tokens_in = f"{SCALE_OUT}.token_in_token_out.protocol"
    generate = find("GenerateRequest", tokens_in)
    chat = find("ChatCompletionRequest", f"{OPENAI}.chat_completion.protocol")
    completion = find("CompletionRequest", f"{OPENAI}.completion.protocol")
    return routes.of(
        find("ErrorResponse", f"{SERVE}.engine.protocol"),
        {
            TOKENIZE: pair("protocol", "TokenizeRequest", "TokenizeResponse"),
            DETOKENIZE: pair("protocol", "DetokenizeRequest", "DetokenizeResponse"),
            TOKENIZER_INFO: (None, *pair("protocol", "TokenizerInfoResponse")),
            RENDER_CHAT: (chat, generate),
            RENDER_COMPLETION: (completion, types.GenericAlias(list, (generate,))),
            RENDER_MESSAGES: (
                find("AnthropicMessagesRequest", "vllm.entrypoints.anthropic.protocol"),
                generate,
            ),
            RENDER_RESPONSES: (find("ResponsesRequest", f"{OPENAI}.responses.protocol"), generate),
            DERENDER_CHAT: (
                find("DerenderChatRequestUnion", tokens_in),
                find("ChatCompletionResponse", f"{OPENAI}.chat_completion.protocol")
                | find("DerenderChatStreamResponse", tokens_in),
            ),
            DERENDER_COMPLETION: (
                find("DerenderCompletionRequestUnion", tokens_in),
                find("CompletionResponse", f"{OPENAI}.completion.protocol")
                | find("DerenderCompletionStreamResponse", tokens_in),
            ),
        },
    )


def answer(loaded: LoadedVllm, route: int, body: bytes, asked: Asked) -> Reply:
    """Answer a request to one of vLLM's routes."""
    method, path = ROUTES[route].method, ROUTES[route].path
    kind = "application/json" if asked.content_type is None else asked.content_type
    headers = [(b"content-type", kind.encode("latin-1", "replace"))]
    if asked.request_id:
        headers.append((b"x-request-id", asked.request_id.encode("latin-1")))
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": headers,
    }
    if asked.large:
        wrong = _wrong(route, body)
        if wrong is not None:
            return wrong
    with _lock:  # the application has one state, and there may be several models
        for name, value in _state(loaded, asked.server).items():
            setattr(_app().state, name, value)
        found = asgi.run(asgi.call(_app(), scope, body))
    return _reply(route, *found)


@cache
def _adapter(route: int) -> Any:
    from pydantic import TypeAdapter

    path = ROUTES[route].path
    return TypeAdapter(next(one.request for one in models() if one.path == path))


def _wrong(route: int, body: bytes) -> Reply | None:
    """Answer a large body that its model refuses: not with every error, as vLLM would."""
    try:
        validate(_adapter(route), load(body), large=True)
    except InvalidBody as error:
        found = find("RequestValidationError", "fastapi.exceptions")(error.errors)
        handler = find("validation_exception_handler", f"{HANDLERS}.validation")
        response = asgi.run(handler(SimpleNamespace(app=_app()), found))
        return plain(response.body, response.status_code)
    except Exception:  # vLLM says what else there is to say
        return None
    return None


def _reply(route: int, status: int, kind: int, body: bytes, error: Exception | None) -> Reply:
    """Take the tokens out of an answer: they cross as integers, and can be counted."""
    mark = _TOKENS.get(route)
    if status == 200 and mark is not None and body.count(mark) == 1:
        start = body.index(mark) + len(mark) - 1
        end = body.index(b"]", start) + 1
        ids = json.loads(body[start:end])
        if max(ids, default=0) < 1 << 31:
            return cut(body[:start], ids, body[end:])
    return failed(body, status, error, kind)


def _state(loaded: LoadedVllm, server: Server) -> dict[str, Any]:
    """Return what the routes find in the application's state, for one model."""
    states = _states.setdefault(loaded, {})
    key = server, policy.fetches()
    if key not in states:
        states[key] = _build(loaded, server)
    return states[key]


def _build(loaded: LoadedVllm, server: Server) -> dict[str, Any]:
    config = vllm_model.config(loaded, server)
    model = config.model_config
    renderer = find("MistralRenderer", "vllm.renderers.mistral")(
        config, vllm_model.tokenizer(loaded)
    )
    renderer._executor._inner = Inline()
    path = find("BaseModelPath", f"{OPENAI}.models.protocol")
    names = [path(name=name, model_path=name) for name in server.models]
    registry = find("OpenAIModelRegistry", f"{OPENAI}.models.serving")(model, names)
    template = {"chat_template": None, "chat_template_content_format": "auto"}
    shared = {
        **template,
        "request_logger": None,
        "default_chat_template_kwargs": _template_defaults(),
    }
    online = find("OnlineRenderer", "vllm.renderers.online_renderer")(model, renderer, **shared)
    back = find("OnlineDerenderer", "vllm.renderers.online_derenderer")(model, renderer, **shared)
    tokenization = find("ServingTokenization", f"{SERVE}.tokenize.serving")
    return {
        "serving_tokenization": tokenization(registry, online, **template),
        "serving_render": find("ServingRender", f"{SCALE_OUT}.render.serving")(registry, online),
        "serving_derender": find("ServingDerender", f"{SCALE_OUT}.derender.serving")(
            registry, back
        ),
    }


def _template_defaults() -> dict[str, Any]:
    """Return what a server without options gives to every chat template."""
    try:
        cli = importlib.import_module("vllm.entrypoints.common.cli_args")
        resolve = cli.resolve_default_chat_template_kwargs
    except (ModuleNotFoundError, AttributeError):  # before 0.33 there were none
        return {}
    return dict(resolve(cli.FrontendArgs()))
