"""Who may do what, and in which order: the tables as a clinic would say them."""

from datetime import UTC, datetime

import pytest

from titrant.record.events import POWERS, SETS, Actor, Draft, Kind, Role, check_power, instant_of, instant_text
from titrant.record.states import MOVES, OWNERS, State, moved
from titrant.terms.errors import NotAllowed, NotNow

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
PATIENTS_OWN = {
    Kind.DIARY_KEPT, Kind.MESSAGE_SENT, Kind.MESSAGE_READ, Kind.PLAN_READ, Kind.DEVICE_ENROLLED, Kind.DEVICE_REVOKED,
    Kind.EXPORTED,
}  # fmt: skip


def draft(kind: Kind, role: Role, **body: object) -> Draft:
    return Draft(kind, body, Actor("one", "One (synthetic)", role), NOW)


def test_every_kind_says_who_may() -> None:
    assert set(POWERS) == set(Kind)


@pytest.mark.parametrize("kind", [Kind.SIGNED, Kind.SECONDED, Kind.STOPPED, Kind.RESUMED, Kind.HOLD_LIFTED])
def test_only_a_prescriber_signs(kind) -> None:
    assert POWERS[kind] == {Role.PRESCRIBER}


def test_a_patient_keeps_a_diary_and_writes_messages_and_nothing_else() -> None:
    assert {kind for kind, roles in POWERS.items() if Role.PATIENT in roles} == PATIENTS_OWN


def test_neither_the_program_nor_an_administrator_touches_a_dose() -> None:
    for role in (Role.SYSTEM, Role.ADMINISTRATOR, Role.AUDITOR):
        own = {kind for kind, roles in POWERS.items() if role in roles}
        assert not own & {Kind.DRAFTED, Kind.SIGNED, Kind.ADJUSTED, Kind.SUPPLIED, Kind.RESUMED, Kind.HOLD_LIFTED}


@pytest.mark.parametrize("kind", sorted(set(Kind) - SETS))
def test_what_is_no_record_of_facts_lays_nothing_over_the_case(kind) -> None:
    role = min(POWERS[kind])
    with pytest.raises(NotAllowed):
        check_power(draft(kind, role, set={"given": {"course": {"levels": []}}}))


def test_a_signed_level_comes_with_a_signature_only() -> None:
    level = {"course.levels": [{"since": "2026-11-21", "dose": "10 mg", "times_per_day": 3}]}
    check_power(draft(Kind.SIGNED, Role.PRESCRIBER, add=level))
    with pytest.raises(NotAllowed):
        check_power(draft(Kind.FACTS_RECORDED, Role.PRESCRIBER, add=level))


def test_every_state_can_be_reached_and_has_an_owner() -> None:
    reached = {State.ABSENT} | {move.after for move in MOVES}
    assert reached == set(State) == set(OWNERS)


def test_each_move_leads_to_one_state() -> None:
    assert len({(move.before, move.by) for move in MOVES}) == len(MOVES)


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        (State.PREPARING, Kind.SUPPLIED),
        (State.SUSPENDED, Kind.SUPPLIED),
        (State.ENDED, Kind.SUPPLIED),
        (State.PREPARING, Kind.RESUMED),
        (State.ENDED, Kind.RESUMED),
        (State.PREPARING, Kind.STOPPED),
        (State.ABSENT, Kind.DIARY_KEPT),
        (State.PREPARING, Kind.CASE_OPENED),
    ],
)
def test_no_supply_without_a_plan_in_force_and_no_step_out_of_order(state, kind) -> None:
    with pytest.raises(NotNow):
        moved(state, kind)


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no zone"):
        instant_text(datetime(2026, 11, 21, 9, 0))  # noqa: DTZ001 - this is what is refused


def test_an_instant_reads_back_as_itself() -> None:
    assert instant_of(instant_text(NOW)) == NOW
