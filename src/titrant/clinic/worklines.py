"""The lines of a worklist: from a review of a case to what somebody has to be told, in plain words with days."""

from collections.abc import Iterator
from datetime import date, timedelta

from msgspec import Struct

from titrant.clinic.saying_following import said
from titrant.clinic.signs import Seen, by_sign, signs_in
from titrant.explain.words import Words
from titrant.knowledge.library import Library
from titrant.knowledge.shapes.following import Action
from titrant.knowledge.shapes.triage import Sign, Told
from titrant.pathway.adjust import Adjustment
from titrant.pathway.checks_due import State as CheckState
from titrant.pathway.diary import Day
from titrant.pathway.plan import Outcome
from titrant.pathway.review import Review
from titrant.pathway.unseen import Since
from titrant.record.summary import GRADES, Grade, Judged, Summary
from titrant.terms.calendar import whole_days
from titrant.terms.reason import Missing, Reason

_SHOWN = 3  # open answers named in one line; the page of the patient has all of them


class Line(Struct, frozen=True):
    """Something to be told: its words, the day it goes back to, and what makes it a new thing to look at."""

    told: Told
    why: str
    since: date
    newest: str = ""

    @property
    def key(self) -> str:
        return f"{self.told.code} {self.newest}".strip()


def line(library: Library, code: str, since: date, newest: str = "", **facts: str) -> Line:
    told = library.triage.line(code)
    return Line(told, told.words.format(**facts), since, newest)


# What the record says without the spine


def standing_lines(summary: Summary, library: Library, on: date) -> Iterator[Line]:
    """Lines of the standing alone: promises, drafts, messages, instructions that nobody confirmed, holds."""
    if summary.contact_on and summary.contact_on <= on.isoformat():
        day = date.fromisoformat(summary.contact_on)
        yield line(library, "contact_due", day, summary.contact_on, day=str(day), what=summary.contact_why)
    if summary.draft:
        yield line(library, "draft_waits", on, str(summary.draft))
    if summary.unread:
        count = counted(len(summary.unread), "message")
        yield line(library, "unread", on, str(summary.unread[-1]), count=count)
    yield from (line(library, "supply_held", on, key, what=why) for key, why in summary.holds.items())
    yield from _undelivered(summary, library, on)


def _undelivered(summary: Summary, library: Library, on: date) -> Iterator[Line]:
    signed = summary.plan_from
    if summary.state != "on_plan" or summary.read or not signed:
        return
    since = date.fromisoformat(signed)
    if whole_days(library.triage.undelivered_after.value) <= (on - since).days:
        yield line(library, "undelivered", since, str(summary.plan), day=str(since))


def silent_since(last: date | None, summary: Summary, library: Library, on: date) -> date | None:
    """The day of the last entry, where it lies back as long as the triage asks; without one the first of the plan."""
    days = [day for day in (last, _day(summary.last_entry), _day(summary.plan_from)) if day is not None]
    since = max(days, default=on)
    return since if whole_days(library.triage.silent_after.value) <= (on - since).days else None


def silence(last: date | None, summary: Summary, library: Library, on: date) -> Iterator[Line]:
    since = silent_since(last, summary, library, on)
    if since is None:
        return
    code = "silent_long" if whole_days(library.triage.silent_long_after.value) <= (on - since).days else "silent"
    written = since in (last, _day(summary.last_entry))
    words = f"last entry {since}" if written else f"none since the plan began on {since}"
    yield line(library, code, since, since.isoformat(), days=counted((on - since).days, "day"), since_words=words)


def _day(text: str) -> date | None:
    return date.fromisoformat(text[:10]) if text else None


# What the review says, whether or not the program proposes anything


