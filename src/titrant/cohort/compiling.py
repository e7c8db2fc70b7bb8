"""A protocol's rules as tables that a kernel can walk: conditions as small programs, lengths in days, doses in parts.

Nothing is decided here that the knowledge does not say. A fact that the virtual world never varies is settled once, by
the spine itself, on a person in whom nothing is alarming; a rule that reads what the walk cannot give is refused aloud.
"""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from titrant.knowledge.judging import Value, judge
from titrant.knowledge.library import Library
from titrant.knowledge.shapes.common import Band, When
from titrant.knowledge.shapes.following import Action, CourseRule, LowerTo
from titrant.knowledge.shapes.monitoring import Phase
from titrant.pathway.course_facts import course_facts
from titrant.pathway.plan import KNOWLEDGE_NEEDED
from titrant.pathway.review import Review
from titrant.terms.calendar import whole_days
from titrant.terms.errors import KnowledgeError
from titrant.terms.quantity import Quantity
from titrant.terms.reason import Bar, Severity

# Facts that differ from day to day in the walk, in the order of the kernel's vector.
SLOTS = (
    "blood_pressure.systolic", "blood_pressure.diastolic", "liver_enzymes_x_uln", "alt_x_uln", "icsi", "icsi_change",
    "phq9", "phq9_change", "phq9_item9", "urinary_symptoms", "pain",
    "flag_cannot_be_woken", "flag_suicidal_thoughts", "flag_hears_or_sees_things",
    "worst_effect", "worst_dissociation", "worst_urinary", "dissociation_since_step", "urinary_since_step",
    "sedation_since_step", "systolic_since_step", "diastolic_since_step", "effects_trend", "missed_rung",
    "missed_before", "plan_over", "trial_over", "interval", "resumed", "step_room", "benefit", "benefit_for_a_raise",
    "two_steps_flat", "tolerance_watch", "step_down", "adherence", "took_extra", "silent", "diary", "checks",
    "suspended", "severe_before",
)  # fmt: skip
_NUMBERS = (*SLOTS[:9], "pain", *SLOTS[14:22])
WORDS = (
    "no", "yes", "none", "some", "continue", "lower", "prescriber", "restart", "over", "running", "met", "not_met",
    "ready", "good", "poor", "thin", "enough", "overdue", "in_date", "rising", "steady",
)  # fmt: skip
# Days on which things were last measured. ALWAYS is worked out anew each day; NOBODY was never measured.
VISIT, BLOOD, BLADDER, PRESSURE, PAIN_SCORE, URINARY, ASKED, ALWAYS, NOBODY = range(9)
_CLOCKS = {
    "alt": BLOOD, "ast": BLOOD, "alp": BLOOD, "ggt": BLOOD, "bilirubin": BLOOD, "egfr": BLOOD, "creatinine": BLOOD,
    "icsi": BLADDER, "icpi": BLADDER, "urine_dipstick": BLADDER, "blood_pressure": PRESSURE, "pain": PAIN_SCORE,
    "urinary_symptoms": URINARY, "mme": ALWAYS,
}  # fmt: skip
AT_LEAST, ABOVE, AT_MOST, BELOW, ONE_OF, KNOWN, ALL, ANY = range(8)
_COMPARED = {"at_least": AT_LEAST, "above": ABOVE, "at_most": AT_MOST, "below": BELOW}
EACH_STEP, TITRATION, MAINTENANCE, FIXED = range(4)
EVERY, AT = 0, 1
BARS, STOPS = 1, 2  # how grave a band is
_ACTIONS = list(Action)


class Rules(NamedTuple):
    """One protocol for the kernel. ``code``: rows (what, slot or number of parts, mask); programs are [first, end)."""

    code: np.ndarray  # (n_ops, 3) int64
    against: np.ndarray  # (n_ops,) float64
    rules: np.ndarray  # (n_rules, 9) int64: first, end, action, call, taper, lower_to, base verdict, band mask, kind
    bands: np.ndarray  # (n_bands, 4) int64: first, end, group, 0 or BARS or STOPS
    dues: np.ndarray  # (n_dues, 7) int64: phase, kind, days, clocks mask, first, end, asked counts
    holds: np.ndarray  # (n_holds, 5) int64: clock, days, hides harm, first, end
    rungs: np.ndarray  # (n_rungs, 5) int64: lo, hi, word, share above, share below
    strata: np.ndarray  # record per stratum
    n: np.ndarray  # one record of lengths and amounts


STRATUM = np.dtype(
    [("start", "i4"), ("share_above", "i8"), ("share_below", "i8"), ("reduced", "i1"), ("cap", "i8"), ("by", "i8")]
)


