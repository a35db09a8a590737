"""Memory that a worker and the host both see.

It says which job is running, how the shortcuts fare, and which jobs the host does not want any
more, and holds the answers that are ready and not sent yet. The host looks at it when a worker
is gone or long at one job, and when somebody asks for counts; nobody is woken by it.
bridge/internal/pool/board.go is the other side.
"""

from __future__ import annotations

import mmap
import os

# Cells of 8 bytes in the order of the machine: each is written in one piece.
RUNNING, USED, COUNTS, UNWANTED = 0, 1, 2, 16
DEPTH = 16  # jobs that a worker has at most: each has a cell of its own at UNWANTED
TRAY = 8 * (UNWANTED + DEPTH)  # bytes; from here on it is the tray
SIZE = 64 << 10


class Board:
    """The worker's view of the memory behind a descriptor."""

    def __init__(self, fd: int) -> None:
        whole = memoryview(mmap.mmap(fd, SIZE))
        os.close(fd)
        self.cells = whole[:TRAY].cast("Q")
        self.tray = whole[TRAY:]
