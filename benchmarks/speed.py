"""How fast the spine answers: one case in process, and the whole command against the bare interpreter in the same run.

    python -m benchmarks.speed

Targets: the spine for one case at most 3 ms (median); ``titrant plan`` at most 15 times ``python -c pass``.
"""

import subprocess
import sys
from datetime import date
from pathlib import Path

from benchmarks.timing import median_ms
from titrant.cli.opened import library
from titrant.clinic.desk import Desk, absolute_limits
from titrant.clinic.opening import case_of, open_document
from titrant.clinic.saying import plan_data
from titrant.pathway.case import Case
from titrant.pathway.dispense import dispense_case
from titrant.pathway.plan import plan_case
from titrant.pathway.prescribe import prescribe
from titrant.pathway.report import report
from titrant.record.gate import faults

DEMO = Path(__file__).parent.parent / "demo"
CASE = DEMO / "crps-everything-known.yaml"
REPEATS = 25


def process_ms(*command: str) -> float:
    return median_ms(lambda: subprocess.run(command, check=True, capture_output=True), REPEATS)


def line(name: str, value: float, unit: str, target: float) -> bool:
    good = value <= target
    print(f"{name:<50} {value:8.2f} {unit:<8} target {target:g}  {'pass' if good else 'FAIL'}")
    return good


def whole_spine(desk: Desk, case: Case) -> object:
    """All steps for one case, each once, as the desk runs them."""
    plan = plan_case(case, desk.library, desk.on)
    draft = prescribe(plan, "benchmark")
    assert draft is not None
    assert faults(draft.content, absolute_limits()) == []
    supply = dispense_case(case, plan.protocol, plan.supply, plan.regimen, desk.on, plan.ends)
    return plan, draft, supply, report(plan, draft, desk.words)


def main() -> int:
    desk, case = Desk(library(None), date(2026, 11, 21)), case_of(open_document(CASE))
    spine = median_ms(lambda: desk.plan(case), 300)
    whole = median_ms(lambda: whole_spine(desk, case), 100)
    said = median_ms(lambda: plan_data(desk.plan(case), desk.words), 100)
    bare = process_ms(sys.executable, "-c", "pass")
    command = process_ms(str(Path(sys.executable).parent / "titrant"), "plan", str(CASE))
    print(f"{'python -c pass (the floor)':<50} {bare:8.2f} ms")
    print(f"{'titrant plan, whole process':<50} {command:8.2f} ms")
    print(f"{'plan and its JSON, in process':<50} {said:8.2f} ms")
    good = [
        line("assess, screen and plan, in process", spine, "ms", 3),
        line("the whole spine: also prescribe, dispense, report", whole, "ms", 3),
        line("titrant plan over python -c pass", command / bare, "times", 15),
    ]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
