"""truncate and split: parts of a text with at most so many tokens when encoded alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyshim.ops.window import Window
from pyshim.tokenizers.registry import REGISTRY
from pyshim.wire.codec import Reply, Request

# The tokens of a part are those of the text but for the last ones, where merges may come
# out otherwise, also into fewer: so many tokens beyond the limit are looked at.
SLACK = 12
MARGIN = 4  # characters, for one that the last token has a part of


class Cutter:
    """Cuts of one text; all positions count characters."""

    def __init__(self, raw: Any, text: str) -> None:
        self.raw, self.text = raw, text

    def ids(self, start: int, end: int) -> list[int]:
        """Return the tokens of a part alone."""
        found: list[int] = self.raw.encode(self.text[start:end], False, False)
        return found

    def fits(self, start: int, end: int, n: int) -> bool:
        """Whether a part has at most n tokens."""
        return len(self.ids(start, end)) <= n

    def end(self, start: int, n: int) -> int:
        """Return the end of the longest part from start on with at most n tokens."""
        most, kept = len(self.text) - start, slice(n + SLACK)
        return start + self._longest(lambda size: (start, start + size), most, n, kept)

    def start(self, end: int, n: int, least: int = 0) -> int:
        """Return the start of the longest part up to end with at most n tokens."""
        most, kept = end - least, slice(-(n + SLACK), None)
        return end - self._longest(lambda size: (end - size, end), most, n, kept)

    def _longest(
        self, part: Callable[[int], tuple[int, int]], most: int, n: int, kept: slice
    ) -> int:
        """Return the largest size up to most of which the part has at most n tokens.

        kept: which tokens of a part that is too large are looked at.
        """
        size = min(most, 64 + 8 * n)
        while len(ids := self.ids(*part(size))) <= n + 2 * SLACK and size < most:
            size = min(most, 2 * size)
        if size == most and len(ids) <= n:
            return most
        least = min(size, len(self.raw.decode(ids[kept])) + MARGIN)
        window = Window(self.raw, self.text, part(size), n, from_left=kept.stop is not None)
        found = self._down(part, least, n, window.count)
        # The window has to be right where it matters: else all is encoded as a whole.
        if self.fits(*part(found), n) and not (found < least and self.fits(*part(found + 1), n)):
            return found
        return self._down(part, least, n, lambda start, end: len(self.ids(start, end)))

    @staticmethod
    def _down(
        part: Callable[[int], tuple[int, int]], size: int, n: int, count: Callable[[int, int], int]
    ) -> int:
        while size > 0 and count(*part(size)) > n:
            size -= 1
        return size

    def preferred(self, start: int, least: int, end: int, n: int, prefer: str) -> int:
        """Return the last boundary of that kind after least that fits; end where none does."""
        if end == len(self.text):
            return end
        kinds = {"line": (_line, _word), "word": (_word,)}.get(prefer, ())
        for kind in kinds:
            for at in range(end, least, -1):
                if kind(self.text, at) and self.fits(start, at, n):
                    return at
        return end


def _line(text: str, at: int) -> bool:
    return text[at - 1] == "\n"


def _word(text: str, at: int) -> bool:
    return text[at - 1].isspace() != text[at].isspace() and not text[at - 1].isspace()


def run_truncate(request: Request) -> Reply:
    """Operation truncate: {"text", "n", "side"}; the ints are start and end in bytes."""
    args = request.json()
    text, n = args["text"], args["n"]
    cutter = Cutter(REGISTRY.get(request.handle).raw, text)
    if args["side"] == "left":
        start, end = cutter.start(len(text), n), len(text)
    else:
        start, end = 0, cutter.end(0, n)
    first = len(text[:start].encode())
    return Reply(ints=[first, first + len(text[start:end].encode())])


def run_split(request: Request) -> Reply:
    """Operation split: {"text", "n", "overlap", "prefer"}; of each part start, end, tokens.

    Where one character has too many alone, aux is one more than its place in bytes.
    """
    args = request.json()
    text, n, overlap = args["text"], args["n"], args["overlap"]
    cutter = Cutter(REGISTRY.get(request.handle).raw, text)
    ints: list[int] = []
    start = end = at = 0  # at: start in bytes
    while end < len(text):
        reached = cutter.end(start, n)
        if reached <= end and start < end:  # the overlap leaves no place for what is new
            at, start = at + len(text[start:end].encode()), end
            reached = cutter.end(start, n)
        if reached <= end:
            return Reply(aux=1 + at)
        end = cutter.preferred(start, end, reached, n, args["prefer"])
        ints += [at, at + len(text[start:end].encode()), len(cutter.ids(start, end))]
        after = cutter.start(end, overlap, start + 1) if overlap and end < len(text) else end
        at, start = at + len(text[start:after].encode()), after
    return Reply(ints=ints)
