"""Which calls are routed, and what is sent for each of them."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from pyshim.ops.raw import METHODS
from pyshim.tests.conformance import values
from pyshim.tests.conformance.handles import Handles, Local
from pyshim.wire import marks
from pyshim.wire.values import unpack

Arguments = dict[str, Any]


class Asked(NamedTuple):
    """One request in the protocol, and how its answer becomes the value of the call."""

    op: str
    args: dict[str, Any]
    handle: str | None = None
    # None: the local value is returned, as the answer says no more than "accepted".
    make: Callable[[Any], Any] | None = staticmethod(unpack)


class Route(NamedTuple):
    """One method of one class. whole: an entire encode or decode of a tokenizer."""

    owner: Any
    name: str
    ask: Callable[[Handles, Any, Arguments], Asked]
    whole: bool = False


ENCODERS = ("encode_instruct", "encode_fim", "encode_transcription", "encode_speech_request")


def routes() -> Iterator[Route]:
    """List them; the classes are those of the installed package."""
    from mistral_common.protocol.instruct.normalize import InstructRequestNormalizer
    from mistral_common.protocol.instruct.validator import MistralRequestValidator
    from mistral_common.tokens.tokenizers import instruct
    from mistral_common.tokens.tokenizers.mistral import MistralTokenizer
    from mistral_common.tokens.tokenizers.sentencepiece import SentencePieceTokenizer
    from mistral_common.tokens.tokenizers.tekken import Tekkenizer

    yield Route(MistralTokenizer, "encode_chat_completion", chat, True)
    for name in ENCODERS[1:]:
        yield Route(MistralTokenizer, name, encoder(name, Handles.chat), True)
    yield Route(MistralTokenizer, "decode", decode(Handles.chat), True)
    for _, owner in inspect.getmembers(instruct, inspect.isclass):
        if owner.__module__ == instruct.__name__:
            for name in ENCODERS:
                if name in vars(owner):
                    yield Route(owner, name, encoder(name, Handles.instruct), True)
            if "decode" in vars(owner):
                yield Route(owner, "decode", decode(Handles.instruct), True)
    for owner in (Tekkenizer, SentencePieceTokenizer):
        for name in sorted(METHODS):
            if name in vars(owner):
                yield Route(owner, name, raw(name))
    yield from methods(MistralRequestValidator, "validate_request", validate("request"))
    yield from methods(MistralRequestValidator, "validate_messages", validate("messages"))
    yield from methods(InstructRequestNormalizer, "from_chat_completion_request", normalize)
    for owner in openai_classes():
        if "to_openai" in vars(owner):
            yield Route(owner, "to_openai", to_openai)
        if "from_openai" in vars(owner):
            yield Route(owner, "from_openai", from_openai)


def methods(base: Any, name: str, ask: Callable[[Handles, Any, Arguments], Asked]) -> Any:
    """Yield a route for each class from base down that has the method of its own."""
    module = importlib.import_module(base.__module__)
    for _, owner in inspect.getmembers(module, inspect.isclass):
        if issubclass(owner, base) and name in vars(owner):
            yield Route(owner, name, ask)


def openai_classes() -> Iterator[Any]:
    """Yield every class of the protocol package."""
    import mistral_common.protocol as package

    for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        module = importlib.import_module(found.name)
        for _, owner in inspect.getmembers(module, inspect.isclass):
            if owner.__module__ == module.__name__:
                yield owner


def chat(handles: Handles, self: Any, args: Arguments) -> Asked:
    request = values.inline(values.model(args["request"]))
    body = {"request": request, "max": args["max_model_input_len"]}
    return Asked("encode_chat_completion", body, handles.chat(self), values.tokenized)


def encoder(name: str, handle: Callable[[Handles, Any], str]) -> Any:
    def ask(handles: Handles, self: Any, args: Arguments) -> Asked:
        args_sent = values.inline(values.model(args["request"], _instruct_class(args["request"])))
        return Asked(name, {"request": args_sent}, handle(handles, self), values.tokenized)

    return ask


def _instruct_class(request: Any) -> Any:
    # Tests build InstructRequest without parameters, which dicts are not validated into.
    from pyshim.ops.requests import instruct_model

    return instruct_model({}) if type(request).__name__.startswith("InstructRequest") else None


def decode(handle: Callable[[Handles, Any], str]) -> Any:
    def ask(handles: Handles, self: Any, args: Arguments) -> Asked:
        args_sent = values.exact({"tokens": args["tokens"], "policy": args["special_token_policy"]})
        return Asked("decode", args_sent, handle(handles, self))

    return ask


def raw(name: str) -> Any:
    def ask(handles: Handles, self: Any, args: Arguments) -> Asked:
        args_sent = {"m": name, "a": [], "k": {key: values.exact(args[key]) for key in args}}
        return Asked("raw", args_sent, handles.raw(self))

    return ask


def validate(what: str) -> Any:
    def ask(handles: Handles, self: Any, args: Arguments) -> Asked:
        if what == "request":
            args_sent = values.model(args["request"])
        else:
            args_sent = [values.model(message) for message in args["messages"]]
        body = {"cls": _own(self), "mode": self.mode.value, "what": what, "x": args_sent, "k": {}}
        return Asked("validate", body, None, None)

    return ask


def normalize(handles: Handles, self: Any, args: Arguments) -> Asked:
    builder = self._model_settings_builder
    args_sent = values.model(args["request"])
    standard = type(self).normalizer(builder)
    for field in ("_user_message_class", "_assistant_message_class", "_tool_message_class"):
        if getattr(self, field) is not getattr(standard, field):
            raise Local("descriptor")
    body = {"cls": _own(self), "request": args_sent, "msb": builder and values.model(builder)}
    return Asked("normalize", body, None, lambda found: _instruct(self, found))


def _instruct(normalizer: Any, found: Any) -> Any:
    from pyshim.ops.requests import instruct_model

    model = instruct_model(found)
    parsed = model.model_validate(marks.read(model, found))
    cls = normalizer._instruct_request_class
    return cls.model_construct(
        **{name: getattr(parsed, name) for name in type(parsed).model_fields}
    )


def _own(value: Any) -> str:
    if not type(value).__module__.startswith("mistral_common."):
        raise Local("a class of the test")
    return type(value).__name__


def to_openai(handles: Handles, self: Any, args: Arguments) -> Asked:
    _own(self)
    body = {
        "mod": type(self).__module__,
        "cls": _plain_name(type(self)),
        "x": values.model(self),
        "k": values.exact(_flat(args)),
    }
    return Asked("to_openai", body, None, lambda found: marks.files(body["cls"], found))


def from_openai(handles: Handles, cls: Any, args: Arguments) -> Asked:
    if not cls.__module__.startswith("mistral_common."):
        raise Local("a class of the test")
    if "[" in cls.__name__:
        raise Local("a parametrised class")
    body = {
        "mod": cls.__module__,
        "cls": cls.__name__,
        "a": [],
        "k": values.exact(_flat(args)),
    }
    return Asked(
        "from_openai", body, None, lambda found: cls.model_validate(marks.read(cls, found))
    )


def _plain_name(cls: Any) -> str:
    return str(cls.__name__.partition("[")[0])


def _flat(args: Arguments) -> Arguments:
    # What a signature collects as **kwargs are keywords of the call.
    more = {key: value for name in ("kwargs",) for key, value in args.get(name, {}).items()}
    return {key: value for key, value in args.items() if key != "kwargs"} | more
