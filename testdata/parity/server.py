"""Compares the answers of two servers, status and body, request by request.

Without vLLM, our words of the errors of its routes are our own, and not compared: their status,
type and param are, and every other body byte for byte. With vLLM (--flavour vllm) all is.

    python testdata/parity/server.py --start PYTHON --tokenizer v3-tekken
    python testdata/parity/server.py --vllm http://… --mistral http://… --ours http://…

The reference is vLLM's server for its routes and mistral_common's for its own; without one,
the requests to its routes are left out. --start starts both with a Python that has vLLM, in
the versions of locks/vllm.txt: with others there are differences that are not ours.
Ours is a server too, or, without --ours, what pyshim answers in this process to the frames
that mtok serve would send. All of them must serve the same tokenizer, under the same
--models, with the same --max-model-len. Exit code 1: there are differences.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import sys
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import server_cases as cases
import server_versions
from server_promise import SPOILS, promised, spoiled, without_time
from server_reference import running

REQUEST_ID = "0123456789abcdef"
# Bytes of a request and its answer; and of those whose answer no other request has.
RECORDED, RECORDED_ONCE = 800, 5000


class Answer(NamedTuple):
    """What a server said."""

    status: int
    body: bytes
    content_type: str


# Where the answers differ on purpose: what ours says, and what the reference's says.
BY_DESIGN = (
    (b"nothing that a request names is fetched or opened", b""),
    (b"Rendering audio for an engine needs vLLM's processors", b'"features":{"mm_hashes":{"audio"'),
)


def by_design(want: Answer, got: Answer) -> bool:
    """Return whether a difference is one of those."""
    return any(mine in got.body and theirs in want.body for mine, theirs in BY_DESIGN)


class Remote:
    """A server behind a URL."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)

    def ask(self, case: cases.Case) -> Answer:
        headers = {"X-Request-Id": REQUEST_ID}
        if case.content_type:
            headers["Content-Type"] = case.content_type
        try:
            response = self._response(case, headers)
        except (ConnectionError, http.client.HTTPException):
            # Closed behind the last answer, as vLLM's server does after a 500.
            self._connection.close()
            response = self._response(case, headers)
        body = response.read()
        return Answer(response.status, body, response.headers.get("content-type", ""))

    def _response(self, case: cases.Case, headers: dict[str, str]) -> http.client.HTTPResponse:
        method = "GET" if case.path == cases.INFO else "POST"
        self._connection.request(method, case.path, case.body or None, headers)
        return self._connection.getresponse()


class Shim:
    """pyshim in this process."""

    def __init__(self, options: argparse.Namespace) -> None:
        root = os.path.join(os.path.dirname(__file__), "..", "..")
        sys.path.insert(0, root)
        from pyshim.dispatch import dispatch
        from pyshim.server import answer, asked
        from pyshim.wire import codec, routes, warning

        warning.install()
        self._codec, self._dispatch = codec, dispatch
        self._answer, self._lengths = answer, asked.LENGTHS
        self._codes = {route.path: code for code, route in routes.ROUTES.items()}
        op = codec.Op.LOAD_VLLM if options.flavour == "vllm" else codec.Op.LOAD
        kind = "name" if "/" not in options.tokenizer else "file"
        self._handle = json.loads(
            self._call(op, json.dumps({kind: options.tokenizer}).encode())[0]
        )["h"]
        self._settings = {
            "models": options.models.split(","),
            "max_model_len": options.max_model_len,
        }
        self._flags = codec.Want.PLAIN.value if options.plain else 0

    def _call(self, op: int, body: bytes, arg: int = -1) -> tuple[bytes, Any, int]:
        handle = getattr(self, "_handle", 0)
        frame = self._codec.request(op, body, handle, getattr(self, "_flags", 0), arg)
        status, reply = self._codec.unflatten(self._codec.flatten(self._dispatch(frame)))
        if status:
            raise SystemExit(reply.body.decode())
        return reply.body, reply.ints, reply.aux

    def ask(self, case: cases.Case) -> Answer:
        head = json.dumps(self._settings).encode()
        kind = b""
        if case.content_type != "application/json":
            kind = (case.content_type or "none").encode("latin-1")
        lengths = self._lengths.pack(len(head), len(REQUEST_ID), len(kind), 0)
        body, ints, aux = self._call(
            self._codec.Op.SERVE,
            lengths + head + REQUEST_ID.encode() + kind + case.body,
            self._codes[case.path],
        )
        at = aux & 0xFFFFFFFF
        if at != 0xFFFFFFFF:
            body = body[:at] + json.dumps(ints or [], separators=(",", ":")).encode() + body[at:]
        text = aux >> 48 == self._answer.TEXT
        return Answer(aux >> 32 & 0xFFFF, body, "text/plain" if text else "application/json")


