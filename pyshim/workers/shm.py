"""Memory that a worker and the host both see.

It holds the number of the job that runs, the counters of the shortcuts, the jobs that are to be
skipped, and the replies that are ready and not sent yet. The host reads it when a worker has
exited or takes long at one job, and when somebody asks for the counters; nobody is woken by it.
bridge/internal/pool/segment.go is the other side.
"""

from __future__ import annotations

import mmap
import os

# Words of 8 bytes in the byte order of the machine: each is written in one piece.
RUNNING, USED, COUNTS, UNWANTED = 0, 1, 2, 16
DEPTH = 16  # jobs that a worker has at most: each has a word of its own at UNWANTED
REPLIES = 8 * (UNWANTED + DEPTH)  # bytes; from here on it is replies
SIZE = 64 << 10


class Segment:
    """The worker's view of the memory behind a descriptor."""

    def __init__(self, fd: int) -> None:
        whole = memoryview(mmap.mmap(fd, SIZE))
        os.close(fd)
        self.words = whole[:REPLIES].cast("Q")
        self.replies = whole[REPLIES:]
