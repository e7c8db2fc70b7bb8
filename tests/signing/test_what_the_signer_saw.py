"""What was not in the record when the prescriber signed was not seen by that signature, whatever day it is of."""

from datetime import date, timedelta
from typing import Any

import pytest

from tests.signing.conftest import DOCTOR, NOW, NURSE, knowledge, office_with, opened, tree_of
from titrant.clinic.acts import recording, signing
from titrant.clinic.acts.diary import keep_entry
from titrant.clinic.acts.recording import Typed
from titrant.clinic.acts.signing import Chosen
from titrant.clinic.following import adjust_at
from titrant.clinic.office import Office, case_in
from titrant.clinic.opening import differing, shape_case
from titrant.pathway.adjust import Adjustment
from titrant.pathway.readings import parse_reading
from titrant.pathway.review import review
from titrant.record.events import Actor, Role
from titrant.terms.errors import CaseFileError

D = NOW.date()
PHONE = Actor("dev1", "Patient", Role.PATIENT)
HOLD = Chosen(action="hold", reason="examined")
LAST_WEEK = D - timedelta(days=6)
THREE_EXTRA = {"doses": [{"what": "unplanned", "dose": "20 mg"}] * 3}
SUPPLIED = {"given": {"course": {"supplies": [{"on": "2026-11-07", "pieces": "400"}]}}}


def at(office: Office, days: int, hour: int = 10) -> Office:
    return office_with(office.store, NOW.replace(hour=hour) + timedelta(days=days))


def ready() -> tuple[Office, str]:
    """Two weeks in, with enough in the house and a step up at hand."""
    office = office_with()
    return office, opened(office, "following-ready-for-a-step", changes=SUPPLIED)


def hold(office: Office, case: str, chosen: Chosen = HOLD) -> None:
    made = signing.offer(office, office.store.open(case), chosen)
    signing.sign(office, case, made.sha256, made.daily_mg, DOCTOR, expected=made.version, chosen=chosen)


def write(office: Office, case: str, day: date, **said: Any) -> None:
    entry = {"day": day.isoformat(), "entered": office.now().isoformat(), **said}
    keep_entry(office, case, entry, f"entry-{day}-{office.now():%d%H}", PHONE, received_at=office.now())


def good_days(office: Office, case: str, last: int) -> None:
    good = {
        "doses": [{"what": "taken", "dose": "20 mg"}] * 3, "pain": {"average": 6}, "effects": {}, "activity": "done",
        "blood_pressure": ["122/76 mmHg"],
    }  # fmt: skip
    for days in range(1, last + 1):
        write(at(office, days, 20), case, D + timedelta(days=days), **good)


def measured(office: Office, case: str, name: str, value: str, on: date) -> None:
    upper = "40" if name == "alt" else ""
    typed = Typed(name=name, place="readings", value=value, upper=upper, again=value)
    recording.record_typed(office, NURSE, case, [typed], expected=office.store.summary(case).version, on=on)


def says(office: Office, case: str) -> Adjustment:
    return adjust_at(office.desk, case_in(office.store.open(case), office.today))


def codes(office: Office, case: str) -> set[str]:
    return {one.code for one in says(office, case).reasons}


# The diary


def test_extra_doses_of_last_week_written_after_the_signature_of_the_day_hold_the_next_step() -> None:
    office, case = ready()
    hold(office, case)
    write(at(office, 0, 16), case, LAST_WEEK, **THREE_EXTRA)
    good_days(office, case, 2)
    assert "hold_took_extra" in codes(at(office, 2, 21), case)


def test_extra_doses_that_the_prescriber_had_before_him_are_seen_by_the_signature() -> None:
    office, case = ready()
    write(at(office, 0, 9), case, LAST_WEEK, **THREE_EXTRA)
    hold(office, case)
    good_days(office, case, 2)
    assert "hold_took_extra" not in codes(at(office, 2, 21), case)


def test_blood_from_the_bladder_written_after_the_signature_pauses() -> None:
    office, case = ready()
    hold(office, case)
    write(at(office, 0, 16), case, LAST_WEEK, effects={"urinary_blood": 1})
    good_days(office, case, 8)
    for days in (2, 8):
        decided = says(at(office, days, 21), case)
        assert decided.action is not None
        assert decided.action.value == "pause"


def test_a_phone_without_a_network_brings_its_morning_after_the_signature() -> None:
    """Written at nine, signed at ten, sent at four: it was not there when it was signed."""
    office, case = ready()
    hold(office, case)
    entry = {"day": LAST_WEEK.isoformat(), "entered": (NOW - timedelta(hours=1)).isoformat(), **THREE_EXTRA}
    keep_entry(office, case, entry, "offline-phone", PHONE, received_at=NOW + timedelta(hours=6))
    good_days(office, case, 2)
    assert "hold_took_extra" in codes(at(office, 2, 21), case)


def test_the_next_signature_has_seen_it() -> None:
    office, case = ready()
    hold(office, case)
    write(at(office, 0, 16), case, LAST_WEEK, **THREE_EXTRA)
    hold(at(office, 1), case)
    good_days(office, case, 3)
    assert "hold_took_extra" not in codes(at(office, 3, 21), case)


