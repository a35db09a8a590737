"""Compares mtok with the direct Python call in environments of older releases.

    python testdata/parity/matrix.py [--short] [--only 1.8.5] [--write] bin/mtok

Each environment has one release of mistral_common and dependencies of its day, and lies in the
user cache. Each is compared with its own plain Python, once with all parts of an answer and once
with the tokens alone, which is where the shortcuts are. --write puts the report and the table
made from it into docs. Exit code 1: there are differences.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
REPORT = HERE / "matrix.json"
PAGE = ROOT / "docs" / "SUPPORT.md"
BEGIN, END = "<!-- made from testdata/parity/matrix.json -->\n", "<!-- end -->\n"
# What the comparison itself needs; beside the environments, not in them.
TOOLS = ("hypothesis==6.170.15", "sortedcontainers==2.4.0")


class Release(NamedTuple):
    """A release and the day after it; the Pythons it is for, "" for the one that runs this."""

    version: str
    day: str
    python: str


OLD = ">=3.11,<3.14"
RELEASES = (
    Release("1.8.2", "2025-07-24", OLD),
    Release("1.8.5", "2025-09-13", OLD),
    Release("1.8.8", "2025-12-23", OLD),
    Release("1.9.1", "2026-02-13", OLD),
    Release("1.10.0", "2026-03-14", ""),
    Release("1.11.0", "2026-04-02", ""),
    Release("1.11.7", "2026-07-24", ""),
    Release("1.12.0", "2026-09-23", ""),
    Release("1.13.1", "2026-11-03", ""),
)
SHORT = ("1.8.5", "1.11.7", "1.12.0")
TARGETS = ("mistral_common", "mistral_common-tokens")


def main() -> int:
    """Run the matrix; return the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--short", action="store_true", help=f"only {', '.join(SHORT)}")
    parser.add_argument("--only", action="append", help="only this release; may be repeated")
    parser.add_argument("--write", action="store_true", help="the report and the docs' table")
    parser.add_argument("mtok")
    options = parser.parse_args()
    wanted = options.only or (SHORT if options.short else [r.version for r in RELEASES])
    chosen = [r for r in RELEASES if r.version in wanted]
    base = os.environ.get("MTOK_CACHE") or Path.home() / ".cache" / "mistralbridge"
    cache = Path(base) / "matrix"
    report = [measure(release, cache, options) for release in chosen]
    if options.write:
        whole = merged(report)
        REPORT.write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")
        PAGE.write_text(page(PAGE.read_text(encoding="utf-8"), whole), encoding="utf-8")
    print(table(report))
    return 1 if any(entry["differ"] for entry in report) else 0


def merged(report: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the report with what was written of other releases before, in order."""
    before = json.loads(REPORT.read_text(encoding="utf-8")) if REPORT.exists() else []
    found = {entry["mistral-common"]: entry for entry in [*before, *report]}
    return [found[r.version] for r in RELEASES if r.version in found]


def measure(release: Release, cache: Path, options: Any) -> dict[str, Any]:
    """Compare one release both ways."""
    python = environment(release, cache)
    tools = python.parent.parent / "tools"
    entry: dict[str, Any] = {"mistral-common": release.version, "cases": 0, "differ": 0}
    out = cache / f"report-{release.version}.json"
    out.unlink(missing_ok=True)
    # The reference warns of its own ways in every other call; warnings are not compared.
    env = {**os.environ, "PYTHONPATH": str(tools), "PYTHONWARNINGS": "ignore"}
    for target in TARGETS:
        command = [str(python), str(HERE / "run.py"), "--target", target, "--report", str(out)]
        command += ["--requests", "30" if options.short else "300"]
        command += ["--", options.mtok, "exec", "--typed", "--python", str(python)]
        done = subprocess.run(command, env=env, check=False)
        if done.returncode not in (0, 1) or not out.exists():
            raise SystemExit(f"mistral-common {release.version} could not be compared")
    found = json.loads(out.read_text(encoding="utf-8"))
    if [part["target"] for part in found] != list(TARGETS):
        raise SystemExit(f"mistral-common {release.version} was not compared both ways")
    for part in found:
        entry["cases"] += part["cases"]
        entry["differ"] += len(part["differences"])
        entry |= {name: part["versions"][name] for name in part["versions"]}
    entry["shortcuts"] = shortcuts(python, options.mtok)
    return entry


def shortcuts(python: Path, mtok: str) -> list[str]:
    """Ask a load which shortcuts it has."""
    line = json.dumps({"id": 1, "op": "load", "args": {"name": "v3-tekken"}})
    done = subprocess.run(
        [mtok, "exec", "--python", str(python)],
        input=line + "\n",
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    found: list[str] = json.loads(done.stdout)["ok"]["desc"]["shortcuts"]
    return found


def environment(release: Release, cache: Path) -> Path:
    """Make an environment of a release's day, once; return its Python."""
    made = cache / f"{release.version}-{release.day}"
    python = made / "bin" / "python"
    if not (made / ".complete").exists():
        base = release.python or getattr(sys, "_base_executable", sys.executable)
        uv("venv", "--clear", "--no-python-downloads", "--python", base, str(made))
        wanted = f"mistral-common[audio,image,sentencepiece]=={release.version}"
        day = ("--exclude-newer", release.day)
        uv("pip", "install", "--python", str(python), *day, wanted)
        tools = ("--no-deps", "--target", str(made / "tools"))
        uv("pip", "install", "--python", str(python), *tools, *TOOLS)
        (made / ".complete").touch()
    return python


def uv(*args: str) -> None:
    """Run uv of this Python."""
    subprocess.run([sys.executable, "-m", "uv", *args, "--quiet"], check=True)


def table(report: list[dict[str, Any]]) -> str:
    """Return the report as a table of Markdown."""
    heads: tuple[str, ...] = ("mistral-common", "Python", "sentencepiece", "tiktoken", "pydantic")
    heads = (*heads, "requests", "differ", "shortcuts")
    lines = [f"| {' | '.join(heads)} |", "|---|---|---|---|---|--:|--:|---|"]
    names = ("mistral-common", "python", "sentencepiece", "tiktoken", "pydantic")
    for entry in report:
        cells = [entry[name] for name in names]
        cells += [f"{entry['cases']:,}", str(entry["differ"]), ", ".join(entry["shortcuts"])]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def page(text: str, report: list[dict[str, Any]]) -> str:
    """Return the page with the report's table in it."""
    front, rest = text.split(BEGIN)
    return front + BEGIN + table(report) + END + rest.split(END)[1]


if __name__ == "__main__":
    sys.exit(main())
