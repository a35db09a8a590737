"""How many tokens a request may have, by vLLM's rules and with its texts."""

from __future__ import annotations

import sys
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from pyshim.server.errors import VLLMValidationError
from pyshim.tokenizers.handle import Loaded

UNTRUSTED = (
    "Per-request {name} are disabled by default because they can change multimodal {what} "
    "resource usage. Start the server with --trust-request-mm-kwargs only when clients "
    "are trusted."
)
WHAT = {"mm_processor_kwargs": "preprocessing", "media_io_kwargs": "media loading"}


def refuse_media_kwargs(request: Any) -> None:
    """Refuse what would change how images and audio are read."""
    for name, what in WHAT.items():
        if getattr(request, name, None):
            raise VLLMValidationError(UNTRUSTED.format(name=name, what=what), parameter=name)


class Limits(NamedTuple):
    """The bounds of one request: vLLM's TokenizeParams."""

    total: int
    truncate: int | None
    side: str | None
    special: bool
    detokenize: bool
    # Whether tokens are to be made for an answer: then truncation leaves room for one.
    output: bool

    @classmethod
    def of(cls, request: Any, total: int, output: int | None, name: str) -> Limits:
        """Return the limits of a render request, whose field of that name holds output."""
        if output and output > total:
            raise VLLMValidationError(
                f"{name}={output} cannot be greater than max_model_len={total}. "
                "Please request fewer output tokens.",
                parameter=name,
                value=output,
            )
        truncate = request.truncate_prompt_tokens
        if truncate is not None and truncate > total:
            raise VLLMValidationError(
                f"truncate_prompt_tokens={truncate} cannot be greater than "
                f"max_model_len = {total}. Please request a smaller truncation size.",
                parameter="truncate_prompt_tokens",
                value=truncate,
            )
        echoed = bool(request.echo and not request.return_token_ids)
        side = request.truncation_side
        return cls(total, truncate, side, request.add_special_tokens, echoed, bool(output))

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
            raise VLLMValidationError(
                f"This model's maximum context length is {self.total} tokens. However, your "
                f"prompt contains {len(prompt)} characters (more than {most} characters, which "
                f"is the upper bound for {self.total} input tokens). Please reduce the length "
                "of the input prompt.",
                parameter="input_text",
                value=len(prompt),
            )
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
        if len(ids) > self.total:
            least = "at least " if len(ids) == self.total + 1 else ""
            raise VLLMValidationError(
                f"This model's maximum context length is {self.total} tokens. However, your "
                f"prompt contains {least}{len(ids)} input tokens, which exceeds this limit even "
                "without any output tokens. Please reduce the length of the input prompt.",
                parameter="input_tokens",
                value=len(ids),
            )
        return ids


def max_tokens(total: int, wanted: int | None, length: int, truncate: int | None) -> int:
    """Return how many tokens an answer may have; equals get_max_tokens."""
    if truncate is not None:
        length = min(length, total if truncate == -1 else truncate)
    if total < length:
        raise ValueError(
            f"Input length ({length}) exceeds model's maximum context length ({total})."
        )
    room = total - length
    return min(room, sys.maxsize if wanted is None else wanted)


_widest: WeakKeyDictionary[Loaded, int] = WeakKeyDictionary()


def widest(loaded: Loaded) -> int:
    """Return the length of the longest text of a token."""
    found = _widest.get(loaded)
    if found is None:
        found = _widest[loaded] = max(len(token) for token in loaded.raw.vocab())
    return found
