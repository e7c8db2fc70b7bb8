"""Judging a case for the worklist: what the spine says of it today, in lines. Derived; never a fact of the record."""

import logging
from datetime import date

from msgspec import Struct, structs

from titrant.clinic.following import adjust_at, review_at
from titrant.clinic.office import Office, case_in
from titrant.clinic.pharmacy import may_supply
from titrant.clinic.rules_on_supply import held_back
from titrant.clinic.worklines import (
    Line,
    check_lines,
    course_lines,
    last_days,
    line,
    not_signed,
    proposal_lines,
    sentence_of,
    sign_lines,
    silence,
    silent_since,
    standing_lines,
)
from titrant.pathway.adjust import Adjustment
from titrant.pathway.checks_due import State as CheckState
from titrant.pathway.diary import Day
from titrant.pathway.harm import worst_of
from titrant.pathway.review import Review
from titrant.pathway.supplying import supply_for
from titrant.record.events import instant_text
from titrant.record.folding import Record
from titrant.record.ports import NotFound
from titrant.record.states import State
from titrant.record.summary import GRADES, Judged, Summary
from titrant.terms.canonical import Json
from titrant.terms.errors import TitrantError
from titrant.terms.numbers import plain

_log = logging.getLogger("titrant.worker")
_FOLLOWED = (State.ON_PLAN, State.SUSPENDED)
_BEFORE = (State.PREPARING, State.DRAFTED)
_REPORT_DAYS = 28  # of the report of the clinic: four weeks, so that every weekday counts alike


class Counts(Struct, frozen=True):
    """What a round of judging did."""

    judged: int
    failed: int


def judge(office: Office, case: str) -> Judged:
    """What is to be said of ``case`` today. A case that cannot be judged is a line of its own, never silence."""
    before = None
    try:
        before = office.store.judged(case)
        record = office.store.open(case)
    except NotFound:
        raise
    except Exception as error:
        return _failed(office, office.store.summary(case), before, error)
    try:
        return _judged(office, record, before)
    except Exception as error:
        return _failed(office, record.summary, before, error)


def judge_and_keep(office: Office, case: str) -> Judged:
    judged = judge(office, case)
    office.store.judge(case, judged)
    return judged


def judge_due(office: Office, limit: int) -> Counts:
    """Judge what has changed or was not judged today, most urgent first; one failing case does not stop the rest."""
    done = [_judged_or_aside(office, case) for case in office.store.to_judge(office.today, limit)]
    return Counts(len(done), sum(bool(one.failed) for one in done))


def _judged_or_aside(office: Office, case: str) -> Judged:
    """A case of which not even the fault could be kept is set aside until it changes or the day does, and counted."""
    try:
        return judge_and_keep(office, case)
    except Exception as error:
        _log.exception("a case could not be judged", extra={"kind": type(error).__name__})
        fault = _words_of(error)
        own = {"grade": "today", "code": "not_judged", "since": office.today.isoformat(), "why": f"Not judged: {fault}"}
        judged = Judged(version=0, on=office.today, at=office.now(), lines=(own,), failed=fault)
        office.store.set_aside(case, judged)
        return judged


def _words_of(error: Exception) -> str:
    """Titrant's own errors say what is wrong; of any other only its kind is told, because it may quote the record."""
    unknown = f"a fault in Titrant ({type(error).__name__})"
    return f"{error.place}: {error.fault}" if isinstance(error, TitrantError) else unknown


def _failed(office: Office, summary: Summary, before: Judged | None, error: Exception) -> Judged:
    fault = _words_of(error)
    own = line(office.library, "not_judged", office.today, fault[:40], fault=fault)
    lines = [own, *standing_lines(summary, office.library, office.today)]
    if summary.state in _FOLLOWED:
        lines += silence(None, summary, office.library, office.today)
    found = _with_lines(office, summary, before, lines)
    return structs.replace(found, failed=fault)


def _judged(office: Office, record: Record, before: Judged | None) -> Judged:
    summary, library, today = record.summary, office.library, office.today
    lines = list(standing_lines(summary, library, today))
    if summary.state in _BEFORE:
        _, screening = office.desk.assess(case_in(record, office.today))
        lines.append(not_signed(screening.missing, library, office.desk.words, today))
    if summary.state not in _FOLLOWED:
        return _with_lines(office, summary, before, lines)
    return _followed(office, record, before, lines)


