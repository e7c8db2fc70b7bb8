"""How long one thing takes: the middle of several runs, so that one bad moment of the machine says nothing."""

import statistics
import time
from collections.abc import Callable


def median_ms(run: Callable[[], object], times: int = 5, clock: Callable[[], float] = time.perf_counter) -> float:
    """Median of ``times`` runs in ms, after one that is not counted; by ``clock``, which gives seconds."""
    run()
    took = []
    for _ in range(times):
        begun = clock()
        run()
        took.append(clock() - begun)
    return statistics.median(took) * 1000
