"""Two records of one person are never both started without a word; and no word says more than its reader may see."""

import unicodedata

import pytest

from tests.signing.conftest import DOCTOR, NURSE, opened
from titrant.clinic.acts import signing
from titrant.clinic.acts.likeness import alike
from titrant.record.events import Kind
from titrant.record.states import State
from titrant.terms.errors import NotNow

SAME = {"name": "Ada Example (synthetic)", "birth_date": "1974-05-02", "number": "R-1"}
HIDDEN = "A record of another care team looks like the same person."


def record_of(office, case, team="A", **person):
    opened(office, case=case)
    drafts = [
        office.draft(Kind.PERSON_RECORDED, {"person": {**SAME, **person}}, NURSE),
        office.draft(Kind.TEAMS_SET, {"teams": [team]}, NURSE),
    ]
    office.store.append(case, drafts, expected=None)
    return case


def started(office, case, sees=("A",), why=""):
    shown = signing.offer(office, office.store.open(case), signing.Chosen())
    legal = {"another_person": why} if why else {}
    return signing.sign(
        office, case, shown.sha256, shown.daily_mg, DOCTOR, expected=shown.version, legal=legal, sees=sees
    )


def likenesses(office, case, sees=("A",)):
    record = office.store.open(case)
    shown = signing.offer(office, record, signing.Chosen())
    return [one.text for one in signing.likenesses(office, record, shown, sees)]


@pytest.mark.parametrize("other", [{"number": "R-9"}, {"name": "Zoe Other (synthetic)", "birth_date": "1950-01-01"}])
def test_the_second_record_of_one_person_is_not_started_beside_the_first(office, other) -> None:
    first, second = record_of(office, "one-record"), record_of(office, "two-record", **other)
    assert likenesses(office, first) == [
        f"Record {other.get('number', 'R-1')} looks like the same person; it is preparing."
    ]
    started(office, first)
    with pytest.raises(NotNow, match="Record R-1 looks like the same person; it is on plan"):
        started(office, second)
    assert office.store.summary(second).state is State.PREPARING


def test_a_suspended_plan_counts_and_one_that_has_ended_is_named_only(office) -> None:
    first, second = record_of(office, "one-record"), record_of(office, "two-record")
    started(office, first)
    signing.suspend(office, first, "too drowsy", NURSE)
    with pytest.raises(NotNow, match="it is suspended"):
        started(office, second)
    signing.stop(office, first, DOCTOR, expected=office.store.summary(first).version, reason="ended")
    assert likenesses(office, second) == ["Record R-1 looks like the same person; it is ended."]
    assert started(office, second).state is State.ON_PLAN


@pytest.mark.parametrize("typed", [
    {"name": unicodedata.normalize("NFD", "José Núñez")}, {"name": "José  Núñez"}, {"name": " JOSÉ\u00a0NÚÑEZ "},
    {"name": "Jo\u200bsé Nú\u00adñez\ufeff"},
    {"name": "Zoe Other (synthetic)", "number": "r-77"}, {"name": "", "number": "Ｒ-７７"},
])  # fmt: skip
def test_one_person_is_seen_however_the_name_or_number_was_typed(office, typed) -> None:
    first = record_of(office, "one-record", name="José Núñez", number="R-77")
    second = record_of(office, "two-record", **({"name": "José Núñez", "number": "R-9"} | typed))
    for case in (first, second):
        assert len(likenesses(office, case)) == 1
    started(office, first)
    with pytest.raises(NotNow, match="Record R-77 looks like the same person; it is on plan"):
        started(office, second)


def test_the_reason_why_it_is_another_person_is_kept_with_the_signature(office) -> None:
    first, second = record_of(office, "one-record"), record_of(office, "two-record")
    started(office, first)
    with pytest.raises(NotNow):
        started(office, second, why="   ")
    started(office, second, why="twin sister, both were here with their papers")
    (event,) = office.store.open(second).of(Kind.SIGNED)
    assert event.body["legal"]["another_person"] == "twin sister, both were here with their papers"


@pytest.mark.parametrize("begun", [True, False])
def test_of_a_record_of_another_team_nothing_is_told_but_that_there_is_one(office, begun) -> None:
    first, second = record_of(office, "one-record", team="B"), record_of(office, "two-record")
    if begun:
        started(office, first, why="asked")
    assert likenesses(office, second) == [HIDDEN]
    with pytest.raises(NotNow) as refused:  # the same words, whether that one has a plan or not
        started(office, second)
    assert refused.value.fault == HIDDEN
    assert likenesses(office, second, sees=None) != [HIDDEN]


def test_somebody_else_is_no_likeness(office) -> None:
    first = record_of(office, "one-record")
    record_of(office, "two-record", number="R-10", birth_date="1950-01-01")
    record_of(office, "three-record", number="R-11", name="Zoe Other (synthetic)")
    assert likenesses(office, first) == []


def test_a_record_like_this_one_is_found_behind_many_that_share_its_number(office) -> None:
    def summary(place):
        person = {"name": f"Person {place} (synthetic)", "birth_date": "1950-01-01", "number": f"77{place}"}
        case = f"case-{place:05}"
        drafts = [
            office.draft(Kind.CASE_OPENED, {}, NURSE), office.draft(Kind.PERSON_RECORDED, {"person": person}, NURSE),
        ]  # fmt: skip
        office.store.append(case, drafts, expected=0)

    for place in range(250):
        summary(place)
    last = record_of(office, "zz-record", number="77")
    assert [row.summary.case for row in alike(office, "", "", "77", None)] == [last]


def test_what_follows_a_first_plan_is_signed_as_before(office) -> None:
    first, second = record_of(office, "one-record"), record_of(office, "two-record", number="R-2")
    started(office, first)
    started(office, second, why="twins")
    record = office.store.open(first)
    made = signing.offer(office, record, signing.Chosen(action="stop", reason="ended"))
    assert signing.likenesses(office, record, made, ("A",)) == ()