def test_the_order_of_the_record_goes_before_a_clock_that_was_put_back() -> None:
    office, case = ready()
    hold(office, case)
    write(at(office, 0, 8), case, LAST_WEEK, **THREE_EXTRA)  # appended after it, by a clock that says before
    good_days(office, case, 2)
    assert "hold_took_extra" in codes(at(office, 2, 21), case)


# Results

BAD = {
    "blood_pressure": ("190/115", "124/76", "stop_finding"), "alt": ("150", "22", "stop_finding"),
    "heart_rate": ("140", "72", "hold_unsettled"), "egfr": ("20", "92", "hold_unsettled"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_bad_result_of_the_day_that_came_after_the_signature_stands_beside_a_newer_normal_one(name: str) -> None:
    bad, normal, code = BAD[name]
    office, case = ready()
    hold(office, case)
    measured(at(office, 0, 16), case, name, bad, D)
    measured(at(office, 2), case, name, normal, D + timedelta(days=2))
    assert code in codes(at(office, 2), case)


@pytest.mark.parametrize("name", BAD)
def test_a_bad_result_of_before_the_signature_that_came_two_days_after_it_stands(name: str) -> None:
    bad, normal, code = BAD[name]
    office, case = ready()
    hold(office, case)
    measured(at(office, 2), case, name, normal, D + timedelta(days=2))
    measured(at(office, 2, 11), case, name, bad, D - timedelta(days=1))
    assert code in codes(at(office, 2, 12), case)
    hold(at(office, 2, 13), case)  # somebody has looked
    assert code not in codes(at(office, 3), case)


@pytest.mark.parametrize("name", BAD)
def test_a_bad_result_that_was_there_is_seen(name: str) -> None:
    bad, normal, code = BAD[name]
    office, case = ready()
    measured(office, case, name, bad, D - timedelta(days=1))
    hold(at(office, 0, 11), case)
    measured(at(office, 2), case, name, normal, D + timedelta(days=2))
    assert code not in codes(at(office, 2), case)


def test_a_bladder_symptom_told_after_the_signature_is_not_undone_by_the_diary() -> None:
    office, case = ready()
    hold(office, case)
    late = at(office, 0, 16)
    told = Typed(name="urinary_symptoms", place="answers", value="some")
    recording.record_typed(late, NURSE, case, [told], expected=late.store.summary(case).version, on=D)
    good_days(office, case, 2)
    assert says(at(office, 2, 21), case).review.assessment.facts["urinary_symptoms"].value == "some"


# The case file


def test_the_record_carries_the_instants_only_where_the_days_do_not_tell() -> None:
    office, case = ready()
    measured(office, case, "heart_rate", "70", D)
    hold(office, case)
    measured(at(office, 0, 16), case, "heart_rate", "80", D)
    measured(at(office, 2), case, "heart_rate", "75", D + timedelta(days=2))
    good_days(office, case, 3)
    given = office.store.open(case).tree["given"]
    assert given["course"]["levels"][-1]["signed"] == "2026-11-21T10:00:00Z"
    assert given["readings"]["heart_rate"][-3:] == [
        "70 /min on 2026-11-21", "80 /min on 2026-11-21 entered 2026-11-21T16:00:00Z", "75 /min on 2026-11-23",
    ]  # fmt: skip
    assert [one.get("received", "") for one in given["diary"][-3:]] == ["2026-11-22T20:00:00Z", "", ""]


def by_hand(signed: str, entered: str) -> set[str]:
    """A case file as somebody writes it: signed on the 21st for the 22nd, and a pulse of the 20th."""
    level = {"since": "2026-11-22", "dose": "20 mg", "times_per_day": 3, **({"signed": signed} if signed else {})}
    base = tree_of("following-ready-for-a-step")
    pulses = ["70 /min on 2026-11-19", f"140 /min on 2026-11-20{entered}", "72 /min on 2026-11-23"]
    changes = {
        "given": {
            "course": {"levels": [*base["given"]["course"]["levels"], level]}, "readings": {"heart_rate": pulses}
        }
    }  # fmt: skip
    found = review(shape_case(differing(base, changes), "by hand"), knowledge(), date(2026, 11, 23))
    return {one.code for one in found.standing.findings} | {one.fact for one in found.standing.missing}


@pytest.mark.parametrize(
    ("signed", "entered", "stands"),
    [
        ("", "", False),  # as files were written before: the days alone tell
        ("2026-11-21T10:00Z", "", False),
        ("", " entered 2026-11-23T09:00Z", False),
        ("2026-11-21T10:00Z", " entered 2026-11-21T09:59Z", False),
        ("2026-11-21T10:00Z", " entered 2026-11-21T10:00Z", True),  # nobody can tell which came first
        ("2026-11-21T10:00Z", " entered 2026-11-21T11:30+01:00", True),
        ("2026-11-21T10:00Z", " entered 2026-11-23T09:00Z from clinic", True),
    ],
)
def test_a_case_file_tells_it_the_same_way(signed: str, entered: str, *, stands: bool) -> None:
    assert bool(by_hand(signed, entered)) is stands


def test_a_time_without_its_zone_is_no_instant() -> None:
    kind = knowledge().facts["heart_rate"]
    for text in ("2026-11-23T09:00", "2026-11-23", "soon", "2026-11-23T09:00+23:00"):
        with pytest.raises(ValueError, match="zone"):
            parse_reading(f"72 /min on 2026-11-20 entered {text}", kind)
        with pytest.raises(CaseFileError):
            by_hand(text, "")
