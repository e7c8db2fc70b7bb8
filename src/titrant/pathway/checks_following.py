"""Checks of a running course: for each row of the monitoring table, when it was done, due, or overdue."""

from collections.abc import Iterator
from datetime import date

from titrant.knowledge.judging import judge
from titrant.knowledge.library import Library
from titrant.knowledge.shapes.monitoring import Check, Due, Phase
from titrant.knowledge.shapes.protocols import Protocol
from titrant.pathway.assess import Assessment
from titrant.pathway.checks_due import DueCheck, State
from titrant.pathway.diary import Diary
from titrant.pathway.screen import Screening
from titrant.pathway.supplying import SignedLevel, regimens
from titrant.terms.calendar import days_later, whole_days


def phase_of(levels: tuple[SignedLevel, ...], protocol: Protocol, on: date) -> Phase:
    """Worked out, never picked: until a regimen has been held for the length of a trial the person is titrating."""
    held = (on - regimens(levels)[-1].since).days
    return Phase.TITRATION if held < whole_days(protocol.trial.length.value) else Phase.MAINTENANCE


def following_checks(
    assessment: Assessment,
    screening: Screening,
    diary: Diary,
    library: Library,
    levels: tuple[SignedLevel, ...],
    protocol: Protocol,
) -> tuple[DueCheck, ...]:
    """Each check of the table once, in its gravest state."""
    phase = phase_of(levels, protocol, assessment.on)
    found = []
    for row in library.checks.values():
        dues = [
            _due_check(row, due, assessment, diary, levels, protocol)
            for due in _of_phase(row, phase)
            if due.when is None or judge(due.when, screening.values) is not False
        ]
        if dues:
            found.append(max(dues, key=lambda one: (_GRAVITY[one.state], -one.due.toordinal())))
    return tuple(sorted(found, key=lambda one: (-_GRAVITY[one.state], one.due, one.what)))


_GRAVITY = {State.DONE: 0, State.DUE: 1, State.OVERDUE: 2}


def _of_phase(row: Check, phase: Phase) -> Iterator[Due]:
    """What belongs to every step, and to the phase; fixed times after the start hold in either phase."""
    return (due for due in row.due if due.phase in (Phase.EACH_STEP, phase) or due.at)


def _due_check(
    row: Check, due: Due, assessment: Assessment, diary: Diary, levels: tuple[SignedLevel, ...], protocol: Protocol
) -> DueCheck:
    on, start = assessment.on, levels[0].since
    done = _done_on(row, assessment, diary, after_step=due.phase is Phase.EACH_STEP)
    if due.phase is Phase.EACH_STEP:
        day = last_raise(levels)
        satisfied = done is not None and day <= done
        state = State.DONE if satisfied else State.OVERDUE if day < on else State.DUE
    elif due.every is not None:
        day = days_later(max(done, start) if done else start, due.every)
        state = State.OVERDUE if day < on else State.DUE
    else:
        day, state = _fixed(due, start, done, on, protocol)
    after = ", ".join(map(str, due.after_dose))
    return DueCheck(
        row.id, row.title, day, state, row.blocks_raise.value, due.source, due.status, due.phase.value, after
    )


def _fixed(due: Due, start: date, done: date | None, on: date, protocol: Protocol) -> tuple[date, State]:
    """The first time after the start whose test is not there; a test shortly before its day counts for it."""
    early = whole_days(protocol.following.check_early.value) if protocol.following else 0
    for at in due.at:
        day = days_later(start, at)
        if done is not None and (day - done).days <= early:
            continue
        return day, State.OVERDUE if day < on else State.DUE
    return days_later(start, due.at[-1]), State.DONE


def _done_on(row: Check, assessment: Assessment, diary: Diary, *, after_step: bool) -> date | None:
    """The day on which the last part of the check was made; None while a part was never made."""
    if after_step and row.or_diary:
        asked = [day.on for day in diary.days if day.entry.effects is not None]
        own = _measured_on(row, assessment)
        return max([*asked, *([own] if own else [])], default=None)
    return _measured_on(row, assessment)


def _measured_on(row: Check, assessment: Assessment) -> date | None:
    days = [assessment.facts[name].on if name in assessment.facts else None for name in row.facts]
    known = [day for day in days if day is not None]
    return min(known) if known and len(known) == len(days) else None


def last_raise(levels: tuple[SignedLevel, ...]) -> date:
    """The day of the first dose or of the last raised one."""
    day = levels[0].since
    for before, after in zip(levels, levels[1:], strict=False):
        if before.regimen.weekly < after.regimen.weekly or before.regimen.dose < after.regimen.dose:
            day = after.since
    return day
