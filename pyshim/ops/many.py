"""encode_texts and encode_chats: many requests in one frame, each answered as if it came alone.

The body is the number of requests, the length of each in bytes, all as uint64, and the requests
themselves one behind the other. The reply's ints are the ids of all of them, its first buffer has
a number for each, as int32: how many ids it has, or -1 - k where its answer is more than ids. Then
buffer 1 + k holds that answer as a whole reply, an exception or warnings too. ALONE: the
request has to be made by itself.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Callable

from pyshim.errors import BadFrame
from pyshim.ops import chat, failure
from pyshim.ops.text import BOS, COUNT, EOS, PLAIN, run_encode_text
from pyshim.shortcuts import switches, texts
from pyshim.tokenizers.registry import REGISTRY
from pyshim.wire import fault, warning
from pyshim.wire.codec import Has, Op, Reply, Request, build, dumps, flatten

# How deep a request may nest, and how much memory it may take, depend on what else is there.
ALONE = -(1 << 31)

_WORD = 8


def run_encode_texts(request: Request) -> Reply:
    """Operation encode_texts; each text equals encode_text."""
    flags = request.flags
    loaded = REGISTRY.get(request.handle)
    bodies = _bodies(request.body)
    if not flags & PLAIN and loaded.packed is not None and switches.SETTINGS.pack:
        try:
            found = _batched(loaded.raw, bodies, bool(flags & BOS), bool(flags & EOS))
        except Exception:
            found = None  # of one of them: the other way reports which one, and why
        if found is not None:
            ids, lengths = found
            return Reply(ints=None if flags & COUNT else ids, bufs=(_little(lengths),))
    return _each(request, Op.ENCODE_TEXT.value, run_encode_text, bodies)


def run_encode_chats(request: Request) -> Reply:
    """Operation encode_chats; each request equals encode_chat."""
    return _each(request, Op.ENCODE_CHAT.value, chat.run_encode_chat, _bodies(request.body))


def _bodies(body: memoryview) -> list[memoryview]:
    if len(body) < _WORD:
        raise BadFrame("a frame of many requests says first how many there are")
    count = int.from_bytes(body[:_WORD], "little")
    at = _WORD * (1 + count)
    if at > len(body):
        raise BadFrame(f"{count} lengths are announced in {len(body)} bytes")
    lengths = array("Q", body[_WORD:at].tobytes())
    if sys.byteorder == "big":
        lengths.byteswap()
    if sum(lengths) != len(body) - at:
        raise BadFrame(f"the requests have {len(body) - at} bytes, the lengths say {sum(lengths)}")
    found = []
    for length in lengths:
        found.append(body[at : at + length])
        at += length
    return found


def _batched(
    raw: object, bodies: list[memoryview], bos: bool, eos: bool
) -> tuple[bytes, array[int]] | None:
    """Return ids and how many of each; None where the audit found a difference."""
    strings = [str(body, "utf-8") for body in bodies]
    ids, lengths = texts.many(raw, strings, bos, eos)
    if not switches.SETTINGS.audit:
        switches.SETTINGS.calls += len(strings)
        return ids, lengths
    at = 0
    for text, length in zip(strings, lengths, strict=True):
        end = at + 4 * length
        if switches.due() and not switches.agree(ids[at:end], raw.encode(text, bos, eos)):  # type: ignore[attr-defined]
            return None
        at = end
    return ids, lengths


def _each(
    request: Request, op: int, run: Callable[[Request], Reply], bodies: list[memoryview]
) -> Reply:
    lengths = array("i")
    ids: list[bytes] = []
    bufs: list[bytes] = []
    for body in bodies:
        status, reply = _one(run, Request(op, request.handle, request.flags, request.arg, body))
        if reply is None:
            lengths.append(ALONE)
        elif status or reply.flags or reply.body or reply.bufs:
            bufs.append(flatten(build(reply, status)))
            lengths.append(-len(bufs))
        elif request.flags & COUNT:
            lengths.append(reply.aux)
        else:
            found = reply.ints or b""
            packed = found if isinstance(found, bytes) else array("i", found).tobytes()
            lengths.append(len(packed) // 4)
            ids.append(packed)
    return Reply(
        ints=None if request.flags & COUNT else b"".join(ids), bufs=(_little(lengths), *bufs)
    )


def _one(run: Callable[[Request], Reply], request: Request) -> tuple[int, Reply | None]:
    """Serve one of them as dispatch does; None: it has to be made by itself."""
    warning.begin()
    status = 0
    try:
        reply = run(request)
    except BaseException as error:  # as in dispatch
        if any(isinstance(link, RecursionError | MemoryError) for link in fault.chain(error)):
            warning.end()
            warning.begin()
            return 0, None
        status, reply = 1, failure.reply(error, request.op)
    found = warning.end()
    warning.begin()  # what is warned of between them goes to the whole
    if found:
        reply = reply._replace(
            flags=reply.flags | Has.WARNINGS.value, bufs=(dumps(found), *reply.bufs)
        )
    return status, reply


def _little(numbers: array[int]) -> bytes:
    if sys.byteorder == "big":
        numbers = array("i", numbers)
        numbers.byteswap()
    return numbers.tobytes()
