"""The source distribution whose tests are run: fetched when needed, checked by its hash."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tarfile
from pathlib import Path

VERSION = "1.13.1"
SHA256 = "ad8d5b7e866e907925e31274c314fdaa7f7c45a0a43e7d2f543fd7fe65ddcea9"
NAME = f"mistral_common-{VERSION}"


def unpacked(directory: Path) -> Path:
    """Return the unpacked distribution below directory, downloading it if it is not there."""
    archive = directory / f"{NAME}.tar.gz"
    if not archive.exists():
        directory.mkdir(parents=True, exist_ok=True)
        # The hash is pip's to check: it runs the distribution's build file for its metadata.
        wanted = directory / "requirements.txt"
        wanted.write_text(f"mistral-common=={VERSION} --hash=sha256:{SHA256}\n")
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        pip += ["--no-binary", "mistral-common", "--require-hashes", "-r", str(wanted)]
        subprocess.run([*pip, "-d", str(directory)], check=True)
    found = hashlib.sha256(archive.read_bytes()).hexdigest()
    if found != SHA256:
        raise SystemExit(f"{archive} has sha256 {found}, {SHA256} was expected")
    target = directory / NAME
    if not target.exists():
        with tarfile.open(archive) as tar:
            tar.extractall(directory, filter="data")
    return target
