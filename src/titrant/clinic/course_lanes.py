"""What a review saw of a course, laid on one axis of time: doses, pain, function, harm, pressures, checks.

Nothing is judged here; the effect of each step with its interval is the review's own.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from titrant.explain.course_chart import Course, DayMark, Level, Mark
from titrant.knowledge.library import Library
from titrant.pathway.checks_due import State
from titrant.pathway.diary import Day, pain_by_day
from titrant.pathway.review import Review, StepChange
from titrant.pathway.supplying import regimens
from titrant.terms.numbers import plain

RANGES = {"4w": 28, "12w": 84, "all": 0}  # days behind the day of the page; 0: the whole course
_AHEAD = {"4w": 7, "12w": 14, "all": 14}
_ONE_DAY = timedelta(days=1)
_MINUS = "\N{MINUS SIGN}"
_TAKEN_LESS = ("some", "none")


def course_of(found: Review, library: Library, span: str) -> Course:
    """The course of ``found`` over one of ``RANGES``."""
    first = _first_day(found) if not RANGES[span] else found.on - _ONE_DAY * RANGES[span]
    seen = found.diary.between(first, found.on)
    means = _means(found, first)
    return Course(
        first=first,
        last=found.on + _ONE_DAY * _AHEAD[span],
        today=found.on,
        days=tuple(_day(day, means) for day in seen),
        levels=tuple(_levels(found)),
        rests=tuple(
            (one.since, min(one.lifted_on or found.on + _ONE_DAY, found.on + _ONE_DAY))
            for one in found.case.given.course.suspensions
        ),
        steps=tuple(_step(one) for one in found.steps),
        sessions=tuple(_session(one.dose_24h, one.route, one.on) for one in found.case.given.parenteral),
        peg=tuple(_highest(found, "peg", "PEG")),
        pressures=tuple(_clinic_pressures(found)),
        checks=tuple(_checks(found, library)),
    )


def _first_day(found: Review) -> date:
    days = [found.levels[0].since, *(day.on for day in found.diary.days[:1])]
    return min(*days, found.on - _ONE_DAY * RANGES["4w"])


def _means(found: Review, first: date) -> dict[date, float]:
    """The mean of the seven days up to each day with pain; of several entries of a day the worse counts."""
    pain = pain_by_day(found.diary.between(first - _ONE_DAY * 6, found.on), late_too=True)
    scores = {on.toordinal(): float(score) for on, score in pain.items()}
    means = {}
    for on in pain:
        last = on.toordinal()
        week = [scores[day] for day in range(last - 6, last + 1) if day in scores]
        means[on] = sum(week) / len(week)
    return means


def _day(day: Day, means: dict[date, float]) -> DayMark:
    entry, pain = day.entry, day.average_pain
    held = [dose.hold_minutes for dose in entry.doses if dose.hold_minutes is not None]
    ways = {dose.then for dose in entry.doses if dose.then}
    missed = any(dose.what == "missed" for dose in entry.doses)
    return DayMark(
        on=day.on,
        late=day.late,
        pain=None if pain is None else float(pain),
        mean=means[day.on] if pain is not None else None,
        activity=entry.activity,
        grade=day.worst(),
        effects=_effects(day),
        pressures=tuple((int(one.value), int(one.second or 0)) for one in day.pressures),
        taken=entry.taken or _doses(day),
        short=entry.taken in _TAKEN_LESS or missed,
        held=sum(held) / len(held) if held else None,
        then=ways.pop() if len(ways) == 1 else "",
    )


def _effects(day: Day) -> str:
    effects, flags = day.entry.effects, [f"RED FLAG {flag.replace('_', ' ')}" for flag in day.entry.flags]
    named = [f"{name.replace('_', ' ')} {grade}" for name, grade in (effects or {}).items() if grade]
    asked = [] if effects is None else named or ["none"]
    return ", ".join([*flags, *asked])


def _doses(day: Day) -> str:
    doses = day.entry.doses
    if not doses:
        return ""
    taken = sum(one.what == "taken" for one in doses)
    return f"{taken} of {len(doses)} listed"


def _levels(found: Review) -> Iterator[Level]:
    for one in regimens(found.levels):
        regimen = one.regimen
        text = f"{regimen.dose} {regimen.times_per_day} times a day" if regimen.times_per_day > 1 else f"{regimen.dose}"
        yield Level(one.since, float(regimen.daily.mg), f"{plain(regimen.daily.mg)} mg a day ({text})")


def effect_text(one: StepChange) -> str:
    """What pain did after a step, with its interval: a fall is written with a minus, as the score moved."""
    change = one.change
    if change is None:
        return "too soon to tell" if one.too_short else "too few days to tell"
    return f"{_moved(change.fall)} ({_moved(change.hi)} to {_moved(change.lo)})"


def _moved(fall: Decimal) -> str:
    """The movement of the score to a tenth: a fall of 1.2 is −1.2."""
    moved = (-fall).quantize(Decimal("0.1"))
    return f"{_MINUS if moved < 0 else '+' if moved > 0 else ''}{abs(moved)}"


def _step(one: StepChange) -> Mark:
    swing = "" if one.change is None or one.change.clear else ", within the own swing"
    text = f"dose {one.before.dose} to {one.after.dose}; pain after it {effect_text(one)}{swing}"
    return Mark(one.on, text, effect_text(one) if one.change else "", float(one.after.daily.mg))


_SHORT = {"intravenous": "IV", "intramuscular": "IM", "subcutaneous": "SC"}


def _session(dose: object, route: str, on: date) -> Mark:
    return Mark(on, f"clinic session: {dose} {route}", f"{_SHORT[route]} {dose}")


def _highest(found: Review, name: str, title: str) -> Iterator[Mark]:
    """The highest reading of each day: what was scored and what was recorded may both be there."""
    by_day = {one.on: one.value for one in found.readings.get(name, ())}  # of one day the higher comes last
    return (Mark(on, f"{title} {plain(value)}", "", float(value)) for on, value in by_day.items())


def _clinic_pressures(found: Review) -> Iterator[tuple[date, int, int]]:
    for one in found.readings.get("blood_pressure", ()):
        if one.source != "diary" and one.second is not None:
            yield one.on, int(one.value), int(one.second)


def _checks(found: Review, library: Library) -> Iterator[Mark]:
    """Days on which a check was made, or a part of it, and the day on which it falls due."""
    for row in library.checks.values():
        made = [_made_on(name, found) for name in row.facts]
        for day in sorted(set().union(*made)):
            whole = all(day in days for days in made)
            yield Mark(day, f"{row.title} done" if whole else f"{row.title}: a part", "done" if whole else "part")
    for one in found.checks:
        if one.state is not State.DONE:
            word = "OVERDUE since" if one.state is State.OVERDUE else "due"
            yield Mark(one.due, f"{one.title}: {word} {one.due}", one.state.value)


def _made_on(name: str, found: Review) -> set[date]:
    """The days on which a fact was measured, or answered last."""
    days = {one.on for one in found.readings.get(name, ()) if one.source != "diary"}
    held = found.case.given.answers.get(name)
    answered = found.case.given.answered_on if isinstance(held, str) else held.on if held else None
    return days | {answered} if answered else days
