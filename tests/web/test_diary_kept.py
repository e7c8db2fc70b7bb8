"""A diary entry is kept once and whole, is marked with when it was written, and is refused where it cannot be one."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from random import Random
from uuid import UUID

import msgspec
import pytest

from tests.web.conftest import actor, new_case
from titrant.clinic.acts.diary import keep_entry
from titrant.record.ports import Conflict
from titrant.storage.memory_store import MemoryStore
from titrant.terms.errors import CaseFileError

RECEIVED = datetime(2026, 11, 21, 20, 10, tzinfo=UTC)


@pytest.fixture
def here(office):
    return msgspec.structs.replace(office, store=MemoryStore(), now=lambda: RECEIVED)


def entry(**fields):
    return {"day": "2026-11-21", "entered": "2026-11-21T21:05:00+01:00", **fields}


def keep(here, case, tree, client_id=None, by="patient"):
    return keep_entry(here, case, tree, client_id or str(uuid.uuid4()), actor(by), received_at=RECEIVED)


def kept(here, case):
    return here.store.open(case).tree["given"]["diary"]


def test_a_second_tap_gives_the_same_receipt(here) -> None:
    case, one = new_case(here.store), str(uuid.uuid4())
    first = keep(here, case, entry(pain={"average": 5}), one)
    second = keep(here, case, entry(pain={"average": 5}), one)
    assert (second.number, second.again) == (first.number, True)
    assert len(kept(here, case)) == 1


def test_the_same_id_for_another_entry_is_a_conflict(here) -> None:
    case, one = new_case(here.store), str(uuid.uuid4())
    keep(here, case, entry(pain={"average": 5}), one)
    with pytest.raises(Conflict):
        keep(here, case, entry(pain={"average": 6}), one)


def test_the_entry_keeps_the_local_time_of_the_phone_with_its_offset(here) -> None:
    case = new_case(here.store)
    keep(here, case, entry(day="2026-11-18", pain={"average": 5}))
    assert kept(here, case)[0]["entered"] == "2026-11-21T21:05:00+01:00"


def test_a_phone_at_greenwich_is_not_taken_for_one_of_unknown_place(here) -> None:
    case = new_case(here.store)
    keep(here, case, entry(entered="2026-11-21T20:05:00+00:00", day="2026-11-20"))
    assert kept(here, case)[0]["entered"] == "2026-11-21"
    assert here.store.events(case)[-1].body["written"] == "2026-11-21T20:05:00+00:00"


def test_the_clock_of_the_server_goes_before_a_phone_that_is_ahead(here) -> None:
    case = new_case(here.store)
    keep(here, case, entry(entered="2026-11-25T08:00:00+01:00"))
    assert kept(here, case)[0]["entered"] == "2026-11-21T21:10:00+01:00"


@pytest.mark.parametrize(
    "wrong",
    [
        {"day": "2026-11-22"},
        {"day": "2026-11-22", "entered": "2026-11-22T09:00:00+01:00"},
        {"entered": "same day"},
        {"entered": ""},
        {"entered": "2026-11-21T21:05:00"},
        {"through": "2026-11-21"},
        {"mood": 11},
        {"mood": True},
        {"pain": {"average": "5"}},
        {"dose": "500 mg"},
        {"doses": [{"what": "taken", "at": "25:00"}]},
        {"doses": [{"what": "taken", "dose": "-5 mg"}]},
        {"doses": [{"what": "taken", "dose": "10 mg", "pieces": "5"}]},
        {"doses": [{"what": "taken"}] * 30},
        {"reason": "x" * 501},
        {"reason": "a\u202eb"},
        {"blood_pressure": ["80/120 mmHg"]},
        {"blood_pressure": ["many"]},
        {"flags": ["headache"]},
        {"effects": {"dizziness": 5}},
        {"effects": {"boredom": 1}},
        {"id": "another-id"},
    ],
)
def test_what_cannot_be_an_entry_of_a_phone_is_refused(here, wrong) -> None:
    case = new_case(here.store)
    before = here.store.summary(case).version
    with pytest.raises(CaseFileError):
        keep(here, case, {**entry(), **wrong})
    assert here.store.summary(case).version == before


@pytest.mark.parametrize("client_id", ["", "short", "x" * 65, "../../../../etc", None, 7])
def test_an_entry_needs_an_id_of_its_device(here, client_id) -> None:
    with pytest.raises(CaseFileError):
        keep_entry(here, new_case(here.store), entry(), client_id, actor("patient"), received_at=RECEIVED)


def test_staff_may_type_a_paper_diary_and_the_day_of_writing_stays_open(here) -> None:
    case = new_case(here.store)
    keep(here, case, {"day": "2026-11-18", "pain": {"average": 4}}, by="nurse")
    assert kept(here, case)[0]["entered"] == ""


def test_staff_cannot_write_of_tomorrow_either(here) -> None:
    for wrong in ({"day": "2026-11-22", "entered": "same day"}, {"day": "2026-11-20", "entered": "2026-11-19"}):
        with pytest.raises(CaseFileError):
            keep(here, new_case(here.store), wrong, by="nurse")


# What one day's entries say together

DAY = date(2026, 11, 20)


def reviewed(here, *day_entries):
    """The spine's review of a course of 20 mg three times a day, whose last day was told by these entries."""
    from tests.properties.following_cases import bases
    from titrant.clinic.shaping import shape_case
    from titrant.pathway.review import review

    case, tree = new_case(here.store), next(one for one in bases() if one["on"] == "2026-11-21")
    for one in day_entries:
        keep(here, case, {"day": "2026-11-20", "entered": "2026-11-20T21:05:00+01:00", **one})
    before = [one for one in tree["given"]["diary"] if one["day"] != "2026-11-20"]
    given = tree["given"] | {"diary": [*before, *kept(here, case)]}
    return review(shape_case(tree | {"given": given}, "a case"), here.library, DAY + timedelta(days=1))


