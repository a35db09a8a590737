"""Operations that only the Go tests know: faults that no request can bring about."""

from __future__ import annotations

import contextlib
import faulthandler
import json
import logging
import os
import signal
import sys
import threading
import time
import warnings
from array import array

from pyshim.dispatch import register
from pyshim.ops import many, text
from pyshim.tokenizers import load
from pyshim.wire.codec import Reply, Request, reply_json

_ran = threading.Event()
_load = load.run_load


def _raise(request: Request) -> Reply:
    what = request.text()
    if what == "SystemExit":
        sys.exit("told to leave")
    if what == "KeyboardInterrupt":
        raise KeyboardInterrupt("pressed")
    if what == "MemoryError":
        raise MemoryError("none left")
    if what == "mute":
        raise type("Mute", (Exception,), {"__str__": lambda self: str(1 / 0)})("mute")
    if what == "surrogate":
        raise ValueError("half of a pair: \ud800")
    raise AssertionError(what)


def _panic(request: Request) -> Reply:
    # A real one: tiktoken's Rust asserts that no two pieces have one rank.
    from tiktoken._tiktoken import CoreBPE

    CoreBPE({b"a": 0, b"b": 0}, {}, ".")
    raise AssertionError("tiktoken did not panic")


def _sleep(request: Request) -> Reply:
    # Sleeping gives the GIL away; spinning keeps it, but for the switch interval.
    until = time.monotonic() + request.arg / 1000
    if request.text() == "spin":
        while time.monotonic() < until:
            pass
    else:
        time.sleep(max(until - time.monotonic(), 0))
    return Reply(b"slept")


def _forever(request: Request) -> Reply:
    while True:
        time.sleep(3600)


def _thread(request: Request) -> Reply:
    what = request.text()

    def run() -> None:
        time.sleep(0.02)
        _ran.set()
        print("from a thread")
        if what == "raise":
            raise RuntimeError("nobody catches this")

    _ran.clear()
    threading.Thread(target=run, daemon=True).start()
    return Reply()


def _thread_ran(request: Request) -> Reply:
    return reply_json(_ran.is_set())


def _talk(request: Request) -> Reply:
    print("on stdout")
    print("on stderr", file=sys.stderr)
    sys.stdout.buffer.write(b"bytes \xff\n")
    logging.getLogger("some.library").error("logged %s", "well")
    logging.getLogger("some.library").debug("not this")
    warnings.warn("be warned", FutureWarning, stacklevel=1)
    return Reply(b"talked")


def _malformed(request: Request) -> object:
    replies: dict[str, object] = {
        "ints": Reply(ints=["x"]),  # type: ignore[list-item]
        "bufs": Reply(bufs=("text",)),  # type: ignore[arg-type]
        "beyond": Reply(ints=[1 << 40]),
        "flags": Reply(flags=2),
        "nothing": None,
    }
    return replies[request.text()]


def _gate(request: Request) -> Reply:
    path = request.text()
    if request.arg:  # keeps the GIL, but for the switch interval
        while os.path.exists(path):
            pass
        return Reply(b"passed")
    # An opened other end shows that we have come; its end lets us through.
    with contextlib.suppress(FileNotFoundError), open(path, "rb", buffering=0) as fifo:
        fifo.read(1)
    return Reply(b"passed")


def _load_seizing(request: Request) -> Reply:
    # Stands before the real load, and does what an imported library may do.
    body = request.text()
    if "seize:" not in body:
        return _load(request)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGPIPE, signal.SIGURG):
        signal.signal(number, lambda *_: None)
    faulthandler.enable(file=2)
    return _load(request._replace(body=memoryview(body.replace("seize:", "").encode())))


def _part(request: Request) -> Reply:
    """Take a part out of a body, and answer the rest, and whether the part is the one given."""
    asked = request.json()
    whole = rest = json.loads(asked["body"])
    *path, last = asked["path"]
    for key in path:
        rest = rest[key]
    part, rest[last] = rest[last], "the part"
    same = repr(part) == repr(json.loads(asked["part"]))
    size = len(part) if isinstance(part, list) else -1
    return reply_json({"rest": whole, "same": same, "len": size})


TESTS = (_raise, _panic, _sleep, _forever, _thread, _thread_ran, _talk, _malformed, _part, _gate)
for number, function in enumerate(TESTS):
    register(0x7000 + number, function)
register(2, _load_seizing)


POISON = "this text ends the process that encodes it"
_texts, _text = many.texts.many, text.run_encode_text


def _texts_poisoned(
    raw: object, given: list[str], bos: bool, eos: bool
) -> tuple[bytes, array[int]]:
    if POISON in given:
        os._exit(7)
    return _texts(raw, given, bos, eos)


def _text_poisoned(request: Request) -> Reply:
    if request.text() == POISON:
        os._exit(7)
    return _text(request)


many.texts.many = _texts_poisoned
register(6, _text_poisoned)
