"""How long one review with its posterior takes: gate, prior-predictive check, posterior, answers, waiting, opinion.

The last line is the same at the desk, on a demo case: review, rules, model, and the rules again with its opinion.

    python -m benchmarks.response

Target: at most 150 ms (median), also for a diary of half a year and where the levels of the blood are given.
"""

import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.timing import median_ms
from titrant.cli.opened import DEMO_CLINIC
from titrant.clinic.desk import Desk
from titrant.clinic.following import follow_at
from titrant.clinic.opening import case_of, open_document
from titrant.knowledge.library import load
from titrant.pathway.case import Case
from titrant.pkpd.response import people
from titrant.pkpd.response.diary import Diary, Levels
from titrant.pkpd.response.opinion import opinion
from titrant.pkpd.response.parameters import ResponseSet, response_set
from titrant.pkpd.response.review import ANSWERED, review
from titrant.terms.reading import read_yaml

FILE = Path(__file__).parent.parent / "src" / "titrant" / "knowledge" / "data" / "response" / "response.yaml"
DEMO = Path(__file__).parent.parent / "demo" / "following-little-to-gain.yaml"
TARGET_MS, REPEATS = 150.0, 15
LADDER = np.array([30.0, 60.0, 90.0, 120.0])


def diary(chosen: ResponseSet, days: int) -> Diary:
    """The first simulated patient whose diary can be weighed; two weeks before, then three levels."""
    doses = np.concatenate([np.zeros(14), np.repeat(LADDER[:3], -(-(days - 14) // 3))[: days - 14]])
    for seed in range(50):
        generator = np.random.default_rng(seed)
        drawn = people.drawn(chosen, 1, False, generator, True)
        written = people.diaries(drawn, doses, chosen, generator, 0.1)[0]
        held = replace(written, pain_points=np.clip(np.round(written.pain_points), 0, 10))
        levels = Levels(LADDER, 2)
        found = review(held, levels, chosen, np.random.default_rng(0))
        if found.outcome == ANSWERED and found.waiting and found.waiting.stopped != "can_tell_now":
            return held
    raise RuntimeError("no simulated patient could be answered")


def main() -> int:
    chosen, good = response_set(read_yaml(FILE.read_bytes()).tree), True
    for name, days, in_blood in (("8 weeks", 56, False), ("8 weeks, levels given", 56, True), ("26 weeks", 182, False)):
        held, levels = diary(chosen, days), Levels(LADDER, 2)
        if in_blood:
            held = replace(held, average_ng_per_ml=held.doses_mg / 10, peak_ng_per_ml=held.doses_mg * 0.3)
            levels = Levels(LADDER, 2, LADDER / 10, LADDER * 0.3)

        def once(held: Diary = held, levels: Levels = levels) -> object:
            found = review(held, levels, chosen, np.random.default_rng(1))
            return opinion(found.posterior, "raise", levels)

        good &= _told(f"one review with its posterior, {name}", median_ms(once, REPEATS))
    good &= _told("adjust at the desk, 5 weeks", median_ms(partial(follow_at, *at_the_desk()), REPEATS))
    return 0 if good else 1


def at_the_desk() -> tuple[Desk, Case]:
    case = case_of(open_document(DEMO))
    assert case.on is not None
    return Desk(load(clinic=DEMO_CLINIC), case.on), case


def _told(name: str, took: float) -> bool:
    met = took <= TARGET_MS
    print(f"{name:<54} {took:7.1f} ms   target {TARGET_MS:g}  {'pass' if met else 'FAIL'}")
    return met


if __name__ == "__main__":
    sys.exit(main())