class Compiler:
    """Collects the programs of one protocol."""

    def __init__(self, review: Review, library: Library) -> None:
        self.review, self.library = review, library
        self.known: dict[str, Value] = {**review.screening.values, **course_facts(review)}
        self.code: list[tuple[int, int, int]] = []
        self.against: list[float] = []

    def program(self, when: When) -> tuple[int, int]:
        first = len(self.code)
        self._write(when)
        return first, len(self.code)

    def _write(self, when: When) -> None:
        parts = when.all or when.any
        if parts:
            for part in parts:
                self._write(part)
            self._add(ALL if when.all else ANY, len(parts))
        elif when.fact in SLOTS:
            self._compare(when, SLOTS.index(when.fact))
        else:
            verdict = judge(when, self.known)
            self._add(KNOWN, -1 if verdict is None else int(verdict))

    def _compare(self, when: When, slot: int) -> None:
        if when.comparison in _COMPARED:
            held = self.known.get(when.fact)
            unit = held.unit if isinstance(held, Quantity) else Quantity.parse(when.value).unit
            self._add(_COMPARED[when.comparison], slot, 0, float(Quantity.parse(when.value).to(unit).value))
            return
        if when.fact in _NUMBERS:
            raise _unwalkable(when.fact, f"a number is compared with the words {when.value or when.values}")
        words = when.values if when.comparison == "one_of" else (when.value,)
        self._add(ONE_OF, slot, sum(1 << word(one) for one in words if one in WORDS))

    def _add(self, what: int, number: int, mask: int = 0, against: float = 0.0) -> None:
        self.code.append((what, number, mask))
        self.against.append(against)


def word(name: str) -> int:
    return WORDS.index(name)


def compiled(review: Review, library: Library, strata: np.ndarray, effects: tuple[str, ...], alt_limit: int) -> Rules:
    """The tables for the protocol of ``review``: a course in which nothing is alarming, in this clinic's knowledge.

    Raises:
        KnowledgeError: where the knowledge says something that the walk cannot follow.
    """
    _walkable(review, library)
    maker = Compiler(review, library)
    bands, codes = _bands(maker)
    rules = [_rule(maker, rule, bands) for rule in review.following.rules]
    dues, holds = _dues(maker), _holds(maker)
    return Rules(
        np.array(maker.code, dtype=np.int64).reshape(-1, 3),
        np.array(maker.against),
        np.array(rules, dtype=np.int64),
        np.array(codes, dtype=np.int64).reshape(-1, 4),
        np.array(dues, dtype=np.int64).reshape(-1, 7),
        np.array(holds, dtype=np.int64).reshape(-1, 5),
        np.array(_rungs(review), dtype=np.int64).reshape(-1, 5),
        strata,
        numbers_of(review, effects, alt_limit),
    )


def _walkable(review: Review, library: Library) -> None:
    """What would make the walk and the spine differ, or every answer a refusal."""
    level, place = review.level.regimen, f"{review.protocol.id}@{review.protocol.version}"
    asked = [one.fact for one in review.screening.missing if not one.why.startswith("settle_")]
    faults = {
        f"the checks did not all run: {'; '.join(review.screening.ledger.failed)}": review.screening.ledger.complete,
        f"the protocol is {review.protocol.status.value} here, not in use": review.protocol.status.value == "in_use",
        "doses on some days of the week only are not walked": level.days_per_week == 7,
        f"an ordinary person would be asked for {', '.join(asked)}": not (asked or review.never),
        "knowledge is past its review": not list(library.past_review(review.on, KNOWLEDGE_NEEDED)),
        "more than 63 rules are not walked": len(review.following.rules) < 64,
        **{f"{name} may become needed on the way, and nobody made it": False for name in _sometimes(review, library)},
    }
    wrong = [fault for fault, fine in faults.items() if not fine]
    if wrong:
        raise _unwalkable(place, wrong[0])


def _sometimes(review: Review, library: Library) -> Iterator[str]:
    """Checks that a changing fact may call for and of which the ordinary record has no result."""
    for name, row in library.checks.items():
        when = row.baseline.when
        if row.baseline.required and _varies(when):
            yield from (name for fact in row.facts if fact not in review.assessment.facts)
    for name, kind in library.facts.items():
        if _varies(kind.required_when) and name not in review.assessment.facts:
            yield name
    for name, condition in library.conditions.items():
        if condition.ask and _varies(condition.ask_when) and name not in review.assessment.conditions:
            yield name
    for cut in review.protocol.start.reductions:
        if _varies(cut.when):
            yield f"the smaller step of {cut.code}"


def _varies(when: When | None) -> bool:
    return when is not None and bool(set(when.facts()) & set(SLOTS))


