"""The course on one axis of time as plain shapes between 0 and 1; the template draws them and decides nothing."""

from collections.abc import Iterator
from datetime import date, timedelta

from titrant.documents.speech import Speech
from titrant.explain.course_chart import Course, DayMark
from titrant.terms.canonical import Json

_WHOLE = {"done": 1.0, "partly": 0.5, "no": 0.06}
_WEEK = 7
_MOST_TICKS = 9
_LAST_TICK = 0.96  # words further right would leave the page


def lanes_of(course: Course, speech: Speech) -> Json:
    """Lanes from top to bottom and the dates under them."""
    axis = _Axis(course)
    return {
        "lanes": [
            _lane(speech.say("v-dose-axis"), 1.1, _top_dose(course), [*_doses(axis)]),
            _lane(speech.say("v-pain-axis"), 1.5, 10, [*_pain(axis)]),
            _lane(speech.say("v-function-axis"), 0.5, 0, [*_activity(axis)]),
            _lane(speech.say("v-effect-axis"), 0.8, 4, [*_effects(axis)]),
            _lane(speech.say("v-check-axis"), 0.45, 0, [*_checks(axis)]),
        ],
        "ticks": [*_ticks(axis, speech)],
        "today": axis.x(course.today),
    }


class _Axis:
    """Days as places from 0 to 1."""

    def __init__(self, course: Course) -> None:
        self.course = course
        self.days = max((course.last - course.first).days + 1, 1)

    def x(self, on: date) -> float:
        return round(min(max(((on - self.course.first).days + 0.5) / self.days, 0.0), 1.0), 4)

    @property
    def wide(self) -> float:
        return round(0.8 / self.days, 4)

    def seen(self) -> Iterator[DayMark]:
        return (one for one in self.course.days if self.course.first <= one.on <= self.course.last)


def _lane(title: str, height: float, top: float, shapes: list[Json]) -> Json:
    """``top``: the number at the upper edge of the scale; 0 where there is none."""
    return {"title": title, "height": height, "top": f"{top:g}" if top else "", "shapes": shapes}


def _top_dose(course: Course) -> float:
    return max((one.daily for one in course.levels), default=0.0)


def _doses(axis: _Axis) -> Iterator[Json]:
    course, top = axis.course, _top_dose(axis.course)
    until = [*(one.since for one in course.levels[1:]), min(course.today + timedelta(days=1), course.last)]
    for one, end in zip(course.levels, until, strict=True):
        if course.first <= end and one.since <= course.last and one.since < end:
            high = round(0.92 * one.daily / top, 4)
            x1, x2 = axis.x(max(one.since, course.first)), axis.x(end)
            yield {"kind": "area", "x": x1, "y": 0, "w": round(x2 - x1, 4), "h": high, "text": f"{one.daily:g}"}
    for begin, end in course.rests:
        if course.first <= end:
            yield {"kind": "rest", "x": axis.x(max(begin, course.first)), "w": round(axis.x(end) - axis.x(begin), 4)}


def _pain(axis: _Axis) -> Iterator[Json]:
    points = [(axis.x(one.on), round(one.mean / 10, 4)) for one in axis.seen() if one.mean is not None]
    if len(points) > 1:
        yield {"kind": "line", "points": points}
    for one in axis.seen():
        if one.pain is not None:
            yield {"kind": "dot", "x": axis.x(one.on), "y": round(one.pain / 10, 4), "open": one.late}


def _activity(axis: _Axis) -> Iterator[Json]:
    for one in axis.seen():
        if one.activity in _WHOLE:
            high = _WHOLE[one.activity]
            yield {"kind": "bar", "x": axis.x(one.on), "w": axis.wide, "h": high, "open": one.late}


def _effects(axis: _Axis) -> Iterator[Json]:
    for one in axis.seen():
        if one.grade is not None:
            high = max(one.grade / 4, 0.04)
            yield {"kind": "bar", "x": axis.x(one.on), "w": axis.wide, "h": round(high, 4), "open": one.late}


def _checks(axis: _Axis) -> Iterator[Json]:
    course = axis.course
    for one in course.checks:
        if course.first <= one.on <= course.last:
            yield {"kind": "square", "x": axis.x(one.on), "y": 0.5, "open": one.kind != "done"}


def _ticks(axis: _Axis, speech: Speech) -> Iterator[Json]:
    weeks = max(1, -(-axis.days // (_WEEK * _MOST_TICKS)))
    day = axis.course.first
    while day <= axis.course.last:
        if axis.x(day) <= _LAST_TICK:
            yield {"x": axis.x(day), "text": speech.short_day(day)}
        day += timedelta(days=_WEEK * weeks)
