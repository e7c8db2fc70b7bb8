"""Drugs, allergies, supplies and the product under an answers file: it adds, and takes nothing back in silence."""

from typing import Any

import pytest

from tests.following.test_doors import adjusted, case_of, titrating
from titrant.clinic import answers_lists
from titrant.clinic.answers import answers_onto
from titrant.knowledge.library import Library
from titrant.pathway.case import Case
from titrant.terms.errors import CaseFileError

Tree = Any

METHADONE = {"name": "methadone", "dose": "40 mg", "times_per_day": "2", "since": "2026-11-18"}
ANAPHYLAXIS = {"substance": "XR-17", "reaction": "anaphylaxis to ketamine"}


def listing(*entries: Tree, on: str | None = "2026-11-20") -> Tree:
    return {"reviewed_on": on, "by": "Nurse Demo (synthetic)", "list": list(entries)}


def with_drugs(*entries: Tree, on: str | None = "2026-11-10") -> Case:
    return case_of(titrating(medications=listing(*entries, on=on)))


def drugs_onto(case: Case, *entries: Tree, on: str | None = "2026-11-20") -> Case:
    return answers_onto(case, {"given": {"medications": listing(*entries, on=on)}})


def drugs_of(case: Case) -> tuple[Any, ...]:
    assert case.given.medications is not None
    return case.given.medications.drugs


def refusal(case: Case, over: Tree) -> CaseFileError:
    with pytest.raises(CaseFileError) as caught:
        answers_onto(case, over)
    return caught.value


# Drugs and allergies

CHANGES = [
    {"until": "2026-11-19"}, {"until": "2020-01-01"}, {"dose": "5 mg"}, {"times_per_day": "1"},
    {"since": "2026-01-01"}, {"since": "2026-11-20"}, {"rxnorm": "6809"}, {"route": "transdermal"},
]  # fmt: skip


@pytest.mark.parametrize(
    ("own", "on"),
    [("2026-11-20", "2026-11-20"), ("2026-11-20", "2026-11-01"), ("2026-11-20", None), (None, "2026-11-20")],
)
@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_no_list_that_is_not_surely_newer_changes_a_drug(change: Tree, own: str | None, on: str | None) -> None:
    case = with_drugs(METHADONE | {"rxnorm": "6813"}, on=own)
    refused = refusal(case, {"given": {"medications": listing(METHADONE | change, on=on)}})
    assert refused.place == "answers: given.medications.methadone"
    assert "The case says methadone, rxnorm 6813, dose 40 mg, times_per_day 2, since 2026-11-18" in refused.fault
    assert "; the answers say methadone" in refused.fault


def test_a_drug_that_has_ended_is_not_taken_again_by_an_older_list() -> None:
    case = with_drugs(METHADONE | {"until": "2026-11-19"}, on="2026-11-20")
    assert "until 2026-11-19" in refusal(case, {"given": {"medications": listing(METHADONE)}}).fault


def test_a_list_reviewed_later_changes_a_drug_and_both_entries_are_shown() -> None:
    merged = drugs_onto(with_drugs(METHADONE), {"name": "Methadone", "until": "2026-11-15"})
    (drug,) = drugs_of(merged)
    assert (str(drug.until), drug.dose) == ("2026-11-15", None)
    (line,) = merged.skipped
    assert line == (
        "medications.methadone: methadone, dose 40 mg, times_per_day 2, since 2026-11-18 (list of 2026-11-10) "
        "was replaced by Methadone, until 2026-11-15 (list of 2026-11-20)"
    )
    assert drugs_onto(merged, {"name": "Methadone", "until": "2026-11-15"}) == merged


def test_no_list_ends_a_drug_before_the_day_on_which_it_was_seen_taken() -> None:
    over = {"given": {"medications": listing({"name": "methadone", "until": "2026-11-09"})}}
    assert "on 2026-11-10 it was taken" in refusal(with_drugs(METHADONE), over).fault


def test_a_newer_list_does_not_make_a_drug_of_known_identity_a_mere_name() -> None:
    case = with_drugs(METHADONE | {"name": "drops of old", "rxnorm": "6813"})
    (drug,) = drugs_of(drugs_onto(case, {"name": "drops of old", "dose": "5 mg"}))
    assert (drug.rxnorm, str(drug.dose), drug.times_per_day) == ("6813", "5 mg", "")


@pytest.mark.parametrize("own", ["2026-11-10", "2026-11-20", "2026-11-21", None])
def test_what_the_case_does_not_say_is_added_and_what_the_answers_do_not_say_stays(own: str | None) -> None:
    case = with_drugs({"name": "methadone", "rxnorm": "6813"}, {"name": "Xanthorin", "dose": "5 mg"}, on=own)
    by_hand = {"by": "Pharmacist Demo (synthetic)", "on": "2026-11-20"}
    merged = drugs_onto(case, METHADONE, {"name": "xanthorin", "checked_by_hand": by_hand}, {"name": "ibuprofen"})
    methadone, xanthorin, ibuprofen = drugs_of(merged)
    assert (methadone.rxnorm, str(methadone.dose), str(methadone.since)) == ("6813", "40 mg", "2026-11-18")
    assert (str(xanthorin.dose), xanthorin.checked_by_hand.by) == ("5 mg", "Pharmacist Demo (synthetic)")
    assert ibuprofen.name == "ibuprofen"
    assert merged.skipped == ()
    assert drugs_onto(merged, METHADONE) == merged


