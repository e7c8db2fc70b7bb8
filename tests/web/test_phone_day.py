"""The phone shows what a prescriber signed and nothing else; where nothing holds, it shows no dose."""

import json
import uuid
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from tests.clinic.signing_by_hand import NURSE, PRESCRIBER, knowledge, office_on, on, opened, sign, tree_of
from titrant.clinic.acts.diary import keep_entry
from titrant.clinic.phone_day import dose_on, phone_state, pieces_words
from titrant.record.events import Actor, Draft, Kind, Role
from titrant.terms.numbers import parse_decimal

DAY = date(2026, 11, 20)
ONE = timedelta(days=1)


@pytest.fixture
def here():
    return office_on(DAY, name="Clinic (synthetic)", zone="Europe/Madrid")


def plan(here, *levels, **person):
    case = opened(here, tree_of("everything-known-troche.yaml"), case=str(uuid.uuid4()))
    if person:
        here.store.append(case, [here.draft(Kind.PERSON_RECORDED, {"person": person}, NURSE)], expected=None)
    sign(here, case, *(levels or ({"since": "2026-11-20", "dose": "25 mg", "times_per_day": 1},)))
    return case


def doses(state):
    return {day: one["mg"] for day, one in state["days"].items() if one}


def test_the_signed_dose_stands_in_mg_and_pieces(here) -> None:
    state = phone_state(here, plan(here, how_to_take="spit", hold_minutes=15))
    today = state["days"]["2026-11-20"]
    assert (today["amount"], today["times_text"]) == ("25 mg = 1 and a quarter troches", "Once a day")
    assert today["how"] == "Hold it in the mouth for 15 minutes, then spit it out."
    assert state["status"] == "on_plan"


def test_how_to_take_it_is_never_guessed(here) -> None:
    today = phone_state(here, plan(here))["days"]["2026-11-20"]
    assert "call the clinic" in today["how"]
    assert today["hold"] == 0


def test_each_step_of_a_taper_has_its_days(here) -> None:
    case = plan(
        here,
        {"since": "2026-11-20", "dose": "25 mg", "times_per_day": 1},
        {"since": "2026-11-22", "dose": "20 mg", "times_per_day": 1},
    )
    assert doses(phone_state(here, case)) == {
        "2026-11-20": "25", "2026-11-21": "25", "2026-11-22": "20", "2026-11-23": "20",
    }  # fmt: skip


def test_the_plan_says_the_step_of_today_and_what_follows_on_it(here) -> None:
    case = plan(
        here,
        {"since": "2026-11-20", "dose": "25 mg", "times_per_day": 1},
        {"since": "2026-11-22", "dose": "20 mg", "times_per_day": 1},
    )
    before, after = (phone_state(on(here, day), case)["plan"] for day in (DAY, DAY + 2 * ONE))
    assert (before["amount"][:5], before["starts"], len(before["later"])) == ("25 mg", "2026-11-20", 1)
    assert (after["amount"][:5], after["starts"], after["later"]) == ("20 mg", "2026-11-22", [])


def test_until_a_new_plan_begins_the_plan_before_holds(here) -> None:
    case = plan(here)
    later = on(here, DAY + ONE)
    sign(later, case, {"since": "2026-11-23", "dose": "20 mg", "times_per_day": 1})
    found = doses(phone_state(later, case))
    assert (found["2026-11-22"], found["2026-11-23"]) == ("25", "20")


def test_before_the_first_day_there_is_no_dose(here) -> None:
    case = plan(here, {"since": "2026-11-22", "dose": "25 mg", "times_per_day": 1})
    state = phone_state(here, case)
    assert state["status"] == "not_begun"
    assert state["days"]["2026-11-20"] is None
    assert "22 November 2026" in state["status_text"]


@pytest.mark.parametrize(
    ("kind", "body", "by", "status"),
    [
        (Kind.SUSPENDED, {"add": {"course.suspensions": [{"since": "2026-11-20", "by": "provider"}]}}, PRESCRIBER,
         "suspended"),
        (Kind.STOPPED, {}, PRESCRIBER, "ended"),
        (Kind.WITHDRAWN, {}, PRESCRIBER, "ended"),
    ],
)  # fmt: skip
def test_without_a_plan_in_force_there_is_no_dose(here, kind, body, by, status) -> None:
    case = plan(here)
    here.store.append(case, [here.draft(kind, body, by)], expected=None)
    state = phone_state(here, case)
    assert state["status"] == status
    assert not doses(state)
    assert "Take no" in state["status_text"]


def test_what_was_signed_before_a_stop_does_not_come_back(here) -> None:
    case = plan(here)
    here.store.append(case, [here.draft(Kind.STOPPED, {}, PRESCRIBER)], expected=None)
    sign(here, case, {"since": "2026-11-22", "dose": "20 mg", "times_per_day": 1})
    assert doses(phone_state(here, case)) == {"2026-11-22": "20", "2026-11-23": "20"}


def test_a_plan_that_is_over_gives_no_dose(here) -> None:
    case = opened(here, tree_of("everything-known-troche.yaml"), case=str(uuid.uuid4()))
    level = {"since": "2026-11-10", "dose": "25 mg", "times_per_day": 1}
    sign(here, case, level, change=lambda content: {**content, "ends": "2026-11-20"})
    state = phone_state(here, case)
    assert state["status"] == "over"
    assert state["days"]["2026-11-20"] is None


def test_a_broken_seal_shows_no_dose_and_says_call(here) -> None:
    case = plan(here)
    events = here.store._streams[case]
    for place, event in enumerate(events):
        if event.kind is Kind.SIGNED:
            text = json.dumps(event.body).replace('"dose_mg": "25"', '"dose_mg": "52"')
            events[place] = msgspec.structs.replace(event, body=json.loads(text))
    state = phone_state(here, case)
    assert state["status"] == "broken"
    assert not doses(state)
    assert state["plan"] is None
    assert "Call the clinic" in state["status_text"]
    assert dose_on(here, here.store.open(case), DAY) is None


