"""Step 8 of 10, review: from the diary and the record of a running course to what can be said of it, with its evidence.

Takes a case with signed levels, and the knowledge. Gives a review: benefit, the change after each step against the own
swing, harm, what was really taken, whether the data suffice, what is due, loads and tolerance. It proposes nothing.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from msgspec import Struct

from titrant.knowledge.library import Library
from titrant.knowledge.shapes.following import Following
from titrant.knowledge.shapes.monitoring import Phase
from titrant.knowledge.shapes.protocols import Protocol, Rung
from titrant.pathway.assess import Assessment, assess
from titrant.pathway.case import Case
from titrant.pathway.checks_due import DueCheck, State, missing_baseline
from titrant.pathway.checks_following import following_checks, last_raise, phase_of
from titrant.pathway.course_days import plan_end
from titrant.pathway.deliver import Supply, supply_of
from titrant.pathway.diary import Day, Diary, complete_days, mean, pain_by_day, read_diary, with_diary
from titrant.pathway.entries import parse_instant
from titrant.pathway.extra_doses import check_amounts, days_taken_while_suspended, extra_days
from titrant.pathway.harm import Harm, harm_of
from titrant.pathway.history import Readings, newest, newest_before
from titrant.pathway.loads import Loads, loads
from titrant.pathway.notes import Note, notes_of
from titrant.pathway.readings import Reading
from titrant.pathway.reconciling import (
    Counted,
    Missed,
    Taken,
    contradict,
    counted,
    missed_run,
    rung_now,
    rung_perhaps,
    should_be_left,
    taken_between,
)
from titrant.pathway.rescue import ketamine_beside, with_rescue
from titrant.pathway.screen import Screening, screen
from titrant.pathway.sessions import SessionDay, session_days
from titrant.pathway.severe import SevereHarm, severe_harm
from titrant.pathway.standing import Standing, judged_days, standing_since
from titrant.pathway.supply_balance import Balance, balance
from titrant.pathway.supplying import SignedLevel, regimens
from titrant.pathway.swing import Change, change
from titrant.pathway.unseen import Since, counting_days, since_signed
from titrant.terms.calendar import days_later, whole_days
from titrant.terms.dose import Dose
from titrant.terms.errors import CaseFileError
from titrant.terms.reason import Finding, Missing
from titrant.terms.regimen import Regimen

_ONE_DAY = timedelta(days=1)
_HUNDREDTH = Decimal("0.01")
_SHOWN = 3  # unread diary entries in one sentence; all of them are listed beside it


class Span(Struct, frozen=True):
    """The days that a review looks at: the window of full days behind it, and the day of the decision."""

    first: date
    last: date  # the day before the decision: its own day is not over
    on: date


class Benefit(Struct, frozen=True):
    """Pain and function now against before the course. None is "not known", never "no change"."""

    baseline: Decimal | None
    week_mean: Decimal | None  # of days entered in time
    week_mean_all: Decimal | None  # with late entries
    fall: Decimal | None  # points, by all entries
    fall_percent: Decimal | None
    met: bool | None  # the benefit agreed for the trial, by all entries
    met_for_a_raise: bool | None  # the same, with late entries counted as if the aim were met on their days
    substantial: bool | None
    peg_percent: Decimal | None
    peg_met: bool | None
    pgic: Decimal | None
    pgic_met: bool | None
    activity_done: int
    activity_days: int
    responder: bool | None
    function_flat: bool  # pain is better and nothing else is
    sleep: Decimal | None = None
    mood: Decimal | None = None


class StepChange(Struct, frozen=True):
    """A change of dose and what followed. ``change`` is None where the days do not suffice."""

    before: Regimen
    after: Regimen
    on: date
    raised: bool
    change: Change | None
    in_time: Change | None  # without late entries
    too_short: bool  # a level was not held for long enough to tell; not a matter of missing entries


class Data(Struct, frozen=True):
    """Whether the diary suffices."""

    days_in_time: int
    days_needed: int
    days_late: int
    last_entry: date | None
    silent: bool


class Review(Struct, frozen=True, kw_only=True):
    """What can be said of a running course on one day."""

    on: date
    case: Case
    protocol: Protocol
    protocol_sha256: str
    following: Following
    supply: Supply  # the product of the next signature; a level tells the one that was signed for it
    levels: tuple[SignedLevel, ...]
    phase: Phase
    span: Span
    diary: Diary
    unplanned: int  # doses that the plan does not have, as far as they still count
    unplanned_days: tuple[date, ...]
    extra: tuple[date, ...]  # days with more than was signed, in a day or at one time, as far as they still count
    taken_suspended: tuple[date, ...]  # days with a dose while the course was suspended
    contradicting: tuple[date, ...]  # days of the window whose entries say both that nothing and something was taken
    notes: tuple[Note, ...]  # free text of the diary; the program does not read it
    readings: Readings  # all of them by fact, those of the diary among them, oldest first
    assessment: Assessment
    screening: Screening
    standing: Standing  # what readings would have stopped or asked that newer ones undid, and nobody signed after
    severe: tuple[SevereHarm, ...]  # of the whole course, whatever was signed since
    benefit: Benefit
    steps: tuple[StepChange, ...]
    harm: Harm
    data: Data
    taken: Taken
    missed: Missed
    never: tuple[Missing, ...]  # checks that were never made at all, and diary entries that nobody could read
    rung: Rung | None
    rung_possible: Rung | None
    counted: Counted | None
    balance: Balance | None
    should_be_left: Decimal | None  # pieces at the start of the day, from the newest supply
    checks: tuple[DueCheck, ...]
    sessions: tuple[SessionDay, ...]  # clinic sessions since the first home dose
    loads: Loads
    tolerance: bool
    flare: date | None
    plan_ends: date
    change_signed: date | None  # the day from which a change holds that is signed already

    @property
    def level(self) -> SignedLevel:
        return self.levels[-1]

    @property
    def since(self) -> Since:
        """What decides whether something still counts, or a prescriber has signed after it."""
        return since_signed(self.levels, self.following, self.span.first)

    @property
    def regimen_since(self) -> date:
        """The first day of the present regimen; a repeated signature does not begin it anew."""
        return regimens(self.levels)[-1].since

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What the screen finds today, and what still stands from before."""
        return (*self.screening.findings, *self.standing.findings)

    @property
    def overdue(self) -> tuple[DueCheck, ...]:
        return tuple(one for one in self.checks if one.state is State.OVERDUE and one.blocks_raise)


