"""What a handle stands for."""

from __future__ import annotations

from typing import Any

from pyshim.errors import WrongKind


class Loaded:
    """A tokenizer and what was prepared for it at load. Never written afterwards.

    chat is the reference's own MistralTokenizer, untouched (None behind a bare raw
    tokenizer); textless is what requests run on when nothing else is requested, and packed,
    where there is one, what chats run on.
    """

    __slots__ = ("__weakref__", "chat", "desc", "packed", "raw", "textless")

    def __init__(
        self, chat: Any, textless: Any, raw: Any, desc: dict[str, Any], packed: Any = None
    ) -> None:
        self.chat = chat
        self.textless = textless
        self.packed = packed
        self.raw = raw
        self.desc = desc

    def need_chat(self) -> Any:
        """Return the MistralTokenizer; WrongKind behind load_raw."""
        if self.chat is None:
            raise WrongKind(
                f"this handle is a bare {type(self.raw).__name__}, which encodes no requests: "
                "load the file with load instead of load_raw"
            )
        return self.chat
