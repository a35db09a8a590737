"""The versions beside which the server's answers are compared: those of vLLM's lock."""

from __future__ import annotations

import json
import os
import re
import subprocess

LOCK = os.path.join(os.path.dirname(__file__), "..", "..", "locks", "vllm.txt")
# What writes the reference's answers, by the names of docs/SERVER.md. FastAPI, for one, took a
# body's null for nothing at all, and refuses it today.
DECIDING = {
    "vllm": "vLLM",
    "mistral-common": "mistral_common",
    "fastapi": "FastAPI",
    "starlette": "Starlette",
    "pydantic": "pydantic",
    "pydantic-core": "pydantic-core",
}

FIND = """
import importlib.metadata as metadata, json, sys
found = {}
for name in sys.argv[1:]:
    try:
        found[name] = metadata.version(name)
    except metadata.PackageNotFoundError:
        found[name] = None
print(json.dumps(found))
"""


def locked() -> dict[str, str]:
    """Return the version that the lock has of each."""
    with open(LOCK, encoding="utf-8") as file:
        pins = dict(re.findall(r"^([a-z0-9-]+)(?:\[[a-z0-9,-]*\])?==([^\s;]+)", file.read(), re.M))
    return {name: pins[name] for name in DECIDING}


def wrong(python: str) -> list[str]:
    """Return what another Python has instead of what is locked, a line for each package."""
    said = subprocess.run(
        [python, "-c", FIND, *DECIDING], check=True, stdout=subprocess.PIPE, text=True
    )
    found: dict[str, str | None] = json.loads(said.stdout)
    return [
        f"{name} {found[name] or 'is missing'}, and the lock has {want}"
        for name, want in locked().items()
        if found[name] != want
    ]
