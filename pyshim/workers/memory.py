"""Memory that a large job has left to the allocator, and that the system could have."""

from __future__ import annotations

from collections.abc import Callable

# From this many bytes on a job is large: its objects are many times its size.
LARGE = 256 << 10


def _trimmer() -> Callable[[], object]:
    try:
        import ctypes

        trim = ctypes.CDLL(None).malloc_trim
    except (ImportError, OSError, AttributeError):  # of other C libraries than glibc there is none
        return lambda: None
    return lambda: trim(0)


# Free memory below what is still in use stays with glibc otherwise, for as long as the process
# lives. It takes two milliseconds.
give_back = _trimmer()
