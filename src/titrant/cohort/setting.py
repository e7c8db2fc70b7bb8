"""Everything that a walk needs besides the people: the compiled protocol, the starts from the real plan, the levels."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

import numpy as np

from titrant.cohort import parameters
from titrant.cohort.compiling import STRATUM, Rules, compiled
from titrant.cohort.people import WEIGHTS_KG
from titrant.cohort.record import Part, Writer, strata_count
from titrant.knowledge.library import Library
from titrant.pathway.deliver import Supply
from titrant.pathway.limiting import exposure_share
from titrant.pathway.next_dose import reduced
from titrant.pathway.plan import Outcome, plan_case
from titrant.pathway.review import Review, review
from titrant.pkpd import population
from titrant.pkpd.doses import every
from titrant.pkpd.engine import solve
from titrant.pkpd.shipped import model
from titrant.pkpd.simulation import prepared
from titrant.terms.dose import Dose
from titrant.terms.errors import CaseFileError, KnowledgeError
from titrant.terms.regimen import Regimen

PK_PEOPLE, _PK_DAYS, _PK_SEED, _STEP_H = 1024, 3, 20260001, 0.2


@dataclass(frozen=True)
class Setting:
    """One protocol in one world.

    Attributes:
        rules: the compiled protocol; w: one record of the world's numbers; levels: shape (PK_PEOPLE, 2), mean and peak
            level in ng/mL for one mg a day; shares: how side effects are named; start: number of the first dose's day.
    """

    protocol: str
    rules: Rules
    w: np.ndarray
    levels: np.ndarray
    shares: np.ndarray
    start: int
    writer: Writer
    supply: Part
    times: int


def setting(library: Library, protocol: str, world: str, on: date) -> Setting:
    """The setting for ``protocol`` with the first dose on ``on``. Raises for what cannot be walked."""
    chosen = library.protocols.get(protocol)
    if chosen is None or chosen.following is None:
        raise CaseFileError(
            "PROTOCOL",
            f"{protocol[:40]!r} is not a protocol with rules for following a course.",
            "Without rules there is nothing to walk by.",
            f"Choose one of {', '.join(sorted(library.protocols))}.",
        )
    file = parameters.world()
    w = parameters.numbers(file, world, parameters.response())
    start = int(w[0]["days_before"])
    if start < chosen.raise_needs.diary_window.value.to("days").value:
        raise _few_days(start)
    effects = tuple(file.effects.shares)
    first = on - timedelta(days=start)
    writer = Writer(protocol, chosen.explicit_choice, chosen.from_parenteral, first, start, effects)
    rows, found = _strata(library, writer, on)
    rules = compiled(found, library, rows, effects, _alt_limit(writer))
    times = found.level.regimen.times_per_day
    levels = _levels_per_mg(chosen.route, times)
    return Setting(protocol, rules, w, levels, np.array(list(file.effects.shares.values())), start, writer,
                   Part(found.supply.part_mg, found.supply.smallest_part), times)  # fmt: skip


def _few_days(start: int) -> KnowledgeError:
    return KnowledgeError(
        "cohort/world.yaml, days_before", f"{start} days of diary are fewer than the protocol's window.",
        "Without them there is no baseline.", "Give as many days as the window has, or more.",
    )  # fmt: skip


def _alt_limit(writer: Writer) -> int:
    found = re.search(r"upper limit ([0-9]+) U/L", writer.person["blood"]["alt"])
    if found is None:
        raise KnowledgeError(
            "cohort/person.yaml, blood.alt", "it has no upper limit in U/L", "The liver is judged by it.", "Restore it."
        )
    return int(found[1])


# Starts


def _strata(library: Library, writer: Writer, on: date) -> tuple[np.ndarray, Review]:
    """The start of every kind of person from the real plan, and what limits their steps; and an ordinary review."""
    rows = np.zeros(strata_count(), dtype=STRATUM)
    ordinary: dict[int, Review] = {}
    for place in range(strata_count()):
        decided = plan_case(writer.before_start(place), library, on)
        if decided.outcome is not Outcome.PROPOSED or decided.regimen is None:
            continue
        kind = place // len(WEIGHTS_KG)
        if kind not in ordinary:
            ordinary[kind] = _ordinary(library, writer, place, decided.regimen, on)
        rows[place] = _row(ordinary[kind], decided.regimen, decided.supply)
    if not ordinary:
        reasons = ", ".join(one.code for one in decided.reasons) or ", ".join(one.fact for one in decided.missing)
        raise KnowledgeError(
            writer.protocol, f"It starts no virtual patient: {reasons}.",
            "Without a start there is no course.", "See titrant plan with a record in which nothing is alarming.",
        )  # fmt: skip
    return rows, ordinary[min(ordinary)]


def _ordinary(library: Library, writer: Writer, place: int, start: Regimen, on: date) -> Review:
    case = writer.ordinary(place, start.dose.mg, start.times_per_day)
    return review(case, library, on + timedelta(days=7))


def _row(found: Review, start: Regimen, supply: Supply) -> tuple[int, ...]:
    share = exposure_share(found.screening.limits)
    by = Dose.of(found.protocol.step.by.value).times(share)
    return (
        int(start.pieces / supply.smallest_part), share.numerator, share.denominator, int(reduced(found)),
        _thousandths(_cap(found, start, share)), _thousandths(by),
    )  # fmt: skip


def _cap(found: Review, start: Regimen, share: Fraction) -> Dose:
    """The smallest of the bounds on each dose, usual and hard, as for a raise."""
    bounds, day, week = found.protocol.bounds, start.times_per_day, start.times_per_day * start.days_per_week
    amounts = (
        (bounds.single.usual, 1), (bounds.daily.usual, day), (bounds.weekly.usual, week),
        (bounds.single.hard_home, 1), (bounds.daily.hard, day), (bounds.weekly.hard, week),
    )  # fmt: skip
    return min(Dose(value.value.value).times(Fraction(1, parts) * share) for value, parts in amounts)


def _thousandths(dose: Dose) -> int:
    return int(dose.mg * Decimal(1000))


# Levels in blood


@lru_cache(maxsize=8)
def _levels_per_mg(route: str, times: int) -> np.ndarray:
    """Mean and peak level in ng/mL for one mg a day in ``times`` doses, in simulated people of the working PK model."""
    chosen = model("racemic")
    p = population.drawn(chosen, population.Person(), _PK_SEED, 0, PK_PEOPLE)
    doses = every(1.0 / times, 24 / times, _PK_DAYS, route)
    at = (_PK_DAYS - 1) * 24 + np.arange(0.0, 24.0, _STEP_H)
    system, ways, entries = prepared(chosen, p, doses)
    curve = solve(system, ways, entries, at).required().values[:, 0]
    return np.ascontiguousarray(np.stack([curve.mean(axis=1), curve.max(axis=1)], axis=1))
