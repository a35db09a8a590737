"""Encoding a plain chat without making the reference arrange it again.

What the reference does with a chat of plain messages, apart from encoding texts, depends on the
request's shape: the roles in their order, and everything beside the messages. It is asked once per
shape, with texts that mark themselves, which texts it encodes and where special tokens stand. That
is the shape's layout, and the next request of the same shape is its texts, encoded and put there.

What a text says changes the arrangement in a few places only: an empty one is left out, spaces
(U+0020, no other blank) at the end of an assistant's are cut from version 2 of the tokenizers on
(_encode_normal_content_assistant_message), and what is no UTF-8 is refused. A request with such a
text, or with anything in a message but role and content, is not taken. Nor is a tool's message,
which is parsed. Other blanks at an edge are text like any other: validation never looks at a
text's edges, and texts are joined as they are, with a blank line between them. A text of blanks
alone is not taken, although only an assistant's would be changed. Where else a text could
matter was looked for in the sources that LAYOUTS names, and from no others is a layout learned.
"""

from __future__ import annotations

import hashlib
import importlib
import inspect
import marshal
import threading
from array import array
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple, TypeVar

from pyshim.shortcuts.debug_text import shallow
from pyshim.wire import warning
from pyshim.wire.logs import LOG

# SHA-256 of the modules that see a message's text on its way, one behind the other.
MODULES = (
    "base",
    "protocol.base",
    "protocol.instruct.chunk",
    "protocol.instruct.messages",
    "protocol.instruct.normalize",
    "protocol.instruct.request",
    "protocol.instruct.tool_calls",
    "protocol.instruct.validator",
    "tokens.tokenizers.base",
    "tokens.tokenizers.instruct",
    "tokens.tokenizers.mistral",
    "tokens.tokenizers.model_settings_builder",
)
LAYOUTS = {
    "ac7a364c46ff83334a4a0d8fc674aa3134d4f9e84d2d298bac5baae1240a1fe0": "1.12.0",
    "add2bd99469f69c196092515933424b16370e15f36183cb21365999e05dede12": "1.13.0, 1.13.1",
}

_ROLES = frozenset({"user", "assistant", "system"})
_MESSAGES = 512  # the longest chat of which the layout is kept
_SHAPES = 512  # of a tokenizer that were learned, and as many that were seen once
_BYTES = 4 << 20  # of those
_REST = 64 << 10  # the largest shape beside the messages, such as tools

V = TypeVar("V")
Shape = tuple[Any, ...]
# Ids as packed int32; or the text to encode, with bos and eos: one of the request's by its number,
# or several and what is between them.
Part = bytes | tuple[int | tuple[str | int, ...], bool, bool]
Layout = tuple[Part, ...]


# What makes the text of a message that marks itself, of its number and role.
Mark = Callable[[int, str], str]


def _bare(n: int, role: str) -> str:
    """Mark a text with letters; nothing stands at its edges."""
    return f"qX{n:04d}Xq"


def _edged(n: int, role: str) -> str:
    """Mark a text with a character of private use, between blanks that plain lets pass."""
    return f" \n{chr(0xE000 + n)}\n" + ("" if role == "assistant" else " ")


_MARKS: tuple[Mark, ...] = (_bare, _edged)


class Plain(NamedTuple):
    """A request of which the layout may be known."""

    shape: Shape
    texts: list[str]


class Shapes(dict[Shape, V]):
    """Something for each of the shapes that came last."""

    def __init__(self) -> None:
        super().__init__()
        self.bytes = 0

    def keep(self, shape: Shape, value: V) -> None:
        """Keep a value; the oldest shapes make room for it."""
        if shape not in self:
            self.bytes += _size(shape)
        self[shape] = value
        while len(self) > _SHAPES or self.bytes > _BYTES:
            oldest = next(iter(self))
            del self[oldest]
            self.bytes -= _size(oldest)


