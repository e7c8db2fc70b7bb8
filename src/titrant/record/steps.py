"""Which dose is signed for which day: the one reading of signatures, suspensions and ends (ADR 0491).

Of the events alone and without their seals: what is followed or printed asks ``clinic.phone_day``, which checks them.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from msgspec import Struct, structs

from titrant.pathway.supplying import falls_on
from titrant.record.events import Event, Kind
from titrant.terms.canonical import Json

_ONE_DAY = timedelta(days=1)
# Beside the record only steps of this last while are kept: an entry of an older day is one that staff type from paper.
KEPT_FOR = timedelta(days=366)
CHANGING = (Kind.SIGNED, Kind.SUSPENDED, Kind.STOPPED, Kind.WITHDRAWN)
# What makes one dose another; the days of a supply do not.
_DOSE = ("product", "piece_mg", "pieces_per_dose", "dose_mg", "times_per_day", "days_per_week")


class Step(Struct, frozen=True):
    """From ``since`` to the day before ``ends`` this signed regimen, in the form that the last gate reads.

    ``week_from``: the first day of the course, from which the dosing days of each week are counted; else ``since``.
    """

    since: date
    ends: date | None
    regimen: dict[str, str]
    week_from: date | None = None

    @property
    def dose(self) -> tuple[str, ...]:
        return tuple(self.regimen.get(name, "") for name in _DOSE)

    def takes_dose(self, day: date) -> bool:
        """Whether a dose falls on ``day``, where fewer than seven days a week have one."""
        return falls_on(self.week_from or self.since, int(self.regimen.get("days_per_week", "7")), day)


class Stretch(Struct, frozen=True):
    """Days in a row, both ends among them, on one dose; without ``last`` for as long as it is not changed."""

    first: date
    last: date | None
    step: Step


def laid(steps: tuple[Step, ...], event: Event, day: date) -> tuple[Step, ...]:
    """``steps`` after ``event``, which happened on ``day``: a signature overtakes what was signed for its days."""
    if event.kind is Kind.WITHDRAWN:
        return ()
    if event.kind is not Kind.SIGNED:
        return cut(steps, _off_from(event, day))
    week_from = _week_from(steps, event)
    new = tuple(structs.replace(one, week_from=week_from) for one in _signed(event.body["content"]))
    return (*cut(steps, new[0].since), *new)


def _week_from(steps: tuple[Step, ...], event: Event) -> date | None:
    """The first day of the course that the signature begins or goes on with (ADR 0492)."""
    course = ((event.body.get("set") or {}).get("given") or {}).get("course") or {}
    if course.get("levels"):
        return min(date.fromisoformat(str(one["since"])) for one in course["levels"])
    said = event.body["content"].get("week_from")
    return date.fromisoformat(said) if said else steps[-1].week_from if steps else None


def cut(steps: tuple[Step, ...], day: date) -> tuple[Step, ...]:
    """``steps`` as far as the day before ``day``."""
    kept = (one for one in steps if one.since < day)
    return tuple(structs.replace(one, ends=day if one.ends is None else min(one.ends, day)) for one in kept)


def steps_after(steps: tuple[Step, ...] | None, event: Event) -> tuple[Step, ...]:
    """What the summary keeps after ``event``, of which it kept ``steps`` before; None where nothing was signed yet.

    Of a later signature what it says was before it is never asked: a suspension may have cut that off.
    """
    return recent(laid(_elsewhere(event) if steps is None else steps, event, event.at.date()))


def _elsewhere(event: Event) -> tuple[Step, ...]:
    """What the first signature here says was taken before it, of the same product: a course that began elsewhere."""
    content = event.body.get("content") or {}
    said, regimen = content.get("before"), content.get("regimen")
    if not said or not regimen or said["product"] != regimen["product"]:
        return ()
    week_from = date.fromisoformat(content["week_from"]) if content.get("week_from") else None
    return (Step(date.fromisoformat(said["since"]), None, regimen | said, week_from),)


def recent(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """Those of the last while before the newest: what grows with every signature is kept in the events alone."""
    if not steps:
        return ()
    oldest = steps[-1].since - KEPT_FOR
    ends = [*(one.since for one in steps[1:]), None]
    return tuple(one for one, end in zip(steps, ends, strict=True) if end is None or oldest < end)


def step_on(steps: tuple[Step, ...], day: date) -> Step | None:
    """The newest that had begun by ``day``; None before the first, and where it is over."""
    begun = [(one.since, place) for place, one in enumerate(steps) if one.since <= day]
    newest = steps[max(begun)[1]] if begun else None
    return None if newest is None or (newest.ends is not None and newest.ends <= day) else newest


def stretches(steps: tuple[Step, ...], first: date, last: date | None = None) -> tuple[Stretch, ...]:
    """The days from ``first`` to ``last``, by their dose; days without one stand in none."""
    found: list[Stretch] = []
    for one in _from(steps, first, last):
        before = found[-1] if found else None
        joined = before is not None and before.last == one.first - _ONE_DAY and before.step.dose == one.step.dose
        if before is not None and joined:
            found[-1] = Stretch(before.first, one.last, before.step)
        else:
            found.append(one)
    return tuple(found)


def _from(steps: tuple[Step, ...], first: date, last: date | None) -> Iterator[Stretch]:
    days = sorted({first, *(day for one in steps for day in (one.since, one.ends) if day is not None and first < day)})
    for day, following in zip(days, [*days[1:], None], strict=True):
        step = step_on(steps, day) if last is None or day <= last else None
        if step is not None:
            until = [one for one in (last, following and following - _ONE_DAY) if one is not None]
            yield Stretch(day, min(until, default=None), step)


def _signed(content: Json) -> Iterator[Step]:
    ends = date.fromisoformat(content["ends"]) if content["ends"] else None
    yield Step(date.fromisoformat(content["starts"]), ends, content["regimen"])
    for one in content.get("steps") or ():
        yield Step(date.fromisoformat(one["from"]), ends, one["regimen"])


def _off_from(event: Event, day: date) -> date:
    """The first day without a dose by a suspension or an end."""
    lines = (event.body.get("add") or {}).get("course.suspensions") or [{}]
    return date.fromisoformat(lines[0].get("since") or event.body.get("on") or day.isoformat())
