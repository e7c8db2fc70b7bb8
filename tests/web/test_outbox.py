"""Red flags reach a person (T25), and nothing waits where nobody looks (T26)."""

import contextlib
import importlib
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from tests.web.conftest import actor, new_case
from titrant.record.events import SYSTEM, Draft, Kind, instant_of, instant_text
from titrant.record.ports import Query

LADDER = ("first@demo.invalid", "second@demo.invalid", "third@demo.invalid")
BEGINS = datetime(2026, 11, 21, 9, tzinfo=UTC)


class _Late:
    """A module that knows the database: it can be imported only once there is one."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str):
        return getattr(importlib.import_module(self._name), name)


delivering, doctor, working = (_Late(f"titrant.app.{name}") for name in ("delivering", "doctor", "working"))


class Post:
    """A mail server in simulated time: accepts, fails by chance, or is dead for a while."""

    def __init__(self, failing: float, dead: tuple[datetime, datetime] | None = None) -> None:
        self.failing, self.dead, self.now = failing, dead, BEGINS
        self.tried: list[tuple[datetime, str]] = []
        self.accepted: list[tuple[datetime, str, str]] = []
        self._chance = random.Random(25)

    def send(self, to: str, subject: str, text: str) -> None:
        self.tried.append((self.now, to))
        dead = self.dead is not None and self.dead[0] <= self.now < self.dead[1]
        if dead or self._chance.random() < self.failing:
            raise OSError("the server took no message")
        self.accepted.append((self.now, to, text))


@pytest.fixture
def empty(office) -> Iterator[None]:
    """Nothing of other tests waits."""
    from titrant.storage.models import Outgoing

    Outgoing.objects.all().delete()
    yield
    Outgoing.objects.all().delete()


@pytest.fixture
def nurse(staff):
    """A nurse of the care team, who is in."""
    from titrant.web.sessions import actor_of

    return actor_of(staff("nurse"))


def at(office, moment: datetime):
    settings = msgspec.structs.replace(office.settings, red_flag_to=LADDER, red_flag_minutes=10)
    return msgspec.structs.replace(office, settings=settings, now=lambda: moment)


def flag(office, case: str, name: str, moment: datetime) -> None:
    task = {"id": name, "grade": "now", "code": "red_flag", "why": "chest pain"}
    office.store.append(case, [Draft(Kind.TASK_OPENED, task, SYSTEM, moment)], expected=None)


def run(office, post: Post, until: datetime, every: timedelta) -> None:
    """The worker's rounds: one after the other while more is due, then a pause."""
    while post.now < until:
        while delivering.deliver_due(at(office, post.now), post.send):
            pass
        post.now += every


def test_a_red_flag_is_on_the_screen_and_in_the_outbox_at_once(office, empty) -> None:
    from titrant.storage.models import Outgoing

    case = new_case(office.store)
    flag(office, case, "t1", BEGINS)
    rows = office.store.rows(Query(teams=None, tally="call_now", size=1000), BEGINS.date())
    assert case in [row.summary.case for row in rows]
    assert Outgoing.objects.filter(case=case, kind="red_flag", done_at="").count() == 1


def test_an_entry_that_is_refused_leaves_nothing_to_deliver(office, empty) -> None:
    from titrant.storage.models import Outgoing

    case = new_case(office.store)
    drafts = [
        Draft(Kind.TASK_OPENED, {"id": "t", "grade": "now", "code": "x", "why": "y"}, SYSTEM, BEGINS),
        Draft(Kind.TASK_CLOSED, {"id": "unknown"}, actor("nurse"), BEGINS),
    ]
    with pytest.raises(Exception, match="not open"):
        office.store.append(case, drafts, expected=None)
    assert not Outgoing.objects.filter(case=case).exists()


def test_the_ladder_is_climbed_until_somebody_takes_the_task(office, empty, nurse) -> None:
    post, case = Post(failing=0.0), new_case(office.store)
    flag(office, case, "t1", BEGINS)
    run(office, post, BEGINS + timedelta(minutes=25), timedelta(seconds=5))
    assert [(moment - BEGINS, to) for moment, to, _ in post.accepted] == [
        (timedelta(0), LADDER[0]), (timedelta(minutes=10), LADDER[1]), (timedelta(minutes=20), LADDER[2]),
    ]  # fmt: skip
    office.store.append(case, [Draft(Kind.TASK_TAKEN, {"id": "t1"}, nurse, post.now)], expected=None)
    run(office, post, BEGINS + timedelta(hours=3), timedelta(minutes=1))
    assert len(post.accepted) == 3


