"""What is asked for: the protocol's own start or the prescriber's, held against hard bounds, never cut in silence."""

from datetime import date
from types import SimpleNamespace

import pytest
from msgspec.structs import replace

from tests.unit.made_up import DAY, mg, protocol, quantity
from titrant.pathway.asking import asking_of, hard_reasons
from titrant.pathway.assess import Known
from titrant.pathway.case import Asked
from titrant.terms.dose import NO_DOSE
from titrant.terms.errors import CaseFileError


def _reasons(asking, rules):
    """The hard reasons for a person of whom nothing lowers the start."""
    return hard_reasons(asking, asking.normal if asking else NO_DOSE, rules)


def assessment(asked=None, weight=None, fresh=True):
    """As much of an assessment as the asking looks at."""
    facts = {} if weight is None else {"weight": Known(quantity(weight), date(2026, 11, 20), fresh=fresh)}
    return SimpleNamespace(on=DAY, facts=facts, case=SimpleNamespace(asked=asked))


def wanted(rules=None, weight=None, fresh=True, **asked):
    if "dose" in asked:
        asked["dose"] = quantity(asked["dose"])
    return asking_of(assessment(Asked(**asked) if asked else None, weight, fresh), rules or protocol(), None)


def codes(rules=None, **asked):
    return [one.code for one in _reasons(wanted(**asked), rules or protocol())]


def test_without_a_wish_the_protocols_own_start_is_asked_for():
    asking = wanted()
    assert (asking.dose, asking.normal, asking.times_per_day, asking.days_per_week) == (mg("20"), mg("20"), 3, 7)
    assert (asking.daily, asking.weekly, asking.setting, asking.by_hand) == (mg("60"), mg("420"), "home", False)
    assert _reasons(asking, protocol()) == ()


BY_WEIGHT = replace(
    protocol(),
    start=replace(protocol().start, fixed=None, by_weight=replace(protocol().start.fixed, value=quantity("0.3 mg/kg"))),
)


def test_a_start_by_weight_needs_a_weight_that_still_holds():
    assert wanted(BY_WEIGHT, weight="70 kg").dose == mg("21")
    assert wanted(BY_WEIGHT, weight="150 lb").dose == mg("20.411")  # 68.0388555 kg, cut down
    assert wanted(BY_WEIGHT) is None
    assert wanted(BY_WEIGHT, weight="70 kg", fresh=False) is None
    assert _reasons(None, protocol()) == ()


def test_a_dose_may_be_asked_for_in_any_unit_of_mass_or_by_weight():
    assert wanted(dose="0.03 g").dose == mg("30")
    assert wanted(dose="0.5 mg/kg", weight="50 kg").dose == mg("25")
    assert wanted(dose="0.5 mg/kg") is None
    assert wanted(dose="30 mg").by_hand is True


@pytest.mark.parametrize("dose", ["1 mL", "1 kg", "30 mg/day", "3 times"])
def test_what_is_no_dose_is_refused(dose):
    with pytest.raises(CaseFileError) as refused:
        wanted(dose=dose)
    assert refused.value.place == "asked.dose"
    assert refused.value.fault.startswith(f"{dose} is a")


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"dose": "32.5 mg"}, []),  # 130 mg a day in four doses: at the daily bound
        ({"dose": "38 mg"}, []),  # 114 mg a day, 798 mg a week
        ({"dose": "38.1 mg"}, ["asked_above_weekly_bound"]),  # 800.1 mg a week
        ({"dose": "43.4 mg"}, ["asked_above_daily_bound", "asked_above_weekly_bound"]),
        ({"dose": "45 mg", "times_per_day": 1}, []),
        ({"dose": "45.001 mg", "times_per_day": 1}, ["asked_above_single_bound"]),
        ({"dose": "60 mg", "times_per_day": 1, "setting": "observed"}, []),
        ({"dose": "60.001 mg", "times_per_day": 1, "setting": "observed"}, ["asked_above_single_bound"]),
        ({"dose": "28 mg", "times_per_day": 4}, []),
        ({"dose": "20 mg", "times_per_day": 5}, ["asked_too_often"]),
        ({"dose": "20 mg", "days_per_week": 8}, ["asked_too_often"]),
    ],
)
def test_a_hard_bound_is_reached_but_never_passed(asked, found):
    assert codes(**asked) == found


def test_a_bound_that_refuses_names_what_was_asked_and_the_bound():
    (single,) = _reasons(wanted(dose="50 mg", times_per_day=1), protocol())
    assert single.facts == {"asked": "50 mg", "bound": "45 mg", "setting": "home"}
    assert (single.rule, single.source) == ("made-up@3/bounds/single", "b-home")


@pytest.mark.parametrize(
    ("dose", "slip"),
    [("4.001 mg", False), ("4 mg", True), ("0.4 mg", True), ("99.999 mg", False), ("100 mg", True), ("1000 mg", True)],
)
def test_five_times_more_or_less_than_expected_is_taken_for_a_slip(dose, slip):
    found = codes(dose=dose, times_per_day=1, setting="observed")
    assert ("asked_looks_like_a_slip" in found) is slip


def test_a_tier_brings_its_own_dose_settings_and_patterns():
    asking = wanted(tier="middle", setting="observed", times_per_day=1, days_per_week=3)
    assert (asking.dose, asking.by_hand) == (mg("30"), True)
    assert _reasons(asking, protocol()) == ()
    assert codes(tier="middle", times_per_day=1, days_per_week=3) == ["tier_not_in_this_setting"]
    assert codes(tier="middle", setting="observed", times_per_day=1, days_per_week=5) == ["asked_pattern_not_in_tier"]
    assert codes(tier="middle", setting="observed") == []  # the start's own pattern


@pytest.mark.parametrize(
    ("dose", "outside"), [("29.999 mg", True), ("30 mg", False), ("45 mg", False), ("45.001 mg", True)]
)
def test_a_dose_belongs_to_its_tier_at_both_ends(dose, outside):
    found = codes(tier="middle", dose=dose, setting="observed", times_per_day=1, days_per_week=3)
    assert ("asked_outside_tier" in found) is outside


def test_a_tier_that_the_protocol_does_not_have_is_refused():
    with pytest.raises(CaseFileError) as refused:
        wanted(tier="high")
    assert refused.value.place == "asked.tier"
    assert "'high'; it has: middle" in refused.value.fault