def review(case: Case, library: Library, on: date) -> Review:
    """Look at the course of ``case`` on ``on``. Raises CaseFileError where there is none, or it cannot be read."""
    protocol, following = _protocol(case, library)
    supply = supply_of(case.product, protocol, library)
    levels = signed_levels(case, supply, protocol, library, on)
    check_amounts(case, levels, supply)
    diary = read_diary(case, library, on, following.late_after)
    span = Span(on - timedelta(days=whole_days(protocol.raise_needs.diary_window.value)), on - _ONE_DAY, on)
    since = since_signed(levels, following, span.first)
    told = with_rescue(with_diary(case, diary, library, since.not_seen), diary, library, since)
    assessment = assess(told, library, on)
    screening, readings = screen(assessment, library), assessment.readings
    steps = tuple(_steps(diary, regimens(levels), following, span))
    missed = missed_run(diary, levels, supply, _missed_from(case, since, on), on)
    harm = harm_of(diary, readings.get("blood_pressure", ()), levels, following, since, on)
    unplanned = (*_unplanned(diary, since), *ketamine_beside(diary, library, since))
    judged = judged_days(assessment, screening, readings, library, since)
    given, looked_from = case.given.course, min(since.looked, span.first)
    return Review(
        on=on,
        case=case,
        protocol=protocol,
        protocol_sha256=library.protocol_sha256(protocol.id, protocol.version),
        following=following,
        supply=supply_of(case.next_product, protocol, library) if case.next_product else supply,
        levels=levels,
        phase=phase_of(levels, protocol, on),
        span=span,
        diary=diary,
        unplanned=len(unplanned),
        unplanned_days=tuple(sorted(set(unplanned))),
        extra=extra_days(diary, levels, supply, since),
        taken_suspended=days_taken_while_suspended(case, diary, since),
        contradicting=_contradicting(diary, span),
        notes=notes_of(diary, since),
        readings=readings,
        assessment=assessment,
        screening=screening,
        standing=standing_since(assessment, screening, judged, library, since),
        severe=severe_harm(diary, judged, levels, following),
        benefit=_benefit(readings, diary, protocol, following, levels, span, harm),
        steps=steps,
        harm=harm,
        data=_data(diary, protocol, levels, span),
        taken=taken_between(diary, levels, supply, max(span.first, regimens(levels)[-1].since), span.last),
        missed=missed,
        never=(*_unread(case), *_never(assessment, library, screening)),
        rung=rung_now(protocol, missed, missed.certain),
        rung_possible=rung_perhaps(protocol, missed, tolerated_days(protocol)),
        counted=counted(given.supplies, diary, levels, supply, protocol, looked_from, on),
        balance=balance(given.supplies, diary, levels, supply, protocol, looked_from, on),
        should_be_left=should_be_left(given.supplies, levels, on),
        checks=following_checks(assessment, screening, diary, library, levels, protocol),
        sessions=session_days(case, library, diary, levels, supply, on),
        loads=loads(assessment, screening, library, since, days_later(on, protocol.step.interval.value)),
        tolerance=_tolerance(steps),
        flare=_flare(diary, following, span),
        plan_ends=plan_end(case, protocol, on),
        change_signed=_change_signed(case, on),
    )


