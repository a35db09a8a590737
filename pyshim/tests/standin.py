"""The line protocol of `mtok exec`, spoken by the Python side alone.

`python -m pyshim.tests.standin` reads requests from standard input and answers on standard
output. Nothing of Go is in it, so it is what `mtok exec` is compared with.
"""

from __future__ import annotations

import base64
import json
import sys
from typing import Any

from pyshim.dispatch import dispatch
from pyshim.wire import codec, warning
from pyshim.wire.codec import Has, Op, Want

ENCODE = {
    "encode_chat_completion": Op.ENCODE_CHAT,
    "encode_instruct": Op.ENCODE_INSTRUCT,
    "encode_fim": Op.ENCODE_FIM,
    "encode_transcription": Op.ENCODE_TRANSCRIPTION,
    "encode_speech_request": Op.ENCODE_SPEECH_REQUEST,
    "encode_openai": Op.ENCODE_OPENAI,
}
PLAIN = {
    "info": Op.INFO,
    "raw": Op.RAW,
    "validate": Op.VALIDATE,
    "normalize": Op.NORMALIZE,
    "to_openai": Op.TO_OPENAI,
    "from_openai": Op.FROM_OPENAI,
    "template": Op.TEMPLATE,
    "grammar": Op.GRAMMAR,
    "schemas": Op.SCHEMAS,
    "constants": Op.CONSTANTS,
    "media_policy": Op.MEDIA_POLICY,
    "instruct": Op.INSTRUCT,
    "audio": Op.AUDIO,
    "output": Op.OUTPUT,
}
FIT = {"fit": Op.FIT}
ERROR = ("module", "type", "message", "args", "title", "errors")

Json = dict[str, Any]


class Failed(Exception):
    """An error answer."""


class Call:
    """One operation: what is asked of dispatch, and what is made of its reply."""

    def __init__(self) -> None:
        self.warnings: list[Any] = []

    def ask(
        self, op: int, body: Any, handle: int = 0, flags: int = 0, arg: int = -1
    ) -> codec.Reply:
        # surrogatepass: what JSON escapes, it may escape again.
        raw = b"" if body is None else codec.dumps(body)
        frame = codec.request(op, raw, handle, flags, arg)
        status, reply = codec.unflatten(codec.flatten(dispatch(frame)))
        bufs = list(reply.bufs)
        if reply.flags & Has.WARNINGS:
            self.warnings += json.loads(bufs.pop(0))
        if reply.flags & Has.LOGS:
            bufs.pop(0)
        if status:
            raise Failed(json.loads(reply.body))
        return reply._replace(bufs=tuple(bufs))

    def run(self, line: Json) -> Any:
        op, args = line["op"], line.get("args") or {}
        handle = int(str(line["h"])[1:]) if line.get("h") else 0
        if op in ENCODE:
            return self.encode(ENCODE[op], args, handle)
        if op == "load":
            known = {key: value for key, value in args.items() if key != "path"}
            if "path" in args:
                known["file"] = args["path"]
            return self.loaded(Op.LOAD, known)
        if op == "load_raw":
            return self.loaded(Op.LOAD_RAW, args)
        if op == "unload":
            self.ask(Op.UNLOAD, None, handle)
            return None
        if op == "decode":
            return self.ask(Op.DECODE, args, handle, Want.JSON.value).body.decode()
        if op in FIT:
            reply = self.ask(FIT[op], args["request"], handle, arg=args["n"])
            return {"kept": reply.ints or [], "count": reply.aux}
        if op not in PLAIN:
            raise Failed({"module": "standin", "type": "UnknownOp", "message": op, "args": [op]})
        reply = self.ask(PLAIN[op], args, handle)
        if reply.flags & Has.BODY_JSON and not reply.bufs:
            return json.loads(reply.body)
        if reply.bufs or reply.ints is not None:
            return tokenized(reply)
        return reply.body.decode()

    def loaded(self, op: Op, args: Json) -> Json:
        found = json.loads(self.ask(op, args).body)
        return {"h": f"h{found['h']}", "desc": found["desc"]}

    def encode(self, op: Op, args: Json, handle: int) -> Json:
        most = args.get("max")
        body = args["body"] if op == Op.ENCODE_OPENAI else args["request"]
        reply = self.ask(op, body, handle, Want.TEXT.value, -1 if most is None else most)
        want = args.get("want")
        found = tokenized(reply)
        return found if want is None else {key: found[key] for key in want}


def tokenized(reply: codec.Reply) -> Json:
    """Make the answer of an encode operation from a reply."""
    rest = json.loads(reply.body) if reply.body else {}

    def array(item: Json) -> Json:
        data = base64.b64encode(reply.bufs[item["buf"]]).decode("ascii")
        return {"dtype": item["dtype"], "shape": item["shape"], "b64": data}

    audios = rest.get("audios") or []
    return {
        "tokens": reply.ints or [],
        "prefix_ids": rest.get("prefix_ids"),
        "text": rest.get("text"),
        "images": [array(item) for item in rest.get("images") or []],
        "audios": [
            {"array": array(item), "sr": item["sr"], "format": item["format"]} for item in audios
        ],
    }


def answer(text: str) -> Json:
    """Answer one line."""
    try:
        line = json.loads(text)
        head = {"id": line.get("id")}
    except (ValueError, AttributeError) as error:
        head = {"id": None}
        bad = {"module": "standin", "type": "BadLine", "message": str(error), "args": []}
        return {**head, "err": bad, "w": []}
    call = Call()
    try:
        return {**head, "ok": call.run(line), "w": call.warnings}
    except Failed as failure:
        found = failure.args[0]
        parts = {key: found[key] for key in ERROR if key in found}
        return {**head, "err": parts, "w": call.warnings}


def main() -> None:
    warning.install()
    out = sys.stdout
    sys.stdout = sys.stderr  # whatever a library prints is no answer
    for text in sys.stdin:
        if text.strip():
            out.write(json.dumps(answer(text)) + "\n")
            out.flush()


if __name__ == "__main__":
    main()
