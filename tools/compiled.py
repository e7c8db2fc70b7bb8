"""Compile the numbers' kernels once before the tests, so that their workers find them and do not each compile the same.

Two processes share the work: the engine's kernels, and those by which a virtual cohort walks. As in the tests, the
walk is compiled for each kind of policy.
"""

from datetime import date
from multiprocessing import get_context

from titrant.pkpd.compiled import compile_kernels

_PEOPLE, _WEEKS = 20, 6
_ON = date(2026, 11, 23)  # any day: it names no type


def compile_walks() -> None:
    from titrant.cli.opened import DEMO_CLINIC
    from titrant.cohort.running import Question, run
    from titrant.knowledge.library import load

    library = load(clinic=DEMO_CLINIC)
    for policy in ("rules", "rules+model"):
        run(Question("oral-guideline", policy, _PEOPLE, _WEEKS, seed=1, world="usual", on=_ON), library)


if __name__ == "__main__":
    walks = get_context("spawn").Process(target=compile_walks)
    walks.start()
    compile_kernels()
    walks.join()
    raise SystemExit(walks.exitcode)
