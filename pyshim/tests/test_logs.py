from __future__ import annotations

import logging
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from pyshim.wire.logs import MAX_TEXT, Handler, Log, Stream


def test_bounded_in_number() -> None:
    log = Log(entries=10)
    for number in range(25):
        log.add("INFO", "x", str(number))
    assert log.pending
    first, *rest = log.drain()
    assert first == ("WARNING", "pyshim.wire.logs", "15 entries were dropped")
    assert [text for _, _, text in rest] == [str(number) for number in range(15, 25)]
    assert log.drain() == []
    assert not log.pending


def test_bounded_in_size() -> None:
    log = Log(size=1000)
    for _ in range(50):
        log.add("INFO", "x", "y" * 100)
    found = log.drain()
    assert len(found) == 11
    assert "40 entries" in found[0][2]
    log.add("INFO", "x", "z" * (MAX_TEXT + 5))
    assert Log(size=1 << 20).drain() == []


def test_long_entries_are_cut() -> None:
    log = Log()
    log.add("INFO", "x", "z" * (MAX_TEXT + 5))
    ((_, _, text),) = log.drain()
    assert text.endswith("… (5 characters cut)")


def test_lines_of_a_stream() -> None:
    log = Log()
    stream = Stream(log, "INFO", "stdout")
    print("a", "b", file=stream)
    stream.write("one\n\ntwo")
    stream.write(" more")
    assert [text for _, _, text in log.drain()] == ["a b", "one"]
    stream.flush()
    stream.flush()
    assert log.drain() == [("INFO", "stdout", "two more")]
    stream.buffer.write(b"bytes \xff\n")
    assert log.drain() == [("INFO", "stdout", "bytes \\xff")]
    assert stream.writable()
    assert stream.encoding == "utf-8"
    assert not stream.isatty()
    with pytest.raises(OSError):
        stream.fileno()
    with pytest.raises(TypeError):
        stream.write(3)  # type: ignore[arg-type]


def test_a_line_without_end_does_not_grow() -> None:
    log = Log()
    stream = Stream(log, "INFO", "stdout")
    for _ in range(200):
        stream.write("x" * 1000)
    assert len(stream._partial) <= MAX_TEXT
    assert log.pending


def test_logging() -> None:
    log = Log()
    logger = logging.Logger("there")
    logger.addHandler(Handler(log))
    logger.info("%s is %d", "x", 3)
    logger.debug("not this")
    logger.warning("%d", "no number")
    try:
        raise ValueError("why")
    except ValueError:
        logger.exception("failed")
    found = log.drain()
    assert found[0] == ("INFO", "there", "x is 3")
    assert found[1][2] == "'%d' (its arguments do not fit it)"
    assert found[2][2].startswith("failed\nTraceback")
    assert "ValueError: why" in found[2][2]


def test_threads() -> None:
    log = Log(entries=100_000)
    stream = Stream(log, "INFO", "stdout")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: [stream.write(f"{n}\n") for _ in range(500)], range(8)))
    found = [text for _, _, text in log.drain()]
    assert sorted(found) == sorted(str(n) for n in range(8) for _ in range(500))
    assert sys.stdout is not stream
