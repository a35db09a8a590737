from __future__ import annotations

import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

from pyshim.tests.client import hello, ok
from pyshim.tests.conftest import Loader
from pyshim.wire import logs, warning
from pyshim.wire.codec import Op


def warn(text: str = "careful") -> None:
    warnings.warn(text, FutureWarning, stacklevel=1)


def test_the_same_warning_shows_each_time() -> None:
    for _ in range(3):
        warning.begin()
        warn()
        assert warning.end() == [("builtins", "FutureWarning", "careful")]
    warning.begin()
    assert warning.end() == []


def test_threads_get_their_own() -> None:
    together = threading.Barrier(8)

    def one(number: int) -> bool:
        warning.begin()
        together.wait(10)
        for _ in range(20):
            warn(str(number))
        together.wait(10)
        return warning.end() == [("builtins", "FutureWarning", str(number))] * 20

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(one, range(8)))


def test_outside_a_call_they_are_logged() -> None:
    logs.LOG.drain()
    warn("nobody's")
    ((level, logger, text),) = logs.LOG.drain()
    assert (level, logger) == ("WARNING", "py.warnings")
    assert text.endswith("FutureWarning: nobody's")


def test_their_number_is_bounded() -> None:
    warning.begin()
    for number in range(warning.LIMIT + 7):
        warn(str(number))
    found = warning.end()
    assert len(found) == warning.LIMIT + 1
    assert found[-1][2] == "7 more warnings were dropped"


def test_the_reference_warns_through_the_reply(shipped: Loader) -> None:
    from mistral_common import deprecation

    deprecation._warned_keys.clear()  # it warns once a process
    body = hello(continue_final_message=True)
    body["messages"].append({"role": "assistant", "content": "x"})
    answer = ok(Op.ENCODE_CHAT, body, shipped("v3"))
    ((module, category, message),) = answer.warnings
    assert (module, category) == ("builtins", "DeprecationWarning")
    assert "continue_final_message" in message