@pytest.mark.parametrize("taken_first", [False, True], ids=["called at once", "taken, then called"])
def test_a_call_that_nobody_answers_lets_the_ladder_rest_only_until_the_task_is_due(
    office, empty, nurse, taken_first
) -> None:
    from titrant.clinic.acts.contacts import Done, done, take

    post, case = Post(failing=0.0), new_case(office.store)
    due = BEGINS + timedelta(hours=1)
    task = {"id": "t1", "grade": "now", "code": "suicidal_thoughts", "why": "said so", "due": instant_text(due)}
    office.store.append(case, [Draft(Kind.TASK_OPENED, task, SYSTEM, BEGINS)], expected=None)
    run(office, post, BEGINS + timedelta(minutes=5), timedelta(seconds=30))
    if taken_first:
        take(at(office, post.now), nurse, case, "t1")
        run(office, post, BEGINS + timedelta(minutes=15), timedelta(seconds=30))
    done(at(office, post.now), nurse, case, Done(outcome="not_reached", tasks=("t1",)))
    run(office, post, due, timedelta(minutes=1))
    assert len(post.accepted) == 1, "it rests until the next try"
    run(office, post, due + timedelta(minutes=25), timedelta(minutes=1))
    assert len(post.accepted) == 4, "nobody was reached, nobody took it, and no alarm is sent any more"
    assert len({to for _, to, _ in post.accepted[1:]}) == 3
    take(at(office, post.now), nurse, case, "t1")
    run(office, post, due + timedelta(hours=3), timedelta(minutes=1))
    assert len(post.accepted) == 4


def test_a_message_says_that_one_is_waiting_and_nothing_else(office, empty) -> None:
    post, case = Post(failing=0.0), new_case(office.store, name="Canary Name (synthetic)")
    flag(office, case, "t1", BEGINS)
    run(office, post, BEGINS + timedelta(minutes=1), timedelta(seconds=5))
    text = post.accepted[0][2]
    assert text == "A message is waiting in Titrant. Sign in to read it."
    assert not {"Canary", case, "chest"} & set(text.split())


def test_no_reminder_is_sent_before_a_red_flag(office, empty) -> None:
    from titrant.storage.outbox import put

    post, case = Post(failing=0.0), new_case(office.store)
    for number in range(50):
        put("", "reminder", {"to": f"patient-{number}@demo.invalid"}, BEGINS - timedelta(minutes=1))
    flag(office, case, "t1", BEGINS)
    assert delivering.deliver_due(at(office, BEGINS), post.send), "more waits, and the next round should come at once"
    assert len(post.accepted) < 50, "one round holds up a red flag that comes meanwhile"
    assert post.accepted[0][1] == LADDER[0]


