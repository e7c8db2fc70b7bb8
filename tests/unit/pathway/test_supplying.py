"""The arithmetic of a supply: pieces, days, refills and what is left, counted by hand."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from msgspec import structs

from tests.unit.made_up import DAY, mg, protocol
from titrant.pathway.case import Supplied
from titrant.pathway.supplying import SignedLevel, Stretch, first_supply, is_dosing_day, pieces_on, supply_for
from titrant.terms.reason import Reason, Status
from titrant.terms.regimen import Regimen


def day(offset):
    return DAY + timedelta(offset)


def level(since=0, dose="20", pieces="2", unit="mL", times=3, days=7):
    return SignedLevel(day(since), Regimen("oral", "Product", mg(dose), times, days, Decimal(pieces), unit))


def supplied(on, pieces, left="", counted=None):
    return Supplied(on=day(on), pieces=pieces, left=left, counted_on=None if counted is None else day(counted))


def supply(*levels, starts=0, days=7, titrating=False, ends=None, before=()):
    of = levels or (level(),)
    return supply_for(
        of, protocol(), day(starts), days, titrating=titrating, ends=None if ends is None else day(ends), before=before
    )


def test_a_week_of_three_doses_of_two_millilitres_takes_forty_two():
    found = supply()
    assert (found.days, found.asked_days, found.starts) == (7, 7, DAY)
    assert (found.needed, found.quantity, found.unit) == (Decimal(42), Decimal(42), "mL")
    assert found.mg == mg("420")
    assert found.stretches == (Stretch(level().regimen, DAY, 7, 7, Decimal(42)),)
    assert found.limits == ()


def test_what_should_be_left_falls_day_by_day_to_nothing():
    assert supply(days=3).should_be_left == (
        (day(0), Decimal(18)), (day(1), Decimal(12)), (day(2), Decimal(6)), (day(3), Decimal(0)),
    )  # fmt: skip


def test_parts_of_pieces_are_handed_out_whole_and_the_rest_is_left_over():
    quarters = level(pieces="0.75", unit="troche", times=1)
    found = supply(quarters, days=3)
    assert (found.needed, found.quantity) == (Decimal("2.25"), Decimal(3))
    assert found.should_be_left[-1] == (day(3), Decimal("0.75"))


def test_parts_of_millilitres_are_handed_out_as_they_are():
    found = supply(level(pieces="0.3", times=1), days=3)
    assert (found.needed, found.quantity) == (Decimal("0.9"), Decimal("0.9"))


@pytest.mark.parametrize(
    ("days_per_week", "dosing"),
    [(7, [0, 1, 2, 3, 4, 5, 6]), (5, [0, 1, 2, 4, 5]), (4, [0, 2, 4, 5]), (3, [0, 2, 4]), (2, [0, 4]), (1, [0])],
)
def test_dosing_days_are_spread_over_each_week_from_the_first_day(days_per_week, dosing):
    one = level(days=days_per_week)
    assert [n for n in range(7) if is_dosing_day(one, day(n))] == dosing
    assert [n - 7 for n in range(7, 14) if is_dosing_day(one, day(n))] == dosing


@pytest.mark.parametrize("before", range(1, 8))
@pytest.mark.parametrize("after", range(1, 8))
def test_whenever_the_days_a_week_change_no_seven_days_hold_more_than_the_larger_number(before, after):
    for change in range(14):
        levels = (
            structs.replace(level(days=before), week_from=DAY),
            structs.replace(level(change, days=after), week_from=DAY),
        )
        dosing = [pieces_on(levels, day(n)) > 0 for n in range(35)]
        assert max(sum(dosing[first : first + 7]) for first in range(28)) <= max(before, after)


def test_only_dosing_days_are_counted():
    found = supply(level(days=3, times=1), days=9)  # days 0, 2, 4 and 7
    assert found.stretches[0].dosing_days == 4
    assert (found.needed, found.mg) == (Decimal(8), mg("80"))


def test_levels_that_change_meanwhile_are_counted_apart():
    found = supply(level(), level(3, dose="30", pieces="3"), days=7)
    assert [(one.first, one.days, one.pieces) for one in found.stretches] == [
        (day(0), 3, Decimal(18)),
        (day(3), 4, Decimal(36)),
    ]
    assert found.needed == 54
    assert found.mg == mg("540")  # 3 x 60 + 4 x 90


def test_a_supply_in_the_middle_takes_the_level_of_its_own_days():
    found = supply(level(-10), level(2, dose="30", pieces="3"), starts=1, days=2)
    assert [(one.first, one.days, one.pieces) for one in found.stretches] == [
        (day(1), 1, Decimal(6)),
        (day(2), 1, Decimal(9)),
    ]


def test_the_order_in_which_levels_are_given_does_not_matter():
    later, first = level(3, dose="30", pieces="3"), level()
    assert supply(later, first).should_be_left == supply(first, later).should_be_left


def test_nothing_is_supplied_for_days_before_the_first_level():
    found = supply(level(3), days=7)
    assert (found.days, found.quantity) == (0, 0)
    assert [one.code for one in found.limits] == ["supply_before_plan"]


@pytest.mark.parametrize(
    ("titrating", "days", "allowed", "source"),
    [(True, 10, 10, None), (True, 11, 10, "p-titration"), (False, 28, 28, None), (False, 29, 28, "p-maintenance")],
)
def test_a_supply_is_never_longer_than_its_phase_allows(titrating, days, allowed, source):
    found = supply(days=days, titrating=titrating)
    assert (found.days, found.asked_days) == (allowed, days)
    assert [(one.code, one.source) for one in found.limits] == ([("supply_limited", source)] if source else [])


def test_a_shortened_supply_says_what_was_asked_and_what_the_limit_is():
    (why,) = supply(days=30).limits
    assert why == Reason(
        "supply_limited", "made-up@3/supply", {"asked": "30", "limit": "28"}, "p-maintenance", Status.PROPOSAL
    )


@pytest.mark.parametrize(
    ("ends", "allowed", "cut"), [(7, 7, False), (6, 6, True), (1, 1, True), (0, 0, True), (-3, 0, True)]
)
def test_a_supply_ends_with_the_plan(ends, allowed, cut):
    found = supply(ends=ends)
    assert found.days == allowed
    assert [one.code for one in found.limits] == (["supply_beyond_plan"] if cut else [])
    if cut:
        assert found.limits[0].facts == {"ends": day(ends).isoformat()}
        assert found.limits[0].source == "t-ends"


def test_both_limits_may_hold_at_once():
    assert [one.code for one in supply(days=40, ends=14).limits] == ["supply_limited", "supply_beyond_plan"]


def test_the_first_supply_of_a_plan_is_for_the_time_of_titration():
    found = first_supply(level(), protocol(), DAY, day(42))
    assert (found.days, found.needed) == (10, Decimal(60))
    assert first_supply(level(), protocol(), DAY, day(4)).days == 4


def test_a_first_supply_may_be_handed_out_on_its_day():
    found = supply()
    assert found.earliest == DAY
    assert found.next_earliest == day(4)  # runs out on day 7; three days early


# A supply of 42 mL on day -7 lasts to day 0; three days early is day -3.
RUNS_OUT_TODAY = (supplied(-7, "42"),)


@pytest.mark.parametrize(
    ("starts", "earliest", "too_early"),
    [(0, -3, False), (-2, -3, False), (-3, -3, False), (-4, -3, True), (-6, -3, True), (5, 2, False)],
)
def test_a_refill_waits_until_shortly_before_the_last_supply_runs_out(starts, earliest, too_early):
    found = supply(level(-7), starts=starts, before=RUNS_OUT_TODAY)
    assert found.earliest == day(earliest)
    assert [one.code for one in found.limits] == (["too_early_for_supply"] if too_early else [])
    if too_early:
        assert found.limits[0].facts == {"until": DAY.isoformat(), "earliest": day(-3).isoformat()}
        assert (found.limits[0].source, found.limits[0].status) == ("p-early", Status.SOURCED)


@pytest.mark.parametrize(
    ("before", "until"),
    [
        ((supplied(-7, "42"),), 0),
        ((supplied(-7, "41"),), -1),  # the last day is not whole: it does not last
        ((supplied(-7, "47"),), 0),
        ((supplied(-7, "48"),), 1),
        ((supplied(-7, "42", left="12", counted=-3),), -1),  # counted: two days are left
        ((supplied(-20, "600"), supplied(-7, "42")), 87),  # all that was handed out is in the house
        ((supplied(-7, "42"), supplied(-20, "600")), 87),
    ],
)  # fmt: skip
def test_how_long_the_house_is_supplied(before, until):
    found = supply(level(-30), starts=-30, before=before)
    facts = found.limits[-1].facts
    assert found.limits[-1].code == "too_early_for_supply"
    assert facts["until"] == day(until).isoformat()


def test_a_supply_that_nobody_takes_does_not_last_for_ever():
    found = supply(level(500), starts=-30, before=(supplied(-7, "42"),))
    assert date.fromisoformat(found.limits[-1].facts["until"]) == day(-7 + 366)
