"""Compares mtok with the direct Python call, request by request.

    python testdata/parity/run.py --target vllm-0.11.2 -- bin/mtok exec --typed --python …

runs in the Python of the target, which makes the direct calls. Everything behind -- is
the command of the other side. Exit code 1: there are differences.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import logging
import os
import platform
import sys
import tempfile
import time
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase, given, settings

import cases
import strategies
from client import Exec
from compare import Difference, check
from subjects import MistralCommon, Tokens, Vllm, model_directory

TARGETS: dict[str, Any] = {
    "mistral_common": MistralCommon,
    "mistral_common-tokens": Tokens,
    "vllm-0.11.2": Vllm,
    "vllm": Vllm,
}
# Of one kind each, and those on which vision and tools work.
TOKENIZERS = ("v3", "v3-tekken", "v7", "v3-tekken-mm", "v1", "v2")


def main() -> int:
    """Run one target; return the exit code."""
    logging.disable()  # vLLM logs a traceback for every error, and errors are compared here
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--target", choices=TARGETS, required=True)
    parser.add_argument("--requests", type=int, default=2000, help="generated ones, at the least")
    parser.add_argument(
        "--tokenizer", action="append", choices=TOKENIZERS, help="this one; may be repeated"
    )
    parser.add_argument("--seed", type=int, default=20251002)
    parser.add_argument("--report", default="bin/parity.json")
    parser.add_argument(
        "--corrupt",
        action="store_true",
        help="spoil answers and see that this notices: 0 if it does",
    )
    parser.add_argument("command", nargs="+", help="the other side: mtok exec …")
    options = parser.parse_args()

    kind = TARGETS[options.target]
    versions = {name: importlib.metadata.version(name) for name in kind.packages}
    versions["python"] = platform.python_version()
    if options.target == "vllm-0.11.2" and versions["vllm"] != "0.11.2":
        raise SystemExit(f"this Python has vLLM {versions['vllm']}, not 0.11.2")
    begin = time.monotonic()
    client = (Spoiled if options.corrupt else Exec)(options.command)
    info = client.ask("info", {})["ok"]
    # The texts of errors hold reprs, and those differ from one Python to the next.
    there = {**info["packages"], "python": info["python"]}
    for name, version in versions.items():
        if there.get(name) != version:
            raise SystemExit(f"mtok runs {name} {there.get(name)}, this side {version}")
    with tempfile.TemporaryDirectory() as root:
        subjects = [
            kind(name, model_directory(root, name, whole=kind is Vllm), client)
            for name in options.tokenizer or TOKENIZERS
        ]
    rows = [run(subject, options) for subject in subjects]
    went = client.ask("info", {})["ok"].get("exec")
    client.close()

    entry = {
        "target": options.target,
        "versions": versions,
        "seed": options.seed,
        "cases": sum(row["requests"] for row in rows),
        "tokenizers": [{key: row[key] for key in row if key != "differences"} for row in rows],
        "differences": [found for row in rows for found in row["differences"]],
    }
    if not options.corrupt:
        save(options.report, entry)
    show(entry, rows, went, time.monotonic() - begin)
    if options.corrupt:
        blind = [row["tokenizer"] for row in rows if not row["differences"]]
        print(
            f"✗ spoiled answers went unnoticed: {blind}"
            if blind
            else "✓ spoiled answers are noticed"
        )
        return 1 if blind else 0
    return 1 if entry["differences"] else 0


class Spoiled(Exec):
    """An mtok exec whose longer answers have a wrong last token, and whose errors a wrong type."""

    def ask(self, op: str, args: dict[str, Any], handle: str | None = None) -> dict[str, Any]:
        answer = super().ask(op, args, handle)
        found = answer.get("ok")
        if isinstance(found, dict) and "tokens" in found:
            found = found["tokens"]
        if isinstance(found, list) and len(found) > 12 and isinstance(found[-1], int):
            found[-1] += 1
        if answer.get("err", {}).get("type") == "ValueError":
            answer["err"]["type"] = "TypeError"
        return answer


def run(subject: Any, options: Any) -> dict[str, Any]:
    """Run the cases on one tokenizer: those by hand, then the generated ones."""
    tally = {"requests": 0, "ok": 0, "errors": 0}
    differences = []
    # Spoiled answers are for hypothesis alone to find, and to shrink.
    for case in [] if options.corrupt else cases.of(options.target):
        try:
            check(subject, case, tally)
        except Difference as difference:
            differences.append(difference.found)
    written = tally["requests"]
    # Other requests for each tokenizer, the same ones for each run.
    seed = options.seed + 1000 * TOKENIZERS.index(subject.name)
    share = -(-options.requests // len(options.tokenizer or TOKENIZERS))
    turn = 0
    while tally["requests"] - written < share and not differences:
        found = generated(subject, options, tally, share, seed + turn)
        turn += 1
        if found is not None:
            differences.append(found)
    return {
        "tokenizer": subject.name,
        **tally,
        "by_hand": written,
        "generated": tally["requests"] - written,
        "differences": differences,
    }


def generated(
    subject: Any, options: Any, tally: dict[str, int], count: int, seed: int
) -> dict[str, Any] | None:
    """Return the smallest request that hypothesis finds to differ, or None."""
    smallest: list[Any] = []

    @hypothesis.seed(seed)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
    )
    @given(strategies.case(options.target))
    def same(case: Any) -> None:
        try:
            check(subject, case, tally)
        except Difference as difference:
            smallest[:] = [difference.found]  # the last one raised is the one shrunk to
            raise

    try:
        same()
    except Difference:
        return {**smallest[0], "seed": seed}
    return None


def save(path: str, entry: dict[str, Any]) -> None:
    """Put the entry of this target into the report, beside those of others."""
    report = []
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            report = [other for other in json.load(file) if other["target"] != entry["target"]]
    with open(path, "w", encoding="utf-8") as file:
        json.dump([*report, entry], file, indent=2)
        file.write("\n")


def show(entry: dict[str, Any], rows: list[Any], went: Any, seconds: float) -> None:
    """Print the table of a target, and each difference."""
    versions = ", ".join(f"{name} {version}" for name, version in entry["versions"].items())
    print(f"{entry['target']}: {versions}; seed {entry['seed']}; {seconds:.0f} s")
    print(f"  {'tokenizer':14}{'by hand':>9}{'generated':>11}{'ok':>7}{'errors':>8}{'differ':>8}")
    for row in rows:
        print(
            f"  {row['tokenizer']:14}{row['by_hand']:9}{row['generated']:11}{row['ok']:7}"
            f"{row['errors']:8}{len(row['differences']):8}"
        )
    print(
        f"  {entry['cases']} requests, {len(entry['differences'])} differences; in Go types: {went}"
    )
    for found in entry["differences"][:20]:
        print(f"✗ {found['tokenizer']}: {json.dumps(found['case'])[:2000]}")
        print(f"    mtok:   {json.dumps(found['mtok'])[:1000]}")
        print(f"    Python: {json.dumps(found['python'])[:1000]}")


if __name__ == "__main__":
    sys.exit(main())
