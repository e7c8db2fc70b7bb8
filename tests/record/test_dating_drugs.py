"""Which rows of a drug list that is written anew are newly told."""

from typing import Any

import pytest

from titrant.record.dating_drugs import drug_told, drugs_told

SINCE, AT = "2026-11-22", "2026-11-23T16:00:00+00:00"
OLD = {"name": "diltiazem", "dose": "60 mg", "times_per_day": "2", "since": "2026-01-01"}


def newly(before: list[dict[str, Any]], *rows: dict[str, Any]) -> list[bool]:
    return [one.get("entered") == AT for one in drugs_told(before, list(rows), SINCE, AT)]


@pytest.mark.parametrize(
    "row",
    [
        OLD,
        OLD | {"name": "  Diltiazem "},
        OLD | {"source": "pharmacy", "matched": "by name"},
        OLD | {"until": "2026-11-20"},
        OLD | {"dose": "0.06 g"},
        OLD | {"dose": "120 mg", "times_per_day": "1"},
        OLD | {"since": "2025-01-01"},
        {"name": "diltiazem"},
        OLD | {"since": "2026-11-22"},  # by its day alone it is new
    ],
)
def test_the_same_drug_and_no_more_of_it_is_not_newly_told(row: dict[str, Any]) -> None:
    assert newly([OLD], row) == [False]


@pytest.mark.parametrize(
    "row",
    [
        OLD | {"name": "verapamil"},
        OLD | {"dose": "61 mg"},
        OLD | {"times_per_day": "3"},
        OLD | {"dose": "61 mg", "times_per_day": ""},
        OLD | {"dose": "25 µg/h"},  # what cannot be compared may be more
        OLD | {"dose": "much"},
    ],
)
def test_another_drug_or_more_of_it_is(row: dict[str, Any]) -> None:
    assert newly([OLD], row) == [True]


def test_a_dose_that_nobody_had_written_completes_the_row() -> None:
    assert newly([{"name": "diltiazem"}], OLD) == [False]


def test_a_second_row_of_a_drug_is_more_of_it() -> None:
    assert newly([OLD], OLD, OLD) == [False, True]
    assert newly([OLD, OLD], OLD, OLD) == [False, False]
    assert drug_told(OLD, SINCE, AT)["entered"] == AT


def test_a_drug_that_had_ended_and_is_taken_again_is_newly_told() -> None:
    ended = OLD | {"until": "2026-06-01"}
    assert newly([ended], OLD) == [True]
    assert newly([ended], ended | {"until": "2026-12-01"}) == [True]
    assert newly([ended], ended) == [False]
    assert newly([OLD | {"until": "2026-12-01"}], OLD) == [False], "it had not ended"


def test_a_drug_whose_first_day_is_moved_back_from_after_the_signature_is_newly_told() -> None:
    assert newly([OLD | {"since": "2026-11-22"}], OLD) == [True]


def test_the_instant_is_the_records_own_and_stays() -> None:
    told = OLD | {"entered": "2026-11-22T15:00:00+00:00"}
    assert drugs_told([told], [OLD], SINCE, AT) == [told]
    assert drugs_told([told], [told | {"entered": "2020-01-01T00:00Z"}], SINCE, AT) == [told]
    assert drugs_told([OLD], [told], SINCE, AT) == [OLD]


def test_the_code_tells_the_drug_where_the_names_differ() -> None:
    coded = OLD | {"rxnorm": "3443"}
    assert newly([coded], coded | {"name": "diltiazem hydrochloride 60 mg"}) == [False]


def test_what_is_no_row_is_left_to_the_shape_of_the_case() -> None:
    assert drugs_told(["diltiazem"], ["diltiazem", None], SINCE, AT) == ["diltiazem", None]
