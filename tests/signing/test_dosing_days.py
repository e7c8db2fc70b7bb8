"""A dose on some days of the week keeps its days, however often it is signed again."""

from datetime import timedelta

import pytest

from tests.signing.conftest import NOW, office_with, opened
from tests.signing.test_overtaken_and_suspended import HOLD, later, signed
from titrant.clinic.following import review_at
from titrant.clinic.office import case_in
from titrant.clinic.phone_day import dose_on
from titrant.pathway.supplying import pieces_on

TROCHES = {
    "protocol": "troche-article", "product": {"family": "troche-quarters", "strength": "20 mg"},
    "choice": {"reason": "lives far from the clinic", "by": "Dr Demo (synthetic)", "on": "2026-11-20"},
    "asked": {"tier": "starter", "dose": "20 mg", "times_per_day": 1, "days_per_week": 3, "setting": "home"},
    "given": {"conditions": {"oral_mucosal_disease": "no"}},
}  # fmt: skip


@pytest.fixture
def three_days_a_week(office) -> str:
    case = opened(office, changes=TROCHES)
    signed(office, case)
    return case


def on_the_phone(office, case: str) -> list[int]:
    """Days from the first one on with a dose, each asked on its own day."""
    offices = [office_with(office.store, NOW + timedelta(days=day)) for day in range(15)]
    return [day for day, then in enumerate(offices) if dose_on(then, then.store.open(case), then.today)]


@pytest.mark.parametrize("holds", [(), (2,), (2, 5, 7), (1, 3, 4)])
def test_a_hold_moves_no_dosing_day(office, three_days_a_week, holds) -> None:
    for day in holds:
        signed(later(office, day), three_days_a_week, HOLD)
    assert on_the_phone(office, three_days_a_week) == [0, 2, 4, 7, 9, 11, 14]


def test_the_rules_and_the_phone_read_the_same_days_after_a_hold(office, three_days_a_week) -> None:
    signed(later(office, 5), three_days_a_week, HOLD)
    then = later(office, 12)
    levels = review_at(then.desk, case_in(then.store.open(three_days_a_week), then.today)).levels
    days = [day for day in range(13) if pieces_on(levels, (NOW + timedelta(days=day)).date())]
    assert days == on_the_phone(office, three_days_a_week)[:6]