# The course


def _protocol(case: Case, library: Library) -> tuple[Protocol, Following]:
    protocol = library.protocols.get(case.protocol)
    if protocol is None or protocol.following is None:
        raise CaseFileError(
            "protocol",
            f"{case.protocol[:40]!r} is not a protocol with rules for following a course.",
            "Without rules there is nothing to judge a course by.",
            f"Choose one of {', '.join(sorted(library.protocols))}, or decide by hand.",
        )
    return protocol, protocol.following


def signed_levels(
    case: Case, otherwise: Supply, protocol: Protocol, library: Library, on: date
) -> tuple[SignedLevel, ...]:
    """The signed levels that have begun, oldest first, each in the product that was signed for it, else ``otherwise``.

    A level whose dose the product cannot make keeps its dose.
    """
    given = case.given.course.levels
    days = [level.since for level in given]
    if not given or days != sorted(set(days)) or not days[0] <= on:
        raise CaseFileError(
            "given.course.levels",
            "No signed level has begun, or the levels are not in order, one for each day.",
            "A review is of a running course.",
            "Give the signed levels, oldest first; for a first dose use titrant plan.",
        )
    found: list[SignedLevel] = []
    for level in given:
        if level.since <= on:
            dose = Dose.of(level.dose)
            supply = supply_of(level.made_of, protocol, library) if level.made_of else otherwise
            made = supply.regimen(dose, level.times_per_day, level.days_per_week)
            exact = made if made is not None and made.dose == dose else None
            product = supply.product
            pieces = (Decimal(1) / Decimal(1)) * dose.mg * supply.base_mg.denominator / supply.base_mg.numerator
            by_hand = Regimen(
                product.route, supply.name, dose, level.times_per_day, level.days_per_week, pieces, supply.piece_unit
            )
            regimen = exact or by_hand
            if not (found and _is_more(regimen, found[-1].regimen) and _never_began(level.since, case)):
                signed = parse_instant(level.signed) if level.signed else None
                found.append(SignedLevel(level.since, regimen, week_from=days[0], signed=signed, supply=supply))
    return tuple(found)


def _is_more(new: Regimen, now: Regimen) -> bool:
    """More in one dose, on a day or in a week."""
    return now.dose < new.dose or now.daily < new.daily or now.weekly < new.weekly


def _never_began(since: date, case: Case) -> bool:
    """Signed for a day on which the course was suspended already. A raise of that kind was never taken."""
    return any(
        one.since < since and (one.lifted_on is None or since < one.lifted_on) for one in case.given.course.suspensions
    )


def _change_signed(case: Case, on: date) -> date | None:
    """The first day of a level or a suspension that is signed and has not begun."""
    course = case.given.course
    days = [*(one.since for one in course.levels), *(one.since for one in course.suspensions)]
    return min((day for day in days if on < day), default=None)


def tolerated_days(protocol: Protocol) -> int:
    """The days of a window of which nothing need be known."""
    return whole_days(protocol.raise_needs.diary_window.value) - protocol.raise_needs.diary_days.value


def stretches(levels: tuple[SignedLevel, ...], last: date) -> Iterator[tuple[SignedLevel, date]]:
    """Each level with its last day."""
    for level, following in pairwise(levels):
        yield level, following.since - _ONE_DAY
    yield levels[-1], last


# Benefit


