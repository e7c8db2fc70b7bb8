"""How fast a cohort is: 100,000 virtual patients over 12 weeks on two cores, and two workers against one.

    python -m benchmarks.cohort [--patients 100000]

Targets: at most 60 s for 100,000 under the rules on two cores; two workers at least 1.7 times as fast as one. Both need
an otherwise idle machine; the load before the run is printed beside the figures.
"""

import os
import sys
import time
from datetime import date

import numpy as np

from titrant.cli.opened import DEMO_CLINIC
from titrant.cohort.running import Question, run
from titrant.knowledge.library import load

TARGET_S, TARGET_RATIO, FULL = 60.0, 1.7, 100_000


def timed(question: Question, workers: int) -> tuple[float, np.ndarray]:
    library = load(clinic=DEMO_CLINIC)
    begun = time.perf_counter()
    rows = run(question, library, workers)
    return time.perf_counter() - begun, rows


def main() -> int:
    patients = int(sys.argv[sys.argv.index("--patients") + 1]) if "--patients" in sys.argv else FULL
    question = Question("oral-guideline", "rules", patients, 12, 20260001, "usual", date(2026, 11, 23))
    run(Question("oral-guideline", "rules", 10, 12, 1, "usual", question.on), load(clinic=DEMO_CLINIC))  # compile
    print(f"load of the machine before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    two, rows = timed(question, 2)
    one, again = timed(question, 1)
    same = rows.tobytes() == again.tobytes()
    limit = TARGET_S * patients / FULL
    good = two <= limit and one / two >= TARGET_RATIO and same
    print(f"{patients:,} patients, 12 weeks, two workers {two:7.1f} s   target {limit:.1f}")
    print(f"one worker {one:7.1f} s, ratio {one / two:.2f}   target {TARGET_RATIO}")
    print(f"the same answer, bit by bit: {'yes' if same else 'NO'}; hard-limit breaches {rows['breaches'].sum()}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
