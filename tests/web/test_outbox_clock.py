"""A clock that was wrong for a while silences no alarm (T25): mails go on as soon as it is right again."""

from datetime import timedelta

import msgspec
import pytest

from tests.web.conftest import new_case
from tests.web.test_outbox import BEGINS, LADDER, Post, at, delivering, empty, flag, nurse, run  # noqa: F401
from titrant.record.events import Draft, Kind, instant_text

DAY = timedelta(days=1)
STEP = timedelta(minutes=10)


def one_round(office, post: Post, moment) -> None:
    post.now = moment
    delivering.deliver_due(at(office, moment), post.send)


def stuck_at(moment) -> int:
    from titrant.storage.outbox import stuck

    return stuck(moment).count()


def sent_after(post: Post, moment, until) -> list:
    return [to for then, to, _ in post.accepted if moment < then <= until]


@pytest.mark.parametrize("ahead", [timedelta(hours=2), DAY, 400 * DAY], ids=str)
def test_one_round_with_a_clock_that_is_ahead_does_not_silence_a_ladder(office, empty, ahead) -> None:  # noqa: F811
    post = Post(failing=0.0)
    flag(office, new_case(office.store), "t1", BEGINS)
    one_round(office, post, BEGINS)
    one_round(office, post, BEGINS + ahead)
    assert len(post.accepted) == 2
    right = BEGINS + timedelta(minutes=3)
    assert stuck_at(right) == 1, "no round has been yet, and nothing shows that the row waits for a wrong time"
    run_from(office, post, right, right + timedelta(hours=1))
    assert len(sent_after(post, right - timedelta(seconds=1), right + STEP)) >= 1
    hour = sent_after(post, right, right + timedelta(hours=1))
    assert 5 <= len(hour) <= 7, "it goes on step by step, and no faster"
    assert set(hour) == set(LADDER)
    assert stuck_at(post.now) == 0


def run_from(office, post: Post, moment, until) -> None:
    post.now = moment
    run(office, post, until, timedelta(seconds=30))


def test_a_flag_that_was_written_while_the_clock_was_ahead_is_sent_and_climbs(office, empty) -> None:  # noqa: F811
    post = Post(failing=0.0)
    flag(office, new_case(office.store), "t1", BEGINS + timedelta(minutes=30))
    assert stuck_at(BEGINS) == 1
    run_from(office, post, BEGINS, BEGINS + timedelta(minutes=29))
    assert [(then - BEGINS, to) for then, to, _ in post.accepted] == [
        (timedelta(0), LADDER[0]), (STEP, LADDER[1]), (2 * STEP, LADDER[2]),
    ]  # fmt: skip


def test_a_lease_that_was_taken_while_the_clock_was_ahead_holds_nobody_off(office, empty) -> None:  # noqa: F811
    from titrant.storage.models import Outgoing
    from titrant.storage.outbox import lease

    flag(office, new_case(office.store), "t1", BEGINS)
    assert len(lease(BEGINS + DAY, 10)) == 1  # and the worker died
    assert Outgoing.objects.get().leased_until > instant_text(BEGINS + DAY)
    assert len(lease(BEGINS, 10)) == 1
    assert lease(BEGINS, 10) == []


def tried(office, nurse, case: str, until) -> None:  # noqa: F811
    body = {"id": "t1", "until": instant_text(until)}
    office.store.append(case, [Draft(Kind.TASK_TAKEN, body, nurse, BEGINS)], expected=None)


def test_a_flag_that_rests_after_a_call_is_not_taken_early(office, empty, nurse) -> None:  # noqa: F811
    post, case = Post(failing=0.0), new_case(office.store)
    flag(office, case, "t1", BEGINS)
    one_round(office, post, BEGINS)
    rests = BEGINS + timedelta(hours=1)  # the longest that the shipped time to answer allows
    tried(office, nurse, case, rests)
    for minute in range(1, 60):
        one_round(office, post, BEGINS + timedelta(minutes=minute))
        assert stuck_at(post.now) == 0
    assert len(post.accepted) == 1
    one_round(office, post, rests)
    assert len(post.accepted) == 2


def test_a_clinic_that_gives_itself_more_time_is_not_called_early(office, empty, nurse) -> None:  # noqa: F811
    from titrant.terms.quantity import Quantity

    post, case = Post(failing=0.0), new_case(office.store)
    flag(office, case, "t1", BEGINS)
    one_round(office, post, BEGINS)
    triage = office.library.triage
    within = msgspec.structs.replace(triage.answer_within["now"], value=Quantity.parse("4 hours"))

    class Slow:
        def __getattr__(self, name: str):
            return getattr(office_library, name)

        triage = msgspec.structs.replace(office.library.triage, answer_within={"now": within})

    office_library = office.library
    slow = msgspec.structs.replace(office, library=Slow())
    tried(office, nurse, case, BEGINS + timedelta(hours=4))
    for minute in range(1, 240, 5):
        one_round(slow, post, BEGINS + timedelta(minutes=minute))
        assert stuck_at(post.now) == 0
    assert len(post.accepted) == 1
    one_round(slow, post, BEGINS + timedelta(hours=4, minutes=1))
    assert len(post.accepted) == 2


def test_a_rest_that_was_asked_for_while_the_clock_was_ahead_is_none(office, empty, nurse) -> None:  # noqa: F811
    post, case = Post(failing=0.0), new_case(office.store)
    flag(office, case, "t1", BEGINS)
    one_round(office, post, BEGINS)
    tried(office, nurse, case, BEGINS + DAY)
    run_from(office, post, BEGINS + timedelta(minutes=1), BEGINS + timedelta(minutes=31))
    assert len(post.accepted) == 4


def test_no_flag_of_this_release_is_due_later_than_a_wrong_clock_is_told_by(office) -> None:
    from titrant.app.delivering import _LONGEST_RETRY
    from titrant.clinic.acts.people import RED_FLAG_MINUTES
    from titrant.storage.outbox import FURTHEST

    answer = float(office.library.triage.answer_within["now"].value.to("minutes").value)
    assert max(RED_FLAG_MINUTES[1], answer) <= FURTHEST / timedelta(minutes=1)
    assert _LONGEST_RETRY <= FURTHEST
