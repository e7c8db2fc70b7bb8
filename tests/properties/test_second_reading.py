"""Two readings of the protocols agree, and nothing goes over a written bound.

Controls H02, H05, H06, H10 and H12. T06: an independent computation in exact fractions agrees with the program on the
start, the cap that binds, the pieces and every level. T02: no output is over a bound, in pieces that do not exist, or
not finite, and the last gate passes every draft. Both look at the same 50,000 cases.
"""

import gc
from collections import Counter

import pytest

from tests.properties.agreeing import differences
from tests.properties.deciding import decide, maker
from tests.properties.figures import none_of, record
from tests.properties.hard_bounds import over_bounds
from titrant.pathway import assess
from titrant.pathway.deliver import Supply

CHUNKS, CASES = 4, 12_500
NIGHT_CASES = 25_000
NIGHT_CHUNKS = 40
LEAST_PROPOSED = 0.30
_FEW = 400


def read_twice(seed: int, count: int) -> tuple[list[str], list[str], Counter[str]]:
    """Differences between the readings, outputs over a bound, and how many cases came to what."""
    differ, over, seen = [], [], Counter()
    for case in maker().cases(seed, count):
        decided = decide(case)
        seen[decided.plan.outcome.value if decided.plan else "not readable"] += 1
        differ += [f"{case.given.patient.id}: {one}" for one in differences(decided)]
        if decided.plan is not None:
            seen["levels"] += len(decided.plan.ladder)
            over += [f"{case.given.patient.id}: {one}" for one in over_bounds(decided.plan)]
    return differ, over, seen


def _check(seed: int, count: int) -> None:
    gc.collect()
    gc.freeze()
    differ, over, seen = read_twice(seed, count)
    share = seen["proposed"] / count
    record(
        "T06", f"differences from the second reading, seed {seed}, {count} cases", none_of(differ), "0", met=not differ
    )
    record("T02", f"{count} cases over target, seed {seed}, {seen['levels']} levels", none_of(over), "0", met=not over)
    met = share >= LEAST_PROPOSED
    record("T02", f"share of cases with a proposal, seed {seed}", f"{share:.2f}", f">= {LEAST_PROPOSED}", met=met)


@pytest.mark.parametrize("seed", range(1, CHUNKS + 1))
def test_two_readings_agree_and_no_bound_is_passed(seed: int) -> None:
    _check(seed, CASES)


@pytest.mark.night
@pytest.mark.parametrize("seed", range(101, 101 + NIGHT_CHUNKS))
def test_two_readings_agree_on_a_million_cases(seed: int) -> None:
    _check(seed, NIGHT_CASES)


# The harness is shown to fail


def test_one_piece_too_many_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    rightly = Supply.pieces_for
    monkeypatch.setattr(Supply, "pieces_for", lambda supply, dose: rightly(supply, dose) + supply.smallest_part)
    differ, over, _ = read_twice(7, _FEW)
    assert differ
    assert any("start of" in one for one in over)


def test_one_year_off_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    rightly = assess.age_in_years
    monkeypatch.setattr(assess, "age_in_years", lambda birth, on: rightly(birth, on) - 1)
    differ, _, _ = read_twice(7, 4 * _FEW)
    assert differ


def test_a_forgotten_share_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("titrant.pathway.limiting._found_caps", lambda normal, limits: iter(()))
    differ, _, _ = read_twice(7, _FEW)
    assert differ


@pytest.mark.parametrize("what", ["dose_mg", "daily_mg", "weekly_mg"])
def test_a_gate_that_refuses_a_draft_is_seen(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("titrant.record.gate.faults", lambda content, limits: [f"{what} is above"])
    _, over, _ = read_twice(7, 50)
    assert any(what in one for one in over)
