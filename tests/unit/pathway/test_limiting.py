"""The constraints on a start: each is a cap with its reason, none raises a dose, and the smallest holds."""

from fractions import Fraction
from itertools import permutations

import pytest

from tests.unit.made_up import mg, protocol, quantity
from titrant.knowledge.shapes.common import DoseLimit
from titrant.pathway.limiting import exposure_share, is_sensitive, limited_start, unknown_reductions
from titrant.pathway.screen import StartLimit
from titrant.terms.reason import Reason, Status

START_CAP = Reason("start_cap", "made-up@3/start/at_most", {"cap": "25 mg"}, "s-most", Status.PROPOSAL)
SINGLE = Reason("usual_single_bound", "made-up@3/bounds/single/usual", {"cap": "40 mg"}, "b-single", Status.PROPOSAL)
DAILY = Reason(
    "usual_daily_bound", "made-up@3/bounds/daily/usual", {"cap": "105 mg/day", "times_per_day": "3"}, "b-daily"
)
PERSON = {"age": quantity("40 years"), "frail": "no", "bmi": quantity("25 kg/m2")}


def limit(code, at_most=None, share="", multiplies=False, **facts):
    of = DoseLimit(at_most=quantity(at_most) if at_most else None, share=share)
    return StartLimit(code, of, f"rule/{code}", facts, f"source-{code}", Status.UNVERIFIED, multiplies)


def start(asked, *limits, values=PERSON, normal="20"):
    return limited_start(mg(asked), mg(normal), protocol(), limits, values)


def test_a_start_below_every_cap_is_left_alone():
    limited = start("20")
    assert limited.value == limited.asked == mg("20")
    assert limited.limits == ()


def test_a_start_at_a_cap_is_left_alone_and_above_it_is_cut():
    assert start("25").limits == ()
    cut = start("25.001")
    assert cut.value == mg("25")
    assert cut.asked == mg("25.001")
    assert cut.limits == (START_CAP,)


def test_every_cap_of_the_protocol_is_remembered_the_largest_first():
    limited = start("100")
    assert limited.value == mg("25")
    assert limited.limits == (SINGLE, DAILY, START_CAP)  # 40 mg, then 105 mg / 3 = 35 mg, then 25 mg
    assert limited.binding == START_CAP


def test_a_light_person_starts_with_less():
    limited = start("25", values=PERSON | {"weight": quantity("50 kg")})
    assert limited.value == mg("20")  # 50 kg x 0.4 mg/kg
    assert limited.limits == (
        Reason(
            "start_cap_by_weight", "made-up@3/start/at_most_by_weight",
            {"weight": "50 kg", "per_kg": "0.4 mg/kg", "cap": "20 mg"}, "s-weight", Status.UNVERIFIED,
        ),
    )  # fmt: skip


def test_pounds_count_as_what_they_weigh():
    limited = start("25", values=PERSON | {"weight": quantity("110 lb")})
    assert limited.value == mg("19.958")  # 110 x 0.45359237 kg x 0.4 mg/kg, cut down
    assert limited.limits[0].facts["weight"] == "110 lb"


@pytest.mark.parametrize("weight", ["unknown", ""])
def test_a_weight_that_is_not_a_quantity_gives_no_cap(weight):
    assert start("20", values=PERSON | {"weight": weight}).limits == ()


def test_a_smaller_start_for_some_people_takes_hold_at_its_boundary():
    assert start("20", values=PERSON | {"age": quantity("64 years")}).value == mg("20")
    older = start("20", values=PERSON | {"age": quantity("65 years")})
    assert older.value == mg("8")
    assert older.limits == (
        Reason("lower_old", "made-up@3/start/reductions/lower_old", {"age": "65 years", "cap": "8 mg"}, "s-old",
               Status.UNVERIFIED),
    )  # fmt: skip


def test_a_smaller_start_names_the_facts_that_are_known():
    frail = start("20", values={"frail": "yes"})
    assert frail.value == mg("6")
    assert frail.limits == (
        Reason("lower_frail", "made-up@3/start/reductions/lower_frail", {"frail": "yes", "cap": "6 mg"}, "s-frail",
               Status.PROPOSAL),
    )  # fmt: skip


def test_what_is_not_known_gives_no_cap_here_but_is_named():
    assert start("20", values={}).limits == ()
    assert list(unknown_reductions(protocol(), {})) == ["age", "frail", "bmi"]
    assert list(unknown_reductions(protocol(), {"age": quantity("40 years")})) == ["frail", "bmi"]
    assert list(unknown_reductions(protocol(), {"frail": "no"})) == ["age", "bmi"]
    assert list(unknown_reductions(protocol(), {"frail": "yes"})) == ["age"]  # settled: it is lower already
    assert list(unknown_reductions(protocol(), PERSON)) == []
    assert list(unknown_reductions(protocol(), PERSON | {"frail": "yes"})) == []


def test_a_finding_caps_the_dose():
    limited = start("20", limit("opioid", at_most="5 mg", drug="morphine"))
    assert limited.value == mg("5")
    assert limited.limits == (
        Reason("opioid", "rule/opioid", {"drug": "morphine", "cap": "5 mg"}, "source-opioid", Status.UNVERIFIED),
    )


