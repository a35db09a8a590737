"""Runs the tests routed, then unrouted those that were routed or failed, and compares.

    python -m pyshim.tests.conformance --exec "mtok exec" --report bin/parity-suite.json

With --corrupt those that were routed run once more, with spoilt answers, and have to fail for it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pyshim.tests.conformance import source

ROOT = Path(__file__).parents[3]
STANDIN = f"{sys.executable} -m pyshim.tests.standin"
# What a silent fall back to the local package could not reach.
UNROUTED, ROUTED, WHOLE = 626, 391, 137
CORRUPT = 100

Json = dict[str, Any]


def run(
    tests: Path, command: str, named: Iterable[str] | None = None, corrupt: bool = False
) -> Json:
    """Run the tests, or those that are named; answered by command unless that is empty."""
    with tempfile.TemporaryDirectory() as directory:
        result = Path(directory) / "result.json"
        only = Path(directory) / "only"
        if named is not None:
            only.write_text("\n".join(named))
        path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
        env = {
            **os.environ,
            "PYTHONPATH": path,
            "PYTHONDONTWRITEBYTECODE": "1",
            "CONFORMANCE_EXEC": command,
            "CONFORMANCE_ONLY": "" if named is None else str(only),
            "CONFORMANCE_CORRUPT": "yes" if corrupt else "",
            "CONFORMANCE_RESULT": str(result),
        }
        # The tests name each other as tests.…, and have no __init__.py.
        pytest = [sys.executable, "-m", "pytest", "tests", "-q", "--tb=short", "--import-mode"]
        pytest += ["importlib", "-o", "consider_namespace_packages=true"]
        pytest += ["-p", "no:cacheprovider", "-p", "pyshim.tests.conformance.plugin"]
        pytest += ["--continue-on-collection-errors"]
        log = subprocess.run(
            pytest, cwd=tests, env=env, capture_output=True, text=True, check=False
        )
        if not result.exists():
            raise SystemExit(log.stdout[-4000:] + log.stderr[-4000:])
        found: Json = json.loads(result.read_text())
        found["log"] = log.stdout
        return found


def say(text: str) -> None:
    sys.stdout.write(text + "\n")


def bad(result: Json) -> set[str]:
    return {test for test, outcome in result["outcomes"].items() if outcome not in PASSING}


PASSING = ("passed", "skipped")


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--exec", default=STANDIN, help="the command that speaks the protocol")
    options.add_argument("--report", default="bin/parity-suite.json")
    options.add_argument("--corrupt", help="run with spoilt answers, too; the report on that")
    options.add_argument("--cache", default=str(Path.home() / ".cache" / "mtok-conformance"))
    options.add_argument("--verbose", action="store_true", help="print what pytest said")
    given = options.parse_args()

    tests = source.unpacked(Path(given.cache))
    routed = run(tests, given.exec)
    # A test that made no routed call and passed did what it does unrouted.
    again = run(tests, "", bad(routed).union(routed["routed"]))
    plain = {**again, "outcomes": routed["outcomes"] | again["outcomes"]}
    reports = [(routed, False, given.report)]
    if given.corrupt:
        spoilt = run(tests, given.exec, routed["routed"], corrupt=True)
        reports.append((spoilt, True, given.corrupt))
    complaints = 0
    for result, corrupt, path in reports:
        if given.verbose:
            say(result["log"])
        report = summary(plain, result, corrupt)
        Path(path).write_text(json.dumps(report, indent=1) + "\n")
        table(report)
        complaints += len(report["complaints"])
    return 1 if complaints else 0


def summary(plain: Json, routed: Json, corrupt: bool) -> Json:
    """Say what was found and what is wrong with it."""
    more = sorted(bad(routed) - bad(plain))
    passed = Counter(plain["outcomes"].values())["passed"]
    through = {test for test in routed["routed"] if routed["outcomes"].get(test) == "passed"}
    report: Json = {
        "version": source.VERSION,
        "corrupt": corrupt,
        "info": routed["info"],
        "unrouted": dict(Counter(plain["outcomes"].values())),
        "outcomes": dict(Counter(routed["outcomes"].values())),
        "routed_tests": len(routed["routed"]),
        "routed_passed": len(through),
        "whole_tests": len(routed["whole"]),
        "whole_passed": len(through & set(routed["whole"])),
        "calls": routed["calls"],
        "local": routed["local"],
        "left": routed["left"],
        "new_failures": more,
        "differences": routed["differences"],
    }
    complaints = []
    if passed < UNROUTED:
        complaints.append(f"{passed} tests pass unrouted, {UNROUTED} were expected")
    if len(routed["routed"]) < ROUTED:
        complaints.append(f"{len(routed['routed'])} tests were routed, at least {ROUTED} must be")
    if corrupt:  # a test that ends early for a spoilt answer may encode nothing any more
        if len(more) < CORRUPT:
            complaints.append(f"spoilt answers made only {len(more)} tests fail")
    else:
        if len(routed["whole"]) < WHOLE:
            complaints.append(f"{len(routed['whole'])} encode or decode, at least {WHOLE} must")
        complaints += [f"fails only when routed: {test}" for test in more]
        complaints += [f"differs: {item['test']} {item['call']}" for item in report["differences"]]
    report["complaints"] = complaints
    return report


def table(report: Json) -> None:
    """Print the report for a person."""
    rows = {
        "answers": "spoilt" if report["corrupt"] else "as they are",
        "unrouted": report["unrouted"],
        "routed": report["outcomes"],
        "tests routed": f"{report['routed_tests']}, {report['routed_passed']} passed",
        "... at least": ROUTED,
        "encode or decode": f"{report['whole_tests']}, {report['whole_passed']} passed",
        "... at least ": WHOLE,
        "calls": report["calls"],
        "answered locally": report["local"],
        "fail only when routed": len(report["new_failures"]),
        "differences": len(report["differences"]),
    }
    for name, value in rows.items():
        say(f"{name:22} {value}")
    for line in report["complaints"][:40]:
        say(f"  ! {line}")
    say("bad" if report["complaints"] else "good")


if __name__ == "__main__":
    sys.exit(main())
