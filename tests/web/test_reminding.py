"""Reminders come at the patient's own hour in the patient's own zone: once a day, also when the clocks change (T22)."""

import uuid
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest

from tests.clinic.signing_by_hand import NURSE, office_on, opened, tree_of
from titrant.clinic.acts.reminding import Wanted, calendar, instant_on, reminders_due
from titrant.record.events import Draft, Kind

DAY = date(2026, 3, 29)  # the clocks of Madrid go from 02:00 to 03:00
BACK = date(2026, 10, 25)  # and from 03:00 to 02:00


def test_an_hour_that_does_not_exist_comes_when_the_gap_is_over() -> None:
    assert instant_on(DAY, "02:30", "Europe/Madrid") == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)


def test_an_hour_that_comes_twice_is_its_first_coming() -> None:
    assert instant_on(BACK, "02:30", "Europe/Madrid") == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_an_ordinary_hour_is_itself() -> None:
    assert instant_on(date(2026, 7, 1), "21:00", "Europe/Madrid") == datetime(2026, 7, 1, 19, 0, tzinfo=UTC)


@pytest.fixture
def here():
    return office_on(date(2026, 3, 28))


def case_of(here) -> str:
    return opened(here, tree_of("everything-known-troche.yaml"), case=str(uuid.uuid4()))


def minutes(here, case, hour, zone, first, last, step=timedelta(minutes=5)):
    """Every reminder from ``first`` to ``last``, when the worker looks every five minutes."""
    found, last_day, now = [], "", first
    while now < last:
        for one in reminders_due(here, [Wanted(case, "d", hour, zone, last_day)], now):
            found.append((one.day, now))
            last_day = one.day.isoformat()
        now += step
    return found


@pytest.mark.parametrize("hour", ["00:00", "00:30", "01:30", "02:00", "02:30", "03:00", "21:00", "23:55"])
@pytest.mark.parametrize(
    "zone", ["Europe/Madrid", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "UTC"]
)
@pytest.mark.parametrize("change", [date(2026, 3, 29), date(2026, 10, 25), date(2026, 3, 8), date(2026, 4, 5)])
def test_each_day_has_one_reminder_over_a_change_of_the_clocks(here, hour, zone, change) -> None:
    case, place = case_of(here), ZoneInfo(zone)
    first = datetime.combine(change - timedelta(days=2), datetime.min.time(), place).astimezone(UTC)
    found = minutes(here, case, hour, zone, first, first + timedelta(days=5))
    days = [day for day, _ in found if change - timedelta(days=1) <= day <= change + timedelta(days=1)]
    assert days == [change - timedelta(days=1), change, change + timedelta(days=1)]


@pytest.mark.release
def test_each_day_has_one_reminder_in_forty_zones_over_both_changes(here) -> None:
    case = case_of(here)
    for zone in sorted(available_timezones())[:: max(len(available_timezones()) // 40, 1)]:
        for hour in ("00:30", "02:30", "21:00"):
            first = datetime(2026, 1, 1, tzinfo=UTC)
            found = [
                day
                for day, _ in minutes(
                    here, case, hour, zone, first, datetime(2027, 1, 1, tzinfo=UTC), timedelta(hours=1)
                )
            ]
            assert found == [found[0] + timedelta(days=n) for n in range(len(found))], (zone, hour)


def test_who_has_written_today_is_left_alone(here) -> None:
    case, now = case_of(here), datetime(2026, 3, 28, 20, 0, tzinfo=UTC)
    wanted = [Wanted(case, "d", "20:00", "UTC")]
    assert len(reminders_due(here, wanted, now)) == 1
    entry = {"id": "entry-one", "day": "2026-03-28", "entered": "same day", "mood": 5}
    here.store.append(case, [Draft(Kind.DIARY_KEPT, {"add": {"diary": [entry]}}, NURSE, here.now())], expected=None)
    assert reminders_due(here, wanted, now) == []


def test_a_clinic_that_was_off_at_the_hour_still_reminds_and_not_in_the_night(here) -> None:
    case = case_of(here)
    wanted = [Wanted(case, "d", "20:00", "UTC")]
    assert reminders_due(here, wanted, datetime(2026, 3, 28, 22, 0, tzinfo=UTC))
    assert not reminders_due(here, wanted, datetime(2026, 3, 29, 3, 0, tzinfo=UTC))


def test_the_calendar_file_says_no_more_than_diary() -> None:
    text = calendar("Diary", "21:00", date(2026, 11, 22), "diary-1@titrant.invalid", datetime(2026, 11, 21, tzinfo=UTC))
    assert "\r\nDTSTART:20261122T210000\r\n" in text  # no zone: the hour of wherever the phone is
    assert "RRULE:FREQ=DAILY" in text
    assert "BEGIN:VALARM" in text
    assert "ketamine" not in text.lower()
    assert "mg" not in text


def test_a_reminder_is_put_into_the_outbox_once_and_says_nothing(office) -> None:
    from tests.web.phone_cases import client_of, on_plan, phone_of
    from titrant.storage.devices import Devices
    from titrant.storage.models import Outgoing

    case = on_plan(office)
    phone = phone_of(office, case)
    answer = client_of(phone.token).post("/p/reminder/", {"case": case, "hour": "20:00", "zone": "UTC"})
    assert answer.status_code == 200
    now = datetime.combine(office.today, datetime.min.time(), UTC) + timedelta(hours=20, minutes=1)
    due = [one for one in reminders_due(office, Devices().wanted(), now) if one.case == case]
    assert [Devices().reminded(one, now) for one in [*due, *due]] == [True, False]
    (row,) = Outgoing.objects.filter(case=case)
    assert row.kind == "reminder"
    for word in ("ketamine", "25", "mg", "pain", "Ada"):
        assert word not in row.body
    assert client_of(phone.token).get("/p/reminder/diary.ics")["Content-Type"].startswith("text/calendar")


@pytest.mark.parametrize(
    "wrong", [{"hour": "25:00"}, {"hour": "20:00", "zone": "Mars/Base"}, {"hour": "x", "zone": "UTC"}]
)
def test_an_hour_or_a_zone_that_is_none_is_refused(office, wrong) -> None:
    from tests.web.phone_cases import client_of, on_plan, phone_of
    from titrant.storage.models import Device

    case = on_plan(office)
    phone = phone_of(office, case)
    page = client_of(phone.token).post("/p/reminder/", {"case": case, **wrong})
    assert page.context["fault"]
    assert Device.objects.get(id=phone.device).reminder_at == ""
