"""A caller of the operation serve, as mtok serve is one."""

from __future__ import annotations

import json
import sys
from typing import Any, NamedTuple

from pyshim.server.asked import LENGTHS
from pyshim.tests.client import NONE, call
from pyshim.tests.conftest import ROOT
from pyshim.wire.codec import Op
from pyshim.wire.routes import ROUTES

PARITY = ROOT / "testdata" / "parity"
sys.path.append(str(PARITY))
import server_promise  # noqa: E402 - it lies beside what it is for

promised = server_promise.promised

GOLDEN = ROOT / "testdata" / "golden" / "server"
CODES = {route.path: code for code, route in ROUTES.items()}
ONLY_VLLM = {route.path for route in ROUTES.values() if ".absent." in route.handler}
NO_TOKENS = 0xFFFFFFFF
# How many answers there are in a file at least.
LEAST = {"v3-tekken-mm": 100}


class Served(NamedTuple):
    """An HTTP answer."""

    status: int
    body: bytes
    ids: list[int] | None
    bufs: tuple[bytes, ...] = ()
    kind: int = 0

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def serve(
    handle: int,
    path: str,
    body: Any,
    *,
    models: tuple[str, ...] = ("m", "alias"),
    max_model_len: int = 4096,
    request_id: bytes = b"0123456789abcdef",
    content_type: str | None = None,
    flags: Any = NONE,
) -> Served:
    """Ask a route; body is what json.dumps takes, or bytes as they are."""
    head = json.dumps({"models": models, "max_model_len": max_model_len}).encode()
    kind = b"" if content_type is None else content_type.encode("latin-1")
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    lengths = LENGTHS.pack(len(head), len(request_id), len(kind), 0)
    frame = lengths + head + request_id + kind + raw
    answer = call(Op.SERVE, frame, handle, flags, CODES[path])
    assert answer.status == 0, answer.json["traceback"]
    at = answer.aux & NO_TOKENS
    status, answered = answer.aux >> 32 & 0xFFFF, answer.aux >> 48
    if at == NO_TOKENS:
        assert answer.ints is None
        return Served(status, answer.body, None, answer.bufs, answered)
    ids = answer.ints or []
    written = json.dumps(ids, separators=(",", ":")).encode()
    return Served(status, answer.body[:at] + written + answer.body[at:], ids, kind=answered)


def recorded(name: str) -> list[dict[str, Any]]:
    """Return what the reference's servers answered: see testdata/parity/server.py --record."""
    file = json.loads((GOLDEN / f"{name}.json").read_text("utf-8"))
    rows: list[dict[str, Any]] = file["answers"]
    assert len(rows) > LEAST.get(name, 1000)
    for row in rows:
        for key in ("request", "answer"):
            given = row.pop(key, None)
            hexed = row.pop(f"{key}_hex", "")
            row[key] = bytes.fromhex(hexed) if given is None else given.encode()
    return rows


def different(handle: int, name: str, words: bool = False, **more: Any) -> list[Any]:
    """Return what was recorded and is answered otherwise; with words: those of errors too."""
    found = []
    for row in recorded(name):
        if not words and row["path"] in ONLY_VLLM:
            continue
        status, body = again(handle, row, **more)
        want = row["answer"]
        if not words:
            body, want = (promised(row["status"], one) for one in (body, want))
        if status != row["status"] or (body != want and not _other_words(row)):
            found.append((row, status, body))
    return found


def _other_words(row: dict[str, Any]) -> bool:
    # The message of json.loads about a broken text differs from one Python to the next.
    return b"JSON decode error" in row["answer"] and sys.version_info < (3, 13)


def again(handle: int, row: dict[str, Any], **more: Any) -> tuple[int, bytes]:
    """Ask what was recorded."""
    kind = row["type"]
    if kind != "application/json":
        more["content_type"] = kind or "none"
    found = serve(handle, row["path"], row["request"], **more)
    return found.status, server_promise.without_time(found.body)
