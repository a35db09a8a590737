"""A model's tokenizer from the Hugging Face hub, for a caller that requested it.

What is in the hub's local cache is taken from there, without the network. HF_ENDPOINT,
HF_HUB_OFFLINE, HF_HOME and HF_TOKEN are huggingface_hub's own to read. Where the host is
offline the cache is all there is.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from pyshim.errors import BadArguments, DownloadFailed, Offline
from pyshim.tokenizers import offline

OPTIONS = {
    "token": str,
    "revision": str,
    "cache_dir": str,
    "force_download": bool,
    "local_files_only": bool,
}


WAY = (
    "load its directory or its tokenizer file, or fill the hub's cache (HF_HOME) on a machine "
    "that has the network"
)


def fetch(model: str, options: Any) -> str:
    """Return the path of the tokenizer file.

    DownloadFailed when there is none to be had, Offline when it would have to be fetched.
    """
    _check(options)
    where = {name: options.get(name) for name in ("token", "revision", "cache_dir")}
    force, local = bool(options.get("force_download")), bool(options.get("local_files_only"))
    if not force and (found := _cached(model, where["revision"], where["cache_dir"])):
        return found
    if offline.forbidden():
        raise Offline(f"the tokenizer of {model!r}, from the Hugging Face hub,", WAY)
    before_asking()
    from mistral_common.tokens.tokenizers.utils import download_tokenizer_from_hf_hub as download

    try:
        return download(model, **where, force_download=force, local_files_only=local)
    except Exception as error:
        text = getattr(error, "message", None) or str(error)
        raise DownloadFailed(
            f"the tokenizer of {model!r} was not to be had from the hub: {text} "
            f"Without the network: {WAY}"
        ) from (error.__cause__ or error)


def before_asking() -> None:
    """Do nothing: a process that is not to wait for the hub has something else here."""


def _cached(model: str, revision: str | None, cache_dir: str | None) -> str | None:
    # Not hf_hub_download(local_files_only=True): on its way it may ask the hub for a list of
    # agents, and nothing is to be asked here.
    with suppress(Exception):  # what is wrong with the cache, the download will report
        from huggingface_hub import try_to_load_from_cache
        from mistral_common.tokens.tokenizers import utils

        files = utils.list_local_hf_repo_files(model, revision, cache_dir)
        name = utils.get_one_valid_tokenizer_file(files)
        found = try_to_load_from_cache(model, name, cache_dir=cache_dir, revision=revision)
        return found if isinstance(found, str) else None
    return None


def _check(options: Any) -> None:
    known = isinstance(options, dict) and options.keys() <= OPTIONS.keys()
    if not known or not all(isinstance(value, OPTIONS[key]) for key, value in options.items()):
        raise BadArguments(f"hub wants an object with some of {', '.join(OPTIONS)}")


def wins(options: Any) -> bool:
    """Return whether the hub is used even for a model whose tokenizer is shipped."""
    return isinstance(options, dict) and bool(
        options.get("revision") or options.get("force_download") or options.get("local_files_only")
    )
