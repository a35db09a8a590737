"""How many tokens a part of a text has, when a larger part that begins or ends alike is known."""

from __future__ import annotations

from bisect import bisect_left
from itertools import accumulate
from typing import Any

WINDOW = 32  # so many tokens before the limit is encoded again
LEADS = 32  # so many characters earlier is tried
OTHERS = 64  # parts are kept besides
RUN = 8  # so many tokens have to be the same where the known ones continue


class Window:
    """Counts the tokens of parts without encoding all of each.

    A merge of tokens depends on the two alone, and so does where a Tekkenizer's pattern goes
    on, but for what it sees next to it. So a part of which some tokens in a row, at their
    places, are those of the larger part has on their other side the larger part's, too. What
    is between them and where it is cut is encoded; where none are found, all of it is.
    """

    def __init__(
        self, raw: Any, text: str, whole: tuple[int, int], n: int, *, from_left: bool
    ) -> None:
        """Begin with the larger part; of its tokens on the side that stays n are near the cut."""
        self.raw, self.from_left = raw, from_left
        self.lengths: dict[int, int] = {}
        self.lead = 0
        # SentencePiece puts a space before what it encodes, and takes ▁ for one.
        self.before = 0 if hasattr(raw, "id_to_byte_piece") else 1
        self.text = text.replace("▁", " ") if self.before else text
        start, end = whole
        part = self.text[start:end]
        data = part.encode()
        self.known, places = self._tokens(part)
        self.anchor: int | None = None  # where what is encoded begins, or ends
        index = n - WINDOW if from_left else len(self.known) - n + WINDOW
        if not (WINDOW // 2 <= index <= len(self.known) - WINDOW // 2):
            return
        while index > 0 and data[places[index]] & 0xC0 == 0x80:
            index -= 1
        at = places[index]
        if index == 0:
            return
        self.anchor = start + len(data[:at].decode())
        self.skipped = int(self.before > 0 and from_left and data[at : at + 1] == b" ")
        self.at = len(self.text[:start].encode()) + at  # the anchor, in bytes
        self.others: list[tuple[list[int], dict[int, int]]] = []
        self.index = self._index(places, at)
        if from_left and self.before and not self.skipped:
            # The space may shift the tokens of a long run: some characters earlier it does not.
            near = min(end, self.anchor + LEADS * LEADS)
            leads = range(min(LEADS, self.anchor - start))
            self.lead = next((n for n in leads if self._found(near, n) is not None), 0)

    def _index(self, places: list[int], at: int) -> dict[int, int]:
        """Return the index of each token that begins near a place."""
        reach = 4 * WINDOW
        first = bisect_left(places, at)
        near = range(max(0, first - reach), min(len(places), first + reach))
        return {places[i] - at: i for i in near}

    def count(self, start: int, end: int) -> int:
        """Return the number of tokens of a part."""
        found = None
        if self.anchor is not None and start < self.anchor < end:
            found = self._after(end) if self.from_left else self._before(start)
        if found is not None:
            return found
        ids, places = self._tokens(self.text[start:end])
        if self.anchor is not None and not self.from_left and len(self.others) < OTHERS:
            # In a long run tokens lie as the cut does: another cut finds its own in this part.
            at = self.at - len(self.text[:start].encode())
            self.others.append((ids, self._index(places, at)))
        return len(ids)

    def _after(self, end: int) -> int | None:
        """Return the tokens of a part with that end: those known, and what is encoded."""
        return self._found(end, self.lead)

    def _found(self, end: int, lead: int) -> int | None:
        assert self.anchor is not None
        first = self.anchor - lead
        moved = self.skipped - len(self.text[first : self.anchor].encode())
        ids, places = self._tokens(self.text[first + self.skipped : end])
        for k in range(len(ids) - RUN):
            i = self.index.get(places[k] + moved)
            if i is not None and self.known[i : i + RUN] == ids[k : k + RUN]:
                return i + len(ids) - k
        return None

    def _before(self, start: int) -> int | None:
        """Return the tokens of a part with that start: what is encoded, and those known."""
        part = self.text[start : self.anchor]
        ids, places = self._tokens(part)
        length = len(part.encode())
        for known, index in ((self.known, self.index), *self.others):
            for k in range(len(ids) - 1, RUN - 1, -1):
                i = index.get(places[k] - length)
                if i is not None and i >= RUN and known[i - RUN : i] == ids[k - RUN : k]:
                    return k + len(known) - i
        return None

    def _tokens(self, part: str) -> tuple[list[int], list[int]]:
        """Return ids, and where in the part each begins, in bytes."""
        ids = self.raw.encode(part, False, False)
        return ids, list(accumulate(map(self._length, ids), initial=-self.before))[:-1]

    def _length(self, token: int) -> int:
        length = self.lengths.get(token)
        if length is None:
            if not self.before:
                length = len(self.raw.id_to_byte_piece(token))
            elif self.raw._model.is_byte(token):
                length = 1
            else:
                length = len(self.raw.id_to_piece(token).replace("▁", " ").encode())
            self.lengths[token] = length
        return length