def test_a_draft_is_no_plan(here) -> None:
    case = opened(here, tree_of("everything-known-troche.yaml"), case=str(uuid.uuid4()))
    here.store.append(case, [here.draft(Kind.DRAFTED, {"content": {}}, NURSE)], expected=None)
    state = phone_state(here, case)
    assert state["status"] == "none"
    assert not doses(state)


def test_the_day_is_that_of_where_the_patient_lives(here) -> None:
    case = plan(here, zone="Pacific/Auckland")
    late = msgspec.structs.replace(here, now=lambda: datetime(2026, 11, 20, 20, 0, tzinfo=UTC))
    assert phone_state(late, case)["checked_on"] == "2026-11-21"


def test_a_phone_trusts_a_plan_for_few_days_only(here) -> None:
    trusted = knowledge().diary_form.plan_trusted.value
    last = max(phone_state(here, plan(here))["days"])
    assert (date.fromisoformat(last) - DAY).days == trusted.to("days").value


@pytest.mark.parametrize(
    ("pieces", "unit", "en", "es"),
    [
        ("0.25", "troche", "a quarter of a troche", "un cuarto de pastilla"),
        ("0.5", "troche", "half a troche", "media pastilla"),
        ("1", "capsule", "one capsule", "1 cápsula"),
        ("2", "capsule", "2 capsules", "2 cápsulas"),
        ("1.5", "troche", "1 and a half troches", "1 pastilla y media"),
        ("2.75", "troche", "2 and three quarters troches", "2 pastillas y tres cuartos"),
        ("1.5", "mL", "1.5 mL", "1.5 mL"),
    ],
)
def test_pieces_in_words(pieces, unit, en, es) -> None:
    phone = knowledge().phone
    assert pieces_words(phone.of("en"), parse_decimal(pieces), unit) == en
    assert pieces_words(phone.of("es"), parse_decimal(pieces), unit) == es


def test_a_confirmed_plan_is_known_to_be_read(here) -> None:
    from titrant.clinic.acts.patient_says import confirm_plan

    case = plan(here)
    number = phone_state(here, case)["plan"]["number"]
    confirm_plan(here, case, number, Actor("device-1", "patient", Role.PATIENT))
    assert phone_state(here, case)["plan"]["read"] is True
    assert here.store.summary(case).delivered


def test_peg_is_asked_once_a_week(here) -> None:
    case = plan(here)
    assert phone_state(here, case)["asks"]["peg"] is False
    week = on(here, DAY + 7 * ONE)
    assert phone_state(week, case)["asks"]["peg"] is True
    entry = {
        "id": "peg-entry",
        "day": "2026-11-27",
        "entered": "same day",
        "peg": {"pain": 3, "enjoyment": 3, "activity": 3},
    }
    week.store.append(case, [Draft(Kind.DIARY_KEPT, {"add": {"diary": [entry]}}, NURSE, week.now())], expected=None)
    assert phone_state(week, case)["asks"]["peg"] is False


def test_patients_are_told_when_the_clinic_is_closed_and_who_answers_then() -> None:
    set_up = {"name": "Clinic (synthetic)", "zone": "Europe/Madrid", "closed_weekdays": (6, 2)}
    here = office_on(DAY, on_call="Dr Example (synthetic), 555 0100", **set_up)
    clinic = phone_state(here, plan(here))["clinic"]
    assert clinic["on_call"] == "Dr Example (synthetic), 555 0100"
    assert clinic["read_when"] == "on working days (closed: Wednesday, Sunday)"
    spanish = phone_state(here, plan(here, language="es"))["clinic"]
    assert spanish["read_when"].endswith("(cerrado: miércoles, domingo)")


def test_of_closed_days_nothing_is_said_that_the_clinic_has_not_set(here) -> None:
    assert phone_state(here, plan(here))["clinic"]["read_when"] == "on working days"


def test_a_language_without_a_word_is_found_by_the_checker() -> None:
    from titrant.knowledge.checking import faults_of_form
    from titrant.knowledge.library import Library

    whole = knowledge()
    trees = dict(whole.trees)
    words = dict(trees["phone/es.yaml"]["words"])
    words.pop("plan_suspended")
    words["plan_most"] = "Nunca más."
    trees["phone/es.yaml"] = {**trees["phone/es.yaml"], "words": words}
    found = faults_of_form(Library(trees, whole.tables, whole.approvals))
    assert any("plan_suspended" in one for one in found)
    assert any("plan_most" in one for one in found)


def test_after_a_red_flag_no_dose_is_asked_for_until_the_clinic_has_dealt_with_it(here) -> None:
    case, said = plan(here), here.library.phone.of("en").say("emergency_do")
    told = {"day": "2026-11-20", "entered": here.now().isoformat(), "flags": ["chest_pain"]}
    keep_entry(here, case, told, "flagged-001", Actor("d", "patient", Role.PATIENT), received_at=here.now())
    days = phone_state(here, case)["days"]
    assert {one["not_asked"] for day, one in days.items() if one and day >= "2026-11-20"} == {said}
    (task,) = [one for one in here.store.summary(case).tasks.values() if one.code == "chest_pain"]
    closed = {"id": task.id, "outcome": "reached", "note": "Seen; the plan stands"}
    here.store.append(case, [here.draft(Kind.TASK_CLOSED, closed, NURSE)], expected=None)
    assert not any(one["not_asked"] for one in phone_state(here, case)["days"].values() if one)