def test_a_finding_leaves_a_share_of_the_normal_start_not_of_what_is_asked():
    limited = start("24", limit("inhibitor", share="1/3"), normal="18")
    assert limited.value == mg("6")
    assert limited.limits == (
        Reason("inhibitor", "rule/inhibitor", {"cap": "1/3 of 18 mg"}, "source-inhibitor", Status.UNVERIFIED),
    )


def test_a_share_is_cut_down_to_a_thousandth():
    assert start("20", limit("inhibitor", share="1/3")).value == mg("6.666")


def test_of_a_cap_and_a_share_in_one_finding_the_smaller_holds():
    both = limit("both", at_most="7 mg", share="1/2")
    limited = start("20", both)
    assert limited.value == mg("7")
    assert [one.facts["cap"] for one in limited.limits] == ["1/2 of 20 mg", "7 mg"]


def test_a_share_above_one_is_no_limit_and_is_refused():
    with pytest.raises(ValueError, match="whole"):
        limit("wider", share="3/2", multiplies=True)


def test_shares_that_change_exposure_multiply():
    limits = (
        limit("liver", share="1/2", multiplies=True),
        limit("drug", share="1/3", multiplies=True),
        limit("other", share="1/10"),
        limit("capped", at_most="19 mg", multiplies=True),
    )
    assert exposure_share(limits) == Fraction(1, 6)
    assert exposure_share(limits[:1]) == Fraction(1, 2)
    assert exposure_share(limits[2:]) == 1
    assert exposure_share(()) == 1
    assert isinstance(exposure_share(()), Fraction)
    limited = start("20", *limits[:2])
    assert limited.value == mg("3.333")
    assert limited.limits == (
        Reason("liver", "rule/liver", {"cap": "1/2 of 20 mg"}, "source-liver", Status.UNVERIFIED),
        Reason("drug", "rule/drug", {"cap": "1/3 of 20 mg"}, "source-drug", Status.UNVERIFIED),
        Reason("exposures_multiply", "limiting/shares_multiply",
               {"share": "1/6", "of": "20 mg", "because": "liver, drug"}, "titrant-proposal", Status.PROPOSAL),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("first", "second", "share"),
    [
        (("inhibitor", "ritonavir"), ("inhibitor", "ritonavir"), Fraction(1, 3)),  # one drug, listed twice
        (("inhibitor", "ritonavir"), ("inhibitor", "clarithromycin"), Fraction(1, 9)),
        (("inhibitor", "ritonavir"), ("liver", "ritonavir"), Fraction(1, 9)),
        (("liver", None), ("liver", None), Fraction(1, 3)),
    ],
)
def test_each_drug_counts_once_however_often_it_is_listed(first, second, share):
    limits = tuple(
        limit(code, share="1/3", multiplies=True, **({"drug": drug} if drug else {})) for code, drug in (first, second)
    )
    assert exposure_share(limits) == share
    several = [one for one in start("20", *limits).limits if one.code == "exposures_multiply"]
    assert len(several) == (0 if share == Fraction(1, 3) else 1)


def test_of_one_drug_with_two_shares_the_smaller_holds_in_any_order():
    shares = (limit("a", share="1/2", multiplies=True, drug="x"), limit("a", share="1/3", multiplies=True, drug="x"))
    assert {exposure_share(some) for some in permutations(shares)} == {Fraction(1, 3)}


def test_one_share_alone_is_not_named_as_several():
    limited = start("20", limit("liver", share="1/2", multiplies=True), limit("other", share="9/10"))
    assert limited.value == mg("10")
    assert [one.code for one in limited.limits] == ["other", "liver"]


def test_a_capped_finding_does_not_count_among_the_shares():
    limits = (limit("liver", share="1/2", multiplies=True), limit("capped", at_most="19 mg", multiplies=True))
    assert [one.code for one in start("20", *limits).limits] == ["capped", "liver"]


def test_the_order_of_findings_changes_nothing():
    limits = (
        limit("b", at_most="9 mg"), limit("a", at_most="9 mg"), limit("c", share="1/2", multiplies=True),
        limit("d", share="1/4", multiplies=True),
    )  # fmt: skip
    answers = [start("20", *some) for some in permutations(limits)]
    assert {one.value for one in answers} == {mg("2.5")}
    assert {tuple(reason.code for reason in one.limits) for one in answers} == {
        ("c", "a", "d", "exposures_multiply"),
    }


def test_of_two_equal_caps_the_first_by_name_and_then_by_facts_is_remembered():
    assert [one.code for one in start("20", limit("z", at_most="5 mg"), limit("y", at_most="5 mg")).limits] == ["y"]
    same = (limit("x", at_most="5 mg", drug="tramadol"), limit("x", at_most="5 mg", drug="morphine"))
    for limits in permutations(same):
        (kept,) = start("20", *limits).limits
        assert kept.facts["drug"] == "morphine"


def test_nothing_asked_is_left_at_nothing():
    assert start("0").value == mg("0")
    assert start("0").limits == ()


def test_a_person_who_needs_less_takes_the_small_steps():
    some = (limit("opioid", at_most="5 mg"),)
    assert not is_sensitive(protocol(), (), PERSON)
    assert is_sensitive(protocol(), some, PERSON)
    assert is_sensitive(protocol(), (), PERSON | {"age": quantity("65 years")})
    assert is_sensitive(protocol(), (), PERSON | {"frail": "yes"})
    assert is_sensitive(protocol(), some, PERSON | {"frail": "yes"})
    assert not is_sensitive(protocol(), (), {})  # what is not known is asked; it is no reason by itself
