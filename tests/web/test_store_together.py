"""What two streams share, in every store: all or none, looked up by kind, and who is on which protocol."""

from datetime import UTC, datetime

import pytest

from tests.clinic.signing_by_hand import office_on, opened, sign, tree_of
from tests.web.conftest import actor, new_case
from titrant.clinic.telling_events import SENTENCES
from titrant.record.events import CLINIC, Draft, Kind
from titrant.storage.memory_store import MemoryStore
from titrant.terms.errors import NotAllowed, NotNow, Stale

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


@pytest.fixture(params=["memory", "database"])
def store(request):
    if request.param == "memory":
        return MemoryStore()
    from titrant.storage.case_store import DjangoStore

    return DjangoStore()


def receipt(lot):
    product = {"family": "capsule", "strength": "10 mg", "content": "base"}
    body = {"product": product, "lot": lot, "quantity": "5", "unit": "capsule", "on": "2026-11-21"}
    return Draft(Kind.STOCK_RECEIVED, body, actor("pharmacist"), NOW)


def count_lot(store, lot):
    return sum(event.body["lot"] == lot for event in store.events(CLINIC, (Kind.STOCK_RECEIVED,)))


def held(by="nurse"):
    return Draft(Kind.HOLD_PLACED, {"id": "h", "why": "wait"}, actor(by), NOW)


def test_two_streams_move_together(store) -> None:
    case = new_case(store)
    store.append_together([(case, [held()], store.summary(case).version), (CLINIC, [receipt("both")], None)])
    assert store.summary(case).holds == {"h": "wait"}
    assert count_lot(store, "both") == 1
    assert store.check_chain(store.head()[1]) == []


@pytest.mark.parametrize("fault", ["stale", "power"])
def test_or_neither_does(store, fault) -> None:
    case = new_case(store)
    head, lot = store.head(), f"neither-{fault}"
    if fault == "stale":
        second, error = (CLINIC, [receipt(lot)], store.clinic_version() + 7), Stale
    else:
        second, error = (CLINIC, [Draft(Kind.STOCK_RECEIVED, receipt(lot).body, actor("nurse"), NOW)], None), NotAllowed
    with pytest.raises(error):
        store.append_together([(case, [held()], store.summary(case).version), second])
    assert store.summary(case).holds == {}
    assert store.head() == head
    assert store.check_chain(head[1]) == []


def test_events_are_found_by_kind(store) -> None:
    case = new_case(store)
    store.append(case, [held()], expected=None)
    assert [event.kind for event in store.events(case, (Kind.HOLD_PLACED, Kind.TEAMS_SET))] == [
        Kind.TEAMS_SET, Kind.HOLD_PLACED,
    ]  # fmt: skip
    assert case in [event.case for event in store.events_of((Kind.HOLD_PLACED,))]
    assert {event.kind for event in store.events_of((Kind.HOLD_PLACED,))} == {Kind.HOLD_PLACED}


def test_no_supply_is_stored_while_a_hold_is_placed_whoever_sends_it() -> None:
    office = office_on(NOW.date())
    case = opened(office, tree_of("everything-known.yaml"))
    sign(office, case, {"since": "2026-11-21", "dose": "10 mg", "times_per_day": 3})
    office.store.append(case, [held()], expected=None)
    body = {"on": "2026-11-21", "add": {"course.supplies": [{"on": "2026-11-21", "pieces": "3"}]}}
    for role in ("pharmacist", "prescriber"):
        with pytest.raises(NotNow, match="A hold is placed"):
            office.store.append(case, [Draft(Kind.SUPPLIED, body, actor(role), NOW)], expected=None)


def test_every_kind_of_event_has_its_sentence() -> None:
    assert set(SENTENCES) == set(Kind)
