"""From a name, a model, a file or a directory to a handle. No network but by option hub."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import os
import types
import warnings
from collections.abc import Callable, Hashable, Iterable
from typing import TYPE_CHECKING, Any

from pyshim.errors import BadArguments, UnknownTokenizer
from pyshim.tokenizers import directory, hub, offline, releases
from pyshim.tokenizers.handle import Loaded
from pyshim.tokenizers.registry import REGISTRY
from pyshim.wire.codec import Reply, Request, reply_json

if TYPE_CHECKING:
    from mistral_common.protocol.instruct.validator import ValidationMode

# The reference's constructors and their keyword variants: {name: (method, keywords)}.
SHIPPED: dict[str, tuple[str, dict[str, bool]]] = {
    "v1": ("v1", {}),
    "v2": ("v2", {}),
    "v3": ("v3", {}),
    "v3-tekken": ("v3", {"is_tekken": True}),
    "v3-tekken-mm": ("v3", {"is_tekken": True, "is_mm": True}),
    "v7": ("v7", {}),
    "v7-mm": ("v7", {"is_mm": True}),
}

# The one model id that is not in the reference's own table. The file is not the model's own: the
# ids 10 to 13 and 751 to 770 are other control tokens there. Texts and chats have the same tokens.
MODELS = {"Mistral-7B-Instruct-v0.3": "v3"}


def run_load(request: Request) -> Reply:
    """Operation load."""
    releases.require()
    args = request.json()
    with offline.during(isinstance(args, dict) and args.get("offline") is True):
        path = resolve(args)
        mode = _mode(args.get("mode"))
        return _open(("chat", mode.value, *identity(path)), lambda: _load(path, mode))


def run_load_raw(request: Request) -> Reply:
    """Operation load_raw."""
    releases.require()
    args = request.json()
    path = args.get("path") if isinstance(args, dict) else None
    if not isinstance(path, str):
        raise BadArguments('load_raw wants {"path": "…"}')
    return _open(("raw", *identity(path)), lambda: _load_raw(path))


def run_unload(request: Request) -> Reply:
    """Operation unload."""
    REGISTRY.close(request.handle)
    return Reply()


def resolve(args: Any) -> str:
    """Return the path of the tokenizer file that the arguments of load mean."""
    ways: dict[str, Callable[[str], str]] = {
        "name": _by_name,
        "model": lambda model: _by_model(model, args.get("hub")),
        "file": str,
        "dir": directory.find,
    }
    given = [key for key in ways if isinstance(args, dict) and args.get(key)]
    if len(given) != 1 or not isinstance(args[given[0]], str):
        raise BadArguments(
            "load wants exactly one of name, model, file and dir, as a string; "
            f"it got {', '.join(given) or 'none'}"
        )
    return ways[given[0]](args[given[0]])


def _by_name(name: str) -> str:
    if name not in SHIPPED:
        raise UnknownTokenizer(
            f"mistral_common ships no tokenizer {name!r}{meant(name, SHIPPED)}; "
            f"it ships {', '.join(SHIPPED)}. "
            "Load any other from its file or its model directory"
        )
    method, keywords = SHIPPED[name]
    return str(getattr(_only_path(), method)(**keywords))


def meant(name: str, known: Iterable[str]) -> str:
    """Return a question after what was meant, if anything is near."""
    by_lower = {item.lower(): item for item in known}
    near = difflib.get_close_matches(name.lower()[:100], by_lower, n=1, cutoff=0.75)
    return f" (did you mean {by_lower[near[0]]}?)" if near else ""


def _by_model(model: str, options: Any = None) -> str:
    if options is None or not hub.wins(options):
        try:
            return _of_table(model)
        except UnknownTokenizer:
            if options is None:
                raise
    return hub.fetch(model, options)


def _of_table(model: str) -> str:
    from mistral_common.tokens.tokenizers.mistral import MODEL_NAME_TO_TOKENIZER_CLS as TABLE

    short = model.removeprefix("mistralai/")
    if short in MODELS:
        warnings.warn(
            f"{model} is taken for the shipped {MODELS[short]}, which is not that model's own "
            "file: texts and chats have the same tokens, but the ids 10 to 13 and 751 to 770 are "
            "other control tokens. For the vocabulary, for FIM, and to decode these ids, load the "
            "directory of the model",
            UserWarning,
            stacklevel=1,
        )
        return _by_name(MODELS[short])
    if short not in TABLE:
        known = sorted([*TABLE, *(f"mistralai/{name}" for name in MODELS)])
        raise UnknownTokenizer(
            f"mistral_common ships no tokenizer for the model {model!r}"
            f"{meant(model, (*SHIPPED, *known))}; it does for {', '.join(known)}. "
            "Download any other model and load its directory, or load it with the "
            "option hub (WithHub in Go, --download of mtok)"
        )
    return _ask(TABLE[short])


def _ask(maker: Callable[[], Any]) -> str:
    # The table holds bound constructors and lambdas around them. Running them on a class that
    # only returns the path keeps the table the single source and loads nothing.
    if isinstance(maker, types.MethodType):
        return str(maker.__func__(_only_path()))
    assert isinstance(maker, types.FunctionType)
    return str(types.FunctionType(maker.__code__, {"MistralTokenizer": _only_path()})())


def _only_path() -> Any:
    from mistral_common.tokens.tokenizers.mistral import MistralTokenizer

    class OnlyPath(MistralTokenizer):  # type: ignore[type-arg]
        @classmethod
        def from_file(cls, tokenizer_filename: Any, mode: Any = None) -> Any:
            return str(tokenizer_filename)

    return OnlyPath


def _mode(mode: Any) -> ValidationMode:
    from mistral_common.protocol.instruct.validator import ValidationMode

    return ValidationMode.test if mode in (None, "") else ValidationMode(mode)


def identity(path: str) -> tuple[Hashable, ...]:
    """Return what makes a file this one: the key under which it is loaded once."""
    # A file that was replaced since is another file; one that is missing is for the
    # reference to complain about.
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return (path,)
    # The name is part of it: the reference reads the version out of it.
    return os.path.realpath(path), os.path.basename(path), found.st_mtime_ns, found.st_size


def _open(key: Hashable, load: Callable[[], Loaded]) -> Reply:
    handle, loaded = REGISTRY.open(key, load)
    _doubt(loaded.raw)
    return reply_json({"h": handle, "desc": loaded.desc})


def _doubt(raw: Any) -> None:
    # The reference reads the version out of the file's name, and believes it.
    from mistral_common.tokens.tokenizers.base import TokenizerVersion

    if not releases.is_sentencepiece(raw):
        return
    first = raw.version == TokenizerVersion.v1
    if first != releases.is_special(raw, "[INST]"):
        return
    name = raw.file_path.name
    words = f"{raw.n_words:,} words"
    if first:
        text = f"and control tokens of a later version: rename it if it is one, {name}.v3 say"
    else:
        text = f"and no control tokens, as v1 has none: rename it if it is one, {name}.v1 say"
    warnings.warn(
        f"{name} is read as {raw.version.value} because of its name, but it has {words} {text}",
        UserWarning,
        stacklevel=1,
    )


def _load(path: str, mode: ValidationMode) -> Loaded:
    from mistral_common.tokens.tokenizers.mistral import MistralTokenizer

    from pyshim.shortcuts import switches
    from pyshim.shortcuts.debug_text import without_text
    from pyshim.shortcuts.packed import pack
    from pyshim.tokenizers.describe import describe

    tokenizer = MistralTokenizer.from_file(path, mode=mode)
    raw = tokenizer.instruct_tokenizer.tokenizer
    textless = without_text(tokenizer)
    _import_media(tokenizer.instruct_tokenizer)
    packed = pack(textless, raw, switches.MEMO)
    desc = describe(tokenizer) | {
        "shortcuts": releases.shortcuts(textless is not tokenizer, packed)
    }
    return Loaded(tokenizer, textless, raw, desc, packed)


def _import_media(instruct: Any) -> None:
    # The reference imports these with the first image or sound. Here it is the load that pays,
    # and the host that looks after what an import does to its signals.
    wanted = ["cv2"] if instruct.image_encoder is not None else []
    if instruct.audio_encoder is not None:
        wanted += ["soundfile", "soxr"]
    for name in wanted:
        if importlib.util.find_spec(name) is not None:
            importlib.import_module(name)


def _load_raw(path: str) -> Loaded:
    from pyshim.tokenizers.describe import describe_raw

    raw: Any
    if path.endswith(".json"):
        from mistral_common.tokens.tokenizers.tekken import Tekkenizer

        raw = Tekkenizer.from_file(path)
    else:
        from mistral_common.tokens.tokenizers.sentencepiece import SentencePieceTokenizer

        raw = SentencePieceTokenizer(path)
    return Loaded(None, None, raw, describe_raw(raw))
