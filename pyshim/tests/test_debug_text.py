from __future__ import annotations

import pickle
from typing import Any

from mistral_common.tokens.tokenizers.instruct import InstructTokenizerV3
from mistral_common.tokens.tokenizers.mistral import MistralTokenizer

from pyshim.shortcuts.debug_text import _only_fills_text, without_text


class Peeks(InstructTokenizerV3):  # type: ignore[type-arg]
    """Uses decode for more than the debug text."""

    def peek(self, tokens: list[int]) -> int:
        return len(self.decode(tokens))


def test_every_instruct_tokenizer_of_the_reference_qualifies() -> None:
    from mistral_common.tokens.tokenizers import instruct

    found = [
        value
        for name, value in vars(instruct).items()
        if name.startswith("InstructTokenizer") and isinstance(value, type)
    ]
    assert len(found) >= 9
    for cls in found:
        assert all(_only_fills_text(base) for base in cls.__mro__[:-1]), cls


def test_another_use_of_decode_leaves_the_tokenizer_alone() -> None:
    tokenizer: Any = MistralTokenizer.v3()
    inner = tokenizer.instruct_tokenizer
    tokenizer.instruct_tokenizer = Peeks(inner.tokenizer, inner.image_encoder)
    assert without_text(tokenizer) is tokenizer


def test_the_original_is_untouched() -> None:
    tokenizer: Any = MistralTokenizer.v3()
    before = dict(vars(tokenizer)), dict(vars(tokenizer.instruct_tokenizer))
    quick = without_text(tokenizer)
    assert quick is not tokenizer
    assert (dict(vars(tokenizer)), dict(vars(tokenizer.instruct_tokenizer))) == before
    assert quick.instruct_tokenizer.tokenizer is tokenizer.instruct_tokenizer.tokenizer
    assert quick.mode == tokenizer.mode
    assert quick.instruct_tokenizer.BEGIN_INST == tokenizer.instruct_tokenizer.BEGIN_INST
    assert isinstance(pickle.loads(pickle.dumps(tokenizer)), MistralTokenizer)