class Spoiled:
    """A server of which every hundredth answer is another, by what is said to be compared."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self._asked = 0
        self.spoiled = 0

    def ask(self, case: cases.Case) -> Answer:
        found: Answer = self._inner.ask(case)
        self._asked += 1
        if self._asked % 100:
            return found
        self.spoiled += 1
        how = SPOILS[self.spoiled % len(SPOILS)]
        status, body = spoiled(found.status, found.body, how)
        return found._replace(status=status, body=body)


def main() -> int:
    """Compare; return the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--vllm", help="base URL of vllm launch render")
    parser.add_argument("--mistral", help="base URL of mistral_common serve")
    parser.add_argument("--ours", help="base URL of mtok serve; none: pyshim in this process")
    parser.add_argument("--tokenizer", default="v3-tekken", help="for pyshim: a name or a file")
    parser.add_argument("--flavour", choices=("own", "vllm"), default="own")
    parser.add_argument("--words", action="store_true", help="compare the words of errors too")
    parser.add_argument("--plain", action="store_true", help="for pyshim: without shortcuts")
    parser.add_argument("--models", default="m", help="the names that are served")
    parser.add_argument("--max-model-len", type=int, default=4096)
    parser.add_argument("--generated", type=int, default=0, help="so many more, by hypothesis")
    parser.add_argument("--seed", type=int, default=20251002)
    parser.add_argument(
        "--corrupt",
        action="store_true",
        help="spoil answers and see that this notices: 0 if it does",
    )
    parser.add_argument("--media", action="store_true", help="only chats with images and audio")
    parser.add_argument("--only", help="a part of a path")
    parser.add_argument("--show", type=int, default=20, help="how many differences are shown")
    parser.add_argument("--start", metavar="PYTHON", help="start the reference's servers with it")
    parser.add_argument("--record", metavar="FILE", help="write the reference's answers instead")
    parser.add_argument("--longest", type=int, default=RECORDED_ONCE, help="what is recorded")
    options = parser.parse_args()
    options.words |= options.flavour == "vllm"
    if not options.start:
        if options.record:
            parser.error("--record writes down the versions, which --start looks at")
        return run(options)
    if wrong := server_versions.wrong(options.start):
        raise SystemExit("\n".join([f"{options.start} is not what is compared with:", *wrong]))
    models = options.models.split(",")
    with running(options.start, options.tokenizer, models, options.max_model_len) as urls:
        options.vllm, options.mistral = urls
        return run(options)


def remotes(options: argparse.Namespace) -> dict[str, Remote]:
    """Return the reference's server of each route."""
    theirs = [path for path in cases.ROUTES if path not in cases.VLLM]
    sides = ((cases.VLLM, options.vllm), (theirs, options.mistral))
    return {path: Remote(url) for paths, url in sides if url for path in paths}


def asked(options: argparse.Namespace) -> list[cases.Case]:
    """Return the requests, without those that are generated."""
    return cases.media_cases() if options.media else cases.all_cases()


def timeless(answer: Answer) -> Answer:
    """Return an answer without the time at which it was made."""
    return answer._replace(body=without_time(answer.body))


def record(options: argparse.Namespace) -> int:
    """Write the reference's answers to what is short, for the tests that have no server."""
    references = remotes(options)
    found: list[dict[str, Any]] = []
    seen: set[Answer] = set()
    for case in asked(options):
        answer = timeless(references[case.path].ask(case))
        named = any(scheme in case.body for scheme in (b"http://", b"file://"))
        size = len(case.body) + len(answer.body)
        if named or size > (RECORDED if answer in seen else options.longest):
            continue
        seen.add(answer)
        row = {"path": case.path, "type": case.content_type, "status": answer.status}
        for name, data in (("request", case.body), ("answer", answer.body)):
            try:
                row[name] = data.decode()
            except UnicodeDecodeError:
                row[name + "_hex"] = data.hex()
        found.append(row)
    head = {"tokenizer": options.tokenizer, "models": options.models.split(",")}
    head |= {"max_model_len": options.max_model_len, "request_id": REQUEST_ID}
    head["versions"] = server_versions.locked()
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in found)
    with open(options.record, "w", encoding="utf-8") as file:
        file.write(f'{{"serving": {json.dumps(head)},\n"answers": [\n{lines}\n]}}\n')
    return 0


def run(options: argparse.Namespace) -> int:
    """Compare with the servers that the options name; return the exit code."""
    if options.record:
        return record(options)
    ours: Any = Remote(options.ours) if options.ours else Shim(options)
    if options.corrupt:
        ours = Spoiled(ours)
    references = remotes(options)
    tally: dict[str, list[int]] = {}
    differences = 0
    requests = asked(options)
    if options.generated:
        from server_generated import generate

        requests += generate(options.generated, options.seed)
    for case in requests:
        if case.path not in references or (options.only and options.only not in case.path):
            continue
        if options.flavour == "own" and not options.ours and case.path in cases.ONLY_VLLM:
            continue
        want, got = timeless(references[case.path].ask(case)), timeless(ours.ask(case))
        counts = tally.setdefault(case.path, [0, 0, 0, 0])
        counts[0] += 1
        counts[1] += want.status == 200
        said = [a.body if options.words else promised(a.status, a.body) for a in (want, got)]
        same = want.status == got.status and said[0] == said[1]
        if same and want.content_type.partition(";")[0] == got.content_type.partition(";")[0]:
            continue
        if by_design(want, got):
            counts[3] += 1
            continue
        counts[2] += 1
        differences += 1
        if differences <= options.show:
            print(f"--- {case.path} {case.content_type} {case.body[:300]!r}")
            print(f"    want {want.status} {want.body[:2500]!r}")
            print(f"    got  {got.status} {got.body[:2500]!r}")
    for path, (total, good, different, meant) in tally.items():
        print(
            f"{path:32} {total:5} requests, {good:4} of them 200, {different:4} differ, "
            f"{meant:2} more on purpose"
        )
    if options.corrupt:
        print(f"{ours.spoiled} answers were spoiled, {differences} differences were found")
        return 0 if differences == ours.spoiled > 0 else 1
    return 1 if differences else 0


if __name__ == "__main__":
    raise SystemExit(main())
