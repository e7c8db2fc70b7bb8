"""A written case reads back as the same case, whatever stands in it."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from titrant.clinic.opening import shape_case
from titrant.clinic.write_case import case_as_yaml
from titrant.pathway.case import (
    Answer,
    Asked,
    Case,
    Course,
    Facts,
    FailedTreatment,
    HandCheck,
    Level,
    Medication,
    MedicationList,
    Patient,
    Supplied,
)
from titrant.terms.quantity import Quantity
from titrant.terms.reading import is_plain_text, read_yaml

from .building import request, weight


def _again(case: Case) -> Case:
    return shape_case(read_yaml(case_as_yaml(case).encode()).tree, "written")


# No door lets in what cannot be seen; see terms/reading.
WORDS = st.text(st.characters(), max_size=40).filter(is_plain_text)
AWKWARD = [
    "", " ", "yes", "true", "null", "~", "3", "0.5", "a: b", "# x", "- x", "'", '"', "\\", "{a}", "[a]", "&a", "*a",
    "!t", "a #b", "%",
    "@", "`", "|", ">", "\n", "a\nb", "\t", "\ufeff", "é", "🙂", "1_0", "? x", "a:", ":",
]  # fmt: skip


@pytest.mark.parametrize("text", AWKWARD, ids=repr)
def test_awkward_words_come_back(text):
    case = Case(scenario=text, given=Facts(patient=Patient(birth_date=date(1970, 1, 1)), goals=(text,)))
    assert _again(case) == case


@settings(max_examples=300, deadline=None)
@given(WORDS, WORDS, st.dictionaries(WORDS, WORDS, max_size=3), st.lists(WORDS, max_size=3))
def test_any_words_come_back(scenario, note, questions, skipped):
    case = Case(
        scenario=scenario,
        given=Facts(
            patient=Patient(birth_date=date(1970, 1, 1)),
            failed_treatments=(FailedTreatment(treatment=note, result="no_benefit"),),
        ),
        questions=questions,
        skipped=tuple(skipped),
    )
    assert _again(case) == case


def test_every_kind_of_value_comes_back():
    check = HandCheck(by="Pharmacist", on=date(2026, 1, 1), treat_as=("opioid",))
    drug = Medication(
        name="oxycodone",
        dose=Quantity(Decimal("2.5"), "mg"),
        times_per_day="4",
        checked_by_hand=check,
        until=date(2026, 2, 3),
    )
    level = Level(since=date(2026, 1, 1), dose=Quantity(Decimal(10), "mg"), times_per_day=3)
    case = Case(
        scenario="x",
        given=Facts(
            patient=Patient(birth_date=date(1970, 1, 1)),
            readings={"weight": ("70 kg on 2026-01-01", "71 kg on 2026-01-02"), "height": "170 cm on 2026-01-01"},
            answers={"consent": "yes", "frail": Answer(answer="no", on=date(2026, 1, 1))},
            medications=MedicationList(reviewed_on=date(2026, 1, 1), drugs=(drug,)),
            course=Course(levels=(level,), supplies=(Supplied(on=date(2026, 1, 2), pieces="30"),)),
        ),
        asked=Asked(dose=Quantity(Decimal(5), "mg"), times_per_day=2),
    )
    assert _again(case) == case


def test_what_a_scenario_expects_is_written_as_it_stands():
    expect = {"outcome": "proposed", "findings": ["a", {"b": 3, "c": [1, [2]], "d": {}}], "none": None, "yes": True}
    case = Case(scenario="x", given=Facts(patient=Patient(birth_date=date(1970, 1, 1))), expect=expect)
    assert read_yaml(case_as_yaml(case).encode()).tree["expect"] == expect


def test_open_questions_stand_as_comments_where_their_answers_belong(imported, library):
    text = case_as_yaml(imported(weight(), request("3322", "diazepam")), library)
    lines = text.splitlines()
    assert any(line.startswith("    # alt: VALUE U/L on YYYY-MM-DD  # ") for line in lines)
    assert "  # conditions:" in lines
    assert any(line.startswith("  #   psychosis: no, or how it stands  # ") for line in lines)
    assert all(len(line.encode()) < 1000 for line in lines)
