"""The start as the embedded interpreter makes it: from strings, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pyshim.tests.conftest import ROOT

CHILD = """
import json, os, sys
given = json.loads(sys.stdin.read())
del sys.argv
space = {}
exec(compile(given["bootstrap"], "pyshim/bootstrap.py", "exec"), space)
out = os.fdopen(os.dup(1), "w")
try:
    dispatch, info = space["start"](json.dumps(given["config"]).encode())
    exec(given["then"])
except Exception as failure:
    print(json.dumps(f"{type(failure).__name__}: {failure}"), file=out)
out.close()
"""

ARGV = [sys.executable, "-I", "-c", CHILD]


def sources() -> dict[str, str]:
    paths = (path.relative_to(ROOT) for path in (ROOT / "pyshim").rglob("*.py"))
    return {str(path): (ROOT / path).read_text() for path in paths if path.parts[1] != "tests"}


def start(tmp_path: Path, then: str, flags: tuple[str, ...] = (), **changes: Any) -> Any:
    """Start a child, let it print one JSON value, and see that nothing else is printed."""
    texts = sources()
    boot = texts.pop("pyshim/bootstrap.py")
    expect = {"prefix": sys.prefix, "executable": sys.executable}
    config = {"sources": texts, "expect": expect, "codec": 1, **changes}
    done = subprocess.run(
        [ARGV[0], *flags, *ARGV[1:]],
        input=json.dumps({"bootstrap": boot, "config": config, "then": then}),
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=120,
        check=True,
    )
    assert done.stderr == ""
    return json.loads(done.stdout)


SAY = "print(json.dumps({}), file=out)"


def test_start_imports_nothing_heavy(tmp_path: Path) -> None:
    heavy = "['mistral_common', 'numpy', 'pydantic', 'tiktoken']"
    then = SAY.format(
        f"[json.loads(info), [m for m in {heavy} if m in sys.modules], sys.argv,"
        " space['dispatch'] is dispatch if 'dispatch' in space else None]"
    )
    info, loaded, argv, _ = start(tmp_path, then)
    assert loaded == []
    assert argv == [""]
    assert info["prefix"] == sys.prefix
    assert info["python"] == ".".join(map(str, sys.version_info[:3]))
    assert info["packages"]["mistral-common"] == "1.13.1"


CALL = """
from pyshim.wire import codec
def call(op, body, handle=0):
    return codec.unflatten(codec.flatten(dispatch(codec.request(op, body, handle))))
"""


def test_loads_and_encodes_without_the_package_on_disk(tmp_path: Path) -> None:
    then = CALL + SAY.format(
        'json.loads(call(2, b\'{"name": "v3"}\')[1].body)["h"],'
        'call(5, b\'{"messages": [{"role": "user", "content": "Hello"}]}\', 1)[1].ints'
    ).replace("dumps(", "dumps([").replace("ints)", "ints])")
    assert start(tmp_path, then) == [1, [1, 3, 23325, 4]]


def test_tracebacks_show_our_lines(tmp_path: Path) -> None:
    then = CALL + SAY.format('json.loads(call(4, b"", 9)[1].body)')
    err = start(tmp_path, then)
    assert err["type"] == "UnknownHandle"
    assert 'File "pyshim/tokenizers/load.py"' in err["traceback"]
    assert "REGISTRY.close(request.handle)" in err["traceback"]


def test_what_python_prints_comes_with_the_reply(tmp_path: Path) -> None:
    then = """
import logging, warnings
print("out")
print("err", file=sys.stderr)
logging.getLogger("lib").info("logged")
logging.getLogger("lib").debug("not this")
logging.warning("root")
warnings.warn("of no call")
sys.stdout.buffer.write(b"raw\\n")
found = dispatch(b"")[2]
print(json.dumps([json.loads(found[0]), type(sys.stdin).__name__]), file=out)
"""
    entries, stdin = start(tmp_path, then)
    assert entries[:4] == [
        ["INFO", "stdout", "out"],
        ["WARNING", "stderr", "err"],
        ["INFO", "lib", "logged"],
        ["WARNING", "root", "root"],
    ]
    assert entries[4][1:] == ["py.warnings", entries[4][2]]
    assert entries[5] == ["INFO", "stdout", "raw"]
    assert stdin == "StringIO"


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"codec": 2}, "codec version 2"),
        ({"codec": None}, "codec version None"),
        ({"expect": {"version_prefix": "2.7"}}, "Python 2.7 was asked for"),
        ({"expect": {"version_prefix": "3.1"}}, "Python 3.1 was asked for"),
        ({"expect": {"prefix": "/nowhere"}}, "sys.prefix is"),
        ({"expect": {"executable": "/nowhere/python"}}, "sys.executable is"),
    ],
)
def test_what_is_not_expected_is_refused(
    changes: dict[str, Any], text: str, tmp_path: Path
) -> None:
    said = start(tmp_path, SAY.format('"started"'), **changes)
    assert said.startswith("RuntimeError: ")
    assert text in said


def test_what_is_expected_is_accepted(tmp_path: Path) -> None:
    major, minor, micro = sys.version_info[:3]
    for version in (f"{major}", f"{major}.{minor}", f"{major}.{minor}.{micro}"):
        said = start(tmp_path, SAY.format('"started"'), expect={"version_prefix": version})
        assert said == "started"


def test_optimised_python_is_refused(tmp_path: Path) -> None:
    assert "PYTHONOPTIMIZE" in start(tmp_path, SAY.format('"started"'), flags=("-O",))


def test_a_second_start_is_the_same_one(tmp_path: Path) -> None:
    then = """
again, _ = space["start"](json.dumps(given["config"]).encode())
other = {}
exec(compile(given["bootstrap"], "pyshim/bootstrap.py", "exec"), other)
third, _ = other["start"](json.dumps(given["config"]).encode())
finders = [type(f).__name__ for f in sys.meta_path]
given["config"]["sources"]["pyshim/new.py"] = ""
try:
    space["start"](json.dumps(given["config"]).encode())
except RuntimeError as failure:
    said = str(failure)
print(json.dumps([again is dispatch, third is dispatch, finders.count("Sources"), said]), file=out)
"""
    same, third, count, said = start(tmp_path, then)
    assert same and third
    assert count == 1
    assert "other sources" in said


def test_a_missing_module_is_an_import_error(tmp_path: Path) -> None:
    texts = sources()
    del texts["pyshim/wire/values.py"]
    said = start(tmp_path, SAY.format('"started"'), sources=texts)
    assert said == "ModuleNotFoundError: No module named 'pyshim.wire.values'"


@pytest.mark.parametrize(("kilobytes", "works"), [(256, False), (384, False), (512, True)])
def test_a_stack_too_small_for_nested_requests(
    kilobytes: int, works: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limited = ["sh", "-c", f'ulimit -s {kilobytes}; exec "$@"', "sh"]
    monkeypatch.setattr("pyshim.tests.test_bootstrap.ARGV", [*limited, *ARGV])
    said = start(tmp_path, SAY.format("True"))
    want = "True" if works else f"is {kilobytes} KB, and Python needs 512"
    assert want in str(said)