def _unwalkable(place: str, fault: str) -> KnowledgeError:
    return KnowledgeError(
        place,
        f"The virtual cohort cannot walk this: {fault}.",
        "A walk that differs from the rules would say nothing of them.",
        "Change the file, or follow this protocol without a cohort.",
    )


# Findings


def _bands(maker: Compiler) -> tuple[list[Band], list[tuple[int, int, int, int]]]:
    """Every band that reads something the walk varies, and its program with the group of which one speaks."""
    found, rows, groups = [], [], {}
    for place, band in _all_bands(maker.library):
        names = tuple(sorted(set(band.when.facts())))
        if not set(names) & set(SLOTS):
            continue
        if band.limit is not None:
            raise _unwalkable(place, f"the finding {band.code} limits doses by what changes from day to day")
        group = groups.setdefault((place, names), len(groups))
        found.append(band)
        stops = band.severity is Severity.STOP
        grave = STOPS if stops else BARS if band.bars is not Bar.NONE else 0
        rows.append((*maker.program(band.when), group, grave))
    return found, rows


def _all_bands(library: Library) -> Iterator[tuple[str, Band]]:
    for name, condition in library.conditions.items():
        yield from ((f"conditions/{name}", band) for band in condition.bands)
    for name, row in library.checks.items():
        yield from ((f"monitoring/{name}", band) for band in row.thresholds)


# Rules

BY_SHARE, BY_RUNG, BY_EXPOSURE = range(3)
_LOWER_TO = {LowerTo.BY_SHARE: BY_SHARE, LowerTo.RUNG: BY_RUNG, LowerTo.EXPOSURE: BY_EXPOSURE}
KINDS = ("harm", "no_benefit", "missed", "plan_over")
_SAID_BY = {"missed_rung": 2, "plan_over": 3, "benefit": 1, "two_steps_flat": 1}


def _rule(maker: Compiler, rule: CourseRule, bands: list[Band]) -> tuple[int, ...]:
    """One row of ``Rules.rules``. ``kind`` is why a stop by this rule counts as what it is."""
    action = _ACTIONS.index(rule.action)
    rest = (action, int(rule.call), int(rule.taper), _LOWER_TO[rule.lower_to])
    if rule.when is not None:
        kinds = [_SAID_BY[name] for name in rule.when.facts() if name in _SAID_BY]
        return (*maker.program(rule.when), *rest, -1, 0, kinds[0] if kinds else 0)
    varied = {band.code for band in bands}
    base = any(_matches(rule, one.code, one.severity, one.bar) for one in maker.review.screening.findings
               if one.code not in varied)  # fmt: skip
    mask = sum(1 << k for k, band in enumerate(bands) if _matches(rule, band.code, band.severity, band.bars))
    return (0, 0, *rest, int(base), mask, 0)


def _matches(rule: CourseRule, code: str, severity: object, bar: Bar) -> bool:
    by = rule.found
    assert by is not None
    return (code in by.codes and bar is not Bar.NONE) or by.severity is severity or by.bar is bar


# Checks and freshness


def _clock(fact: str, review: Review) -> int:
    if fact in _CLOCKS:
        return _CLOCKS[fact]
    known = review.assessment.facts.get(fact)
    return NOBODY if known is None else ALWAYS if known.on == review.on and fact in ("age",) else VISIT


def _dues(maker: Compiler) -> list[tuple[int, ...]]:
    """What must be done when, each once; only checks that hold back a raise."""
    found: dict[tuple[int, ...], None] = {}
    phases = {Phase.EACH_STEP: EACH_STEP, Phase.TITRATION: TITRATION, Phase.MAINTENANCE: MAINTENANCE}
    for row in maker.library.checks.values():
        clocks = sum(1 << clock for clock in {_clock(name, maker.review) for name in row.facts})
        for due in row.due if row.blocks_raise.value else ():
            held = None if due.when is None or set(due.when.facts()) & set(SLOTS) else judge(due.when, maker.known)
            if held is False:
                continue
            program = maker.program(due.when) if due.when is not None and held is None else (0, 0)
            asked = int(bool(row.or_diary) and due.phase is Phase.EACH_STEP)
            for days in due.at:
                found[(FIXED, AT, whole_days(days), clocks, *program, 0)] = None
            if not due.at:
                every = whole_days(due.every) if due.every else 0
                found[(phases[due.phase], EVERY, every, clocks, *program, asked)] = None
    return list(found)


