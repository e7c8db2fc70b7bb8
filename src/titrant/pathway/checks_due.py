"""The calendar of checks: what is there already, and what falls due when, from the monitoring table."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from enum import StrEnum

from msgspec import Struct

from titrant.knowledge.judging import Value, judge, unknown_facts
from titrant.knowledge.library import Library
from titrant.knowledge.shapes.monitoring import Check, Due, Phase
from titrant.pathway.assess import Assessment, Known
from titrant.terms.calendar import days_later, whole_days
from titrant.terms.reason import Missing, Status


class State(StrEnum):
    DONE = "done"
    DUE = "due"
    OVERDUE = "overdue"


class DueCheck(Struct, frozen=True):
    """One check on one day. ``after_dose`` says how long after the dose of that day, where it is tied to one."""

    what: str
    title: str
    due: date
    state: State
    blocks_raise: bool
    source: str
    status: Status
    phase: str
    after_dose: str = ""


def baseline(assessment: Assessment, library: Library, values: Mapping[str, Value]) -> tuple[DueCheck, ...]:
    """What must be there before a start, and whether it is."""
    return tuple(
        DueCheck(
            row.id,
            row.title,
            assessment.on,
            _state_of(row, assessment),
            row.blocks_raise.value,
            row.baseline.source,
            row.baseline.status,
            "baseline",
        )
        for row in library.checks.values()
        if _needed(row, values)
    )


def missing_baseline(
    assessment: Assessment, library: Library, values: Mapping[str, Value], already: set[str]
) -> Iterator[Missing]:
    """Baseline checks that are missing, too old, or made too few times.

    Where it hangs only on conditions that are asked for ``already`` whether a check is needed, it waits for them.
    """
    for row in library.checks.values():
        if not _needed(row, values) or _hangs_on(row, values, already):
            continue
        for name in row.facts:
            known = assessment.facts.get(name)
            label = library.facts[name].label if name in library.facts else name
            facts = {"check": row.title, "label": label, "readings": str(row.baseline.readings)}
            if known is None:
                yield Missing(name, "baseline_missing", facts)
            elif not _recent(row, known, assessment.on):
                yield Missing(name, "baseline_too_old", {**facts, "on": str(known.on)})
            elif not row.baseline.readings <= known.readings:
                yield Missing(name, "baseline_too_few", {**facts, "have": str(known.readings)})


def calendar(
    library: Library, values: Mapping[str, Value], steps: tuple[date, ...], ends: date
) -> tuple[DueCheck, ...]:
    """Every check that falls due from the start (the first of ``steps``) to the end of the plan, by day."""
    start = steps[0]
    found = [
        DueCheck(
            row.id,
            row.title,
            day,
            State.DUE,
            row.blocks_raise.value,
            due.source,
            due.status,
            due.phase.value,
            after,
        )
        for row in library.checks.values()
        for due in _of_this_phase(row)
        if due.when is None or judge(due.when, values) is not False
        for day, after in _days(due, start, steps, ends)
    ]
    return tuple(sorted(found, key=lambda one: (one.due, one.what, one.after_dose)))


def _of_this_phase(row: Check) -> Iterator[Due]:
    """A plan for a start ends before maintenance; a maintenance rhythm counts only where titration has none."""
    titrating = any(due.phase is Phase.TITRATION for due in row.due)
    return (due for due in row.due if not (titrating and due.phase is Phase.MAINTENANCE))


def _days(due: Due, start: date, steps: tuple[date, ...], ends: date) -> Iterator[tuple[date, str]]:
    if due.phase is Phase.EACH_STEP:
        for day in steps:
            for after in due.after_dose or (None,):
                yield day, str(after) if after else ""
        return
    for at in due.at:
        if days_later(start, at) <= ends:
            yield days_later(start, at), ""
    if due.every is not None:
        interval = timedelta(days=max(whole_days(due.every), 1))
        day = start + interval
        while day <= ends:
            yield day, ""
            day += interval


def _needed(row: Check, values: Mapping[str, Value]) -> bool:
    if not row.baseline.required:
        return False
    # A check that only some need is needed whenever it cannot be told who is among them.
    return row.baseline.when is None or judge(row.baseline.when, values) is not False


def _hangs_on(row: Check, values: Mapping[str, Value], already: set[str]) -> bool:
    when = row.baseline.when
    if when is None or judge(when, values) is True:
        return False
    unknown = unknown_facts(when, values)
    return all(name.startswith("condition.") and name.removeprefix("condition.") in already for name in unknown)


def _recent(row: Check, known: Known, on: date) -> bool:
    if not known.fresh:
        return False
    if row.baseline.within is None or known.on is None:
        return row.baseline.within is None
    return (on - known.on).days <= whole_days(row.baseline.within)


def _state_of(row: Check, assessment: Assessment) -> State:
    known = [assessment.facts.get(name) for name in row.facts]
    if any(one is None for one in known):
        return State.DUE
    if all(one and _recent(row, one, assessment.on) and row.baseline.readings <= one.readings for one in known):
        return State.DONE
    return State.OVERDUE