class Layouts:
    """The layouts of one tokenizer. Safe for several threads."""

    def __init__(self, textless: Any, raw: Any, text: Callable[[str, bool, bool], bytes]) -> None:
        self._text = text
        self._lock = threading.Lock()
        self._asked: list[tuple[str, bool, bool]] = []
        self._tokenizer = shallow(textless)
        inner = self._tokenizer.instruct_tokenizer = shallow(textless.instruct_tokenizer)
        inner.tokenizer = shallow(raw)
        inner.tokenizer.encode = self._ask
        self._learned: Shapes[Layout | None] = Shapes()  # None: no layout holds for the shape
        self._once: Shapes[None] = Shapes()  # seen once, and maybe never again
        self.hits = 0

    def encode(self, plain: Plain) -> bytes | None:
        """Return the ids of a request as packed int32; None where its layout is not known."""
        layout = self._learned.get(plain.shape)
        if layout is None:
            return None
        texts, text = plain.texts, self._text
        ids = []
        for part in layout:
            if isinstance(part, bytes):
                ids.append(part)
                continue
            of, bos, eos = part
            s = texts[of] if isinstance(of, int) else _filled(of, texts)
            ids.append(text(s, bos, eos))
        self.hits += 1
        return b"".join(ids)

    def learn(self, plain: Plain, obj: Any, validate: Callable[[Any], Any]) -> None:
        """Learn the layout of a request that the reference has encoded, if it was seen before.

        validate makes the reference's request of a JSON object.
        """
        shape = plain.shape
        if len(plain.texts) > _MESSAGES or shape in self._learned:
            return
        with self._lock:
            if shape not in self._once:
                self._once.keep(shape, None)
                return
            if warning.found() or LOG.pending:
                return
            layouts = [self._asked_for(obj, mark, validate) for mark in _MARKS]
            same = layouts[0] == layouts[1] and not warning.found() and not LOG.pending
            self._learned.keep(shape, layouts[0] if same else None)
        warning.forget()

    def _asked_for(self, obj: Any, mark: Mark, validate: Callable[[Any], Any]) -> Layout | None:
        """Ask the reference how it arranges a request of this shape."""
        marks = [mark(n, message["role"]) for n, message in enumerate(obj["messages"])]
        messages = [
            {"role": message["role"], "content": text}
            for message, text in zip(obj["messages"], marks, strict=True)
        ]
        self._asked = []
        try:
            done = self._tokenizer.encode_chat_completion(validate({**obj, "messages": messages}))
        except Exception:
            return None
        if done.prefix_ids is not None or done.images or done.audios:
            return None
        return self._layout(done.tokens, marks)

    def _ask(self, s: str, bos: bool, eos: bool) -> list[int]:
        self._asked.append((s, bos, eos))
        return [-len(self._asked)] if s else []

    def _layout(self, tokens: list[int], marks: list[str]) -> Layout:
        parts: list[Part] = []
        for token in tokens:
            if token < 0:
                s, bos, eos = self._asked[-token - 1]
                of = _pattern(s, marks)
                if of != (s,):
                    parts.append((of[0] if len(of) == 1 else of, bos, eos))  # type: ignore[arg-type]
                    continue
                ids = self._text(s, bos, eos)
            else:
                ids = array("i", [token]).tobytes()
            before = parts.pop() if parts and type(parts[-1]) is bytes else b""
            parts.append(before + ids)  # type: ignore[operator]
        return tuple(parts)


def _pattern(s: str, marks: list[str]) -> tuple[str | int, ...]:
    """Return a text as what it is made of: numbers of marks, and what is between them."""
    found: list[str | int] = [s]
    for number, mark in enumerate(marks):
        if mark not in s:
            continue
        split: list[str | int] = []
        for part in found:
            if type(part) is not str:
                split.append(part)
                continue
            for at, piece in enumerate(part.split(mark)):
                if at:
                    split.append(number)
                if piece:
                    split.append(piece)
        found = split
    return tuple(found)


def _filled(pattern: tuple[str | int, ...], texts: Sequence[str]) -> str:
    return "".join([part if type(part) is str else texts[part] for part in pattern])  # type: ignore[index]


def plain(obj: Any) -> Plain | None:
    """Return a request's shape and its texts; None where a text may change the arrangement."""
    if type(obj) is not dict or type(messages := obj.get("messages")) is not list or not messages:
        return None
    roles: list[Any] = []
    texts: list[str] = []
    for message in messages:
        if type(message) is not dict or len(message) != 2:
            return None
        role, text = message.get("role"), message.get("content")
        if type(role) is not str or role not in _ROLES or type(text) is not str:
            return None
        # isspace stops at the first character that is none, so a long text costs nothing here.
        if not text or text.isspace() or (text[-1] == " " and role == "assistant"):
            return None
        if not text.isascii():
            try:
                text.encode()
            except UnicodeEncodeError:
                return None
        roles.append(role)
        texts.append(text)
    if len(obj) > 1:
        if obj.get("truncate_for_context_length"):
            return None
        try:
            # Version 2 of the format: equal values are equal bytes, whatever else refers to them.
            rest = marshal.dumps({name: obj[name] for name in obj if name != "messages"}, 2)
        except ValueError:
            return None
        if len(rest) > _REST:
            return None
        roles.append(rest)
    return Plain(tuple(roles), texts)


def _size(shape: Shape) -> int:
    # A layout is about as long as its shape is, and holds the ids of its constant texts.
    rest = shape[-1]
    return 256 + 200 * len(shape) + (2 * len(rest) if type(rest) is bytes else 0)


@cache
def known() -> bool:
    """Return whether the installed reference is one whose sources were read."""
    try:
        return fingerprint() in LAYOUTS
    except (OSError, TypeError, ImportError):
        return False


def applicable(chat: Any) -> bool:
    """Return whether a MistralTokenizer consists of what was read."""
    parts = (chat._chat_completion_request_validator, chat._instruct_request_normalizer, chat)
    read = {f"mistral_common.{name}" for name in MODULES}
    return known() and all(type(part).__module__ in read for part in parts)


def fingerprint() -> str:
    """Return the SHA-256 of the sources that see a message's text."""
    found = hashlib.sha256()
    for name in MODULES:
        module = importlib.import_module(f"mistral_common.{name}")
        found.update(inspect.getsource(module).encode())
    return found.hexdigest()
