"""serve: what a reference server answers to an HTTP request, status and body."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from pyshim.server import fast_path, vllm_app, vllm_model
from pyshim.server.answer import TEXT, dump, failed
from pyshim.server.asked import LENGTHS, Asked, server_of
from pyshim.server.body import is_json, load
from pyshim.server.errors import HttpError, InvalidBody, Refused, of_exception
from pyshim.server.fail_fast import many
from pyshim.server.mistral import routes as mistral
from pyshim.server.vllm_twin import validation_error
from pyshim.server.vllm_twin.prompt_ids import has_media
from pyshim.server.vllm_twin.tokenize import check_media
from pyshim.tokenizers.handle import Loaded
from pyshim.tokenizers.registry import REGISTRY
from pyshim.vllm.load import LoadedVllm
from pyshim.wire.codec import Reply, Request, Want
from pyshim.wire.handlers import function
from pyshim.wire.routes import RENDER_CHAT, ROUTES, TOKENIZE

PLAIN = Want.PLAIN.value

HANDLERS: dict[int, Callable[[Loaded, Any, Asked], Reply]] = {
    code: function(route.handler) for code, route in ROUTES.items()
}

BARE = b"Internal Server Error"
NOT_JSON = ["Unsupported Media Type: Only 'application/json' is allowed"]


def run_serve(request: Request) -> Reply:
    """Operation serve.

    The body is three lengths and max_model_input_len (0: none), what the server is, the request's
    id, its content type where that is not JSON's, and the HTTP body as it came. Answers the HTTP
    body; see answer.py of aux.
    """
    frame, route = request.body, request.arg
    server_len, id_len, kind_len, most = LENGTHS.unpack_from(frame)
    start = LENGTHS.size + server_len
    server = server_of(bytes(frame[LENGTHS.size : start]))
    loaded = REGISTRY.get(request.handle)
    kind = start + id_len
    at = kind + kind_len
    if not request.flags & PLAIN and not kind_len:
        reply = fast_path.answer(loaded, route, frame[at:], server, frame[start:kind])
        if reply is not None:
            return reply
    body = bytes(frame[at:])
    # Headers are read as Latin-1 there.
    asked = Asked(
        server,
        request_id=str(frame[start:kind], "latin-1"),
        content_type=str(frame[kind:at], "latin-1") if kind_len else None,
        max_model_input_len=most or None,
        large=many(body),
    )
    if ROUTES[route].mistral:
        return _mistral(loaded, route, body, asked)
    if isinstance(loaded, LoadedVllm) and vllm_app.available():
        return _by_vllm(loaded, route, body, asked)
    return _vllm(loaded, route, body, asked)


def _by_vllm(loaded: LoadedVllm, route: int, body: bytes, asked: Asked) -> Reply:
    chat = route in (TOKENIZE, RENDER_CHAT)
    obj = _media(body) if chat and vllm_model.kinds(loaded) else None
    if obj is not None:
        if vllm_model.kind(loaded) is None:
            return _vllm(loaded, route, body, asked)
        try:
            check_media(obj)
        except Refused as error:
            return _failed(error)
    return vllm_app.answer(loaded, route, body, asked)


def _media(body: bytes) -> Any:
    """Return a request that holds images or audio; None for any other."""
    try:
        obj = json.loads(body)
    except Exception:
        return None
    return obj if isinstance(obj, dict) and has_media(obj.get("messages")) else None


def _vllm(loaded: Loaded, route: int, body: bytes, asked: Asked) -> Reply:
    try:
        obj = None if ROUTES[route].method == "GET" else _object(body, asked, NOT_JSON)
        return HANDLERS[route](loaded, obj, asked)
    except Exception as error:
        failure: Exception = error
    try:
        return _failed(failure)
    except Exception as error:  # a text that UTF-8 cannot hold: vLLM then reports that
        return _failed(error)
    finally:
        # It holds this frame, and those of opened images: else they would stay until a collection.
        del failure


def _failed(error: Exception) -> Reply:
    if isinstance(error, HttpError):  # of Starlette's making, which vLLM's handlers let pass
        return failed(dump({"detail": error.detail}), error.status, error)
    found = (
        validation_error.answer(error.errors)
        if isinstance(error, InvalidBody)
        else of_exception(error)
    )
    return failed(dump(found), found["error"]["code"], error)


def _object(body: bytes, asked: Asked, refused: list[str] | None = None) -> Any:
    """Read the body, as bytes where its content type is none of JSON."""
    kind = asked.content_type
    if kind is None:
        return load(body)
    found = load(body) if body and is_json(kind) else body or None
    if refused is not None and kind.lower().split(";", maxsplit=1)[0] != "application/json":
        raise InvalidBody(list(refused))
    return found


def _mistral(loaded: Loaded, route: int, body: bytes, asked: Asked) -> Reply:
    try:
        return HANDLERS[route](loaded, _object(body, asked), asked)
    except HttpError as error:
        status, detail = error.status, error.detail
    except InvalidBody as error:
        status, detail = 422, error.errors
    except Exception as error:
        # What nobody expects goes to the log of that server, not to its caller.
        return failed(BARE, 500, error, TEXT)
    try:
        return failed(dump({"detail": mistral.encodable(detail)}), status, None)
    except Exception as error:
        return failed(BARE, 500, error, TEXT)
