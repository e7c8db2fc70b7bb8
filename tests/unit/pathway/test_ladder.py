"""The ladder: levels counted by hand, each with its earliest day, none past a usual bound or too late for a trial."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from msgspec.structs import replace

from tests.unit.made_up import DAY, library, mg, protocol, quantity
from titrant.pathway.case import ProductChoice
from titrant.pathway.deliver import supply_of
from titrant.pathway.ladder import ladder, ladder_end

WHOLE = Fraction(1)


def supply(family="solution", strength="10 mg/mL"):
    return supply_of(ProductChoice(family=family, strength=quantity(strength), content="base"), protocol(), library())


def climb(start, family="solution", strength="10 mg/mL", share=WHOLE, times=3, reduced=False, rules=None):
    of = supply(family, strength)
    regimen = of.regimen(mg(start), times, 7)
    return ladder(regimen, DAY, rules or protocol(), of, share, reduced=reduced)


def doses(levels):
    return [level.regimen.dose.mg for level in levels]


def decimals(*written):
    return [Decimal(one) for one in written]


def test_each_step_is_the_smaller_of_milligrams_and_per_cent_up_to_the_usual_bound():
    # 20 + half of it is 30; 30 + 12 would be 42, but 105 mg a day in three doses is 35.
    levels = climb("20")
    assert doses(levels) == decimals("20", "30", "35")
    assert [level.number for level in levels] == [1, 2, 3]
    assert [level.earliest for level in levels] == [DAY, DAY + timedelta(5), DAY + timedelta(10)]


def test_a_small_start_climbs_by_per_cent_rounded_down_to_what_can_be_measured():
    # 4, 6, 9, 13.5 by half; then 20.2 (not 20.25: tenths of a mL hold 1 mg), each day five days on.
    assert doses(climb("4")) == decimals("4", "6", "9", "13", "19")
    assert climb("4")[-1].earliest == DAY + timedelta(20)


def test_no_level_is_placed_where_a_trial_would_outlast_the_plan():
    # The plan ends after 42 days and a trial takes 21: the last level begins on day 21 at the latest.
    assert len(climb("4")) == 5  # days 0, 5, 10, 15, 20
    day_21 = replace(protocol(), step=replace(protocol().step, interval=_sourced("7 days")))
    assert [level.earliest - DAY for level in climb("4", rules=day_21)] == [timedelta(n) for n in (0, 7, 14, 21)]
    day_22 = replace(protocol(), step=replace(protocol().step, interval=_sourced("11 days")))
    assert [level.earliest - DAY for level in climb("4", rules=day_22)] == [timedelta(n) for n in (0, 11)]


def test_after_a_reduced_start_the_steps_are_smaller():
    assert doses(climb("10", reduced=True)) == decimals("10", "13", "16", "19", "22")


def test_a_share_of_exposure_shrinks_steps_and_bounds():
    # A third: steps of 4 mg, and at most 35 / 3 = 11.666 mg.
    assert doses(climb("6", share=Fraction(1, 3))) == decimals("6", "9", "11")
    assert doses(climb("6", share=Fraction(1, 3), reduced=True)) == decimals("6", "9", "11")


def test_whole_pieces_may_leave_no_step_at_all():
    assert doses(climb("12.5", "capsule", "12.5 mg")) == decimals("12.5")  # 18.75 mg cannot be made of capsules
    assert doses(climb("25", "capsule", "12.5 mg")) == decimals("25")  # 37 mg is beyond 35 mg; the rest is 2 capsules


def test_no_level_needs_more_pieces_than_believable():
    # Ten millilitres of the weaker solution are 100 mg; with fewer allowed the ladder ends where they do.
    of = supply()
    few = replace(of, product=replace(of.product, most_pieces=replace(of.product.most_pieces, value=3)))
    levels = ladder(of.regimen(mg("20"), 3, 7), DAY, protocol(), few, WHOLE, reduced=False)
    assert doses(levels) == decimals("20", "30")


def test_with_one_dose_a_day_the_single_bound_holds_and_a_second_prescriber_is_not_needed():
    levels = climb("20", times=1)
    assert doses(levels) == decimals("20", "30", "40")
    assert [level.needs for level in levels] == [(), (), ()]


def test_a_level_above_the_bound_for_two_needs_a_second_prescriber():
    levels = climb("20")
    assert [level.regimen.daily for level in levels] == [mg("60"), mg("90"), mg("105")]
    assert [level.needs for level in levels] == [(), (), ("second_prescriber",)]


def test_the_home_bound_holds_where_it_is_the_smallest():
    bounds = protocol().bounds
    tight = replace(protocol(), bounds=replace(bounds, single=replace(bounds.single, hard_home=_sourced("32 mg"))))
    assert doses(climb("20", rules=tight)) == decimals("20", "30", "32")


def test_the_first_level_is_the_start_on_its_day():
    first = climb("20")[0]
    assert (first.number, first.regimen.dose, first.earliest, first.needs) == (1, mg("20"), date(2026, 11, 21), ())


def _sourced(value):
    return replace(protocol().step.interval, value=quantity(value))


def end(start, family="solution", strength="10 mg/mL", share=WHOLE, times=3, reduced=False, rules=None):
    levels = climb(start, family, strength, share, times, reduced, rules)
    found = ladder_end(levels, rules or protocol(), supply(family, strength), share, reduced=reduced)
    return found.code, found.facts


def test_the_end_of_the_ladder_names_its_bound():
    assert end("20") == ("ladder_ends_at_daily_bound", {"bound": "105 mg/day", "most": "35 mg"})
    assert end("20", share=Fraction(1, 2)) == ("ladder_ends_at_daily_bound", {"bound": "105 mg/day", "most": "17.5 mg"})
    assert end("20", times=1)[0] == "ladder_ends_at_single_bound"
    assert end("4")[0] == "ladder_ends_with_the_plan"
