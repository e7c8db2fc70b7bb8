"""One contract, every store: in memory and in the database that Django is set to."""

from datetime import UTC, date, datetime

import pytest

from tests.web.conftest import TEAM, actor, new_case
from titrant.record.events import SYSTEM, Draft, Kind
from titrant.record.ports import Bound, Conflict, NotFound, Query, TooMany
from titrant.record.states import State
from titrant.storage.memory_store import MemoryStore
from titrant.terms.errors import NotAllowed, Stale

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


@pytest.fixture(params=["memory", "database"])
def store(request):
    if request.param == "memory":
        return MemoryStore()
    from titrant.storage.case_store import DjangoStore

    return DjangoStore()


def entry(pain: int = 5, day: str = "2026-11-20") -> dict:
    return {"add": {"diary": [{"day": day, "pain": {"average": pain}}]}}


def kept(pain: int = 5) -> list[Draft]:
    return [Draft(Kind.DIARY_KEPT, entry(pain), actor("patient"), NOW)]


def test_a_case_is_folded_from_what_happened(store) -> None:
    case = new_case(store)
    record = store.open(case)
    assert record.summary.state is State.PREPARING
    assert record.tree["given"]["patient"] == {"id": case, "birth_date": "1974-05-02"}
    assert record.summary == store.summary(case)


def test_the_same_entry_sent_twice_is_kept_once(store) -> None:
    case = new_case(store)
    first = store.keep(case, "one", "a" * 64, kept())
    second = store.keep(case, "one", "a" * 64, kept())
    assert (second.number, second.again) == (first.number, True)
    assert len(store.open(case).tree["given"]["diary"]) == 1


def test_one_id_for_two_entries_is_refused(store) -> None:
    case = new_case(store)
    store.keep(case, "one", "a" * 64, kept(5))
    with pytest.raises(Conflict):
        store.keep(case, "one", "b" * 64, kept(9))


def test_true_twins_are_both_kept(store) -> None:
    case = new_case(store)
    store.keep(case, "one", "a" * 64, kept())
    store.keep(case, "two", "a" * 64, kept())
    assert len(store.open(case).tree["given"]["diary"]) == 2


def test_the_second_writer_is_told(store) -> None:
    case = new_case(store)
    seen = store.summary(case).version
    plan = [Draft(Kind.CONTACT_PLANNED, {"on": "2026-12-01", "why": "review"}, actor("nurse"), NOW)]
    store.append(case, plan, expected=seen)
    with pytest.raises(Stale):
        store.append(case, plan, expected=seen)


@pytest.mark.parametrize("kind", [Kind.FACTS_RECORDED, Kind.SIGNED, Kind.SUSPENDED, Kind.SUPPLIED, Kind.TASK_CLOSED])
def test_a_patient_only_writes_entries_and_messages(store, kind) -> None:
    case = new_case(store)
    before = store.summary(case).version
    with pytest.raises(NotAllowed):
        store.append(case, [Draft(kind, {}, actor("patient"), NOW)], expected=None)
    assert store.summary(case).version == before


def test_an_entry_cannot_carry_a_change_of_facts(store) -> None:
    case = new_case(store)
    smuggled = {**entry(), "set": {"given": {"course": {"levels": []}}}}
    with pytest.raises(NotAllowed):
        store.keep(case, "one", "a" * 64, [Draft(Kind.DIARY_KEPT, smuggled, actor("patient"), NOW)])


def test_a_record_of_another_team_is_not_listed(store) -> None:
    case = new_case(store, team="Team B (synthetic)")
    task = {"id": "t", "grade": "now", "code": "red_flag", "why": "chest pain"}
    store.append(case, [Draft(Kind.TASK_OPENED, task, actor("nurse"), NOW)], expected=None)
    listed = [row.summary.case for row in store.rows(Query(teams=(TEAM,), size=1000), date(2026, 11, 21))]
    assert case not in listed
    own = store.rows(Query(teams=("Team B (synthetic)",), tally="call_now", size=1000), date(2026, 11, 21))
    assert case in [row.summary.case for row in own]


def test_the_chain_holds_and_an_unknown_record_is_not_found(store) -> None:
    new_case(store)
    assert store.check_chain(store.head()[1]) == []
    with pytest.raises(NotFound):
        store.open("00000000-0000-0000-0000-000000000000")


def bounded(store, case: str, name: str, by: str = "patient"):
    task = {"id": f"task-{name}", "grade": "today", "code": "diary_flood", "why": "so many"}
    bound = Bound("2026-11-20", told_at=2, most=3, task=Draft(Kind.TASK_OPENED, task, SYSTEM, NOW))
    drafts = [Draft(Kind.DIARY_KEPT, entry(), actor(by), NOW)]
    return store.keep(case, name, "a" * 64, drafts, bound if by == "patient" else None)


def test_a_bound_tells_once_counts_phones_alone_and_refuses_with_the_task_on_disk(store) -> None:
    case = new_case(store)
    bounded(store, case, "paper", by="nurse")
    first = bounded(store, case, "one")
    assert not store.summary(case).tasks
    bounded(store, case, "two")
    bounded(store, case, "three")
    assert list(store.summary(case).tasks) == ["task-two"]
    store.append(case, [Draft(Kind.TASK_CLOSED, {"id": "task-two"}, actor("nurse"), NOW)], expected=None)
    for name in ("four", "five"):
        with pytest.raises(TooMany):
            bounded(store, case, name)
    assert list(store.summary(case).tasks) == ["task-four"]
    assert bounded(store, case, "one").number == first.number
    assert len(store.events(case, [Kind.DIARY_KEPT])) == 4


def test_a_record_number_is_asked_for_exactly(store) -> None:
    """A number that holds another one is another patient's."""
    case, longer = new_case(store), new_case(store)
    for one, number in ((case, f"{case[:6]}A"), (longer, f"{case[:6]}A1")):
        store.append(
            one, [Draft(Kind.PERSON_RECORDED, {"person": {"number": number}}, actor("nurse"), NOW)], expected=3
        )
    asked = Query(teams=None, number=f"{case[:6]}A")
    assert [row.summary.case for row in store.rows(asked, NOW.date())] == [case]
