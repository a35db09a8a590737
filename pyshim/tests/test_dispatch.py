from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import pytest

from pyshim import dispatch, errors
from pyshim.tests.client import Answer, call, error, hello, ok
from pyshim.tests.conftest import Loader
from pyshim.wire import codec, logs
from pyshim.wire.codec import Has, Op, Reply, Request

OP = 0x7001

Run = Callable[[Callable[[], Any]], Answer]


@pytest.fixture
def run() -> Iterator[Run]:
    """Run a function as an operation."""

    def inside(function: Callable[[], Any]) -> Answer:
        def handler(request: Request) -> Reply:
            return codec.reply_json(function())

        dispatch.register(OP, handler)
        return call(OP)

    yield inside
    dispatch._HANDLERS.pop(OP, None)


def throw(failure: BaseException) -> Callable[[], NoReturn]:
    def raises() -> NoReturn:
        raise failure

    return raises


def test_registered_operations_are_served(run: Run) -> None:
    assert run(lambda: {"x": 1}).json == {"x": 1}


@pytest.mark.parametrize(
    "failure",
    [
        SystemExit(3),
        KeyboardInterrupt(),
        GeneratorExit(),
        MemoryError("no room"),
        BaseException("bare"),
        StopIteration(5),
    ],
    ids=lambda failure: type(failure).__name__,
)
def test_nothing_escapes(failure: BaseException, run: Run, shipped: Loader) -> None:
    answer = run(throw(failure))
    assert answer.status == 1
    assert answer.json["module"] == "builtins"
    assert answer.json["type"] == type(failure).__name__
    assert answer.json["message"] == str(failure)
    assert "raise failure" in answer.json["traceback"]
    assert ok(Op.ENCODE_CHAT, hello(), shipped("v3")).ints


def test_a_rust_panic_is_an_error(
    run: Run, shipped: Loader, capfd: pytest.CaptureFixture[str]
) -> None:
    from tiktoken._tiktoken import CoreBPE  # type: ignore[import-not-found]

    answer = run(lambda: CoreBPE({b"a": 0, b"b": 0}, {}, "."))  # two pieces of one rank
    assert answer.status == 1
    assert answer.json["module"] == "pyo3_runtime"
    assert answer.json["type"] == "PanicException"
    assert "duplicate token indices" in answer.json["message"]
    assert "builtins.Exception" not in answer.json["mro"]
    assert "panicked at" in capfd.readouterr().err  # Rust's own hook; out of Python's reach
    assert ok(Op.ENCODE_CHAT, hello(), shipped("v3-tekken")).ints


def test_an_exception_whose_str_fails(run: Run) -> None:
    class Hostile(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no")

    answer = run(throw(Hostile()))
    assert answer.json["type"].endswith("Hostile")
    assert answer.json["message"].endswith("Hostile: str() raised RuntimeError>")


def test_an_exception_that_cannot_be_described(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errors, "describe", lambda failure: 1 / 0)
    answer = run(throw(ValueError("lost")))
    assert answer.status == 1
    assert answer.json["type"] == "ValueError"
    assert answer.json["module"] == "builtins"


def test_a_reply_that_cannot_be_built(run: Run) -> None:
    dispatch.register(OP, lambda request: Reply(aux=-1))
    assert error(OP)["type"] == "error"
    dispatch.register(OP, lambda request: None)  # type: ignore[arg-type, return-value]
    assert error(OP)["type"] == "TypeError"


def test_unknown_operation() -> None:
    err = error(4242)
    assert (err["module"], err["type"]) == ("pyshim.errors", "UnknownOp")
    assert "4242" in err["message"]


@pytest.mark.parametrize("frame", [b"", b"x", bytes(24), bytes(100)])
def test_bad_frames_are_errors(frame: bytes) -> None:
    status, reply = codec.unflatten(codec.flatten(dispatch.dispatch(frame)))
    assert status == 1
    assert json.loads(reply.body)["type"] == "BadFrame"


HANDLE_OPS = [
    Op.UNLOAD,
    Op.ENCODE_CHAT,
    Op.ENCODE_TEXT,
    Op.DECODE,
    Op.RAW,
    Op.REFERENCE_CHAT,
]


@pytest.mark.parametrize("op", HANDLE_OPS)
def test_unknown_handles(op: Op) -> None:
    for handle in (0, 4_000_000_000):
        err = error(op, b"{}", handle)
        assert (err["module"], err["type"]) == ("pyshim.errors", "UnknownHandle")
        assert str(handle) in err["message"]


def test_info_and_stats(shipped: Loader) -> None:
    info = ok(Op.INFO).json
    assert info["codec"] == 1
    assert info["implementation"] == "CPython"
    assert info["packages"]["mistral-common"] == "1.13.1"
    shipped("v3")
    stats = ok(Op.STATS).json
    assert stats["handles"] >= stats["objects"] >= 1
    assert len(stats["gc"]) == 3


def test_logs_come_once_and_after_the_warnings(run: Run) -> None:
    import warnings

    def noisy() -> str:
        warnings.warn("careful", UserWarning, stacklevel=1)
        logs.LOG.add("INFO", "here", "hello")
        return "done"

    answer = run(noisy)
    assert answer.flags == Has.BODY_JSON | Has.WARNINGS | Has.LOGS
    assert answer.warnings == [["builtins", "UserWarning", "careful"]]
    assert answer.logs == [["INFO", "here", "hello"]]
    assert answer.bufs == ()
    assert call(Op.STATS).flags == Has.BODY_JSON
    failed = run(lambda: [noisy(), 1 / 0])
    assert failed.status == 1
    assert failed.warnings and failed.logs
