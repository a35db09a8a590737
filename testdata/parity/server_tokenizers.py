"""Writes tokenizers that are not shipped, for the comparison of servers.

python testdata/parity/server_tokenizers.py DIRECTORY

audio/tekken.json is one for a model that hears, merged/tekken.json one for a model that sees
two by two patches as one token.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", ".."))

from mistral_common.tokens.tokenizers.mistral import MistralTokenizer

from pyshim.tests.synthetic import write


def main(directory: Path) -> None:
    """Write both."""
    for name, dropped, changed in (
        ("audio", "image", {}),
        ("merged", "audio", {"image": {"spatial_merge_size": 2}}),
    ):
        path = write(directory / name, Path(MistralTokenizer._data_path()), "v13")
        made = json.loads(path.read_text())
        del made[dropped]
        for key, values in changed.items():
            made[key] |= values
        path.write_text(json.dumps(made))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
