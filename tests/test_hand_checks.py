"""One line of a pharmacist for several drugs: tied to their names, and never over what the tables know."""

from datetime import date

import pytest
from msgspec import structs

from tests.bad_input.door import DEMO
from titrant.clinic.answers import answers_onto
from titrant.clinic.opening import case_of, open_document
from titrant.clinic.write_case import case_as_yaml, hand_check_line
from titrant.pathway.case import HandCheck, HandCheckOfSeveral, Medication
from titrant.pathway.hand_checks import checked_drugs
from titrant.terms.errors import CaseFileError

ON = date(2026, 11, 20)


def case_with(*names, lines=()):
    case = case_of(open_document(DEMO))
    listed = structs.replace(
        case.given.medications, drugs=tuple(Medication(name=name) for name in names), checked_by_hand=tuple(lines)
    )
    return structs.replace(case, given=structs.replace(case.given, medications=listed))


def line(*names):
    return HandCheckOfSeveral(drugs=names, by="Demo Pharmacist", on=ON)


def test_each_named_drug_carries_the_check_and_no_other_does(library):
    drugs = checked_drugs(
        case_with("Metformin", "naproxen", "Zorbexitol", lines=[line("metformin", "Naproxen")]), library
    )
    held = HandCheck(by="Demo Pharmacist", on=ON)
    assert [one.checked_by_hand for one in drugs] == [held, held, None]


@pytest.mark.parametrize("known", ["clarithromycin", "Biaxin", "morphine", "clarithromycin 500 mg tablets"])
def test_what_the_tables_know_is_not_covered_by_a_line(known, library):
    (drug,) = checked_drugs(case_with(known, lines=[line(known)]), library)
    assert drug.checked_by_hand is None


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([line("metfornin")], "Did you mean metformin?"),
        ([line("metformin", "metformin")], "checked by hand twice"),
        ([line("metformin"), line("Metformin")], "checked by hand twice"),
        ([line("")], "is not a drug of the list"),
    ],
)
def test_a_line_that_names_no_one_drug_is_refused(lines, words, library):
    with pytest.raises(CaseFileError, match="checked_by_hand") as refused:
        checked_drugs(case_with("metformin", "naproxen", lines=lines), library)
    assert words in refused.value.fault


def test_a_line_without_a_person_is_refused():
    with pytest.raises(ValueError, match="the person who made it"):
        HandCheckOfSeveral(drugs=("metformin",), by=" ", on=ON)


def test_the_lines_of_an_answers_file_join_those_of_the_case(library):
    case = case_with("metformin", "naproxen", lines=[line("metformin")])
    over = {"given": {"medications": {"checked_by_hand": [{"drugs": ["naproxen"], "by": "P", "on": "2026-11-20"}]}}}
    drugs = checked_drugs(answers_onto(case, over), library)
    assert [one.checked_by_hand.by for one in drugs] == ["Demo Pharmacist", "P"]


def test_the_line_to_fill_names_what_the_tables_do_not_know(library):
    text = case_as_yaml(case_with("metformin", "morphine", 'odd, "drug"'), library)
    assert '# checked_by_hand: [{drugs: [metformin, "odd, \\"drug\\""], by: NAME, on: YYYY-MM-DD}]' in text
    assert hand_check_line([]) == ""
    assert "checked_by_hand" not in case_as_yaml(case_with("morphine"), library)