def late_and_lost(office, flags: int, post: Post, hours: int, every: timedelta) -> tuple[int, int]:
    """Of ``flags`` open tasks: of how many nobody accepted a message, and how many steps began late."""
    cases = [new_case(office.store) for _ in range(1 + flags // 50)]
    for number in range(flags):
        flag(office, cases[number % len(cases)], f"t{number}", BEGINS)
    run(office, post, BEGINS + timedelta(hours=hours), every)
    from titrant.storage.models import Outgoing

    rows = list(Outgoing.objects.filter(case__in=cases))
    steps = [(instant_of(row.due_at) - BEGINS) // timedelta(minutes=10) for row in rows]
    late = sum(1 for row in rows if row.done_at or instant_of(row.due_at) < post.now - every)
    assert len(steps) == flags
    expected = hours * 6
    first = {to for moment, to in post.tried if moment < BEGINS + timedelta(minutes=10)}
    assert first == {LADDER[0]}, "a later address was troubled before its time"
    reached = sum(1 for _ in post.accepted)
    return max(0, flags * (expected - 1) - reached) if post.dead is None else 0, late


def test_half_of_all_sending_fails_and_no_flag_is_lost(office, empty) -> None:
    post = Post(failing=0.5)
    lost, late = late_and_lost(office, 30, post, hours=1, every=timedelta(seconds=15))
    assert (lost, late) == (0, 0)


@pytest.mark.parametrize(
    "flags", [pytest.param(500, marks=pytest.mark.release), pytest.param(10_000, marks=pytest.mark.night)]
)
def test_many_flags_and_half_of_all_sending_fails(office, empty, flags) -> None:
    lost, late = late_and_lost(office, flags, Post(failing=0.5), hours=1, every=timedelta(seconds=30))
    assert (lost, late) == (0, 0)


def test_a_server_that_is_dead_for_a_day_loses_nothing(office, empty) -> None:
    post, case = Post(failing=0.0, dead=(BEGINS, BEGINS + timedelta(hours=24))), new_case(office.store)
    flag(office, case, "t1", BEGINS)
    run(office, post, BEGINS + timedelta(hours=24), timedelta(minutes=5))
    assert post.accepted == []
    assert {to for _, to in post.tried} == set(LADDER), "the ladder must be climbed although nothing is accepted"
    run(office, post, BEGINS + timedelta(hours=25), timedelta(minutes=1))
    assert len(post.accepted) >= 5


def test_the_harness_finds_a_worker_that_swallows_the_error_of_the_server(office, empty, monkeypatch) -> None:
    def swallowing(send, to, subject="", text="") -> str:
        with contextlib.suppress(OSError):
            send(to, subject, text)
        return ""

    monkeypatch.setattr("titrant.app.delivering._fault", swallowing)
    lost, _ = late_and_lost(office, 30, Post(failing=0.5), hours=1, every=timedelta(seconds=15))
    assert lost > 0


def test_a_row_that_fails_in_itself_holds_back_no_red_flag_and_is_told(office, empty) -> None:
    from titrant.storage.models import CaseRow, Outgoing
    from titrant.storage.outbox import put

    post, broken, case = Post(failing=0.0), new_case(office.store), new_case(office.store)
    put("", "red_flag", {"no task": "named"}, BEGINS - timedelta(minutes=2))
    put(broken, "reminder", {}, BEGINS - timedelta(minutes=1))
    put("", "reminder", {"to": "patient@demo.invalid"}, BEGINS)
    flag(office, case, "t1", BEGINS)
    whole = CaseRow.objects.filter(case=broken).values_list("summary", flat=True).get()
    CaseRow.objects.filter(case=broken).update(summary="{")
    try:
        delivering.deliver_due(at(office, BEGINS), post.send)
    finally:
        CaseRow.objects.filter(case=broken).update(summary=whole)
    assert [to for _, to, _ in post.accepted] == [LADDER[0], "patient@demo.invalid"]
    faults = Outgoing.objects.exclude(fault="").order_by("created_at").values_list("fault", "due_at", "attempts")
    later = instant_text(BEGINS + timedelta(seconds=30))
    assert list(faults) == [
        ("a fault in Titrant (KeyError)", later, 1), ("a fault in Titrant (DecodeError)", later, 1),
    ]  # fmt: skip


def test_a_red_flag_of_a_record_that_cannot_be_read_is_still_sent(office, empty) -> None:
    from titrant.storage.models import CaseRow

    post, case = Post(failing=0.0), new_case(office.store)
    flag(office, case, "t1", BEGINS)
    whole = CaseRow.objects.filter(case=case).values_list("summary", flat=True).get()
    CaseRow.objects.filter(case=case).update(summary="{")
    try:
        run(office, post, BEGINS + timedelta(minutes=15), timedelta(minutes=1))
    finally:
        CaseRow.objects.filter(case=case).update(summary=whole)
    assert [to for _, to, _ in post.accepted] == list(LADDER[:2])


# Nothing falls in a hole


def states(office, moment: datetime) -> dict[str, str]:
    from titrant.app.settings import PLACE

    return {one.name: one.state for one in doctor.examine(PLACE, moment)}


def test_what_is_stuck_is_told_within_five_minutes(office, empty) -> None:
    flag(office, new_case(office.store), "t1", BEGINS)
    assert states(office, BEGINS + timedelta(minutes=4))["queue"] == "ok"
    assert states(office, BEGINS + timedelta(minutes=5))["queue"] == "red"


def test_what_fails_again_and_again_is_told_although_it_is_due_later(office, empty) -> None:
    post = Post(failing=1.0)
    flag(office, new_case(office.store), "t1", BEGINS)
    run(office, post, BEGINS + timedelta(minutes=6), timedelta(seconds=5))
    assert states(office, post.now)["queue"] == "red"


def test_a_flag_without_any_address_is_told(office, empty) -> None:
    case = new_case(office.store)
    flag(office, case, "t1", BEGINS)
    nobody = msgspec.structs.replace(office.settings, red_flag_to=())
    for minute in range(6):
        moment = BEGINS + timedelta(minutes=minute)
        delivering.deliver_due(msgspec.structs.replace(office, settings=nobody, now=lambda m=moment: m), Post(0.0).send)
    assert states(office, BEGINS + timedelta(minutes=6))["queue"] == "red"


def test_a_worker_that_is_silent_is_told_in_three_minutes(office, empty, tmp_path) -> None:
    from titrant.app.settings import PLACE
    from titrant.storage.models import Heartbeat

    working.one_round(at(office, BEGINS), PLACE, Post(0.0).send)
    assert Heartbeat.objects.get(name="worker").at == instant_text(BEGINS)
    assert states(office, BEGINS + timedelta(minutes=2))["worker"] == "ok"
    assert states(office, BEGINS + timedelta(minutes=4))["worker"] == "red"


@pytest.fixture
def no_beats(office) -> Iterator[None]:
    """No worker of another test has said anything."""
    from titrant.storage.models import Heartbeat

    Heartbeat.objects.all().delete()
    yield
    Heartbeat.objects.all().delete()


def findings(moment: datetime):
    from titrant.app.settings import PLACE

    return {one.name: one for one in doctor.examine(PLACE, moment)}


def work(office, moment: datetime) -> None:
    from titrant.app.settings import PLACE

    working.one_round(at(office, moment), PLACE, Post(0.0).send)


class _Damaged:
    """Stands before the database and gives SQLite's answer for a damaged file."""

    def __init__(self, answer: str | Exception) -> None:
        self.answer = answer

    def __call__(self, execute, sql, params, many, context):
        if "quick_check" not in sql:
            return execute(sql, params, many, context)
        if isinstance(self.answer, Exception):
            raise self.answer
        return execute("SELECT %s", (self.answer,), many, context)


@pytest.mark.parametrize("raised", [False, True])
def test_damage_that_the_daily_look_finds_stops_proposals(office, empty, no_beats, raised) -> None:
    from django.db import DatabaseError, connection

    answer = "row 7 missing from index facts_by_kind"
    assert findings(BEGINS)["damage"].state == "warn", "nobody has looked"
    with connection.execute_wrapper(_Damaged(DatabaseError(answer) if raised else answer)):
        work(office, BEGINS)
    found = findings(BEGINS)["damage"]
    assert (found.state, found.blocks) == ("red", True)
    assert answer in found.says
    work(office, BEGINS + timedelta(days=1))
    assert findings(BEGINS + timedelta(days=1))["damage"].state == "ok"


def test_a_job_that_always_fails_is_told(office, empty, no_beats, monkeypatch) -> None:
    def broken(_office, _place):
        raise OSError

    monkeypatch.setitem(working.JOBS, "head of the chain", broken)
    for minute in range(5):
        work(office, BEGINS + timedelta(minutes=minute))
    found = findings(BEGINS + timedelta(minutes=4))["jobs"]
    assert (found.state, found.blocks) == ("red", False)
    assert "head of the chain" in found.says
    monkeypatch.undo()
    work(office, BEGINS + timedelta(minutes=5))
    assert findings(BEGINS + timedelta(minutes=5))["jobs"].state == "ok"


def test_a_job_that_nobody_does_any_more_is_told_after_twice_its_period(office, empty, no_beats, monkeypatch) -> None:
    work(office, BEGINS)
    monkeypatch.delitem(working.JOBS, "head of the chain")
    work(office, BEGINS + timedelta(days=2))
    assert findings(BEGINS + timedelta(days=2))["jobs"].state == "ok"
    assert "head of the chain" in findings(BEGINS + timedelta(days=2, minutes=1))["jobs"].says


def test_every_job_has_a_period(office) -> None:
    from titrant.app.beats import EVERY

    assert set(working.JOBS) == set(EVERY)


def test_a_row_is_sent_by_one_worker_only(office, empty) -> None:
    from titrant.storage.outbox import lease

    flag(office, new_case(office.store), "t1", BEGINS)
    assert len(lease(BEGINS, 10)) == 1
    assert lease(BEGINS, 10) == []
    assert len(lease(BEGINS + timedelta(minutes=3), 10)) == 1, "a worker that died keeps its rows for ever"
