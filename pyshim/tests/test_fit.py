"""fit: what is left fits, and an audited call says the same."""

from __future__ import annotations

from cases import assistant, system, user
from pyshim.ops.fit import turns
from pyshim.shortcuts.switches import SETTINGS
from pyshim.tests.client import ok, shortcuts
from pyshim.tests.conftest import Loader
from pyshim.wire.codec import Op


def test_the_shortcut_is_audited(shipped: Loader) -> None:
    body = {
        "messages": [system("s"), user("a"), assistant("b"), user("c"), assistant("d"), user("e")]
    }
    handle = shipped("v7")
    with shortcuts(audit=1):
        before = SETTINGS.audited
        for limit in range(5, 30):
            answer = ok(Op.FIT, body, handle, arg=limit)
            assert answer.aux <= limit or not answer.ints
        assert SETTINGS.audited == before + 25
        assert SETTINGS.differences == 0


def test_turns() -> None:
    roles = ["system", "assistant", "user", "user", "assistant", "tool"]
    roles += ["assistant", "system", "user"]
    assert turns([{"role": role} for role in roles]) == [1, 2, 8]
    assert turns([]) == [0]