def _holds(maker: Compiler) -> list[tuple[int, ...]]:
    """How long each kind of fact may be relied on: the shortest for each clock, and what is needed only sometimes."""
    found: dict[tuple[int, ...], None] = {}
    shortest: dict[tuple[int, int], int] = {}
    for name, kind in maker.library.facts.items():
        if kind.holds is None or kind.kind.value == "derived":
            continue
        clock, days = _clock(name, maker.review), whole_days(kind.holds.value)
        needed = kind.required or (kind.required_when is not None and judge(kind.required_when, maker.known) is True)
        if kind.required_when is not None and set(kind.required_when.facts()) & set(SLOTS):
            found[(clock, days, 0, *maker.program(kind.required_when))] = None
        elif needed:
            shortest[(clock, 0)] = min(days, shortest.get((clock, 0), days))
    for name, harm in (("reconciled_lists", 0), ("condition_answer", 1)):
        days = whole_days(_held(maker.library, name))
        shortest[(VISIT, harm)] = min(days, shortest.get((VISIT, harm), days))
    return [*((clock, days, harm, 0, 0) for (clock, harm), days in shortest.items()), *found]


def _held(library: Library, name: str) -> Quantity:
    holds = library.facts[name].holds
    if holds is None:
        raise _unwalkable(f"facts/{name}", "it has no holding time")
    return holds.value


# Numbers


def _rungs(review: Review) -> list[tuple[int, ...]]:
    found = []
    for rung in review.protocol.missed_doses:
        if rung.do not in WORDS:
            raise _unwalkable("missed_doses", f"{rung.do} is no rung that it knows")
        share = Fraction(rung.share) if rung.share else Fraction(0)
        found.append((*rung.days_missed, word(rung.do), share.numerator, share.denominator))
    return found


def numbers_of(review: Review, effects: tuple[str, ...], alt_limit: int) -> np.ndarray:
    """Lengths in days, doses in thousandths of a mg, scores in hundredths, per cents in tenths: one record."""
    p, f, supply = review.protocol, review.following, review.supply
    days: Mapping[str, int] = {
        "window": whole_days(p.raise_needs.diary_window.value), "diary_days": p.raise_needs.diary_days.value,
        "trial": whole_days(p.trial.length.value), "plan_ends": whole_days(p.trial.plan_ends_after.value),
        "review_every": whole_days(p.trial.review_every.value),
        "continue_every": whole_days(p.trial.continue_review_every.value),
        "stable": whole_days(p.trial.stable_before_step_down.value), "late_after": whole_days(f.late_after.value),
        "taper_after": whole_days(p.taper.needed_after.value), "taper_every": whole_days(p.taper.every.value),
        "interval": whole_days(p.step.interval.value), "check_early": whole_days(f.check_early.value),
        "steps_within": whole_days(f.steps_within.value), "swing_days": f.swing.days_each_side.value,
        "times": review.level.regimen.times_per_day,
        "aim": _scaled(p.trial.benefit.value.value, 10),
        "taken_share": _scaled(p.raise_needs.taken_share.value.value, 10),
        "flare": _scaled(f.response.flare.value.value, 100), "rise": _scaled(f.effect_rise.value.value, 100),
        "severe_from": int(f.severe_effect_from.value.value),
        "least_baseline": _scaled(f.response.baseline_at_least.value.value, 100),
        "part": _scaled(supply.part_mg, 1000),
        "most_parts": int(supply.product.most_pieces.value / supply.smallest_part),
        "step": _thousandths(p.step.by.value), "step_reduced": _thousandths(p.step.by_when_reduced.value),
        "steps_most": _thousandths(f.steps_at_most.value),
        "lower_tenths": _scaled(p.trial.lower_by.value.value, 10), "taper_tenths": _scaled(p.taper.by.value.value, 10),
        "percent_tenths": _scaled(p.step.percent.value.value, 10),
        "other_liver": _other_enzymes(review), "alt_limit": alt_limit,
        "dissociation": effects.index("dissociation"), "sedation": effects.index("drowsiness"),
    }  # fmt: skip
    record = np.zeros(1, dtype=[*((name, "i8") for name in days), ("carry", "f8"), ("multiplier", "f8")])
    for name, value in days.items():
        record[name] = value
    record["carry"], record["multiplier"] = float(f.swing.carry_over.value), float(f.swing.multiplier.value)
    return record


def _other_enzymes(review: Review) -> int:
    """The highest of the enzymes that stay as they are, in hundredths of the upper limit."""
    known = [review.assessment.facts.get(f"{name}_x_uln") for name in ("ast", "alp", "ggt")]
    return max(_scaled(one.value.value, 100) for one in known if one and isinstance(one.value, Quantity))


def _thousandths(amount: Quantity) -> int:
    return _scaled(amount.to("mg").value, 1000)


def _scaled(value: object, by: int) -> int:
    exact = Fraction(str(value)) * by
    if exact.denominator != 1:
        raise _unwalkable("numbers", f"{value} is finer than 1/{by}")
    return int(exact)