def dose(at: str = "", what: str = "taken", mg: str = "20 mg"):
    return {"what": what, **({"at": at} if at else {}), **({"dose": mg} if what != "missed" else {})}


SCORES = {"pain": {"average": 6}, "effects": {}}


def test_doses_logged_through_the_day_add_up_and_never_double(here) -> None:
    at_once = reviewed(here, {"doses": [dose(), dose(), dose()], **SCORES})
    one_by_one = reviewed(
        here, {"doses": [dose("08:00")]}, {"doses": [dose("14:00")]}, {"doses": [dose("21:00")], **SCORES}
    )
    assert one_by_one.taken == at_once.taken
    assert DAY not in one_by_one.extra
    assert one_by_one.data.days_in_time == at_once.data.days_in_time


def test_a_fourth_dose_of_three_is_seen(here) -> None:
    found = reviewed(here, *({"doses": [dose(at)]} for at in ("08:00", "14:00", "21:00", "23:00")))
    assert DAY in found.extra


def test_a_planned_dose_sent_again_is_not_a_second_dose(here) -> None:
    case, one = new_case(here.store), str(uuid.uuid4())
    for _ in range(3):
        keep(here, case, entry(doses=[dose("08:00")]), one)
    assert len(kept(here, case)) == 1


def test_a_missed_dose_beside_two_taken_counts_as_missed(here) -> None:
    full = reviewed(here, {"doses": [dose(), dose(), dose()], **SCORES})
    part = reviewed(here, {"doses": [dose("08:00")]}, {"doses": [dose(), dose(what="missed")], **SCORES})
    assert part.taken.taken < full.taken.taken
    assert part.taken.planned == full.taken.planned


def test_scores_of_the_evening_complete_the_day_of_doses_logged_before(here) -> None:
    found = reviewed(here, {"doses": [dose("08:00")]}, {"doses": [dose("14:00"), dose("21:00")]}, SCORES)
    whole = reviewed(here, {"doses": [dose(), dose(), dose()], **SCORES})
    assert found.data.days_in_time == whole.data.days_in_time


def test_an_unplanned_dose_is_kept_and_counted(here) -> None:
    found = reviewed(here, {"taken": "all", **SCORES}, {"doses": [dose("03:00", "unplanned")]})
    assert DAY in found.unplanned_days


def test_an_entry_made_days_later_stays_marked_late(here) -> None:
    in_time = reviewed(here, {"taken": "all", **SCORES})
    late = reviewed(here, {"day": "2026-11-15", "entered": "2026-11-21T10:00:00+01:00", **SCORES})
    assert late.data.days_late == in_time.data.days_late + 1


# T20


def sent_over_and_over(store_of, office, entries: int, twins: int, threads: int) -> None:
    """Each entry is sent one to ten times, in any order and at the same time; true twins are entries of their own."""
    random = Random(20)
    here = msgspec.structs.replace(office, store=store_of)
    case = new_case(here.store)
    ids = [str(UUID(int=random.getrandbits(128), version=4)) for _ in range(entries)]
    sent = [
        (one, place if place >= twins else 0) for place, one in enumerate(ids) for _ in range(random.randint(1, 10))
    ]
    random.shuffle(sent)

    def send(one):
        client_id, content = one
        return client_id, keep(here, case, entry(mood=content % 11, reason=f"entry {content}"), client_id).number

    with ThreadPoolExecutor(threads) as pool:
        receipts = list(pool.map(send, sent))
    diary = kept(here, case)
    assert sorted(one["id"] for one in diary) == sorted(ids)
    assert len(set(receipts)) == entries
    assert sum(one["reason"] == "entry 0" for one in diary) == max(twins, 1)


def test_entries_sent_many_times_at_once_are_each_kept_once(office) -> None:
    sent_over_and_over(MemoryStore(), office, entries=150, twins=20, threads=2)


def test_entries_sent_many_times_at_once_are_each_kept_once_in_the_database(office) -> None:
    sent_over_and_over(office.store, office, entries=60, twins=10, threads=2)


@pytest.mark.release
def test_ten_thousand_entries_are_each_kept_once(office) -> None:
    sent_over_and_over(office.store, office, entries=10_000, twins=500, threads=20)


def test_the_harness_sees_entries_that_are_merged_by_what_they_say(office, monkeypatch) -> None:
    """A store that takes alike for the same loses the twins, and the harness says so."""
    from titrant.storage import memory_store

    whole = memory_store.MemoryStore.keep

    def merging(self, case, client_id, sha256, drafts, bound=None):
        said = drafts[0].body["add"]["diary"][0]["reason"]
        return whole(self, case, f"by-content-{said}", "same", drafts, bound)

    monkeypatch.setattr(memory_store.MemoryStore, "keep", merging)
    with pytest.raises(AssertionError):
        sent_over_and_over(MemoryStore(), office, entries=40, twins=10, threads=2)