def sign_lines(found: Review, library: Library) -> list[tuple[Line, Seen]]:
    """The signs of the diary that still count, each with its days."""
    seen_on: dict[str, list[date]] = {}
    seen: dict[str, list[Seen]] = {}
    since = found.since
    for day in (day for day in found.diary.days if since.counts(day)):
        for one in by_sign(_counting(day, since, found, library)):
            seen_on.setdefault(one.sign.code, []).append(day.on)
            seen.setdefault(one.sign.code, []).append(one)
    return [(_sign_line(several[-1], seen_on[code]), by_sign(several)[0]) for code, several in seen.items()]


def _counting(day: Day, since: Since, found: Review, library: Library) -> Iterator[Seen]:
    """The signs of one day, without harm that a later signature has settled."""
    for one in signs_in(day.entry, library, None):
        name = one.what.replace(" ", "_")
        grade = (day.entry.effects or {}).get(name, 0)  # type: ignore[call-overload]
        counts = one.sign.grade_from is None or since.effect_counts(day, name, grade)
        if counts and (not one.sign.bands or found.span.first <= day.on):
            yield one
    yield from _beyond(day.on, found, library)


def _beyond(on: date, found: Review, library: Library) -> Iterator[Seen]:
    days = {"suspended": found.taken_suspended, "extra": found.extra, "unplanned": found.unplanned_days}
    for sign in library.triage.signs:
        if any(on in days[kind] for kind in sign.doses):
            yield Seen(sign, value="see the diary")
            return


def _sign_line(newest: Seen, days: list[date]) -> Line:
    first, last = min(days), max(days)
    day = f"on {last}" if first == last else f"since {first}"
    return Line(newest.sign, newest.words(day), first, last.isoformat())


def check_lines(found: Review, library: Library) -> Iterator[Line]:
    for one in found.checks:
        if one.state is CheckState.OVERDUE:
            key = f"{one.what} {one.due}"
            yield line(library, "check_overdue", one.due, key, what=one.title, day=str(one.due))


def course_lines(
    found: Review, summary: Summary, library: Library, refill_on: date | None, barred: tuple[str, ...] = ()
) -> Iterator[Line]:
    """What falls due by itself: the end of the plan, the next supply, words that nobody has read.

    ``barred`` is why a supply that is due may not be handed out, as the page of the supply says it.
    """
    on = found.on
    if found.notes:
        last = found.notes[-1].on
        yield line(library, "words_not_read", last, last.isoformat(), day=f"on {last}")
    ends = (found.plan_ends - on).days
    if 0 < ends <= whole_days(library.triage.plan_ending_before.value):
        yield line(library, "plan_ending", on, found.plan_ends.isoformat(), day=str(found.plan_ends))
    if summary.state == "suspended":
        open_now = [one.since for one in found.case.given.course.suspensions if one.lifted_on is None]
        since = max(open_now, default=on)
        yield line(library, "suspended", since, since.isoformat(), day=str(since))
    elif refill_on is not None and refill_on <= on:
        due = {"day": str(refill_on)}
        if barred:
            yield line(library, "refill_barred", refill_on, f"{refill_on} {barred[0]}", why=barred[0], **due)
        else:
            yield line(library, "refill_due", refill_on, refill_on.isoformat(), **due)


# What adjust proposes


def proposal_lines(decided: Adjustment, seen: list[Seen], library: Library, words: Words) -> Iterator[Line]:
    """One line for the action, unless a sign says the same fact already; for a hold, the rules that ask for a call."""
    on, signs = decided.review.on, [one.sign for one in seen]
    open_now = [one for one in decided.reasons if one.code not in _SAID_BESIDE and not _covered(one, signs)]
    if decided.outcome is Outcome.UNDECIDED:
        yield _open(decided.missing, library, words, on)
        return
    if decided.outcome is Outcome.REFUSED:
        code = "decide_by_hand"
    elif decided.action is Action.HOLD:
        asking = _asking(decided)
        for one in (why for why in open_now if why.code in asking):
            yield line(library, "call_asked", on, one.code, sentence=said(one, words))
        return
    else:
        code = _CODES[decided.action] if decided.action else "decide_by_hand"
    if open_now:
        yield line(library, code, on, open_now[0].code, sentence=said(open_now[0], words))


