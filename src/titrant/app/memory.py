"""How a server that runs for months holds memory: what a request has let go of goes back to the system."""

import ctypes
import gc

# The names of malloc.h (glibc). Elsewhere the C library has no such switches, and keeps its own ways.
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
_LARGE_BYTES = 128 * 1024


def give_back_what_is_free() -> bool:
    """One heap for all threads, and large pieces outside of it. Whether the C library could be told.

    glibc gives each thread a heap of its own, and after the first large piece that was freed it keeps the like of it
    inside: between the pages that SQLite holds they leave holes, and a heap with holes never shrinks. Threads here wait
    for Python anyway; a heap in common costs them nothing that could be measured.
    """
    told = getattr(ctypes.CDLL(None), "mallopt", None)
    if told is None:
        return False
    asked = ((_ARENA_MAX, 1), (_MMAP_THRESHOLD, _LARGE_BYTES), (_TRIM_THRESHOLD, _LARGE_BYTES))
    return all(told(name, value) == 1 for name, value in asked)


def look_for_cycles_seldom() -> None:
    """A record of years makes a hundred thousand small objects that live as long as the answer: to look through them
    again and again while they are made costs more than it frees. What is there at the start stays, and is left out."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 10)
