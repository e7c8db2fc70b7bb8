"""One time axis for a whole course: plain marks in, one SVG out, drawn without a renderer so that a page stays quick.

Every mark has its own shape, so that nothing hangs on colour; late entries are drawn open; days without an entry stay
empty. Colours are the page's own, by class. The rows of the same marks as a table come from the same columns.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from html import escape

from msgspec import Struct

WIDE, LEFT, RIGHT = 960, 132, 14
_GAP, _TOP, _BOTTOM = 12, 22, 22
_LONG = 200  # days from which one column stands for a week
_ONE_DAY = timedelta(days=1)


class DayMark(Struct, frozen=True, kw_only=True):
    """What one day of the diary says. None: not asked, or not answered."""

    on: date
    late: bool
    pain: float | None = None
    mean: float | None = None  # of the seven days that end with this one
    activity: str = ""  # done, partly, no
    grade: int | None = None
    effects: str = ""
    pressures: tuple[tuple[int, int], ...] = ()
    taken: str = ""
    short: bool = False  # less than signed was taken
    held: float | None = None  # minutes that a troche was held
    then: str = ""  # swallowed, spat


class Level(Struct, frozen=True):
    """From this day on, so many mg a day."""

    since: date
    daily: float
    text: str


class Mark(Struct, frozen=True):
    """Something on a day, with the words for it. ``kind`` chooses the shape."""

    on: date
    text: str
    kind: str = ""
    value: float = 0


class Course(Struct, frozen=True, kw_only=True):
    """Everything that the chart shows."""

    first: date
    last: date
    today: date
    days: tuple[DayMark, ...] = ()
    levels: tuple[Level, ...] = ()
    rests: tuple[tuple[date, date], ...] = ()  # suspended
    steps: tuple[Mark, ...] = ()  # each change of dose, with what pain did after it
    sessions: tuple[Mark, ...] = ()
    peg: tuple[Mark, ...] = ()
    pressures: tuple[tuple[date, int, int], ...] = ()  # measured at the clinic
    checks: tuple[Mark, ...] = ()  # kind: done, part, due, overdue


class Column(Struct, frozen=True):
    """One day, or one week of a long course, as cells of a table."""

    first: date
    last: date
    cells: tuple[str, ...]


HEADINGS = ("Dose", "Pain", "7-day mean", "Own activity", "Worst side effect", "Blood pressure", "Also")


class _Lane(Struct, frozen=True):
    title: str
    unit: str
    height: int
    draw: Callable[["_Plot", float, float], Iterable[str]]


class _Plot(Struct, frozen=True):
    """The scale in days, and what is inside it."""

    course: Course

    @property
    def step(self) -> float:
        return (WIDE - LEFT - RIGHT) / ((self.course.last - self.course.first).days + 1)

    @property
    def size(self) -> float:
        """Half the width of a mark: fine where days are many."""
        return max(1.2, min(4.0, self.step * 0.42))

    def x(self, on: date) -> float:
        """The middle of a day."""
        return LEFT + self.step * ((on - self.course.first).days + 0.5)

    def edge(self, on: date) -> float:
        """The beginning of a day, held within the axis: for what began before it."""
        return min(max(LEFT + self.step * (on - self.course.first).days, LEFT), WIDE - RIGHT)

    def sees(self, on: date) -> bool:
        return self.course.first <= on <= self.course.last

    def days(self) -> Iterator[DayMark]:
        return (one for one in self.course.days if self.sees(one.on))

    def of(self, marks: Iterable[Mark]) -> Iterator[Mark]:
        return (one for one in marks if self.sees(one.on))


def course_svg(course: Course, label: str) -> str:
    """The chart. ``label`` is read in its place where nothing is seen."""
    plot = _Plot(course)
    lanes = _lanes(course)
    high = _TOP + sum(lane.height + _GAP for lane in lanes) + _BOTTOM
    parts = [
        f'<svg class="course" viewBox="0 0 {WIDE} {high}" width="{WIDE}" height="{high}" role="img" '
        f'aria-label="{escape(label)}">',
        *_grid(plot, high),
    ]
    y = float(_TOP)
    for lane in lanes:
        parts += _frame(lane, y)
        parts += lane.draw(plot, y, y + lane.height)
        y += lane.height + _GAP
    parts += [*_step_lines(plot, high), *_columns_over(plot, high), "</svg>"]
    return "".join(parts)


def _lanes(course: Course) -> list[_Lane]:
    lanes = [
        _Lane("Dose", "mg a day", 84, _dose),
        _Lane("Pain", "0 to 10", 124, _pain),
        _Lane("Function", "activity; PEG", 62, _function),
        _Lane("Worst effect", "grade 0 to 4", 66, _effects),
        _Lane("Blood pressure", "mmHg", 76, _pressures),
        _Lane("Checks", "", 30, _checks),
    ]
    if any(day.held is not None for day in course.days):
        lanes.insert(1, _Lane("Troche held", "minutes", 44, _held))
    return lanes


def _frame(lane: _Lane, y: float) -> Iterator[str]:
    yield f'<rect class="lane" x="{LEFT}" y="{y:.0f}" width="{WIDE - LEFT - RIGHT}" height="{lane.height}"/>'
    yield f'<text class="name" x="0" y="{y + 13:.0f}">{escape(lane.title)}</text>'
    # Where the page is too narrow for the whole width, the name is shown inside as well.
    yield _label(WIDE - RIGHT - 4, y + lane.height - 5, lane.title, "inside", "end")
    if lane.unit:
        yield f'<text class="unit" x="0" y="{y + 28:.0f}">{escape(lane.unit)}</text>'


# The axis of days


def _grid(plot: _Plot, high: float) -> Iterator[str]:
    bottom = high - _BOTTOM
    for day in _ticks(plot.course.first, plot.course.last):
        x = plot.edge(day)
        yield f'<path class="grid" d="M{x:.1f} {_TOP}V{bottom:.0f}"/>'
        yield f'<text class="tick" x="{x + 2:.1f}" y="{high - 7:.0f}">{_day_text(day, plot)}</text>'
    if plot.sees(plot.course.today):
        x = plot.edge(plot.course.today)
        yield _box("today", x, _TOP, max(plot.step, 2), bottom - _TOP)
        yield f'<text class="tick" x="{min(x, WIDE - RIGHT - 34):.1f}" y="14">today</text>'


def _day_text(day: date, plot: _Plot) -> str:
    if (plot.course.last - plot.course.first).days > 370:
        return f"{day:%Y-%m}"
    return f"{day.day} {day:%b}"


def _ticks(first: date, last: date) -> Iterator[date]:
    """Mondays, or the first days of months where weeks would stand too close."""
    length = (last - first).days
    if length > _LONG:
        months = 1 if length <= 300 else 3
        year, month = first.year, first.month
        while (day := date(year, month, 1)) <= last:
            if first <= day:
                yield day
            month += months
            year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
        return
    week = 7 if length <= 60 else 14
    day = first + _ONE_DAY * (-first.weekday() % 7)
    while day <= last - _ONE_DAY * 2:
        yield day
        day += _ONE_DAY * week


# Shapes, as pieces of one path each, so that a diary of years is a few elements


def _circle(x: float, y: float, r: float) -> str:
    return f"M{x - r:.1f} {y:.1f}a{r:.1f} {r:.1f} 0 1 0 {2 * r:.1f} 0a{r:.1f} {r:.1f} 0 1 0 {-2 * r:.1f} 0z"


def _square(x: float, y: float, r: float) -> str:
    return f"M{x - r:.1f} {y - r:.1f}h{2 * r:.1f}v{2 * r:.1f}h{-2 * r:.1f}z"


def _diamond(x: float, y: float, r: float) -> str:
    r *= 1.35
    return f"M{x:.1f} {y - r:.1f}l{r:.1f} {r:.1f}l{-r:.1f} {r:.1f}l{-r:.1f} {-r:.1f}z"


def _triangle(x: float, y: float, r: float) -> str:
    r *= 1.2
    return f"M{x:.1f} {y - r:.1f}l{r:.1f} {2 * r:.1f}h{-2 * r:.1f}z"


def _cross(x: float, y: float, r: float) -> str:
    return f"M{x - r:.1f} {y - r:.1f}l{2 * r:.1f} {2 * r:.1f}m0 {-2 * r:.1f}l{-2 * r:.1f} {2 * r:.1f}"


def _span(x: float, top: float, bottom: float, r: float) -> str:
    """A bar with caps, from the higher to the lower of two pressures."""
    return f"M{x:.1f} {top:.1f}V{bottom:.1f}m{-r:.1f} 0h{2 * r:.1f}m0 {top - bottom:.1f}h{-2 * r:.1f}"


def _box(kind: str, x: float, y: float, wide: float, high: float) -> str:
    return f'<rect class="{kind}" x="{x:.1f}" y="{y:.0f}" width="{wide:.1f}" height="{high:.0f}"/>'


def _paths(pieces: Iterable[tuple[str, str]]) -> Iterator[str]:
    """One element for each class; late entries are a class of their own, drawn open."""
    gathered: dict[str, list[str]] = {}
    for kind, piece in pieces:
        gathered.setdefault(kind, []).append(piece)
    return (f'<path class="{kind}" d="{"".join(found)}"/>' for kind, found in gathered.items())


def _kind(name: str, late: bool) -> str:
    return f"{name} late" if late else name


def _label(x: float, y: float, text: str, kind: str = "value", anchor: str = "start") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _scale_text(y: float, text: str) -> str:
    return _label(LEFT - 5, y + 4, text, "tick", "end")


# The lanes


def _dose(plot: _Plot, top: float, bottom: float) -> Iterator[str]:
    course = plot.course
    highest = max([level.daily for level in course.levels] or [1]) or 1
    floor = bottom - 4

    def y(mg: float) -> float:
        return floor - (floor - top - 24) * mg / highest

    for since, until in course.rests:
        left, right = plot.edge(since), plot.edge(until)
        if left < right:
            yield _box("rest", left, top, right - left, bottom - top)
            yield _label(left + 3, top + 13, "suspended", "note")
    yield from _level_lines(plot, y, floor)
    yield from _paths(("missed", _cross(plot.x(day.on), floor - 5, plot.size)) for day in plot.days() if day.short)
    for mark in plot.of(course.sessions):
        x = plot.x(mark.on)
        yield f'<path class="session" d="{_diamond(x, top + 11, 5)}"/>'
        yield _label(x + 8, top + 15, mark.kind, "note")


def _level_lines(plot: _Plot, y: Callable[[float], float], floor: float) -> Iterator[str]:
    """The signed dose as steps, each with its number where it begins to be seen."""
    course, line, area, labels, before = plot.course, "", "", [], -100.0
    for place, level in enumerate(course.levels):
        ends = course.levels[place + 1].since if place + 1 < len(course.levels) else course.last + _ONE_DAY
        if ends <= course.first or course.last < level.since:
            continue
        left, right, high = plot.edge(level.since), plot.edge(ends), y(level.daily)
        line += f"{'V' if line else f'M{left:.1f} '}{high:.1f}H{right:.1f}"
        area += f"M{left:.1f} {floor:.1f}V{high:.1f}H{right:.1f}V{floor:.1f}z"
        if before + 44 <= left:
            labels.append(_label(left + 4, high - 5, f"{level.daily:g} mg"))
            before = left
    if line:
        yield f'<path class="dose-area" d="{area}"/><path class="dose" d="{line}"/>'
    yield from labels


def _held(plot: _Plot, top: float, bottom: float) -> Iterator[str]:
    longest = max([day.held for day in plot.days() if day.held is not None] or [1]) or 1
    yield _scale_text(top + 6, f"{longest:g}")
    for day in plot.days():
        if day.held is not None:
            y = bottom - 6 - (bottom - top - 12) * day.held / longest
            kind = "spat" if day.then == "spat" else "swallowed"
            yield f'<path class="{kind}" d="{_square(plot.x(day.on), y, plot.size)}"/>'


def _pain(plot: _Plot, top: float, bottom: float) -> Iterator[str]:
    head = top + 20  # room for what each step did

    def y(score: float) -> float:
        return bottom - 5 - (bottom - head - 5) * score / 10

    for score in (0, 5, 10):
        yield f'<path class="grid" d="M{LEFT} {y(score):.1f}H{WIDE - RIGHT}"/>'
        yield _scale_text(y(score), str(score))
    yield from _paths(
        (_kind("pain", day.late), _circle(plot.x(day.on), y(day.pain), plot.size * 0.8))
        for day in plot.days()
        if day.pain is not None
    )
    line = _broken(plot, y)
    if line:
        yield f'<path class="mean" d="{line}"/>'
    free = -1000.0
    for mark in plot.of(plot.course.steps):
        x = plot.x(mark.on) - plot.step / 2 + 4
        width = 6.6 * len(mark.kind)
        at = min(x, WIDE - RIGHT - width)
        if free <= at and mark.kind:
            yield _label(at, top + 14, mark.kind, "effect")
            free = at + width


def _broken(plot: _Plot, y: Callable[[float], float]) -> str:
    """The line of the mean: it breaks where a day has no entry, so that a gap is seen."""
    parts: list[str] = []
    before: date | None = None
    for day in plot.days():
        if day.mean is None or day.on == before:
            continue
        joined = before is not None and (day.on - before).days == 1
        parts.append(f"{'L' if joined else 'M'}{plot.x(day.on):.1f} {y(day.mean):.1f}")
        before = day.on
    return "".join(parts)


_ACTIVITY = {"done": (_square, "done"), "partly": (_triangle, "partly"), "no": (_cross, "not-done")}


def _function(plot: _Plot, top: float, bottom: float) -> Iterator[str]:
    yield from _paths(
        (_kind(_ACTIVITY[day.activity][1], day.late), _ACTIVITY[day.activity][0](plot.x(day.on), top + 12, plot.size))
        for day in plot.days()
        if day.activity in _ACTIVITY
    )
    floor = bottom - 6
    yield _scale_text(top + 30, "10")
    yield _scale_text(floor, "0")
    marks = list(plot.of(plot.course.peg))
    places = [(plot.x(mark.on), floor - (floor - top - 30) * mark.value / 10) for mark in marks]
    if len(places) > 1:
        yield f'<path class="peg-line" d="M{"L".join(f"{x:.1f} {y:.1f}" for x, y in places)}"/>'
    free = -1000.0
    for mark, (x, y) in zip(marks, places, strict=True):
        yield f'<path class="peg" d="{_diamond(x, y, 3.2)}"/>'
        if free < x < WIDE - RIGHT - 24:
            yield _label(x + 6, y + 4, f"{mark.value:g}", "note")
            free = x + 28


_GRADES = (_circle, _circle, _triangle, _square, _diamond)


def _effects(plot: _Plot, top: float, bottom: float) -> Iterator[str]:
    def y(grade: int) -> float:
        return bottom - 7 - (bottom - top - 14) * grade / 4

    for grade in (0, 2, 4):
        yield f'<path class="grid" d="M{LEFT} {y(grade):.1f}H{WIDE - RIGHT}"/>'
        yield _scale_text(y(grade), str(grade))
    yield from _paths(
        (
            _kind(f"grade g{day.grade}", day.late),
            _GRADES[day.grade](plot.x(day.on), y(day.grade), plot.size * (0.55 if day.grade == 0 else 1)),
        )
        for day in plot.days()
        if day.grade is not None
    )


def _pressures(plot: _Plot, top: float, bottom: float) -> Iterator[str]:
    found = [(day.on, *pair, "home") for day in plot.days() for pair in day.pressures]
    found += [(on, hi, lo, "clinic") for on, hi, lo in plot.course.pressures if plot.sees(on)]
    if not found:
        yield _label(LEFT + 8, (top + bottom) / 2 + 4, "none measured in these days", "note")
        return
    most = max(150, *(10 * -(-hi // 10) for _, hi, _, _ in found))
    least = min(60, *(10 * (lo // 10) for _, _, lo, _ in found))

    def y(value: float) -> float:
        return bottom - 5 - (bottom - top - 10) * (value - least) / (most - least)

    for value in (least, most):
        yield _scale_text(y(value), str(value))
    r = max(plot.size, 2)
    yield from _paths((f"pressure {where}", _span(plot.x(on), y(hi), y(lo), r)) for on, hi, lo, where in found)


_CHECKS = {"done": _circle, "part": _square, "due": _circle, "overdue": _triangle}


def _checks(plot: _Plot, top: float, bottom: float) -> Iterator[str]:
    """Checks of one day share a place: it shows the gravest of them, and the words name all."""
    y = (top + bottom) / 2
    order = ("overdue", "due", "done", "part")
    by_day: dict[date, list[Mark]] = {}
    for mark in plot.course.checks:
        by_day.setdefault(max(plot.course.first, mark.on), []).append(mark)
    for day, marks in by_day.items():
        if not plot.sees(day):
            continue
        kind = min((mark.kind for mark in marks), key=order.index)
        words = "; ".join(dict.fromkeys(mark.text for mark in marks))
        shape = _CHECKS[kind](plot.x(day), y, 4.5)
        yield f'<path class="check {kind}" d="{shape}"><title>{escape(words)}</title></path>'


def _step_lines(plot: _Plot, high: float) -> Iterator[str]:
    for mark in plot.of(plot.course.steps):
        x = plot.edge(mark.on)
        yield f'<path class="step" d="M{x:.1f} {_TOP}V{high - _BOTTOM:.0f}"/>'


# One column a day: what is told when the pointer or the keyboard is there, and the rows of the table


def columns(course: Course) -> list[Column]:
    """Every day of the axis up to today, or every week of a long one, newest last."""
    length = 7 if (course.last - course.first).days > _LONG else 1
    by_day: dict[date, list[DayMark]] = {}
    for one in course.days:
        by_day.setdefault(one.on, []).append(one)
    also: dict[date, list[str]] = {}
    for mark in (
        *course.steps,
        *course.sessions,
        *course.peg,
        *(one for one in course.checks if one.kind in ("done", "part")),
    ):
        also.setdefault(mark.on, []).append(mark.text)
    found, first = [], course.first
    while first <= min(course.today, course.last):
        last = first + _ONE_DAY * (length - 1)
        dates = [first + _ONE_DAY * place for place in range(length)]
        days = [one for on in dates for one in by_day.get(on, ())]
        found.append(
            Column(first, last, _cells(course, last, days, [text for on in dates for text in also.get(on, ())]))
        )
        first += _ONE_DAY * length
    return found


def _cells(course: Course, on: date, days: list[DayMark], also: list[str]) -> tuple[str, ...]:
    level = next((one for one in reversed(course.levels) if one.since <= on), None)
    pains = [day.pain for day in days if day.pain is not None]
    clinic = [f"{hi}/{lo}" for day, hi, lo in course.pressures if days and day == on]
    means = [day.mean for day in days if day.mean is not None]
    late = (
        [f"{sum(day.late for day in days)} late" if len(days) > 1 else "entered late"]
        if any(d.late for d in days)
        else []
    )
    return (
        (level.text if level else "none") + (f"; taken: {', '.join(_unlike(d.taken for d in days))}" if days else ""),
        _range(pains),
        f"{means[-1]:.1f}" if means else "",
        ", ".join(_unlike(day.activity for day in days)),
        ", ".join(_unlike(day.effects for day in days)),
        ", ".join([*(f"{hi}/{lo}" for day in days for hi, lo in day.pressures), *clinic]),
        "; ".join([*([] if days else ["no entry"]), *late, *also]),
    )


def _unlike(words: Iterable[str]) -> list[str]:
    return [one for one in dict.fromkeys(words) if one]


def _range(values: list[float]) -> str:
    if not values:
        return ""
    lo, hi = min(values), max(values)
    return f"{lo:g}" if lo == hi else f"{lo:g} to {hi:g}"


def column_text(column: Column) -> str:
    """One column in words."""
    when = column.first.isoformat() if column.first == column.last else f"{column.first} to {column.last}"
    told = [
        f"{name.lower()} {cell}" for name, cell in zip(HEADINGS, column.cells, strict=True) if cell and name != "Also"
    ]
    return f"{when}: {'; '.join([*told, *([column.cells[-1]] if column.cells[-1] else [])])}"


def _columns_over(plot: _Plot, high: float) -> Iterator[str]:
    """An unseen column over all lanes for each day, that carries the words."""
    for column in columns(plot.course):
        x, right = plot.edge(column.first), plot.edge(column.last + _ONE_DAY)
        yield (
            f'<rect class="day" x="{x:.1f}" y="{_TOP}" width="{right - x:.1f}" height="{high - _TOP - _BOTTOM:.0f}">'
            f"<title>{escape(column_text(column))}</title></rect>"
        )
