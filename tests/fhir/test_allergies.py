"""Allergies: ketamine by any sign of it; no allergy only where it is stated."""

from datetime import date

import pytest

from .building import ABSENT, RXNORM, SNOMED, allergy, concept


@pytest.mark.parametrize(
    "one",
    [
        allergy("373464007", "Ketamine"),
        allergy("6130", "ketamine", RXNORM),
        allergy("203184", "ketamine hydrochloride", RXNORM),
        allergy("6130", "metformin", RXNORM),
        allergy("1", "S-Ketamin"),
        allergy("1", "Anaesthetic", reaction=[{"substance": concept(SNOMED, "373464007")}]),
        allergy("373464007", "Ketamine", verificationStatus=concept("", "unconfirmed")),
        allergy("373464007", "Ketamine", verificationStatus=concept("", "banana")),
        allergy("373464007", "Ketamine", clinicalStatus=concept("", "inactive")),
        allergy("373464007", "Ketamine", clinicalStatus=concept("", "banana")),
        allergy("373464007", "Ketamine", modifierExtension=[{"url": "x"}]),
        allergy("373464007", "Ketamine", patient=ABSENT),
        allergy("2119365", "esketamine", RXNORM),
        allergy("2119365", "", RXNORM),
        allergy("N01AX03", "Anaesthetic", "http://www.whocc.no/atc"),
        allergy("1", "Anaesthetic", reaction=[{"description": "Rash after KETAMINE"}]),
        allergy("1", "Anaesthetic", reaction=[{"substance": {"text": "Spravato"}}]),
        allergy("1", "Anaesthetic", note=[{"text": "it was ketamine"}]),
        allergy("716186003", "No known allergy", note=[{"text": "ketamine: hives"}]),
        {"resourceType": "Bundle", "entry": [{"resource": allergy("373464007", "Ketamine")}]},
    ],
    ids=range(20),
)
def test_any_sign_of_ketamine_is_an_allergy_to_ketamine(imported, one):
    found = imported(one).given.allergies.allergies
    assert [(a.rxnorm, a.snomed) for a in found] == [("6130", "373464007")]
    assert found[0].substance.startswith("ketamine (")


@pytest.mark.parametrize(
    "changes",
    [
        {"verificationStatus": concept("", "refuted")},
        {"verificationStatus": concept("", "entered-in-error")},
        {"clinicalStatus": concept("", "resolved")},
        {"clinicalStatus": concept("", "Resolved"), "modifierExtension": [{"url": "x"}]},
    ],
)
def test_what_does_not_hold_is_not_listed_but_said(imported, changes):
    case = imported(allergy("373464007", "Ketamine", **changes))
    assert not case.given.allergies.allergies
    assert any(line.startswith("AllergyIntolerance Ketamine") for line in case.skipped)
    assert "allergies" in case.questions


def test_two_versions_of_an_allergy_that_cannot_be_ranked_are_both_listed(imported):
    found = imported(allergy("1", "Latex", id="a"), allergy("373464007", "Ketamine", id="a")).given.allergies
    assert [one.substance for one in found.allergies] == ["Latex", "ketamine (Ketamine)"]


def test_the_words_of_the_record_stay_visible(imported):
    one = allergy("1", "Anaesthetic", reaction=[{"description": "Rash after ketamine"}])
    assert imported(one).given.allergies.allergies[0].substance == "ketamine (Anaesthetic; Rash after ketamine)"


def test_other_allergies_are_kept_by_name(imported):
    reaction = [{"manifestation": [{"text": "hives"}]}]
    found = imported(allergy("764146007", "Penicillin", reaction=reaction)).given.allergies
    assert [(a.substance, a.reaction) for a in found.allergies] == [("Penicillin", "hives")]
    assert found.reviewed_on is None


def test_no_known_allergy_is_a_review_with_its_day(imported):
    case = imported(allergy("716186003", "No known allergy", recordedDate="2026-10-01"))
    assert (case.given.allergies.allergies, case.given.allergies.reviewed_on) == ((), date(2026, 10, 1))
    assert "allergies" not in case.questions


@pytest.mark.parametrize(
    "others",
    [
        [allergy("716186003", "No known allergy")],
        [allergy("716186003", "No known allergy", recordedDate="2026")],
        *(
            [allergy("716186003", "No known allergy", recordedDate="2026-10-01"), allergy("1", "Latex", **changes)]
            for changes in (
                {},
                {"clinicalStatus": concept("", "inactive")},
                {"verificationStatus": concept("", "refuted")},
                {"modifierExtension": [{"url": "x"}]},
            )
        ),
        [
            allergy(
                "716186003",
                "No known allergy",
                recordedDate="2026-10-01",
                verificationStatus=concept("", "unconfirmed"),
            )
        ],
        [allergy("716186003", "No known allergy", recordedDate="2026-10-01", modifierExtension=[{"url": "x"}])],
        [allergy("716186003", "Latex", recordedDate="2026-10-01")],
        [allergy("409137002", "No known drug allergy", recordedDate="2026-10-01")],
        [
            allergy(
                "716186003", "No known allergy", recordedDate="2026-10-01", verificationStatus=concept("", "refuted")
            )
        ],
    ],
    ids=range(11),
)
def test_a_denial_without_day_or_beside_an_allergy_is_no_review(imported, others):
    case = imported(*others)
    assert case.given.allergies.reviewed_on is None
    assert "allergies" in case.questions
    assert not any(one.substance.startswith("No ") for one in case.given.allergies.allergies)
