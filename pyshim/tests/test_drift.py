"""Nothing is left behind by a call, whether it succeeds or fails."""

from __future__ import annotations

import gc
import json
import struct
import sys
import threading
import tracemalloc
from pathlib import Path
from typing import Any

from pyshim.dispatch import dispatch
from pyshim.tests.client import hello, load, ok, unload
from pyshim.tests.conftest import Loader
from pyshim.tokenizers.registry import REGISTRY
from pyshim.wire import codec
from pyshim.wire.codec import Op, Want

CALLS = 2000


def frames(handle: int) -> list[bytes]:
    def frame(op: int, body: Any, flags: int = 0, arg: int = -1) -> bytes:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return codec.request(op, raw, handle, flags, arg)

    return [
        frame(Op.ENCODE_CHAT, hello()),
        frame(Op.ENCODE_CHAT, hello(), Want.TEXT),
        frame(Op.ENCODE_CHAT, hello(), Want.COUNT | Want.PLAIN),
        frame(Op.ENCODE_CHAT, {"messages": []}),
        frame(Op.ENCODE_CHAT, hello(nonsense={"a": [1, 2]})),
        frame(Op.ENCODE_CHAT, b"{"),
        frame(Op.ENCODE_CHAT, b"\xff"),
        frame(Op.ENCODE_TEXT, b"Hello", Want.BOS),
        frame(Op.DECODE, struct.pack("<3i", 1, 1200, 2), arg=1),
        frame(Op.DECODE, struct.pack("<i", -5), arg=2),
        frame(Op.RAW, {"m": "id_to_piece", "a": [1200]}),
        frame(Op.RAW, {"m": "nonsense"}),
        frame(Op.REFERENCE_CHAT, hello(), arg=1),
        frame(Op.STATS, b""),
        frame(4242, b""),
        b"bad frame",
    ]


def test_calls_leave_nothing(shipped: Loader) -> None:
    loaded = REGISTRY.get(shipped("v3"))
    work = frames(shipped("v3"))

    def rounds(count: int) -> None:
        for _ in range(count):
            for frame in work:
                dispatch(frame)

    rounds(20)  # caches of the libraries fill up
    gc.collect()
    objects = len(gc.get_objects())
    counts = [
        sys.getrefcount(loaded),
        sys.getrefcount(loaded.chat),
        sys.getrefcount(loaded.textless),
    ]
    threads = threading.active_count()
    tracemalloc.start()
    rounds(5)
    before = tracemalloc.get_traced_memory()[0]
    rounds(CALLS // len(work))
    gc.collect()
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert len(gc.get_objects()) - objects < 50
    # A single bytes object a call would be over 60 kB.
    assert grown < 20_000
    assert counts == [
        sys.getrefcount(loaded),
        sys.getrefcount(loaded.chat),
        sys.getrefcount(loaded.textless),
    ]
    assert threading.active_count() == threads


def held() -> int:
    """Count the tracebacks that hold a frame of dispatch, and with it a request."""
    return sum(
        type(value).__name__ == "traceback"
        and value.tb_frame.f_globals.get("__name__") == "pyshim.dispatch"
        for value in gc.get_objects()
    )


def test_failed_calls_need_no_collector(shipped: Loader) -> None:
    work = frames(shipped("v3"))
    gc.collect()
    before = held()  # exceptions that other tests keep
    gc.disable()
    try:
        for _ in range(20):
            for frame in work:
                dispatch(frame)
        assert held() == before
    finally:
        gc.enable()


def test_load_and_unload_leave_nothing(data: Path) -> None:
    path = str(data / "tokenizer.model.v1")

    def rounds(count: int) -> None:
        for _ in range(count):
            handle = load(file=path, mode="serving")
            unload(handle)
            unload(int(ok(Op.LOAD_RAW, {"path": path}).json["h"]))

    rounds(3)
    gc.collect()
    sizes = REGISTRY.sizes()
    objects = len(gc.get_objects())
    rounds(10)
    gc.collect()
    assert REGISTRY.sizes() == sizes
    assert len(gc.get_objects()) - objects < 50
