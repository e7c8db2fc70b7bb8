"""A stop is a stop, whatever else is known. Controls H11, H13 and H14.

Where a finding refuses a start, taking away any other fact leaves the refusal and its code in place, and so does a
confirmation, a choice, or a review of something else. Each stop of the knowledge is tried.
"""

from collections import Counter
from collections.abc import Iterator
from random import Random

import pytest
from msgspec.structs import replace

from tests.cases.change import with_answer, with_condition, with_given, without, without_part
from tests.cases.generate import Maker
from tests.properties.deciding import decide, library, maker
from tests.properties.figures import none_of, record
from tests.properties.test_less_is_never_more import PARTS, is_about
from titrant.pathway import screen
from titrant.pathway.case import Case, Choice, Confirmation, Review
from titrant.pathway.plan import Outcome
from titrant.terms.reason import Bar

# Rules with codes that a review can name; the agreements of the person are no findings for a colleague to settle.
REVIEWABLE = ("conditions/", "monitoring/", "interactions/", "combinations/")
STOPPED, EACH = 350, 8


def stops_of(case: Case) -> list[tuple[str, str]]:
    """The findings that refuse a start; none unless the start is refused."""
    plan = decide(case).plan
    if plan is None or plan.outcome is not Outcome.REFUSED:
        return []
    return [(one.code, one.rule) for one in plan.screening.barred(Bar.REFUSES)]


def stopped_cases(seed: int, count: int) -> Iterator[tuple[Case, list[tuple[str, str]]]]:
    spoilt = Maker(library(), calm=0.0)
    for case in spoilt.cases(seed, 100 * count):
        stops = stops_of(case)
        if stops:
            yield case, stops
            count -= 1
        if not count:
            return


def without_another(case: Case, rng: Random) -> tuple[str, Case]:
    """``case`` without one of its facts, and the name of it. The allergy list can hold a stop of its own."""
    kind = rng.choice(("readings", "answers", "conditions", "part"))
    if kind == "part":
        part = rng.choice([one for one in PARTS if one not in ("medications", "allergies", "reviews")])
        return part, without_part(case, part)
    names = list(getattr(case.given, kind))
    if not names:
        return "", case
    name = rng.choice(names)
    return name, without(case, kind, name)


def undone(seed: int, count: int) -> tuple[list[str], Counter[str]]:
    """Stops that were gone after another fact was taken away, and how often each stop was tried."""
    faults, tried = [], Counter()
    for place, (case, stops) in enumerate(stopped_cases(seed, count)):
        rng = Random(seed + place)
        for _ in range(EACH):
            name, changed = without_another(case, rng)
            left = stops_of(changed)
            for stop in stops:
                if is_about(stop, name, library()) or stop[0] == f"needed_{name}":
                    continue
                tried[stop[0]] += 1
                if stop not in left:
                    faults.append(f"{case.given.patient.id}: {stop[0]} is gone without {name}")
    return faults, tried


def test_a_stop_is_not_undone_by_taking_another_fact_away() -> None:
    faults, tried = undone(71, STOPPED)
    assert len(tried) >= 25, f"only {len(tried)} kinds of stop were tried"
    record("T10", f"{sum(tried.values())} stops of {len(tried)} kinds, undone", none_of(faults), "0", met=not faults)


def test_no_paper_undoes_a_stop() -> None:
    """Confirmations, a choice with a reason, and reviews that say yes: a stop stays."""
    faults = []
    for case, stops in stopped_cases(72, 200):
        day, by = case.on, "Dr Drawn (synthetic)"
        papers = with_given(
            case,
            confirmations=tuple(
                Confirmation(of=kind, by=by, on=day, reason="x") for kind in ("second_prescriber", "named_specialist")
            ),
            reviews=(
                *case.given.reviews,
                *(
                    Review(of=code, by=by, on=day, says="may_start")
                    for code, rule in stops
                    if rule.startswith(REVIEWABLE)
                ),
            ),
        )
        papers = replace(papers, choice=Choice(reason="synthetic", by=by, on=day))
        # A stop that a review itself has pronounced is the one that a newer review of that kind may lift.
        standing = [one for one in stops if not any(review.of == one[0] for review in case.given.reviews)]
        faults += [f"{case.given.patient.id}: {one[0]}" for one in standing if one not in stops_of(papers)]
    record("T10", "200 stopped cases with every paper there is, stop undone", none_of(faults), "0", met=not faults)


def test_every_stop_of_the_conditions_stops() -> None:
    """Each state and grade that the knowledge calls a stop, and each word that does, on a complete case."""
    calm = Maker(library(), calm=1.0)
    case = next(one for one in calm.cases(73, 100) if decide(one).proposed)
    kept = [
        f"{name} {state} {grade}"
        for name, state, grade in maker().drawable.states[Bar.REFUSES]
        if decide(with_condition(case, name, state, grade)).plan.outcome is not Outcome.REFUSED
    ]
    for one in library().conditions.values():
        for band in one.bands:
            if band.bars is Bar.REFUSES and band.when.comparison == "equals":
                changed = with_answer(case, band.when.fact, band.when.value)
                kept += [] if decide(changed).plan.outcome is Outcome.REFUSED else [band.code]
    record("T10", "stops of the conditions that do not stop", none_of(kept), "0", met=not kept)


def test_a_stop_that_needs_another_fact_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """A screen that gives up its findings as soon as something is missing."""
    rightly = screen._settle
    monkeypatch.setattr(screen, "_settle", lambda found, *rest: () if found.missing else rightly(found, *rest))
    assert undone(71, 60)[0]