def _benefit(
    readings: Readings,
    diary: Diary,
    protocol: Protocol,
    following: Following,
    levels: tuple[SignedLevel, ...],
    span: Span,
    harm: Harm,
) -> Benefit:
    start = levels[0].since
    response = following.response
    # What the diary says of the first day is no longer "before".
    baseline = _baseline(
        diary, tuple(one for one in readings.get("pain", ()) if one.source != "diary"), start, protocol
    )
    days = diary.between(span.first, span.last)
    in_time = mean(list(pain_by_day(days, late_too=False).values()))
    everything = mean(list(pain_by_day(days, late_too=True).values()))
    aim = protocol.trial.benefit.value.value
    fall, percent = _fall(baseline, everything)
    met = _at_least(percent, aim)
    of_level = diary.between(max(span.first, regimens(levels)[-1].since), span.last)
    cautious = mean(_pain_for_a_raise(of_level, baseline, aim))
    peg_percent = _fall(
        newest_before(readings.get("peg", ()), start - _ONE_DAY) or newest_before(readings.get("peg", ()), start),
        newest(readings.get("peg", ()), start),
    )[1]
    peg_met = _at_least(peg_percent, response.peg.value.value)
    pgic = newest(readings.get("pgic", ()), start)
    pgic_met = None if pgic is None else pgic <= response.pgic_at_most.value.value
    said = [day.entry.activity for day in days if day.entry.activity]
    pain_enough = _both(
        _at_least(percent, protocol.trial.benefit.value.value), _at_least(fall, response.points.value.value)
    )
    return Benefit(
        baseline=baseline, week_mean=in_time, week_mean_all=everything, fall=fall, fall_percent=percent, met=met,
        met_for_a_raise=_at_least(_fall(baseline, cautious)[1], aim),
        substantial=_at_least(percent, response.substantial.value.value), peg_percent=peg_percent, peg_met=peg_met,
        pgic=pgic, pgic_met=pgic_met, activity_done=said.count("done"), activity_days=len(said),
        responder=_responder(pain_enough, (peg_met, pgic_met), following, levels, protocol, span, harm),
        function_flat=bool(met) and True not in (peg_met, pgic_met) and not (said and "done" in said),
        sleep=mean([Decimal(day.entry.sleep) for day in days if day.entry.sleep is not None]),
        mood=mean([Decimal(day.entry.mood) for day in days if day.entry.mood is not None]),
    )  # fmt: skip


def _pain_for_a_raise(days: tuple[Day, ...], baseline: Decimal | None, aim: Decimal) -> list[Decimal]:
    """Pain by day, of several entries the lowest, that of a late one at most what the aim asks for.

    To write twice, or later, can only speak against more.
    """
    goal = (baseline or Decimal(0)) * (100 - aim) / 100
    in_time = pain_by_day(days, late_too=False)
    lowest = pain_by_day(days, late_too=True, lowest=True)
    return [pain if day in in_time else min(pain, goal) for day, pain in lowest.items()]


def _baseline(diary: Diary, readings: tuple[Reading, ...], start: date, protocol: Protocol) -> Decimal | None:
    """Mean pain of the days before the first dose where there are enough of them, else the last reading before it."""
    window = whole_days(protocol.raise_needs.diary_window.value)
    before = pain_by_day(diary.between(start - timedelta(days=window), start - _ONE_DAY), late_too=False)
    if protocol.raise_needs.diary_days.value <= len(before):
        return mean(list(before.values()))
    return newest_before(readings, start - _ONE_DAY) or newest_before(readings, start)


def _fall(before: Decimal | None, after: Decimal | None) -> tuple[Decimal | None, Decimal | None]:
    """The fall in points and in per cent of ``before``; a rise is negative."""
    if before is None or after is None:
        return None, None
    fall = before - after
    return fall, (fall * 100 / before).quantize(Decimal("0.1")) if before else None


def _at_least(value: Decimal | None, bound: Decimal) -> bool | None:
    return None if value is None else bound <= value


def _both(one: bool | None, other: bool | None) -> bool | None:
    return False if False in (one, other) else None if None in (one, other) else True


def _responder(
    pain_enough: bool | None,
    function: tuple[bool | None, ...],
    following: Following,
    levels: tuple[SignedLevel, ...],
    protocol: Protocol,
    span: Span,
    harm: Harm,
) -> bool | None:
    """Pain by share and points, and function or global change, no severe effect, dose not rising (evidence, 8)."""
    functional = True if True in function else None if None in function else False
    worst = None if harm.week is None else max(harm.week.values(), default=0)
    gentle = None if worst is None else worst < following.response.effect_below.value.value
    steady = whole_days(protocol.trial.length.value) <= (span.on - last_raise(levels)).days
    return _both(_both(pain_enough, functional), _both(gentle, steady))


