"""The report of the clinic: how people fare, what was overruled, and how much the alerts ask for. No names."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal

from msgspec import Struct

from titrant.clinic.change_draft import HEADS
from titrant.explain.words import Words
from titrant.knowledge.library import Library
from titrant.record.events import Kind
from titrant.record.summary import GRADES, Judged
from titrant.terms.canonical import Json

WEEKS = 12  # of decisions and alerts that are looked at
# A bound of this software for privacy, not of medicine; a proposal, explained in docs/worklist.md.
SMALLEST = 5
FEW = f"fewer than {SMALLEST}"
FOLLOWED = ("on_plan", "suspended")
SIGNING = (Kind.SIGNED, Kind.STOPPED, Kind.SUSPENDED)  # each is a decision where a prescriber signed it
_SAID = {"start": "A first plan", **HEADS}  # of what rests on no rule of following
_GRADE_WORDS = {-1: "not asked", 0: "none", 1: "mild", 2: "moderate", 3: "severe", 4: "emergency"}


class Standing(Struct, frozen=True):
    """One case without its person. ``other``: of a care team that the reader does not belong to."""

    state: str
    protocol: str
    judged: Judged | None
    other: bool = False


class Happened(Struct, frozen=True):
    """One event of the weeks looked at: its kind, its day, what it says, and of which case."""

    kind: Kind
    day: date
    body: Json
    case: str = ""
    other: bool = False


class Cell(Struct, frozen=True):
    """One number. ``few``: it speaks of so few people of other care teams that they could be recognised."""

    count: int = 0
    few: bool = False

    @property
    def text(self) -> str:
        return FEW if self.few else str(self.count)


def _few(people: int) -> bool:
    return 0 < people < SMALLEST


class Share(Struct, frozen=True):
    """``count`` of ``known``; the rest of ``all`` is not known and is never taken for a no."""

    label: str
    count: int
    known: int
    all: int
    few: bool = False

    @property
    def percent(self) -> str:
        if self.few:
            return FEW
        return f"{100 * self.count / self.known:.0f} %" if self.known else "not known"


class RuleCount(Struct, frozen=True):
    """How often a proposal of one rule was signed, signed otherwise, or refused."""

    code: str
    words: str
    accepted: Cell
    changed: Cell
    refused: Cell


class AlertLoad(Struct, frozen=True):
    """Tasks opened: how many, and for 100 people and week."""

    grade: str
    opened: Cell
    per_100_week: str


class ClinicReport(Struct, frozen=True):
    """Everything on the page, in its order."""

    on: date
    weeks: int
    states: tuple[tuple[str, Cell], ...]
    followed: int
    shares: tuple[Share, ...]
    harms: tuple[tuple[str, Cell], ...]
    rules: tuple[RuleCount, ...]
    reasons: tuple[tuple[str, Cell], ...]
    alerts: tuple[AlertLoad, ...]


def clinic_report(
    cases: Iterable[Standing], happened: Iterable[Happened], library: Library, words: Words, on: date
) -> ClinicReport:
    standings, events = list(cases), list(happened)
    followed = [one for one in standings if one.state in FOLLOWED]
    decisions = [one for one in events if one.kind is Kind.REFUSED or (one.kind in SIGNING and "content" in one.body)]
    reasons = _events_by([one for one in decisions if one.body.get("reason")], lambda one: str(one.body["reason"]))
    return ClinicReport(
        on=on, weeks=WEEKS, states=tuple(sorted(_people_by(standings, lambda one: one.state).items())),
        followed=len(followed), shares=tuple(_shares(followed, library)), harms=_harms(followed),
        rules=tuple(_rules(decisions, words)),
        reasons=tuple(sorted(reasons.items(), key=lambda item: -item[1].count)),
        alerts=tuple(_alerts(events, len(followed))),
    )  # fmt: skip


def first_day(on: date) -> date:
    return on - timedelta(weeks=WEEKS)


def _people_by(those: Iterable[Standing], name: Callable[[Standing], str]) -> dict[str, Cell]:
    """How many people under each name."""
    rows = list(those)
    others = Counter(name(one) for one in rows if one.other)
    return {key: Cell(count, _few(others[key])) for key, count in Counter(name(one) for one in rows).items()}


def _events_by(those: Iterable[Happened], name: Callable[[Happened], str]) -> dict[str, Cell]:
    """How many events under each name; the people behind them decide whether the number is shown."""
    rows = list(those)
    others = Counter(key for key, _ in {(name(one), one.case) for one in rows if one.other})
    return {key: Cell(count, _few(others[key])) for key, count in Counter(name(one) for one in rows).items()}


def _share(label: str, those: list[Standing], known: list[Standing], everybody: list[Standing]) -> Share:
    few = any(_few(sum(one.other for one in cell)) for cell in (those, known, everybody))
    return Share(label, len(those), len(known), len(everybody), few)


def _shares(followed: list[Standing], library: Library) -> Iterator[Share]:
    judged = [one for one in followed if one.judged is not None]
    falls = [one for one in judged if _of(one).pain_percent and one.protocol in library.protocols]
    for label, aim in (("Pain down by the aim of the trial", _aim), ("Pain down substantially", _substantial)):
        those = [one for one in falls if aim(library, one.protocol) <= Decimal(_of(one).pain_percent)]
        yield _share(f"{label} ({_bounds(aim, followed, library)})", those, falls, followed)
    for label, field in (("PEG down as much as is asked", "peg"), ("Responders by all that is asked", "responder")):
        known = [one for one in judged if getattr(one.judged, field)]
        yield _share(label, [one for one in known if getattr(one.judged, field) == "yes"], known, followed)
    yield _good_days(judged)
    for label, field in (
        ("Silent", "silent_since"), ("With an overdue check", "overdue"), ("Could not be judged", "failed"),
    ):  # fmt: skip
        yield _share(label, [one for one in judged if getattr(one.judged, field)], judged, followed)


def _good_days(judged: list[Standing]) -> Share:
    days, good = sum(_of(one).days_told for one in judged), sum(_of(one).good_days for one in judged)
    few = any(
        _few(sum(one.other and bool(getattr(one.judged, field)) for one in judged))
        for field in ("days_told", "good_days")
    )
    return Share("Days with the aim met and no severe side effect, of days with an entry", good, days, days, few)


def _of(one: Standing) -> Judged:
    assert one.judged is not None
    return one.judged


def _aim(library: Library, protocol: str) -> Decimal:
    return library.protocols[protocol].trial.benefit.value.value


def _substantial(library: Library, protocol: str) -> Decimal:
    following = library.protocols[protocol].following
    return following.response.substantial.value.value if following else _aim(library, protocol)


def _bounds(aim: Callable[[Library, str], Decimal], followed: list[Standing], library: Library) -> str:
    """The bounds of the protocols in use here, as their files say."""
    found = sorted({aim(library, one.protocol) for one in followed if one.protocol in library.protocols})
    return " or ".join(f"{bound:f} %" for bound in found) or "no protocol in use"


def _harms(followed: list[Standing]) -> tuple[tuple[str, Cell], ...]:
    counts = _people_by([one for one in followed if one.judged], lambda one: str(_of(one).worst_effect))
    return tuple((words, counts.get(str(grade), Cell())) for grade, words in _GRADE_WORDS.items())


def _rules(decisions: list[Happened], words: Words) -> Iterator[RuleCount]:
    """By the first reason of the proposal: what was signed as proposed, otherwise, or refused."""
    named = [one for one in decisions if _first_reason(one)]
    cells = _events_by(named, lambda one: f"{_first_reason(one)} {_how(one)}")
    found = []
    for code in {_first_reason(one) for one in named}:
        how = [cells.get(f"{code} {name}", Cell()) for name in ("accepted", "changed", "refused")]
        found.append(RuleCount(code, _SAID.get(code) or words.say(code, {}), *how))
    yield from sorted(found, key=lambda one: (-one.changed.count - one.refused.count, one.code))


def _first_reason(one: Happened) -> str:
    if one.kind is Kind.REFUSED:
        return next(iter(one.body.get("codes") or ()), "")
    content = one.body.get("content") or {}
    return next((each.get("code", "") for each in content.get("reasons") or ()), str(content.get("action", "")))


def _how(one: Happened) -> str:
    return "refused" if one.kind is Kind.REFUSED else "changed" if one.body.get("against") else "accepted"


def _alerts(events: list[Happened], followed: int) -> Iterator[AlertLoad]:
    tasks = [one for one in events if one.kind is Kind.TASK_OPENED]
    cells = _events_by(tasks, lambda one: str(one.body.get("grade", "")))
    for grade in GRADES:
        opened = cells.get(grade, Cell())
        load = f"{100 * opened.count / followed / WEEKS:.1f}" if followed else "not known"
        yield AlertLoad(grade, opened, FEW if opened.few else load)


def table_of(report: ClinicReport) -> Iterator[tuple[str, str, str, str]]:
    """The report as rows: section, what, number, of how many known."""
    yield from (("patients", state, cell.text, "") for state, cell in report.states)
    for one in report.shares:
        yield "outcome", one.label, FEW if one.few else str(one.count), FEW if one.few else str(one.known)
    yield from (("worst side effect of the week", grade, cell.text, "") for grade, cell in report.harms)
    for rule in report.rules:
        for how in ("accepted", "changed", "refused"):
            yield "decisions", f"{rule.code}: {how}", getattr(rule, how).text, ""
    yield from (("reasons of departures", reason, cell.text, "") for reason, cell in report.reasons)
    for alert in report.alerts:
        yield "tasks opened", alert.grade, alert.opened.text, ""
        yield "tasks for 100 people and week", alert.grade, alert.per_100_week, ""