def test_of_two_entries_of_one_name_the_answers_speak_of_the_one_that_they_fit() -> None:
    case = with_drugs({"name": "morphine", "dose": "30 mg"}, {"name": "morphine", "dose": "10 mg"}, on="2026-11-20")
    merged = drugs_onto(case, {"name": "morphine", "dose": "10 mg", "times_per_day": "4"})
    assert [(str(one.dose), one.times_per_day) for one in drugs_of(merged)] == [("30 mg", ""), ("10 mg", "4")]
    refusal(case, {"given": {"medications": listing({"name": "morphine", "dose": "20 mg"})}})


def test_an_older_review_does_not_make_the_review_of_the_case_older() -> None:
    merged = drugs_onto(with_drugs(METHADONE, on="2026-11-20"), {"name": "ibuprofen"}, on="2026-11-01")
    assert merged.given.medications is not None
    assert str(merged.given.medications.reviewed_on) == "2026-11-20"
    assert len(merged.given.medications.drugs) == 2


@pytest.mark.parametrize(("on", "fits"), [("2026-11-01", False), ("2026-11-20", False), ("2026-11-21", True)])
def test_a_reaction_is_changed_only_by_a_list_reviewed_later(on: str, fits: bool) -> None:
    case = case_of(titrating(allergies=listing(ANAPHYLAXIS)))
    over = {"given": {"allergies": listing({"substance": "XR-17", "reaction": "rash"}, on=on)}}
    if fits:
        (line,) = answers_onto(case, over).skipped
        assert "reaction anaphylaxis to ketamine (list of 2026-11-20) was replaced by XR-17, reaction rash" in line
    else:
        assert "reaction anaphylaxis to ketamine (list of 2026-11-20)" in refusal(case, over).fault


def test_a_reaction_is_added_where_none_is_told() -> None:
    case = case_of(titrating(allergies=listing({"substance": "XR-17", "snomed": "1"})))
    merged = answers_onto(case, {"given": {"allergies": listing(ANAPHYLAXIS)}})
    assert merged.given.allergies is not None
    (one,) = merged.given.allergies.allergies
    assert (one.snomed, one.reaction) == ("1", "anaphylaxis to ketamine")


def test_these_tests_notice_a_change_that_is_taken_for_an_addition(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers_lists, "_listed_fits", lambda own, said: True)
    (drug,) = drugs_of(drugs_onto(with_drugs(METHADONE), {"name": "methadone", "until": "2020-01-01"}))
    assert str(drug.until) == "2020-01-01"


# A running course

SUPPLY = {"on": "2026-11-14", "pieces": "42"}
COUNTED = SUPPLY | {"left": "6", "counted_on": "2026-11-20"}


def with_supplies(*supplies: Tree) -> Case:
    tree = titrating()
    tree["given"]["course"]["supplies"] = list(supplies)
    return case_of(tree)


def supplies_onto(case: Case, *supplies: Tree) -> Tree:
    merged = answers_onto(case, {"given": {"course": {"supplies": list(supplies)}}})
    return [(str(one.on), one.pieces, one.left) for one in merged.given.course.supplies]


@pytest.mark.parametrize("pieces", ["42", "42.0"])
def test_a_count_is_added_to_the_supply_that_it_counts(pieces: str) -> None:
    assert supplies_onto(with_supplies(SUPPLY), COUNTED | {"pieces": pieces}) == [("2026-11-14", pieces, "6")]
    assert supplies_onto(with_supplies(COUNTED), SUPPLY) == [("2026-11-14", "42", "6")]
    assert supplies_onto(with_supplies(COUNTED), COUNTED) == [("2026-11-14", "42", "6")]


def test_a_supply_of_another_day_or_of_other_pieces_is_another_supply() -> None:
    others = [SUPPLY | {"on": "2026-11-17"}, SUPPLY | {"pieces": "10"}]
    assert len(supplies_onto(with_supplies(COUNTED), *others)) == 3


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ([COUNTED], [COUNTED | {"left": "0"}]),
        ([COUNTED], [COUNTED | {"counted_on": "2026-11-19"}]),
        ([COUNTED], [COUNTED, COUNTED | {"left": "0"}]),
    ],
    ids=["left", "counted_on", "both"],
)
def test_another_count_of_a_supply_is_refused_and_both_are_named(own: Tree, said: Tree) -> None:
    refused = refusal(with_supplies(*own), {"given": {"course": {"supplies": said}}})
    assert refused.place == "answers: given.course.supplies"
    assert "The case says of 42 pieces on 2026-11-14" in refused.fault


