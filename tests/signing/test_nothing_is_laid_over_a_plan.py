"""While a plan is signed, nobody lays its rules, its course or the diary anew by recording a fact."""

import uuid
from datetime import timedelta

import pytest
from msgspec import structs

from tests.signing.conftest import DOCTOR, NURSE
from titrant.clinic.acts import signing, starting
from titrant.clinic.acts.diary import keep_entry
from titrant.clinic.acts.judging import judge
from titrant.clinic.acts.signing import Chosen
from titrant.record.events import Actor, Kind, Role
from titrant.terms.errors import NotAllowed, NotNow

PHONE = Actor("d1", "patient", Role.PATIENT)
SECOND = {"of": "second_prescriber", "by": "Dr Nobody", "on": "2026-11-21", "reason": "typed by hand"}
OVER_A_PLAN = {
    "the course taken away": {"set": {"given": {"course": None}}},
    "a suspension taken away": {"set": {"given": {"course": {"suspensions": []}}}},
    "a plan without an end": {"set": {"given": {"course": {"ends": None}}}},
    "a supply that was none": {"add": {"course.supplies": [{"on": "2026-11-21", "pieces": "90"}]}},
    "another protocol": {"set": {"protocol": "oral-article"}},
    "another product": {"set": {"product": {"family": "capsule", "strength": "10 mg"}}},
    "a dose that was asked": {"set": {"asked": {"dose": "100 mg"}}},
    "sessions taken away": {"set": {"given": {"parenteral": []}}},
    "a second prescriber": {"add": {"confirmations": [SECOND]}},
    "the diary taken away": {"set": {"given": {"diary": []}}},
}


@pytest.fixture
def on_plan(office, followed):
    chosen = Chosen(action="hold", reason="slower")
    made = signing.offer(office, office.store.open(followed), chosen)
    signing.sign(office, followed, made.sha256, made.daily_mg, DOCTOR, expected=made.version, chosen=chosen)
    return followed


@pytest.mark.parametrize("what", OVER_A_PLAN)
@pytest.mark.parametrize("kind", [Kind.FACTS_RECORDED, Kind.IMPORTED, Kind.PERSON_RECORDED])
def test_no_fact_lays_a_signed_course_anew(office, on_plan, what, kind) -> None:
    before = office.store.open(on_plan).tree
    with pytest.raises(NotAllowed):
        office.store.append(on_plan, [office.draft(kind, {"person": {}} | OVER_A_PLAN[what], NURSE)], expected=None)
    assert office.store.open(on_plan).tree == before


def test_entries_are_not_taken_away_before_a_plan_either(office, newcomer) -> None:
    kept(office, newcomer, office.today)
    with pytest.raises(NotAllowed):
        office.store.append(
            newcomer, [office.draft(Kind.IMPORTED, {"set": {"given": {"diary": []}}}, NURSE)], expected=None
        )


def test_the_forms_of_a_start_change_nothing_of_a_running_course(office, on_plan) -> None:
    version = office.store.summary(on_plan).version
    for asked in ({"protocol": "troche-article"}, {"dose": "100"}):
        with pytest.raises(NotNow):
            starting.choose(office, on_plan, NURSE, expected=version, **asked)
    with pytest.raises(NotNow):  # it would lay an empty list over the medicines
        starting.answer(office, on_plan, {"medications.reviewed": "1"}, NURSE, expected=version)
    assert office.store.summary(on_plan).version == version


# An entry from east of the clinic


def kept(office, case, day, **more):
    entry = {"day": day.isoformat(), "entered": f"{day}T05:00:00+14:00", "taken": "all", "pain": {"average": 4}, **more}
    return keep_entry(office, case, entry, str(uuid.uuid4()), PHONE, received_at=office.now())


@pytest.fixture
def traveller(office, on_plan):
    """The clinic's clock says three in the afternoon; where the patient is, the next day has come."""
    late = structs.replace(office, now=lambda: office.now().replace(hour=16))
    kept(late, on_plan, late.today + timedelta(days=1), effects={"dizziness": 1})
    return late


def test_an_entry_of_tomorrow_waits_and_hides_nothing(traveller, on_plan) -> None:
    assert judge(traveller, on_plan).failed == ""
    record = traveller.store.open(on_plan)
    for action in ("lower", "pause", "stop"):
        assert signing.offer(traveller, record, Chosen(action=action, reason="effects")).may_be_signed, action


def test_no_raise_is_signed_past_an_entry_that_waits(office, followed) -> None:
    late = structs.replace(office, now=lambda: office.now().replace(hour=16))
    assert signing.offer(late, late.store.open(followed), Chosen(action="raise", reason="pain")).may_be_signed
    kept(late, followed, late.today + timedelta(days=1))
    made = signing.offer(late, late.store.open(followed), Chosen(action="raise", reason="pain"))
    assert "entry_not_come" in [one.code for one in made.refused]


def test_it_is_read_when_its_day_has_come(traveller, on_plan) -> None:
    from titrant.clinic.office import case_in, waiting_entries

    record = traveller.store.open(on_plan)
    tomorrow = traveller.today + timedelta(days=1)
    assert waiting_entries(record, traveller.today) == (tomorrow.isoformat(),)
    assert waiting_entries(record, tomorrow) == ()
    assert len(case_in(record, tomorrow).given.diary) == 1 + len(case_in(record, traveller.today).given.diary)


# Words that cannot be seen

HIDDEN = ("two\r\nlines", "a \x00 between", "turned \u202e round", "x" * 5000)


@pytest.mark.parametrize("reason", HIDDEN)
def test_a_suspension_is_taken_whatever_its_reason_and_the_record_stays_readable(office, on_plan, reason) -> None:
    from titrant.clinic.office import case_in

    signing.suspend(office, on_plan, reason, NURSE)
    assert case_in(office.store.open(on_plan)).given.course.suspensions[-1].reason
    assert signing.offer(office, office.store.open(on_plan), Chosen(action="stop", reason="effects")).may_be_signed


def test_no_hidden_character_enters_the_case_file(office, on_plan) -> None:
    line = {"since": "2026-11-21", "by": "provider", "reason": "a \x00 between"}
    with pytest.raises(NotAllowed):
        office.store.append(
            on_plan, [office.draft(Kind.SUSPENDED, {"add": {"course.suspensions": [line]}}, NURSE)], expected=None
        )


# A place where the program proposes nothing


@pytest.fixture
def silent(office):
    return structs.replace(office, settings=structs.replace(office.settings, engine_on=False))


def test_no_dose_of_the_program_is_offered_where_it_proposes_nothing(silent, newcomer) -> None:
    made = signing.offer_start(silent, newcomer)
    assert [one.code for one in made.refused] == ["no_proposals"]
    assert (made.regimen, made.sha256, made.proposal.regimen, made.proposal.would_be) == (None, "", None, None)


def test_less_can_still_be_signed_there_and_a_raise_only_by_a_dose_of_ones_own(silent, followed) -> None:
    record = silent.store.open(followed)
    for action in ("", "raise", "step_down_trial"):
        refused = signing.offer(silent, record, Chosen(action=action, reason="pain")).refused
        assert "no_proposals" in [one.code for one in refused], action
    for action in ("hold", "lower", "pause", "stop"):
        assert signing.offer(silent, record, Chosen(action=action, reason="effects")).may_be_signed, action