# Steps


def _steps(diary: Diary, levels: tuple[SignedLevel, ...], following: Following, span: Span) -> Iterator[StepChange]:
    """The change after each step: the last days of a level against the last days of the level before it."""
    window = span.last - span.first
    least = following.swing.days_each_side.value
    for (before, before_ends), (after, after_ends) in pairwise(stretches(levels, span.last)):
        parts = [
            diary.between(max(level.since, end - window), end)
            for level, end in ((before, before_ends), (after, after_ends))
        ]
        everything, in_time = (_change(parts, following, late_too=late) for late in (True, False))
        held = min((before_ends - before.since).days, (after_ends - after.since).days) + 1
        raised = before.regimen.weekly < after.regimen.weekly
        yield StepChange(before.regimen, after.regimen, after.since, raised, everything, in_time, not least <= held)


def _change(parts: list[tuple[Day, ...]], following: Following, *, late_too: bool) -> Change | None:
    before, after = (list(pain_by_day(part, late_too=late_too).values()) for part in parts)
    return change(before, after, following.swing)


def _tolerance(steps: tuple[StepChange, ...]) -> bool:
    """The dose was raised last, and the effect is flat where it can be told, with late entries or without."""
    last = steps[-1] if steps else None
    if last is None or not last.raised:
        return False
    return any(one is not None and not one.clear for one in (last.change, last.in_time))


def _flare(diary: Diary, following: Following, span: Span) -> date | None:
    """The last day of the window with pain well above the person's own mean."""
    first = span.on - timedelta(days=4 * (span.last - span.first).days)
    pains = pain_by_day(diary.between(first, span.on), late_too=True)
    usual = mean(list(pains.values()))
    above = following.response.flare.value.value
    days = [day for day, pain in pains.items() if usual is not None and usual + above <= pain]
    return max(days, default=None)


# Data


def _data(diary: Diary, protocol: Protocol, levels: tuple[SignedLevel, ...], span: Span) -> Data:
    days = diary.between(span.first, span.last)
    # A level is judged by its own days.
    in_time = len(complete_days(diary.between(max(span.first, regimens(levels)[-1].since), span.last)))
    newest_day = diary.newest
    begun = newest_day or levels[0].since - _ONE_DAY
    return Data(
        days_in_time=in_time,
        days_needed=protocol.raise_needs.diary_days.value,
        days_late=len({day.on for day in days if day.late}),
        last_entry=newest_day,
        silent=begun < span.first and levels[0].since <= span.first,
    )


def _never(assessment: Assessment, library: Library, screening: Screening) -> tuple[Missing, ...]:
    """Checks that every start needs and of which no result was ever given: a harm could lie there."""
    asked = {one.fact for one in screening.missing}
    needed = missing_baseline(assessment, library, screening.values, asked)
    return tuple(one for one in needed if one.why == "baseline_missing")


def _unplanned(diary: Diary, since: Since) -> tuple[date, ...]:
    """The day of every dose that the plan does not have, as far as it still counts."""
    days = counting_days(diary, since)
    return tuple(day.on for day in days for dose in day.entry.doses if dose.what == "unplanned")


def _contradicting(diary: Diary, span: Span) -> tuple[date, ...]:
    days = dict.fromkeys(day.on for day in diary.between(span.first, span.on))
    return tuple(day for day in days if contradict(diary.between(day, day)))


def _unread(case: Case) -> Iterator[Missing]:
    """Diary entries that an import left out: a harm could stand in any of them."""
    unread = case.given.diary_unread
    if unread:
        count = f"{len(unread)} {'entry' if len(unread) == 1 else 'entries'}"
        more = (f"and {len(unread) - _SHOWN} more",) if unread[_SHOWN:] else ()
        yield Missing("diary_unread", "diary_not_read", {"entries": count, "why": "; ".join((*unread[:_SHOWN], *more))})


def _missed_from(case: Case, since: Since, on: date) -> date:
    """From when missed days count: the newest signature, or the day after which a prescriber lifted a suspension."""
    lifted = [one.lifted_on for one in case.given.course.suspensions if one.lifted_on is not None]
    return max([since.looked, *(day for day in lifted if day <= on)])
