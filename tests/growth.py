"""Whether work grows with what it is given, or faster: told within one run, so that no machine is too slow for it."""

from collections.abc import Callable
from time import thread_time

_TRIES = 5
_MOST = 8.0  # times the work for four times as much: 4 is in proportion, 16 is the square


def assert_in_proportion(made: Callable[[int], Callable[[], object]], size: int) -> None:
    """Four times as much may take eight times the work at most, in one of a few tries.

    ``made`` readies what is given, of a size, and returns the work on it. Processor time of this thread alone counts.
    """
    tries = []
    for _ in range(_TRIES):
        tries.append(_seconds(made(4 * size)) / _seconds(made(size)))
        if tries[-1] <= _MOST:
            return
    raise AssertionError(f"four times as much took {', '.join(f'{one:.1f}' for one in tries)} times the work")


def _seconds(work: Callable[[], object]) -> float:
    begun = thread_time()
    work()
    return thread_time() - begun
