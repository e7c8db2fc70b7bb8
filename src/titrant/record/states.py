"""The states of a case, who owns each, and the only moves between them."""

from enum import StrEnum

from msgspec import Struct

from titrant.record.events import Kind, Role
from titrant.terms.errors import NotNow


class State(StrEnum):
    """Where a case stands. The owner is who has to do something next."""

    ABSENT = "absent"  # not opened yet
    PREPARING = "preparing"  # known, nothing signed
    DRAFTED = "drafted"  # a first plan waits for a prescriber
    ON_PLAN = "on_plan"  # a signed plan is in force
    SUSPENDED = "suspended"  # the signed plan rests; no dose until a prescriber lifts it
    ENDED = "ended"  # stopped or withdrawn


OWNERS: dict[State, Role] = {
    State.ABSENT: Role.SYSTEM,
    State.PREPARING: Role.NURSE,
    State.DRAFTED: Role.PRESCRIBER,
    State.ON_PLAN: Role.NURSE,
    State.SUSPENDED: Role.PRESCRIBER,
    State.ENDED: Role.NURSE,
}


class Move(Struct, frozen=True):
    before: State
    by: Kind
    after: State


MOVES: tuple[Move, ...] = (
    Move(State.ABSENT, Kind.CASE_OPENED, State.PREPARING),
    Move(State.PREPARING, Kind.DRAFTED, State.DRAFTED),
    Move(State.PREPARING, Kind.SIGNED, State.ON_PLAN),
    Move(State.DRAFTED, Kind.DRAFTED, State.DRAFTED),
    Move(State.DRAFTED, Kind.DRAFT_DROPPED, State.PREPARING),
    Move(State.DRAFTED, Kind.SIGNED, State.ON_PLAN),
    Move(State.ON_PLAN, Kind.DRAFTED, State.ON_PLAN),
    Move(State.ON_PLAN, Kind.DRAFT_DROPPED, State.ON_PLAN),
    Move(State.ON_PLAN, Kind.SIGNED, State.ON_PLAN),
    Move(State.ON_PLAN, Kind.SUSPENDED, State.SUSPENDED),
    Move(State.ON_PLAN, Kind.STOPPED, State.ENDED),
    Move(State.ON_PLAN, Kind.WITHDRAWN, State.ENDED),
    Move(State.SUSPENDED, Kind.SUSPENDED, State.SUSPENDED),
    Move(State.SUSPENDED, Kind.DRAFTED, State.SUSPENDED),
    Move(State.SUSPENDED, Kind.DRAFT_DROPPED, State.SUSPENDED),
    Move(State.SUSPENDED, Kind.RESUMED, State.ON_PLAN),
    Move(State.SUSPENDED, Kind.SIGNED, State.ON_PLAN),
    Move(State.SUSPENDED, Kind.STOPPED, State.ENDED),
    Move(State.SUSPENDED, Kind.WITHDRAWN, State.ENDED),
    Move(State.ENDED, Kind.DRAFTED, State.ENDED),  # a draft gives no drug: until it is signed, the course has ended
    Move(State.ENDED, Kind.DRAFT_DROPPED, State.ENDED),
    Move(State.ENDED, Kind.SIGNED, State.ON_PLAN),
)
_MOVING = {move.by for move in MOVES}
_TABLE = {(move.before, move.by): move.after for move in MOVES}
# What may be written down of somebody who has no signed plan in force: everything that gives no drug.
_NEEDS_PLAN = {Kind.SUPPLIED: State.ON_PLAN, Kind.DELIVERED: State.ON_PLAN}


def moved(state: State, kind: Kind) -> State:
    """The state after an event of ``kind``. Raises NotNow where the tables have no such move."""
    needed = _NEEDS_PLAN.get(kind)
    if state is State.ABSENT and kind is not Kind.CASE_OPENED:
        raise _refused(state, kind, "The case has not been opened.")
    if needed is not None and state is not needed:
        raise _refused(state, kind, "There is no signed plan in force.")
    if kind not in _MOVING:
        return state
    after = _TABLE.get((state, kind))
    if after is None:
        raise _refused(state, kind, f"A case that is {state.value.replace('_', ' ')} cannot be moved so.")
    return after


def _refused(state: State, kind: Kind, fault: str) -> NotNow:
    return NotNow(
        kind.value.replace("_", " "), fault, "Steps are kept in order, so that none is skipped.",
        f"The case is {state.value.replace('_', ' ')}; open it again to see what can be done now.",
    )  # fmt: skip


def diagram() -> str:
    """The states and moves as a Mermaid state diagram, for the documents."""
    lines = ["stateDiagram-v2"]
    lines += [f"    {state.value} : {state.value.replace('_', ' ')} (next: {OWNERS[state].value})" for state in State]
    lines += [f"    {move.before.value} --> {move.after.value} : {move.by.value.replace('_', ' ')}" for move in MOVES]
    return "\n".join(lines)
