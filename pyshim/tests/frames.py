"""Writes testdata/wire/frames.json: the bytes both sides of the wire must agree on.

Made field by field from the layout as it is documented, without the codec:
`python -m pyshim.tests.frames`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parents[2] / "testdata" / "wire" / "frames.json"

Json = dict[str, Any]


def u(width: int, *values: int) -> bytes:
    return b"".join(value.to_bytes(width, "little") for value in values)


def i32(*values: int) -> bytes:
    return b"".join(value.to_bytes(4, "little", signed=True) for value in values)


def request(name: str, op: int, handle: int, flags: int, arg: int, body: bytes) -> Json:
    frame = u(2, 1, op) + u(4, handle, flags) + i32(arg) + u(8, len(body)) + body
    return {
        "name": name,
        "op": op,
        "handle": handle,
        "flags": flags,
        "arg": arg,
        "body": body.hex(),
        "frame": frame.hex(),
    }


def reply(
    name: str, status: int, flags: int, body: bytes, ints: list[int], bufs: list[bytes], aux: int
) -> Json:
    head = u(2, 1, status) + u(4, flags, len(ints), len(bufs)) + u(8, len(body), aux) + body
    flat = head + i32(*ints) + b"".join(u(8, len(buf)) + buf for buf in bufs)
    return {
        "name": name,
        "status": status,
        "flags": flags,
        "body": body.hex(),
        "ints": ints,
        "bufs": [buf.hex() for buf in bufs],
        "aux": aux,
        "head": head.hex(),
        "flat": flat.hex(),
    }


REQUESTS = [
    request("info", 1, 0, 0, -1, b""),
    request("load", 2, 0, 0, -1, b'{"name":"v3","mode":"test"}'),
    request("load_raw", 3, 0, 0, -1, b'{"path":"/m/tekken.json"}'),
    request("unload", 4, 7, 0, -1, b""),
    request("encode_chat", 5, 1, 0, -1, '{"messages":[{"role":"user","content":"é😀"}]}'.encode()),
    request("encode_chat_limited", 5, 1, 1 | 8, 4096, b'{"messages":[]}'),
    request("encode_text", 6, 4294967295, 16 | 32, -1, "a\0é".encode()),
    request("encode_text_count", 6, 2, 2, -1, b""),
    request("decode", 7, 3, 0, 1, i32(1, 131071, -1, 2147483647, -2147483648)),
    request("decode_json", 7, 3, 64, -1, b'{"tokens":[1.5],"policy":"keep"}'),
    request("raw", 8, 3, 0, -1, b'{"m":"id_to_piece","a":[5],"k":{}}'),
    request("reference_chat", 9, 3, 4, 10, b'{"messages":[]}'),
    request("stats", 10, 0, 0, -1, b""),
    request(
        "serve", 50, 3, 0, 1, u(4, 34, 2) + b'{"models":["m"],"max_model_len":9}id{"prompt":"a"}'
    ),
    request("test", 0x7000, 0, 4294967295, -2147483648, b"\xff\x00"),
]

REPLIES = [
    reply("empty", 0, 0, b"", [], [], 0),
    reply("text", 0, 0, "é😀".encode(), [], [], 0),
    reply("tokens", 0, 0, b"", [1, 3, 131071, 2], [], 0),
    reply("extremes", 0, 0, b"", [0, -1, 2147483647, -2147483648], [], 18446744073709551615),
    reply("count", 0, 0, b"", [], [], 500000),
    reply("json", 0, 1, b'{"h":1}', [], [], 0),
    reply("served", 0, 0, b'{"tokens":}', [1, 3], [], 200 << 32 | 10),
    reply("served without tokens", 0, 0, b"{}", [], [], 404 << 32 | 0xFFFFFFFF),
    reply("error", 1, 1, b'{"type":"ValueError"}', [], [], 0),
    reply("warnings", 0, 2, b"", [5], [b'[["builtins","UserWarning","x"]]'], 0),
    reply("logs", 0, 4, b"", [5], [b'[["INFO","stdout","x"]]'], 0),
    reply("all", 1, 7, b"{}", [1, 2], [b"[]", b"[]", b"", b"\x00\x01\x02"], 9),
]


def without(frame: str, count: int) -> str:
    return frame[: len(frame) - 2 * count]


def main() -> None:
    load = REQUESTS[1]["frame"]
    full = REPLIES[-1]["flat"]
    content = {
        "requests": REQUESTS,
        "replies": REPLIES,
        "bad_requests": [
            {"name": "nothing", "frame": ""},
            {"name": "half a header", "frame": load[:24]},
            {"name": "version 2", "frame": "02" + load[2:]},
            {"name": "body cut", "frame": without(load, 1)},
            {"name": "byte too many", "frame": load + "00"},
        ],
        "bad_replies": [
            {"name": "nothing", "flat": ""},
            {"name": "half a header", "flat": full[:32]},
            {"name": "version 0", "flat": "00" + full[2:]},
            {"name": "buffer cut", "flat": without(full, 1)},
            {"name": "length cut", "flat": without(full, 4)},
            {"name": "ints cut", "flat": full[: 2 * (32 + 2 + 7)]},
            {"name": "body cut", "flat": full[: 2 * (32 + 1)]},
            {"name": "byte too many", "flat": full + "00"},
            {"name": "huge body", "flat": full[:32] + "ff" * 8 + full[48:]},
        ],
    }
    parts = [
        f'"{key}": [\n' + ",\n".join(json.dumps(item) for item in items) + "\n]"
        for key, items in content.items()
    ]
    TARGET.write_text("{" + ",\n".join(parts) + "}\n", encoding="ascii")


if __name__ == "__main__":
    main()
