"""The layout: few names at the top, no import circle, no package above its place."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from pyshim.tests.conftest import ROOT

MOST = 12
ORDER = (
    "pyshim",
    "pyshim.bootstrap",
    "pyshim.errors",
    "pyshim.wire",
    "pyshim.shortcuts",
    "pyshim.tokenizers",
    "pyshim.media",
    "pyshim.vllm",
    "pyshim.ops",
    "pyshim.server",
    "pyshim.dispatch",
    "pyshim.workers",
)

Graph = dict[str, set[str]]


@cache
def modules() -> dict[str, Path]:
    """Return the files of all modules but the tests', by their dotted names."""
    found = {}
    for path in (ROOT / "pyshim").rglob("*.py"):
        parts = path.relative_to(ROOT).with_suffix("").parts
        if parts[1] != "tests":
            found[".".join(parts).removesuffix(".__init__")] = path
    return found


def imported(name: str, source: str, known: frozenset[str]) -> Iterator[str]:
    """Iterate over the modules of ours that a source imports, also inside functions."""
    for node in ast.walk(ast.parse(source)):
        found = []
        if isinstance(node, ast.Import):
            found = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name} imports by a relative name"
            whole = [f"{node.module}.{alias.name}" for alias in node.names]
            found = [one if one in known else str(node.module) for one in whole]
        for one in found:
            if one.partition(".")[0] == "pyshim":
                assert one in known, f"{name} imports {one}, which is not there"
                yield one


@cache
def imports() -> Graph:
    known = frozenset(modules())
    return {name: set(imported(name, path.read_text(), known)) for name, path in modules().items()}


def package(name: str) -> str:
    """Return the package below pyshim that a module is in; one at the top is its own."""
    return ".".join(name.split(".")[:2])


def between_packages(graph: Graph) -> Graph:
    found: Graph = {}
    for name, others in graph.items():
        mine = found.setdefault(package(name), set())
        mine |= {package(other) for other in others} - {package(name)}
    return found


def circle(graph: Graph) -> list[str]:
    """Return the names on a circle, the first again at the end; empty if there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        found: list[str] = error.args[1]
        return found
    return []


def test_circles_are_found() -> None:
    """What the tests below rely on: the reading of imports, and the search."""
    source = (
        "import json, a.b\ndef f():\n    from pyshim import x\n    from pyshim.y import z, Name\n"
    )
    known = frozenset({"pyshim", "pyshim.x", "pyshim.y", "pyshim.y.z"})
    assert list(imported("m", source, known)) == ["pyshim.x", "pyshim.y.z", "pyshim.y"]
    assert sorted(circle({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}})[1:]) == ["a", "b", "c"]
    assert circle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


def test_no_module_imports_itself_through_others() -> None:
    assert len(imports()) > 80
    assert circle(imports()) == []


def test_a_package_imports_only_those_before_it() -> None:
    for name, others in between_packages(imports()).items():
        assert not others - set(ORDER[: ORDER.index(name)]), name


def test_names_at_the_top_are_few() -> None:
    # Neither __init__.py nor __pycache__ is a name that a reader looks for.
    there = [path for path in (ROOT / "pyshim").iterdir() if path.name[0] not in "._"]
    names = [path.name for path in there if path.suffix == ".py" or path.is_dir()]
    assert len(names) <= MOST, sorted(names)


@pytest.mark.parametrize("name", ["mistral", "vllm_twin", "vllm_app"])
def test_the_servers_do_not_know_each_other(name: str) -> None:
    others = {"mistral", "vllm_twin", "vllm_app"} - {name}
    mine = f"pyshim.server.{name}"
    found = {
        f"{module} imports {other}"
        for module, all_of_it in imports().items()
        for other in all_of_it
        if f"{module}.".startswith(f"{mine}.")
        and any(f"{other}.".startswith(f"pyshim.server.{theirs}.") for theirs in others)
    }
    assert any(f"{module}.".startswith(f"{mine}.") for module in imports())
    assert not found


def test_packages_are_light() -> None:
    """Importing a package imports nothing, so that a module costs what it needs itself."""
    heavy = {name for name, path in modules().items() if path.name == "__init__.py"}
    assert {name for name in heavy if imports()[name]} == {"pyshim.vllm"}


def test_architecture_names_every_package() -> None:
    page = (ROOT / "docs" / "ARCHITECTURE.md").read_text()
    packages = {name for name, path in modules().items() if path.name == "__init__.py"}
    missing = {name for name in packages if f"| `{name.replace('.', '/')}/` |" not in page}
    assert missing == set()
