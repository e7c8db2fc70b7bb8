"""A phone gone wild: what it sends beyond a day is refused aloud, staff are told, and the record stays readable."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from msgspec import structs

from tests.web.conftest import actor, new_case
from tests.web.phone_cases import on_plan, phone_of
from titrant.clinic.acts import diary, messages
from titrant.clinic.acts.diary import keep_entry
from titrant.record.events import Actor, Draft, Kind, Role
from titrant.record.ports import TooMany
from titrant.storage.memory_store import MemoryStore
from titrant.terms.errors import NotNow


@pytest.fixture
def send(office, monkeypatch):
    monkeypatch.setattr(diary, "MOST_IN_A_DAY", 5)
    monkeypatch.setattr(diary, "MOST_ALARMS_IN_A_DAY", 8)
    case = on_plan(office)
    by = Actor(phone_of(office, case).device, "patient", Role.PATIENT)

    def one(client_id="", at=office.now(), **more):  # noqa: B008
        entry = {"day": at.date().isoformat(), "entered": f"{at.date()}", "pain": {"average": 5}, **more}
        entry["entered"] = at.isoformat(timespec="seconds")
        there = structs.replace(office, now=lambda: at)
        return keep_entry(there, case, entry, client_id or str(uuid.uuid4()), by, received_at=at)

    one.case = case
    return one


@pytest.fixture(params=["memory", "database"])
def send_to(request, office, monkeypatch):
    """The same in every store."""
    monkeypatch.setattr(diary, "MOST_IN_A_DAY", 5)
    monkeypatch.setattr(diary, "MOST_ALARMS_IN_A_DAY", 8)
    here = structs.replace(office, store=MemoryStore()) if request.param == "memory" else office
    case = new_case(here.store)

    def one(by="patient"):
        entry = {"day": "2026-11-20", "entered": "2026-11-20T21:00:00+01:00", "pain": {"average": 5}}
        return keep_entry(here, case, entry, str(uuid.uuid4()), actor(by), received_at=here.now())

    one.case, one.office = case, here
    return one


def floods(send) -> list[str]:
    return [task.id for task in send.office.store.summary(send.case).tasks.values() if task.code == "diary_flood"]


def test_a_message_and_paper_do_not_count_and_the_last_entry_still_tells(send_to) -> None:
    for _ in range(4):
        send_to()
    send_to("nurse")
    messages.send(send_to.office, actor("patient"), send_to.case, "May I?", str(uuid.uuid4()))
    assert floods(send_to) == []
    send_to()
    assert len(floods(send_to)) == 1
    with pytest.raises(NotNow, match="More than 5 entries"):
        send_to()


def test_an_entry_that_is_refused_leaves_the_task_behind(send_to) -> None:
    for _ in range(5):
        send_to()
    (first,) = floods(send_to)
    closing = Draft(
        Kind.TASK_CLOSED, {"id": first, "outcome": "reached", "note": ""}, actor("nurse"), send_to.office.now()
    )
    send_to.office.store.append(send_to.case, [closing], expected=None)
    for _ in range(2):
        with pytest.raises(NotNow, match="More than 5 entries"):
            send_to()
    assert len(floods(send_to)) == 1, "entries are refused and nobody is told, or told twice"
    assert len(send_to.office.store.events(send_to.case, [Kind.DIARY_KEPT])) == 5


def test_posts_at_the_same_time_do_not_step_over_the_number(send_to) -> None:
    from django.db import connection

    def post(_):
        try:
            return bool(send_to())
        except NotNow:
            return False
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        taken = list(pool.map(post, range(12)))
    assert (sum(taken), len(floods(send_to))) == (5, 1)


def test_a_flood_is_refused_and_staff_are_told_once(office, send) -> None:
    first = send("the-first-one")
    for _ in range(4):
        send()
    for _ in range(3):
        with pytest.raises(NotNow, match="More than 5 entries"):
            send()
    assert send("the-first-one").number == first.number  # sent again it still gets its receipt
    record = office.store.open(send.case)
    assert [task.code for task in record.summary.tasks.values()] == ["diary_flood"]
    assert len(record.of(Kind.DIARY_KEPT)) == 5


def test_what_needs_somebody_at_once_is_still_taken(office, send) -> None:
    for _ in range(5):
        send()
    send(flags=["chest_pain"])
    assert "chest_pain" in [task.code for task in office.store.summary(send.case).tasks.values()]
    for _ in range(2):
        send(flags=["chest_pain"])
    with pytest.raises(NotNow):
        send(flags=["chest_pain"])


def test_the_next_day_is_a_new_one(office, send) -> None:
    for _ in range(5):
        send()
    assert send(at=office.now() + timedelta(days=1, minutes=1))


def test_ten_years_of_a_diary_are_still_a_case() -> None:
    from titrant.clinic.shaping import shape_case

    entry = {"day": "2026-11-20", "entered": "same day", "pain": {"average": 4}}
    diary_of_years = [entry | {"id": f"entry-{place:06}"} for place in range(18_000)]
    tree = {"scenario": "", "given": {"patient": {"birth_date": "1974-05-02"}, "diary": diary_of_years}}
    assert len(shape_case(tree, "ten years").given.diary) == 18_000


def test_a_flood_of_messages_is_refused_and_staff_are_told_once(send_to, monkeypatch) -> None:
    monkeypatch.setattr(messages, "MOST_IN_A_DAY", 3)
    for number in range(3):
        messages.send(send_to.office, actor("patient"), send_to.case, f"May I? {number}", str(uuid.uuid4()))
    assert len(floods(send_to)) == 1
    with pytest.raises(TooMany, match="More than 3 messages"):
        messages.send(send_to.office, actor("patient"), send_to.case, "May I?", str(uuid.uuid4()))
    messages.send(send_to.office, actor("nurse"), send_to.case, "You may.", str(uuid.uuid4()))
    assert send_to(), "messages leave the diary open"
