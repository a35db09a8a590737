"""Say what is newer on the index than in the locks: newest.py LOCK:IN[:IN...]... [-- ARGUMENTS].

A lock that is compiled again keeps its pins, without a word of what has come out since. For
each lock this resolves its .in files as if there were none, and asks for the newest of every
package it pins: what is newer is either taken by an upgrade, or held back, by a bound in the
.in files or by what other packages ask for. The arguments are those of uv pip compile. No file
is changed.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from packaging.version import Version

from prove import read

Pins = dict[str, Version]


def pins(path: Path) -> Pins:
    """Return the highest version of each package: different platforms may have different ones."""
    found: Pins = {}
    for name, version in read(path):
        found[name] = max(Version(version), found.get(name, Version("0")))
    return found


def resolve(sources: Iterable[str], more: list[str]) -> Pins:
    """Resolve requirements without a lock; raise ValueError if that cannot be done."""
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "lock.txt"
        command = [sys.executable, "-m", "uv", "pip", "compile", *more, "-o", str(path), *sources]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            raise ValueError(done.stderr.strip())
        return pins(path)


def newest(names: Iterable[str], more: list[str]) -> Pins:
    """Return the newest release of each package, whatever others ask for."""
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "names.in"
        path.write_text("\n".join(names) + "\n")
        return resolve([str(path)], [*more, "--no-deps"])


def lines(lock: Pins, upgraded: Pins, bounded: Pins, index: Pins) -> list[str]:
    """Say what is newer: lock is what is pinned, upgraded what an upgrade would pin.

    bounded is what the .in files let in, with the names that they have: those get a line each.
    index is the newest there is.
    """
    said, resolve, held = [], [], []
    for name, have in sorted(lock.items()):
        after, there = max(have, upgraded.get(name, have)), index[name]
        asked = name in bounded
        if after > have:
            resolve.append(f"{name} {after}")
            if asked:
                said.append(f"{name} {have}: {after} resolves; make lock UPGRADE={name}")
        if there > after:
            held.append(f"{name} {there}")
            if asked:
                by = "the .in files" if bounded[name] < there else "other packages"
                said.append(f"{name} {have}: {there} is on the index, held back by {by}")
    for what, names in (("would resolve", resolve), ("held back", held)):
        said.append(f"{len(names)} {what}" + (f": {', '.join(names)}" if names else ""))
    return said


def main() -> int:
    """Look at each lock; return the exit code."""
    args = sys.argv[1:]
    at = args.index("--") if "--" in args else len(args)
    more = args[at + 1 :]
    for name, *sources in (given.split(":") for given in args[:at]):
        try:
            lock = pins(Path(name))
            upgraded, bounded = resolve(sources, more), resolve(sources, [*more, "--no-deps"])
            said = lines(lock, upgraded, bounded, newest(lock, more))
        except ValueError as err:
            sys.stderr.write(f"{name}: {err}\n")
            return 1
        sys.stdout.write("".join(f"{line}\n" for line in [name, *(f"  {x}" for x in said)]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
