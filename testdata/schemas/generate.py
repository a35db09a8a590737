"""Write the JSON schemas of the reference's own types, as the installed package makes them.

`make golden` runs it: `python -m testdata.schemas.generate`. The Go types are written by
hand against these files; a test fails when the installed package says something else.
"""

from __future__ import annotations

import importlib.metadata
import json
import sys
from pathlib import Path

from pyshim.ops.schemas import NAMES, schemas

PACKAGES = ("mistral-common", "pydantic")


def main() -> None:
    """Write one file a class."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    versions = {name: importlib.metadata.version(name) for name in PACKAGES}
    for name in NAMES:
        content = {"versions": versions, "class": name, **schemas(name)}
        text = json.dumps(content, indent=1, sort_keys=True)
        (target / f"{name}.json").write_text(text + "\n", encoding="ascii")


if __name__ == "__main__":
    main()
