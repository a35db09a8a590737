"""Takes the Python blocks out of a page and runs them, as they are, as one program.

    python testdata/quickstart/extract.py PAGE.md

The only help is pyshim.vllm.install(offline_models=True) beforehand. Exit code 0 if the
program came to its end and printed no ✗.
"""

from __future__ import annotations

import io
import re
import sys
import types
from contextlib import redirect_stdout

BLOCK = re.compile(r"^```python[^\n]*\n(.*?)^```[ \t]*$", re.DOTALL | re.MULTILINE)


def program(page: str) -> str:
    """Return the blocks in order, each at the line it has on the page."""
    lines: list[str] = []
    for match in BLOCK.finditer(page):
        first = page.count("\n", 0, match.start(1))
        lines += [""] * (first - len(lines))
        lines += match.group(1).splitlines()
    return "\n".join(lines) + "\n"


class Tee(io.TextIOBase):
    """Writes through, and remembers whether a check failed."""

    def __init__(self) -> None:
        self.out = sys.stdout
        self.printed = ""

    def write(self, text: str) -> int:
        self.printed += text
        return self.out.write(text)

    def failed(self) -> bool:
        """Return whether a line was printed that says a check failed."""
        return "✗" in self.printed

    def flush(self) -> None:
        self.out.flush()


def main() -> int:
    """Run the page named on the command line."""
    pages = sys.argv[1:]
    if len(pages) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    with open(pages[0], encoding="utf-8") as file:
        text = program(file.read())
    if not text.strip():
        print(f"{pages[0]} has no Python blocks", file=sys.stderr)
        return 2
    from pyshim.vllm import install

    install(offline_models=True)
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    tee = Tee()
    sys.argv[:] = pages
    with redirect_stdout(tee):
        exec(compile(text, pages[0], "exec"), module.__dict__)  # noqa: S102
    return 1 if tee.failed() else 0


if __name__ == "__main__":
    sys.exit(main())
