"""Whose each token of a chat is: spans, recorded while the reference puts them together.

encode_instruct puts lists of ids one behind the other and looks at none of them. Here the
first id of a list that comes from a text, an image, an audio or a whole message is an int
that remembers the list, so that what it stands for is read off the finished ids: also where
the reference moved messages, merged them or left them out. Nothing is searched for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pyshim import errors
from pyshim.shortcuts.debug_text import shallow

# What the special token before a text makes of it, by the names that the reference's instruct
# tokenizers give these ids. A tokenizer has those of its version.
_OPENS = {
    "BEGIN_AVAILABLE_TOOLS": "tool_list",
    "BEGIN_MODEL_SETTINGS": "settings",
    "BEGIN_THINK": "think",
    "TOOL_CALLS": "tool_call",
}
_CLOSES = ("END_AVAILABLE_TOOLS", "END_MODEL_SETTINGS", "END_THINK")

# start, length, index of the message in the request (-1: of none), role, kind, what it is
# within, weight of the message
Span = tuple[int, int, int, str, str, str, float]


class _Head(int):
    """The first id of a list that somebody made, and what is known of the list."""

    piece: tuple[int, str] | None = None  # its length, its kind ("" is text)
    message: tuple[int, str, float] | None = None  # index, role, weight


class Recording:
    """One call of encode_chat_completion or encode_instruct that remembers who made which ids."""

    def __init__(self, tokenizer: Any) -> None:
        # id() of a normalized message: index in the request, and the weight it has there; the
        # messages of most normalizers have none.
        self._source: dict[int, tuple[int, float]] = {}
        self._keep: list[Any] = []  # so that no id() is given twice
        self._tokens: list[int] = []
        self.tokenizer = shallow(tokenizer)
        self._inner = self.tokenizer.instruct_tokenizer = shallow(tokenizer.instruct_tokenizer)
        self._record_texts(self._inner)
        self._record_messages(self._inner)
        self._record_order(tokenizer)

    def chat(self, request: Any, limit: int | None) -> tuple[Any, list[Span]]:
        """Return what encode_chat_completion returns, and the spans of its tokens."""
        return self._checked(self.tokenizer.encode_chat_completion(request, limit))

    def instruct(self, request: Any) -> tuple[Any, list[Span]]:
        """Return what encode_instruct returns, and the spans of its tokens."""
        self._source = {
            id(message): (at, _weight(message)) for at, message in enumerate(request.messages)
        }
        return self._checked(self._inner.encode_instruct(request))

    def _checked(self, done: Any) -> tuple[Any, list[Span]]:
        spans = list(self._spans())
        if self._tokens != done.tokens or sum(span[1] for span in spans) != len(done.tokens):
            raise errors.UnsupportedRelease(
                "this mistral_common puts requests together in a way that spans cannot follow: "
                "ask for the tokens alone"
            )
        return done, spans

    def _record_texts(self, inner: Any) -> None:
        raw = inner.tokenizer
        inner.tokenizer = shallow(raw)
        inner.tokenizer.encode = lambda *args, **words: _piece(raw.encode(*args, **words), "")
        for kind in ("image", "audio"):
            encoder = getattr(inner, kind + "_encoder", None)
            if encoder is not None:
                setattr(inner, kind + "_encoder", _Media(encoder, kind))
        start = inner.start

        def begin() -> list[int]:
            self._tokens = start()
            return self._tokens

        inner.start = begin

    def _record_messages(self, inner: Any) -> None:
        for role in ("user", "assistant", "tool", "system"):
            name = f"encode_{role}_message"
            setattr(inner, name, self._of_message(getattr(inner, name), role))

    def _of_message(self, encode: Callable[..., Any], role: str) -> Callable[..., Any]:
        def recorded(*args: Any, **words: Any) -> Any:
            message = args[0] if args else words["message"]
            made = encode(*args, **words)
            ids = made[0] if isinstance(made, tuple) else made
            if ids:
                ids[0] = head = _head(ids[0])
                at, weight = self._source.get(id(message), (-1, 1.0))
                head.message = (at, role, weight)
            return made

        return recorded

    def _record_order(self, tokenizer: Any) -> None:
        normalizer = shallow(tokenizer._instruct_request_normalizer)
        self.tokenizer._instruct_request_normalizer = normalizer
        order: dict[int, int] = {}
        convert, aggregate = normalizer.from_chat_completion_request, normalizer._aggregate_role

        def from_chat_completion_request(request: Any) -> Any:
            self._keep.append(request)
            order.update((id(message), at) for at, message in enumerate(request.messages))
            made = convert(request)
            self._keep.append(made)
            return made

        def aggregate_role(messages: list[Any], *args: Any, **words: Any) -> Any:
            made = list(aggregate(messages, *args, **words))
            self._keep.append(made)
            for out, message in _pairs(made, messages):
                self._source[id(out)] = (order.get(id(message), -1), _weight(message))
            return made

        normalizer.from_chat_completion_request = from_chat_completion_request
        normalizer._aggregate_role = aggregate_role

    def _spans(self) -> Iterator[Span]:
        opens = self._ids(_OPENS)
        closes = self._ids(dict.fromkeys(_CLOSES, ""))
        end = self._inner.tokenizer.eos_id
        message, role, weight, inside, at = -1, "", 1.0, "", 0
        while at < len(self._tokens):
            token = self._tokens[at]
            piece = None
            if type(token) is _Head:
                piece = token.piece
                if token.message is not None:
                    message, role, weight = token.message
                    inside = ""
            if piece is not None:
                length, kind = piece
                yield at, length, message, role, kind or inside or "text", inside, weight
                at += length
                continue
            if token == end:
                inside = ""
            inside = opens.get(token, inside)
            yield at, 1, message, role, "control", inside, weight
            if token in closes:
                inside = ""
            at += 1

    def _ids(self, names: dict[str, str]) -> dict[int, str]:
        found = {getattr(self._inner, name, None): what for name, what in names.items()}
        return {token: what for token, what in found.items() if token is not None}


class _Media:
    """An image or audio encoder whose ids are known for what they are."""

    def __init__(self, encoder: Any, kind: str) -> None:
        self._encoder = encoder
        self._kind = kind

    def __call__(self, chunk: Any) -> Any:
        made = shallow(self._encoder(chunk))
        made.tokens = _piece(list(made.tokens), self._kind)
        return made

    def __getattr__(self, name: str) -> Any:
        return getattr(self._encoder, name)


def _piece(ids: list[int], kind: str) -> list[int]:
    if ids:
        ids[0] = head = _head(ids[0])
        head.piece = (len(ids), kind)
    return ids


def _head(token: int) -> _Head:
    return token if type(token) is _Head else _Head(token)


def _weight(message: Any) -> float:
    weight = getattr(message, "weight", None)
    return 1.0 if weight is None else float(weight)


def _pairs(made: list[Any], messages: list[Any]) -> Iterable[tuple[Any, Any]]:
    """Pair what a run of messages of one role became with the message it begins at."""
    if len(made) == 1:
        yield made[0], messages[0]
        return
    # Results of tools stay apart, and are sorted, stably, by the call that they answer.
    left = list(made)
    for message in messages:
        call = getattr(message, "tool_call_id", None)
        for at, out in enumerate(left):
            if getattr(out, "tool_call_id", None) == call:
                yield left.pop(at), message
                break