def with_product(**changes: Tree) -> Case:
    return case_of(titrating() | {"product": {"family": "oral-solution-10", "strength": "10 mg/mL"} | changes})


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"product": {"family": "oral-solution-50", "strength": "50 mg/mL"}}, "product.family"),
        ({"product": {"family": "oral-solution-10", "strength": "20 mg/mL"}}, "product.strength"),
        ({"product": {"family": "oral-solution-10", "strength": "10 mg/mL", "content": "base"}}, "product.content"),
        ({"protocol": "article-start"}, "protocol"),
    ],
    ids=["family", "strength", "content", "protocol"],
)
def test_the_product_and_the_protocol_of_a_running_course_are_not_answered(over: Tree, field: str) -> None:
    refused = refusal(with_product(content="hydrochloride"), over)
    assert refused.place == f"answers: {field}"
    assert "The case says" in refused.fault


def test_a_lot_of_the_same_product_is_added_and_its_content_stays() -> None:
    same = {"product": {"family": "oral-solution-10", "strength": "10 mg/mL", "lot": "B7"}}
    product = answers_onto(with_product(content="hydrochloride"), same).product
    assert product is not None
    assert (product.content, product.lot) == ("hydrochloride", "B7")


def test_before_a_course_another_product_may_be_answered() -> None:
    tree = titrating(course={}, diary=[]) | {"product": {"family": "oral-solution-50", "strength": "50 mg/mL"}}
    other = {"product": {"family": "oral-solution-10", "strength": "10 mg/mL"}, "protocol": "article-start"}
    merged = answers_onto(case_of(tree), other)
    assert merged.product is not None
    assert (merged.product.family, merged.protocol) == ("oral-solution-10", "article-start")


# Who says it


def said_by(by: str) -> dict[str, Tree]:
    """Each place of a case where a colleague's name stands, with ``by`` in it."""
    stamp = {"by": by, "on": "2026-11-20"}
    return {
        "given.medications.list[0].checked_by_hand.by": {
            "given": {"medications": listing({"name": "Xanthorin", "checked_by_hand": stamp})}
        },
        "given.medications.checked_by_hand[0].by": {
            "given": {
                "medications": listing({"name": "Xanthorin"}) | {"checked_by_hand": [stamp | {"drugs": ["Xanthorin"]}]}
            }
        },
        "given.medications.by": {"given": {"medications": listing() | {"by": by}}},
        "given.allergies.by": {"given": {"allergies": listing() | {"by": by}}},
        "given.reviews[0].by": {
            "given": {"reviews": [stamp | {"of": "clarithromycin_raises_ketamine", "says": "may_start"}]}
        },
        "given.confirmations[0].by": {
            "given": {"confirmations": [stamp | {"of": "second_prescriber", "reason": "seen together"}]}
        },
        "choice.by": {"choice": stamp | {"reason": "told"}},
    }


def with_said(part: Tree) -> Tree:
    tree = titrating(**part.get("given", {}))
    return tree | {key: value for key, value in part.items() if key != "given"}


PLACES = list(said_by(""))


@pytest.mark.parametrize("by", ["the patient", "nobody", "Her husband", "no one", "?"])
@pytest.mark.parametrize("place", PLACES)
def test_nobody_by_name_and_the_patient_are_no_colleague(place: str, by: str) -> None:
    with pytest.raises(CaseFileError, match="write the name of the colleague who"):
        case_of(with_said(said_by(by)[place]))


@pytest.mark.parametrize("by", ["Synthetic One", " DEMO-01 "])
@pytest.mark.parametrize("place", PLACES)
def test_the_name_of_the_person_is_no_colleagues(place: str, by: str, library: Library) -> None:
    case = case_of(with_said(said_by(by)[place]))
    with pytest.raises(CaseFileError, match="who is the patient") as caught:
        adjusted(case, library)
    assert caught.value.place == place


@pytest.mark.parametrize("place", PLACES)
def test_a_colleague_by_name_is_believed(place: str, library: Library) -> None:
    assert adjusted(case_of(with_said(said_by("Dr Ida Friend (synthetic)")[place])), library)


def test_a_drug_that_is_told_again_in_answers_stays_as_late_as_it_was_told() -> None:
    late = {"name": "diltiazem", "since": "2026-11-01", "entered": "2026-11-20T15:00Z"}
    for said in ({"name": "diltiazem", "since": "2026-11-01"}, late | {"entered": "2026-11-19T15:00Z"}):
        (one,) = drugs_of(drugs_onto(with_drugs(late), said))
        assert one.entered == late["entered"]
    (one,) = drugs_of(drugs_onto(with_drugs(late), {"name": "diltiazem", "since": "2026-11-03"}))
    assert (str(one.since), one.entered) == ("2026-11-03", late["entered"])
