"""BLAKE3, by which vLLM names images and audio, which hashlib does not have.

The package of that name is not in the environments that people have with mistral_common. All
chunks of a text are hashed at once, a lane of numpy's for each.
"""

from __future__ import annotations

from typing import Any

import numpy as np

_CHUNK, _BLOCK = 1024, 64
_CHUNK_START, _CHUNK_END, _PARENT, _ROOT = 1, 2, 4, 8
_IV = np.array(
    [
        *(0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A),
        *(0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19),
    ],
    dtype=np.uint32,
)
_PERMUTATION = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8]
_ROUNDS = 7
# How far the rows of the state are turned, so that its diagonals are columns.
_DIAGONALS = np.array([[(row + column) % 4 for column in range(4)] for row in range(4)])
_COLUMNS = np.array([[(column - row) % 4 for column in range(4)] for row in range(4)])
_ROWS = np.arange(4)[:, None]

Words = Any  # arrays of uint32; the last axis is of the lanes


def hexdigest(data: bytes) -> str:
    """Return the hash of 32 bytes, in hex."""
    whole = max(0, (len(data) - 1) // _CHUNK)  # of the chunks before the last
    last = data[whole * _CHUNK :]
    if not whole:
        return _hex(_chunks(last, 1, 0, _ROOT))
    nodes = np.concatenate(
        [_chunks(data[: whole * _CHUNK], whole, 0, 0), _chunks(last, 1, whole, 0)], axis=1
    )
    while (count := nodes.shape[1]) > 1:
        even = count & ~1
        block = np.concatenate([nodes[:, 0:even:2], nodes[:, 1:even:2]])
        flags = _PARENT | (_ROOT if count == 2 else 0)
        start = np.repeat(_IV[:, None], even // 2, axis=1)
        made = _compress(start, block, np.zeros(even // 2, np.uint64), _BLOCK, flags)
        nodes = np.concatenate([made, nodes[:, even:]], axis=1)
    return _hex(nodes)


def _hex(words: Words) -> str:
    return bytes(words[:, 0].astype("<u4").tobytes()).hex()


def _chunks(data: bytes, count: int, first: int, root: int) -> Words:
    """Return the chaining values of chunks of the same length."""
    length = len(data) // count
    blocks = max(1, -(-length // _BLOCK))
    padded = np.zeros((count, blocks * _BLOCK), np.uint8)
    padded[:, :length] = np.frombuffer(data, np.uint8).reshape(count, length)
    words = padded.view("<u4").astype(np.uint32).reshape(count, blocks, 16)
    value = np.repeat(_IV[:, None], count, axis=1)
    counters = np.arange(first, first + count, dtype=np.uint64)
    for index in range(blocks):
        final = index == blocks - 1
        flags = (0 if index else _CHUNK_START) | (_CHUNK_END | root if final else 0)
        size = length - index * _BLOCK if final else _BLOCK
        value = _compress(value, words[:, index].T, counters, size, flags)
    return value


def _compress(value: Words, block: Words, counters: Words, size: int, flags: int) -> Words:
    lanes = value.shape[1]
    state = np.empty((4, 4, lanes), np.uint32)
    state[:2] = value.reshape(2, 4, lanes)
    state[2] = _IV[:4, None]
    state[3, 0] = counters & 0xFFFFFFFF
    state[3, 1] = counters >> 32
    state[3, 2] = size
    state[3, 3] = flags
    for number in range(_ROUNDS):
        if number:
            block = block[_PERMUTATION]
        _mix(state, block[0:8:2], block[1:8:2])
        state = state[_ROWS, _DIAGONALS]
        _mix(state, block[8:16:2], block[9:16:2])
        state = state[_ROWS, _COLUMNS]
    return (state[:2] ^ state[2:]).reshape(8, lanes)


def _mix(state: Words, first: Words, second: Words) -> None:
    """Mix the four columns of the state."""
    a, b, c, d = state
    for words, right, left in ((first, 16, 12), (second, 8, 7)):
        a += b
        a += words
        d ^= a
        d[:] = d >> right | d << (32 - right)
        c += d
        b ^= c
        b[:] = b >> left | b << (32 - left)
