"""The pytest plugin: calls that a test itself makes are answered by the other program.

Each routed call also runs locally. What the test gets is the other program's answer;
where the two differ it is written down as well. Calls made by the package inside itself
are left alone.
"""

from __future__ import annotations

import functools
import inspect
import json
import os
import sys
import types
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

from pyshim.tests.conformance import values
from pyshim.tests.conformance.handles import Handles, Local
from pyshim.tests.conformance.remote import Remote
from pyshim.tests.conformance.routes import Asked, Route, routes


class Proxy:
    """Routes calls and keeps the counts."""

    def __init__(self, remote: Remote) -> None:
        self.remote = remote
        self.handles = Handles(remote)
        self.test = ""
        self.routed: dict[str, set[str]] = {}
        self.whole: set[str] = set()
        self.local: Counter[str] = Counter()
        self.left: dict[str, list[str]] = defaultdict(list)
        self.calls: Counter[str] = Counter()
        self.differences: list[dict[str, str]] = []
        import mistral_common

        self.package = str(Path(mistral_common.__file__).parent)

    def patch(self, route: Route) -> None:
        found = vars(route.owner)[route.name]
        inner = found.__func__ if isinstance(found, classmethod | staticmethod) else found
        signature = inspect.signature(inner)

        @functools.wraps(inner)
        def call(*args: Any, **kwargs: Any) -> Any:
            caller = sys._getframe(1).f_code.co_filename
            if not self.test or not self.remote.usable or caller.startswith(self.package):
                return inner(*args, **kwargs)
            try:
                bound = signature.bind(*args, **kwargs)
                bound.apply_defaults()
                named = dict(bound.arguments)
                owner = named.pop(next(iter(signature.parameters)))
                asked = route.ask(self.handles, owner, named)
            except (Local, TypeError) as reason:
                self.local[str(reason)] += 1
                self.left[self.test].append(f"{route.owner.__name__}.{route.name}: {reason}")
                return inner(*args, **kwargs)
            return self.compare(route, asked, lambda: inner(*args, **kwargs))

        wrapped: Any = classmethod(call) if isinstance(found, classmethod) else call
        setattr(route.owner, route.name, wrapped)

    def compare(self, route: Route, asked: Asked, local: Any) -> Any:
        name = f"{route.owner.__name__}.{route.name}"
        found = self.remote.ask(asked.op, asked.args, asked.handle)
        self.calls[asked.op] += 1
        self.routed.setdefault(self.test, set()).add(asked.op)
        if route.whole:
            self.whole.add(self.test)
        error = found.get("err")
        try:
            mine = local()
        except BaseException as failure:
            kind = type(failure)
            message = getattr(failure, "message", None)
            text = message if isinstance(message, str) else str(failure)
            wanted = (kind.__module__, kind.__qualname__, text)
            if error is not None and (error["module"], error["type"], error["message"]) == wanted:
                raise
            self.differ(name, repr(wanted), json.dumps(error))
            raise AssertionError(f"{name}: the other program did not raise {wanted}") from failure
        if error is not None:
            self.differ(name, "a value", json.dumps(error))
            raise AssertionError(f"{name}: the other program raised {error}")
        if asked.make is None:
            return mine
        theirs = asked.make(found["ok"])
        if not values.same(mine, theirs):
            self.differ(name, repr(mine), repr(theirs))
        return theirs

    def differ(self, name: str, mine: str, theirs: str) -> None:
        item = {"test": self.test, "call": name, "local": mine[:400], "remote": theirs[:400]}
        self.differences.append(item)


_proxy: Proxy | None = None


def decode_keep(tokenizer: Any, tokenized: Any) -> Any:
    """What tests/utils.py of the repository holds, which a source distribution lacks."""
    from mistral_common.tokens.tokenizers.base import SpecialTokenPolicy

    return tokenizer.decode(tokenized.tokens, special_token_policy=SpecialTokenPolicy.KEEP)


def pytest_configure(config: pytest.Config) -> None:
    global _proxy  # noqa: PLW0603
    utils: Any = types.ModuleType("tests.utils")
    utils.decode_keep = decode_keep
    sys.modules["tests.utils"] = utils
    command = os.environ.get("CONFORMANCE_EXEC")
    if command:
        _proxy = Proxy(Remote(command, bool(os.environ.get("CONFORMANCE_CORRUPT"))))
        for route in list(routes()):
            _proxy.patch(route)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    only = os.environ.get("CONFORMANCE_ONLY")
    if only:
        wanted = set(Path(only).read_text().splitlines())
        config.hook.pytest_deselected(items=[item for item in items if item.nodeid not in wanted])
        items[:] = [item for item in items if item.nodeid in wanted]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Any:
    if _proxy is not None:
        _proxy.test = item.nodeid
    try:
        return (yield)
    finally:
        if _proxy is not None:
            _proxy.test = ""


_outcomes: dict[str, str] = {}


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" or report.outcome != "passed":
        _outcomes[report.nodeid] = report.outcome


def pytest_collectreport(report: pytest.CollectReport) -> None:
    if report.failed:
        _outcomes[report.nodeid] = "uncollected"


def pytest_unconfigure(config: pytest.Config) -> None:
    target = os.environ.get("CONFORMANCE_RESULT")
    if not target:
        return
    content: dict[str, Any] = {"outcomes": _outcomes}
    if _proxy is not None and _proxy.remote.usable:
        info = _proxy.remote.ask("info", {}).get("ok")
        _proxy.remote.close()
        content |= {
            "info": info,
            "routed": {test: sorted(ops) for test, ops in sorted(_proxy.routed.items())},
            "whole": sorted(_proxy.whole),
            "calls": dict(_proxy.calls),
            "local": dict(_proxy.local),
            "left": _proxy.left,
            "differences": _proxy.differences,
        }
    Path(target).write_text(json.dumps(content, indent=1))
