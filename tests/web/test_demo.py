"""The demo clinic: every story ends where it says, on any day of the year, and through the gates of the real record."""

from datetime import UTC, date, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import structs

from titrant.app.demo import making
from titrant.app.demo.cast import member
from titrant.app.demo.stories import WRITTEN_ON, stories
from titrant.clinic.acts.signing import Chosen, offer, sign
from titrant.clinic.acts.verifying import check_signature, verified_plan
from titrant.clinic.case_tree import tree_of
from titrant.clinic.following import follow_at
from titrant.clinic.office import Office, case_in
from titrant.clinic.pharmacy import may_supply
from titrant.record.clinic_settings import ClinicSettings
from titrant.record.events import Kind, Role
from titrant.record.ports import Query
from titrant.record.seal import key_name
from titrant.record.states import State
from titrant.record.summary import Judged
from titrant.storage.memory_store import MemoryStore

ACTIONS = [story.id for story in stories(WRITTEN_ON) if {"action", "call", "plan"} & set(story.expects)]


def clinic(library, on: date, patients: int) -> tuple[Office, dict[str, str]]:
    """A demo in memory on a day, and the case of each story."""
    key = Ed25519PrivateKey.generate()
    keys = {key_name(key.public_key()): key.public_key()}
    now = datetime(on.year, on.month, on.day, 8, tzinfo=UTC)
    office = Office(MemoryStore(), library, ClinicSettings(), key, keys, lambda: now)
    names = {}
    for story, told in zip(stories(on), making.told(patients, office), strict=False):
        office.store.append(told.case, told.drafts, expected=0)
        names[story.id] = told.case
    return office, names


@pytest.fixture(scope="module")
def demo(library):
    return clinic(library, date(2027, 3, 3), len(stories(WRITTEN_ON)))


@pytest.mark.parametrize("story", stories(date(2027, 3, 3)), ids=lambda one: one.id)
def test_each_story_ends_where_it_says(demo, story) -> None:
    office, names = demo
    record = office.store.open(names[story.id])
    expects = story.expects
    if "state" in expects:
        assert record.summary.state == expects["state"]
    if "plan" in expects:
        assert office.desk.plan(case_in(record)).outcome.value == expects["plan"]
    if {"action", "call", "code"} & set(expects):
        decided = follow_at(office.desk, case_in(record)).decided
        assert (decided.action.value if decided.action else "") == expects.get("action", "")
        assert expects.get("code") in (None, *(one.code for one in decided.reasons))
        assert decided.call or expects.get("call") != "yes"
    if "tally" in expects:
        office.store.judge(names[story.id], Judged(version=record.version, on=office.today, at=office.now()))
        query = Query(teams=None, tally=expects["tally"])
        assert names[story.id] in [row.summary.case for row in office.store.rows(query, office.today)]


def test_the_twelve_stories_are_there_with_an_answer_each() -> None:
    first = [story for story in stories(WRITTEN_ON) if story.id < "20"]
    assert len(first) == 12
    assert all({"action", "call"} & set(story.expects) for story in first)


def test_what_is_folded_from_the_events_is_the_case_of_the_story(demo) -> None:
    office, names = demo
    for story in stories(office.today):
        folded, told = case_in(office.store.open(names[story.id])).given, story.case.given
        for part in ("answers", "conditions", "medications", "parenteral"):
            assert tree_of(getattr(folded, part)) == tree_of(getattr(told, part)), (story.id, part)
        levels = [structs.replace(level, product="", signed="") for level in folded.course.levels]
        assert (levels, folded.course.supplies) == (list(told.course.levels), told.course.supplies)
        for name, told_readings in told.readings.items():
            assert sorted(listed(folded.readings[name])) == sorted(listed(told_readings)), (story.id, name)


def listed(value) -> list[str]:
    return [str(one) for one in (value if isinstance(value, tuple | list) else [value])]


def test_every_signature_of_the_demo_holds_under_the_clinics_key(demo) -> None:
    office, names = demo
    signed = [event for case in names.values() for event in office.store.open(case).of(Kind.SIGNED)]
    assert len(signed) > 30
    for event in signed:
        check_signature(event, office.keys)
    records = [office.store.open(case) for case in names.values()]
    assert all(verified_plan(office, record).case for record in records if record.summary.plan)


def test_no_event_lies_in_the_future_and_every_name_says_that_it_is_synthetic(demo) -> None:
    office, names = demo
    for case in names.values():
        record = office.store.open(case)
        assert all(event.at <= office.now() for event in record.events)
        assert record.summary.person.name.endswith("(synthetic)")


def test_a_demo_on_another_day_tells_the_same_stories(library) -> None:
    office, names = clinic(library, date(2027, 7, 1), 12)
    found = {}
    for story in stories(office.today)[:12]:
        decided = follow_at(office.desk, case_in(office.store.open(names[story.id])), rules_only=True).decided
        found[story.id] = decided.action.value if decided.action else ""
    assert found == {story.id: story.expects.get("action", "") for story in stories(WRITTEN_ON)[:12]}


def test_suspended_and_ended_cases_give_no_dose(demo) -> None:
    office, names = demo
    states = {office.store.summary(case).state for case in names.values()}
    assert {State.PREPARING, State.ON_PLAN, State.SUSPENDED, State.ENDED} <= states
    ended = office.store.summary(names["26-ended"])
    assert (ended.plan, ended.regimen) == (0, {})


def test_a_step_signed_for_tomorrow_may_be_supplied_today(demo) -> None:
    """The day before a signed step begins is still the day of the signature before it."""
    office, names = demo
    case = names["01-clean-responder"]
    chosen = Chosen(action="raise")
    made = offer(office, office.store.open(case), chosen)
    prescriber = member(Role.PRESCRIBER)
    typed = made.content["regimen"]["daily_mg"]
    record = office.store.open(case)
    sign(office, case, made.sha256, typed, prescriber, expected=record.version, chosen=chosen)
    answer = may_supply(office, office.store.open(case))
    assert answer.may, answer.refused
    assert answer.most > 0