_CODES = {
    Action.STOP: "propose_stop", Action.PAUSE: "propose_pause", Action.LOWER: "propose_lower",
    Action.RAISE: "may_raise", Action.STEP_DOWN_TRIAL: "may_step_down",
}  # fmt: skip
_SAID_BESIDE = frozenset({"hold_silent", "course_suspended"})  # silence and suspension have lines of their own


def _asking(decided: Adjustment) -> set[str]:
    """Codes of the rules of this protocol that ask for a call."""
    return {rule.code for rule in decided.review.following.rules if rule.call}


def _covered(reason: Reason, signs: list[Sign]) -> bool:
    finding = reason.facts.get("finding")
    if finding is not None:
        return any(finding in sign.findings for sign in signs)
    return any(reason.code in sign.covers for sign in signs)


def _open(missing: tuple[Missing, ...], library: Library, words: Words, on: date) -> Line:
    return line(library, "open_answers", on, count=counted(len(missing), "answer"), what=_named(missing, words))


def not_signed(missing: tuple[Missing, ...], library: Library, words: Words, on: date) -> Line:
    """Nothing is signed yet: what is open."""
    if not missing:
        return line(library, "ready_to_plan", on)
    return line(library, "not_signed", on, count=counted(len(missing), "answer"), what=_named(missing, words))


def _named(missing: tuple[Missing, ...], words: Words) -> str:
    names = list(dict.fromkeys(words.label(one.fact, one.facts) for one in missing))
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return "; ".join(names[:_SHOWN]) + more


def sentence_of(decided: Adjustment, words: Words) -> str:
    """The proposal in one sentence: what, and the first reason."""
    if decided.outcome is Outcome.UNDECIDED:
        return f"No proposal: {_named(decided.missing, words)} still open."
    why = said(decided.reasons[0], words) if decided.reasons else ""
    if decided.outcome is Outcome.REFUSED or decided.action is None:
        return f"Decide by hand. {why}".strip()
    dose = f" {decided.regimen.dose} in each dose" if decided.regimen else ""
    if decided.taper:
        dose = f" by a taper that begins with{dose}"
    return f"{_DO[decided.action]}{dose}. {why}".strip()


_DO = {
    Action.STOP: "Stop", Action.PAUSE: "Pause: no dose until a prescriber has looked", Action.LOWER: "Lower to",
    Action.HOLD: "Hold", Action.RAISE: "Raise to", Action.STEP_DOWN_TRIAL: "Try less:",
}  # fmt: skip


def counted(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def last_days(found: Review, days: int) -> tuple[Day, ...]:
    return found.diary.between(found.on - timedelta(days=days), found.span.last)


class Shown(Struct, frozen=True):
    """One line as a person reads it; ``task`` is the id of an open task, ``owner`` who took it or tried."""

    grade: Grade
    code: str
    why: str
    since: str
    task: str = ""
    owner: str = ""
    due: str = ""
    tried: bool = False  # its owner reached nobody: the alarms go on, and anybody may take it


def shown_lines(summary: Summary, judged: Judged | None) -> list[Shown]:
    """Open tasks and judged lines in order of risk; what is open as a task is not said twice."""
    tasks = list(summary.tasks.values())
    told = [
        Shown(one.grade, one.code, one.why, one.since, one.id, one.owner, one.due, bool(one.quiet_until))
        for one in tasks
    ]
    open_codes = {one.code for one in tasks}
    lines = judged.lines if judged else ()
    told += [
        Shown(one["grade"], one["code"], one["why"], one["since"]) for one in lines if one["code"] not in open_codes
    ]
    return sorted(told, key=lambda one: (GRADES.index(one.grade), one.since))
