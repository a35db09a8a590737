"""The one entry point: a request frame in, a reply out, no exception ever."""

from __future__ import annotations

from collections.abc import Callable

from pyshim import errors
from pyshim.media import policy
from pyshim.ops import (
    audio,
    bench_chat,
    bench_core,
    chat,
    chat_template,
    constants,
    cuts,
    fit,
    grammar,
    info,
    instruct,
    normalize,
    offsets,
    openai,
    openai_body,
    output,
    raw,
    requests,
    schemas,
    text,
    token_bytes,
    validate,
    vocab,
)
from pyshim.server import schemas as server_schemas
from pyshim.server import serve
from pyshim.shortcuts import switches
from pyshim.tokenizers import hints, load
from pyshim.vllm import load as vllm_load
from pyshim.vllm import ops as vllm_ops
from pyshim.wire import fault, logs, warning
from pyshim.wire.codec import Frame, Has, Op, Reply, Request, build, dumps, parse

Handler = Callable[[Request], Reply]

# Keyed by plain ints: this look-up is on the way of every call.
_HANDLERS: dict[int, Handler] = {
    Op.INFO.value: info.run_info,
    Op.LOAD.value: load.run_load,
    Op.LOAD_RAW.value: load.run_load_raw,
    Op.UNLOAD.value: load.run_unload,
    Op.ENCODE_CHAT.value: chat.run_encode_chat,
    Op.ENCODE_TEXT.value: text.run_encode_text,
    Op.DECODE.value: text.run_decode,
    Op.RAW.value: raw.run_raw,
    Op.REFERENCE_CHAT.value: bench_chat.run_reference_chat,
    Op.STATS.value: info.run_stats,
    Op.ENCODE_INSTRUCT.value: requests.run_encode_instruct,
    Op.ENCODE_FIM.value: requests.run_encode_fim,
    Op.ENCODE_TRANSCRIPTION.value: requests.run_encode_transcription,
    Op.ENCODE_SPEECH_REQUEST.value: requests.run_encode_speech_request,
    Op.VALIDATE.value: validate.run_validate,
    Op.NORMALIZE.value: normalize.run_normalize,
    Op.TO_OPENAI.value: openai.run_to_openai,
    Op.FROM_OPENAI.value: openai.run_from_openai,
    Op.TEMPLATE.value: chat_template.run_template,
    Op.GRAMMAR.value: grammar.run_grammar,
    Op.SCHEMAS.value: schemas.run_schemas,
    Op.CONSTANTS.value: constants.run_constants,
    Op.SHORTCUTS.value: switches.run_shortcuts,
    Op.REFERENCE_CORE.value: bench_core.run_reference_core,
    Op.REFERENCE_ASYNC.value: bench_core.run_reference_async,
    Op.MEDIA_POLICY.value: policy.run_media_policy,
    Op.INSTRUCT.value: instruct.run_instruct,
    Op.AUDIO.value: audio.run_audio,
    Op.OUTPUT.value: output.run_output,
    Op.PIECES.value: vocab.run_pieces,
    Op.VOCABULARY.value: token_bytes.run_vocabulary,
    Op.OFFSETS.value: offsets.run_offsets,
    Op.TRUNCATE.value: cuts.run_truncate,
    Op.SPLIT.value: cuts.run_split,
    Op.FIT.value: fit.run_fit,
    Op.ENCODE_OPENAI.value: openai_body.run_encode_openai,
    Op.SERVE.value: serve.run_serve,
    Op.SERVE_SCHEMAS.value: server_schemas.run_serve_schemas,
    Op.LOAD_VLLM.value: vllm_load.run_load_vllm,
    Op.APPLY_MISTRAL_CHAT_TEMPLATE.value: vllm_ops.run_apply,
    Op.VLLM_RAW.value: vllm_ops.run_vllm_raw,
}

_WARNINGS, _LOGS, _BODY_JSON = Has.WARNINGS.value, Has.LOGS.value, Has.BODY_JSON.value


def register(op: int, handler: Handler) -> None:
    """Add an operation, or replace one. Numbers from 0x7000 on are for tests."""
    _HANDLERS[op] = handler


def dispatch(frame: bytes) -> Frame:
    """Serve one frame. Safe for several threads."""
    warning.begin()
    status = 0
    op = None
    try:
        request = parse(frame)
        op = request.op
        handler = _HANDLERS.get(request.op)
        if handler is None:
            raise errors.UnknownOp(f"there is no operation {request.op}")
        reply = handler(request)
    except BaseException as error:  # SystemExit and a Rust panic too: the host must live
        status = 1
        reply = _failed(error, op)
    try:
        found = warning.end()
        if found or logs.LOG.pending:
            reply = _with_warnings(reply, found)
        return build(reply, status)
    except BaseException as error:
        return build(_failed(error, op), 1)


def failed(error: BaseException) -> Frame:
    """Return the reply of a call that has raised this."""
    try:
        raise error
    except BaseException as raised:
        return build(_failed(raised, None), 1)


def _failed(error: BaseException, op: int | None) -> Reply:
    try:
        about = {"fault": fault.of(error, op), "place": fault.place(error)}
        if hint := hints.of(error):
            about["hint"] = hint
        body = dumps(errors.describe(error) | about)
    except BaseException:
        # Out of memory, most likely: say the least that is of use.
        name = type(error).__qualname__
        body = dumps(
            {
                "module": type(error).__module__,
                "type": name,
                "mro": [],
                "message": name,
                "str": name,
                "args": [],
                "traceback": "",
                "fault": fault.MACHINE,
                "place": "",
            }
        )
    return Reply(body, _BODY_JSON)


def _with_warnings(reply: Reply, found: list[tuple[str, str, str]]) -> Reply:
    flags = reply.flags
    front: list[bytes] = []
    if found:
        flags |= _WARNINGS
        front.append(dumps(found))
    if logs.LOG.pending:
        flags |= _LOGS
        front.append(dumps(logs.LOG.drain()))
    return reply._replace(flags=flags, bufs=(*front, *reply.bufs))
