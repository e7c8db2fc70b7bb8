"""A slip of the hand is stopped, a sensible request is not (T04). Controls H02.

What a prescriber has in mind is what is proposed for this person, or the protocol's usual start. Ten times as much,
and a tenth of what is proposed, are stopped every time, whatever the route and the unit. A tenth of the usual start
is left out: for somebody who must start much lower it can be a sensible dose. What is asked for in earnest, from half
of the proposed start to twice as much within the usual start, is taken for a slip in at most one of a hundred.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from random import Random

import pytest
from msgspec.structs import replace

from tests.cases.generate import Maker
from tests.properties.deciding import Decided, decide, library
from tests.properties.figures import none_of, record
from titrant.knowledge.shapes.protocols import Protocol
from titrant.pathway import asking
from titrant.pathway.case import Asked, Case
from titrant.pathway.plan import plan
from titrant.terms.dose import Dose
from titrant.terms.quantity import Quantity
from titrant.terms.reason import Reason

ENTRIES, EACH = 20_000, 10
MOST_FALSE = 0.01
SLIP = "asked_looks_like_a_slip"


def intended(seed: int, count: int) -> Iterator[tuple[Case, Decided]]:
    """Calm cases without a request, and what is proposed for them."""
    for case in Maker(library(), calm=1.0).cases(seed, count):
        own = replace(case, asked=None)
        decided = decide(own)
        if decided.proposed and decided.plan.asking is not None:
            yield own, decided


def asking_for(decided: Decided, mg: Decimal, unit: str = "mg") -> Decided:
    """The same person, assessed and screened before, and a dose asked for by hand."""
    per = {"mg": Decimal(1), "g": Decimal(1000), "µg": Decimal("0.001")}[unit]
    before = decided.plan
    assessment = before.assessment
    case = replace(assessment.case, asked=Asked(dose=Quantity(mg / per, unit)))
    return Decided(plan(replace(assessment, case=case), before.screening, library()))


def stopped(decided: Decided) -> bool:
    """Refused because of the request itself; an answer with a smaller dose would hide the slip."""
    return decided.refused_request


def slips(seed: int, entries: int) -> tuple[list[str], int]:
    """Slips by ten that were not stopped, and how many were tried."""
    faults, tried = [], 0
    for case, decided in intended(seed, entries):
        rng = Random(tried)
        own, usual = decided.start_mg, decided.plan.asking.normal.mg
        for meant, typed in {(own, own * 10), (own, own / 10), (usual, usual * 10)}:
            tried += 1
            found = asking_for(decided, typed, rng.choice(("mg", "g", "µg")))
            if not stopped(found):
                faults.append(
                    f"{case.given.patient.id} ({case.protocol}): {typed} mg typed for {meant} mg, "
                    f"proposed {own} mg without a request, {found.start_mg} mg with it"
                )
        if tried >= entries:
            break
    return faults, tried


@pytest.mark.parametrize("seed", [101, 102])
def test_ten_times_and_a_tenth_are_stopped(seed: int) -> None:
    faults, tried = slips(seed, ENTRIES // 2)
    assert tried >= ENTRIES // 2
    record("T04", f"{tried} slips by ten, seed {seed}, not stopped", none_of(faults), "0", met=not faults)


def legal_asks(case: Case, decided: Decided, rng: Random) -> Iterator[Decimal]:
    start, usual = decided.start_mg, decided.plan.asking.normal.mg
    yield start
    for _ in range(EACH - 1):
        low, high = int(start * 500), int(max(min(usual, start * 2), start) * 1000)
        yield Decimal(rng.randint(low, high)) / 1000


def false_stops(seed: int, entries: int) -> tuple[list[str], int]:
    faults, tried = [], 0
    for case, decided in intended(seed, entries):
        for mg in legal_asks(case, decided, Random(seed + tried)):
            tried += 1
            found = asking_for(decided, mg)
            if found.plan is None or any(one.code == SLIP for one in found.plan.reasons):
                faults.append(
                    f"{case.given.patient.id} ({case.protocol}): {mg} mg where {decided.start_mg} mg is proposed"
                )
        if tried >= entries:
            break
    return faults, tried


@pytest.mark.parametrize("seed", [103, 104])
def test_what_is_asked_in_earnest_is_let_through(seed: int) -> None:
    faults, tried = false_stops(seed, ENTRIES // 2)
    assert tried >= ENTRIES // 2
    share = len(faults) / tried
    record(
        "T04",
        f"{tried} sensible requests, seed {seed}, stopped",
        f"{share:.4f}",
        f"<= {MOST_FALSE}",
        met=share <= MOST_FALSE,
    )


def test_asking_for_what_is_proposed_changes_nothing() -> None:
    """The program's own proposal, typed in by hand, is never a slip and gives the same ladder."""
    faults, tried = [], 0
    for case, decided in intended(105, 1_500):
        tried += 1
        found = asking_for(decided, decided.start_mg)
        if (found.start_mg, found.highest_mg) != (decided.start_mg, decided.highest_mg):
            faults.append(
                f"{case.given.patient.id} ({case.protocol}): {decided.start_mg} mg proposed, asked {found.start_mg}, "
                f"{found.said[:2]}; highest {decided.highest_mg} against {found.highest_mg} mg"
            )
    record("T04", f"{tried} proposals asked for by hand, changed", none_of(faults), "0", met=not faults)


def test_a_guard_that_is_off_for_one_route_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    rightly = asking._slips

    def only_by_mouth(request: asking.Asking, expected: Dose, protocol: Protocol) -> Iterable[Reason]:
        return () if protocol.route == "troche" else rightly(request, expected, protocol)

    monkeypatch.setattr(asking, "_slips", only_by_mouth)
    found = slips(101, 400)[0]
    assert any("(troche" in one for one in found)
