"""How many tokens a request may have, by vLLM's rules."""

from __future__ import annotations

import sys
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from pyshim.server.errors import Refused, refuse_if
from pyshim.tokenizers.handle import Loaded


def refuse_media_kwargs(request: Any) -> None:
    """Refuse what would change how images and audio are read."""
    for name in ("mm_processor_kwargs", "media_io_kwargs"):
        wrong = getattr(request, name, None)
        refuse_if(wrong, name, f"`{name}` are not for a request to choose.")


class Limits(NamedTuple):
    """The bounds of one request: vLLM's TokenizeParams."""

    total: int
    truncate: int | None
    side: str | None
    special: bool
    detokenize: bool
    # Whether tokens may be made for an answer: then truncation leaves room for one.
    output: bool

    @classmethod
    def of(cls, request: Any, total: int, output: int | None, name: str) -> Limits:
        """Return the limits of a render request, whose field of that name holds output."""
        truncate = request.truncate_prompt_tokens
        for field, value in ((name, output), ("truncate_prompt_tokens", truncate)):
            words = f"`{field}` of {value} is more than the {total} tokens that the model takes."
            refuse_if((value or 0) > total, field, words)
        echoed = bool(request.echo and not request.return_token_ids)
        side = request.truncation_side
        return cls(total, truncate, side, request.add_special_tokens, echoed, output != 0)

    def most(self) -> int | None:
        """Return to how many tokens a prompt is truncated, None for not at all."""
        if self.truncate is None or self.truncate >= 0:
            return self.truncate
        return max(0, self.total - 1) if self.output else self.total

    def before(self, prompt: str, widest: int) -> str:
        """Check, or cut, a text that cannot be short enough. widest: of any token's text."""
        most = self.total * widest
        if len(prompt) <= most:
            return prompt
        if self.truncate is None:
            raise Refused(self._too_long(f"{len(prompt)} characters"), "input_text")
        if self.side is None:
            return prompt
        return prompt[-most:] if self.side == "left" else prompt[:most]

    def cut(self, ids: list[int]) -> list[int]:
        """Leave of a text's tokens what vLLM has transformers leave: the last ones."""
        if self.side is not None and self.truncate is not None:
            return ids
        # One more than there may be, so that it is seen that there are too many.
        most = self.total + 1 if self.truncate is None else self.most()
        if not most or len(ids) <= most:
            return ids
        if not self.special:
            return ids[-most:]
        return ids[:1] + ids[len(ids) - most + 1 :]  # that of the beginning is put before them

    def after(self, ids: list[int]) -> list[int]:
        """Truncate and check the tokens."""
        most = self.most()
        if most is not None and most < len(ids):
            # vLLM loads its tokenizers so that the left side goes, if none is named.
            ids = ids[:most] if self.side == "right" or not most else ids[-most:]
        # A text's tokens are counted no further than that.
        least = "at least " if len(ids) == self.total + 1 else ""
        words = self._too_long(f"{least}{len(ids)} input tokens")
        refuse_if(len(ids) > self.total, "input_tokens", words)
        return ids

    def _too_long(self, what: str) -> str:
        return (
            f"This model's maximum context length is {self.total} tokens. However, your prompt "
            f"contains {what}. Please reduce the length of the input prompt."
        )


def max_tokens(total: int, wanted: int | None, length: int, truncate: int | None) -> int:
    """Return how many tokens an answer may have; equals get_max_tokens."""
    if truncate is not None:
        length = min(length, total if truncate == -1 else truncate)
    if total < length:
        raise ValueError(f"The prompt has {length} tokens, and the model takes {total}.")
    return min(total - length, sys.maxsize if wanted is None else wanted)


_widest: WeakKeyDictionary[Loaded, int] = WeakKeyDictionary()


def widest(loaded: Loaded) -> int:
    """Return the length of the longest text of a token."""
    found = _widest.get(loaded)
    if found is None:
        found = _widest[loaded] = max(len(token) for token in loaded.raw.vocab())
    return found
