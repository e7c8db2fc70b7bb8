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
FOLLOWED = ("on_plan", "suspended")
SIGNING = (Kind.SIGNED, Kind.STOPPED, Kind.SUSPENDED)  # each is a decision where a prescriber signed it
_SAID = {"start": "A first plan", **HEADS}  # of what rests on no rule of following
_GRADE_WORDS = {-1: "not asked", 0: "none", 1: "mild", 2: "moderate", 3: "severe", 4: "emergency"}


class Standing(Struct, frozen=True):
    """One case without its person."""

    state: str
    protocol: str
    judged: Judged | None


class Happened(Struct, frozen=True):
    """One event of the weeks looked at: its kind, its day and what it says."""

    kind: Kind
    day: date
    body: Json


class Share(Struct, frozen=True):
    """``count`` of ``known``; the rest of ``all`` is not known and is never taken for a no."""

    label: str
    count: int
    known: int
    all: int

    @property
    def percent(self) -> str:
        return f"{100 * self.count / self.known:.0f} %" if self.known else "not known"


class RuleCount(Struct, frozen=True):
    """How often a proposal of one rule was signed, signed otherwise, or refused."""

    code: str
    words: str
    accepted: int
    changed: int
    refused: int


class AlertLoad(Struct, frozen=True):
    """Tasks opened: how many, and for 100 people and week."""

    grade: str
    opened: int
    per_100_week: str


class ClinicReport(Struct, frozen=True):
    """Everything on the page, in its order."""

    on: date
    weeks: int
    states: tuple[tuple[str, int], ...]
    followed: int
    shares: tuple[Share, ...]
    harms: tuple[tuple[str, int], ...]
    rules: tuple[RuleCount, ...]
    reasons: tuple[tuple[str, int], ...]
    alerts: tuple[AlertLoad, ...]


def clinic_report(
    cases: Iterable[Standing], happened: Iterable[Happened], library: Library, words: Words, on: date
) -> ClinicReport:
    standings, events = list(cases), list(happened)
    followed = [one for one in standings if one.state in FOLLOWED]
    judged = [one.judged for one in followed if one.judged is not None]
    decisions = [one for one in events if one.kind is Kind.REFUSED or (one.kind in SIGNING and "content" in one.body)]
    reasons = Counter(str(one.body.get("reason")) for one in decisions if one.body.get("reason"))
    return ClinicReport(
        on=on, weeks=WEEKS, states=tuple(sorted(Counter(one.state for one in standings).items())),
        followed=len(followed), shares=tuple(_shares(followed, judged, library)), harms=_harms(judged),
        rules=tuple(_rules(decisions, words)), reasons=tuple(reasons.most_common()),
        alerts=tuple(_alerts(events, len(followed))),
    )  # fmt: skip


def first_day(on: date) -> date:
    return on - timedelta(weeks=WEEKS)


def _shares(followed: list[Standing], judged: list[Judged], library: Library) -> Iterator[Share]:
    everybody = len(followed)
    falls = [
        (one.protocol, Decimal(one.judged.pain_percent))
        for one in followed
        if one.judged and one.judged.pain_percent and one.protocol in library.protocols
    ]
    for label, aim in (("Pain down by the aim of the trial", _aim), ("Pain down substantially", _substantial)):
        count = sum(aim(library, protocol) <= fall for protocol, fall in falls)
        yield Share(f"{label} ({_bounds(aim, followed, library)})", count, len(falls), everybody)
    for label, field in (("PEG down as much as is asked", "peg"), ("Responders by all that is asked", "responder")):
        known = [getattr(one, field) for one in judged if getattr(one, field)]
        yield Share(label, known.count("yes"), len(known), everybody)
    days, good = sum(one.days_told for one in judged), sum(one.good_days for one in judged)
    yield Share("Days with the aim met and no severe side effect, of days with an entry", good, days, days)
    yield Share("Silent", sum(bool(one.silent_since) for one in judged), len(judged), everybody)
    yield Share("With an overdue check", sum(bool(one.overdue) for one in judged), len(judged), everybody)
    yield Share("Could not be judged", sum(bool(one.failed) for one in judged), len(judged), everybody)


def _aim(library: Library, protocol: str) -> Decimal:
    return library.protocols[protocol].trial.benefit.value.value


def _substantial(library: Library, protocol: str) -> Decimal:
    following = library.protocols[protocol].following
    return following.response.substantial.value.value if following else _aim(library, protocol)


def _bounds(aim: Callable[[Library, str], Decimal], followed: list[Standing], library: Library) -> str:
    """The bounds of the protocols in use here, as their files say."""
    found = sorted({aim(library, one.protocol) for one in followed if one.protocol in library.protocols})
    return " or ".join(f"{bound:f} %" for bound in found) or "no protocol in use"


def _harms(judged: list[Judged]) -> tuple[tuple[str, int], ...]:
    counts = Counter(one.worst_effect for one in judged)
    return tuple((words, counts[grade]) for grade, words in _GRADE_WORDS.items())


def _rules(decisions: list[Happened], words: Words) -> Iterator[RuleCount]:
    """By the first reason of the proposal: what was signed as proposed, otherwise, or refused."""
    counts: dict[str, Counter[str]] = {}
    for one in decisions:
        code = _first_reason(one)
        if code:
            counts.setdefault(code, Counter())[_how(one)] += 1
    for code, how in sorted(counts.items(), key=lambda item: (-item[1]["changed"] - item[1]["refused"], item[0])):
        said = _SAID.get(code) or words.say(code, {})
        yield RuleCount(code, said, how["accepted"], how["changed"], how["refused"])


def _first_reason(one: Happened) -> str:
    if one.kind is Kind.REFUSED:
        return next(iter(one.body.get("codes") or ()), "")
    content = one.body.get("content") or {}
    return next((each.get("code", "") for each in content.get("reasons") or ()), str(content.get("action", "")))


def _how(one: Happened) -> str:
    return "refused" if one.kind is Kind.REFUSED else "changed" if one.body.get("against") else "accepted"


def _alerts(events: list[Happened], followed: int) -> Iterator[AlertLoad]:
    opened = Counter(one.body.get("grade", "") for one in events if one.kind is Kind.TASK_OPENED)
    for grade in GRADES:
        load = f"{100 * opened[grade] / followed / WEEKS:.1f}" if followed else "not known"
        yield AlertLoad(grade, opened[grade], load)


def table_of(report: ClinicReport) -> Iterator[tuple[str, str, str, str]]:
    """The report as rows: section, what, number, of how many known."""
    yield from (("patients", state, str(count), "") for state, count in report.states)
    yield from (("outcome", one.label, str(one.count), str(one.known)) for one in report.shares)
    yield from (("worst side effect of the week", grade, str(count), "") for grade, count in report.harms)
    for rule in report.rules:
        for how in ("accepted", "changed", "refused"):
            yield "decisions", f"{rule.code}: {how}", str(getattr(rule, how)), ""
    yield from (("reasons of departures", reason, str(count), "") for reason, count in report.reasons)
    for alert in report.alerts:
        yield "tasks opened", alert.grade, str(alert.opened), ""
        yield "tasks for 100 people and week", alert.grade, alert.per_100_week, ""