def _followed(office: Office, record: Record, before: Judged | None, lines: list[Line]) -> Judged:
    desk, library, summary = office.desk, office.library, record.summary
    case = case_in(record, office.today)
    decided = adjust_at(desk, case) if not office.no_proposals else None
    found = decided.review if decided else review_at(desk, case)
    signs = sign_lines(found, library)
    refill = _refill_on(found, summary)
    held = held_back(office, record, decided)
    last = found.diary.newest
    lines += [one for one, _ in signs]
    lines += [
        *silence(last, summary, library, found.on),
        *check_lines(found, library),
        *course_lines(found, summary, library, refill, _barred(office, record, refill, held)),
    ]
    if decided is not None:
        lines += proposal_lines(decided, [seen for _, seen in signs], library, desk.words)
    judged = _with_lines(office, summary, before, lines)
    silent = silent_since(last, summary, library, found.on)
    return structs.replace(
        judged, **_dates(found), **_proposed(office, decided), **_for_report(found),
        held_back=held, refill_on=refill.isoformat() if refill else "",
        silent_since=silent.isoformat() if silent else "",
    )  # fmt: skip


# Grading: what somebody has reviewed, and promised to come back to, is graded as seen until that day


def _with_lines(office: Office, summary: Summary, before: Judged | None, lines: list[Line]) -> Judged:
    now = office.now()
    known = {one.key: (before.known if before else {}).get(one.key, instant_text(now)) for one in lines}
    told = [each for one in lines if (each := _told(one, known[one.key], summary, office.today))]
    told.sort(key=lambda one: (GRADES.index(one["grade"]), one["since"]))
    return Judged(version=summary.version, on=office.today, at=now, lines=tuple(told), known=known)


def _told(one: Line, first: str, summary: Summary, today: date) -> Json | None:
    seen = first < summary.reviewed_at and today.isoformat() < summary.contact_on
    grade = one.told.once_seen if seen else one.told.grade
    since = min(one.since.isoformat(), first[:10])
    return {"grade": grade, "code": one.told.code, "why": one.why, "since": since} if grade else None


# What stands beside the lines


def _dates(found: Review) -> Json:
    due = [one.due for one in found.checks if one.state is CheckState.DUE]
    overdue = [one.title for one in found.checks if one.state is CheckState.OVERDUE]
    return {"overdue": tuple(overdue), "next_check": min(due).isoformat() if due else ""}


def _proposed(office: Office, decided: Adjustment | None) -> Json:
    if decided is None:
        return {}
    return {
        "action": decided.action.value if decided.action else "",
        "sentence": sentence_of(decided, office.desk.words),
        "next_review": decided.next_review.isoformat() if decided.next_review else "",
    }


def _refill_on(found: Review, summary: Summary) -> date | None:
    """The first day of the next supply, by what was supplied and what the signed levels take."""
    if summary.state is not State.ON_PLAN or not found.on < found.plan_ends:
        return None
    supplies = found.case.given.course.supplies
    return supply_for(found.levels, found.protocol, found.on, 1, titrating=True, before=supplies).earliest


def _barred(office: Office, record: Record, refill: date | None, held: tuple[str, ...]) -> tuple[str, ...]:
    """Why a supply that is due may not be handed out today: the answer that the pharmacist reads."""
    if refill is None or not refill <= office.today:
        return ()
    return may_supply(office, record, held).refused


def _yes(known: bool | None) -> str:
    return "" if known is None else "yes" if known else "no"


def _for_report(found: Review) -> Json:
    benefit = found.benefit
    worst = worst_of(found.harm.week)
    days = last_days(found, _REPORT_DAYS)
    told = [day for day in days if day.average_pain is not None]
    return {
        "responder": _yes(benefit.responder), "peg": _yes(benefit.peg_met),
        "pain_percent": "" if benefit.fall_percent is None else plain(benefit.fall_percent),
        "worst_effect": -1 if worst is None else worst,
        "days_told": len({day.on for day in told}), "good_days": len({day.on for day in told if _good(day, found)}),
    }  # fmt: skip


def _good(day: Day, found: Review) -> bool:
    """A day on which the pain aimed at was reached and no side effect was severe; without a baseline none is."""
    base, pain = found.benefit.baseline, day.average_pain
    if base is None or pain is None:
        return False
    aim = base * (100 - found.protocol.trial.benefit.value.value) / 100
    return pain <= aim and (day.worst() or 0) < found.following.response.effect_below.value.value
