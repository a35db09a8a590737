"""Prove that locks are complete: prove.py LOCK... [-- ARGUMENTS OF uv pip compile].

Every package is pinned with == and has hashes, and a lock that is resolved anew, from itself
alone, comes to itself: nothing that its packages require, on any platform and Python that it
is for, is missing or excluded by a pin. A lock is installed without resolving, so what it lacks
would be lacking in the environment.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

PIN = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==([^\s;\\]+)")
HASH = re.compile(r"--hash=(sha256:[0-9a-f]{64})")


def read(path: Path) -> dict[tuple[str, str], set[str]]:
    """Return the hashes of each (name, version); raise ValueError for anything else in it."""
    pins: dict[tuple[str, str], set[str]] = {}
    text = path.read_text().replace("\\\n", " ")
    for line in text.splitlines():
        wanted = line.split(" #")[0].strip()
        if not wanted or wanted.startswith("#"):
            continue
        pin, hashes = PIN.match(wanted), HASH.findall(wanted)
        if pin is None or not hashes:
            raise ValueError(f"{path}: not pinned with a hash: {wanted[:80]}")
        name = re.sub(r"[-_.]+", "-", pin[1]).lower()
        pins.setdefault((name, pin[2]), set()).update(hashes)
    if not pins:
        raise ValueError(f"{path}: it names no package")
    return pins


def prove(path: Path, more: list[str]) -> None:
    """Raise ValueError if the lock does not come to itself."""
    lock = read(path)
    with tempfile.TemporaryDirectory() as scratch:
        anew = Path(scratch) / path.name
        command = [sys.executable, "-m", "uv", "pip", "compile", *more, "-o", str(anew), str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            raise ValueError(f"{path}: it does not resolve: {done.stderr.strip()}")
        found = read(anew)
        annotated = anew.read_text()
    for name, version in sorted(found.keys() - lock.keys()):
        via = re.search(rf"(?ms)^{re.escape(name)}==.*?^\s+# (via.*?)\n(?=\S|\Z)", annotated)
        raise ValueError(
            f"{path}: {name} {version} is missing ({' '.join((via[1] if via else '').split())})"
        )
    for name, version in sorted(lock.keys() - found.keys()):
        raise ValueError(f"{path}: {name} {version} is there for nothing")


def main() -> int:
    """Prove each lock, or say what is wrong with the first that is not complete."""
    args = sys.argv[1:]
    at = args.index("--") if "--" in args else len(args)
    for name in args[:at]:
        try:
            prove(Path(name), args[at + 1 :])
        except ValueError as err:
            sys.stderr.write(f"{err}\n")
            return 1
        sys.stdout.write(f"{name}: complete\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
