"""The tokenizer file of a model directory."""

from __future__ import annotations

import os
import re

from pyshim.errors import AmbiguousDirectory

# In the order they are looked for; a directory may hold files of several kinds
# (the hub's Mistral repositories often carry tokenizer.model beside tokenizer.model.v3).
KINDS = (
    ("tekken.json", re.compile(r"tekken\.json")),
    ("tokenizer.model.v*", re.compile(r"tokenizer\.model\.v.+")),
    ("tokenizer.mm.model.v*", re.compile(r"tokenizer\.mm\.model\.v.+")),
    ("*.model.v*", re.compile(r".+\.model\.v.+")),
    ("tokenizer.model", re.compile(r"tokenizer\.model")),
    ("*.model", re.compile(r".+\.model")),
)


def find(path: str) -> str:
    """Return the path of the one tokenizer file in a model directory.

    FileNotFoundError names what was looked for; AmbiguousDirectory the candidates.
    """
    names = sorted(
        entry.name for entry in os.scandir(path) if entry.is_file() and entry.name[0] != "."
    )
    for _, pattern in KINDS:
        found = [name for name in names if pattern.fullmatch(name)]
        if len(found) > 1:
            raise AmbiguousDirectory(
                f"{path} holds several tokenizer files: {', '.join(found)}. "
                "Load the one that is meant by its file"
            )
        if found:
            return os.path.join(path, found[0])
    looked = ", ".join(kind for kind, _ in KINDS)
    raise FileNotFoundError(f"{path} holds no tokenizer file: looked for {looked}")
