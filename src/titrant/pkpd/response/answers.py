"""What is asked of a posterior: is it a response, what would one step bring, and what is the least dose that does it.

Every number is of the drug's own part, with placebo, natural course and day-to-day swing taken out, and holds for doses
kept up. Answers are only made of a usable posterior; there are none otherwise.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from titrant.pkpd.response import course, events, people
from titrant.pkpd.response.diary import Levels
from titrant.pkpd.response.people import BASELINE, HALF_SATURATION, RELIEF, SWING
from titrant.pkpd.response.posterior import Posterior

_EDGES = (5.0, 95.0)


class Telling(StrEnum):
    """What can be said of the present dose by now."""

    REAL = "real"
    NOT_REAL = "not_real"
    NOT_YET = "not_yet"


@dataclass(frozen=True)
class Estimate:
    """Mean of the posterior and its central 90 % interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Step:
    """The next level against the present one, both kept up.

    Attributes:
        gain_points: added relief; chance_of_gain: that it is at least ``opinion.least_gain_points``.
        added_harm_days: added days with a side effect of ``questions.harm_grade`` or more in the window.
        severe_chance: of at least one severe day in the window at the next level.
    """

    daily_mg: float
    gain_points: Estimate
    chance_of_gain: float
    added_harm_days: Estimate
    severe_chance: float


@dataclass(frozen=True)
class LowestDose:
    """The lowest dose that keeps the wanted share of the relief.

    Attributes:
        daily_mg: lowest of zero and the levels up to the present that keeps it with the wanted chance.
        chance: of keeping it there.
        level: its place, or -1 for no drug.
        between_levels_mg: the dose that just keeps it in people whom the drug helps, any amount allowed.
        learned: by how much the data narrowed the half-saturation (0 nothing, 1 all); near 0 the assumption speaks.
    """

    daily_mg: float
    level: int
    chance: float
    between_levels_mg: Estimate | None
    learned: float


@dataclass(frozen=True)
class Answers:
    """All answers for one patient on one day.

    Attributes:
        telling: whether the response is real, by chance_real and the bounds of the file.
        chance_real: the drug's own part, at the present level kept up, is at least ``least_relief_points``.
        chance_clear: it is at least ``clear_relief_points`` and ``clear_relief_share`` of the usual pain.
        chance_better: from the days before the first dose to the last seven, swing taken out, pain has fallen by
            ``clear_relief_points`` and ``clear_relief_share``, whatever the cause; fall_points: by how much.
        relief_now_points: mean of the last seven days; relief_settled_points: at the present level kept up.
        other_relief_points: placebo and natural course, first day to last; swing_points: sd of the days.
        harm_days: days with harm in the window at the present level; severe_chance: of a severe day in it.
        step: None at the top level.
    """

    telling: Telling
    chance_real: float
    chance_clear: float
    chance_helps: float
    chance_better: float
    fall_points: Estimate
    relief_now_points: Estimate
    relief_settled_points: Estimate
    other_relief_points: Estimate
    swing_points: Estimate
    harm_days: Estimate
    severe_chance: float
    lowest: LowestDose
    step: Step | None


def answers(posterior: Posterior, levels: Levels) -> Answers:
    """All answers. Raises ValueError for a posterior that is not usable."""
    if not posterior.usable:
        raise ValueError(f"this posterior allows no answer: {posterior.stopped}")
    draws, chosen = posterior.draws, posterior.chosen
    settled = relief_at(posterior, levels.benefit_exposure(posterior.diary))
    pain, relief = people.expected_days(draws, posterior.diary, chosen)
    here = settled[:, levels.present]
    fall, fall_share = fallen(pain, posterior.diary.first_dose_day)
    chance = chance_real(posterior, levels)
    harm, severe = harm_at(posterior, levels)
    return Answers(
        telling=told(chance, posterior),
        chance_real=chance,
        chance_clear=_chance_clear(posterior, here, here / draws.amounts[:, BASELINE]),
        chance_helps=float((draws.amounts[:, RELIEF] > 0).mean()),
        chance_better=_chance_clear(posterior, fall, fall_share),
        fall_points=estimate(fall),
        relief_now_points=estimate(relief[:, -7:].mean(axis=1)),
        relief_settled_points=estimate(here),
        other_relief_points=estimate(pain[:, 0] - pain[:, -1] - relief[:, -1]),
        swing_points=estimate(draws.pain[:, SWING]),
        harm_days=estimate(harm[:, levels.present]),
        severe_chance=float(severe[:, levels.present].mean()),
        lowest=lowest_dose(posterior, levels),
        step=_step(posterior, levels, settled, harm, severe),
    )


def estimate(values: np.ndarray) -> Estimate:
    """Of draws with equal weight, shape (n,)."""
    low, high = np.percentile(values, _EDGES)
    return Estimate(float(values.mean()), float(low), float(high))


def relief_at(posterior: Posterior, exposure: np.ndarray) -> np.ndarray:
    """The drug's own relief at exposures kept up, in points; shape (n_draws, n_exposures)."""
    draws = posterior.draws
    return course.settled_relief(draws.amounts, draws.pain[:, HALF_SATURATION], exposure)


def harm_at(posterior: Posterior, levels: Levels) -> tuple[np.ndarray, np.ndarray]:
    """Expected days with harm in the window, and chance of a severe day in it; shape (n_draws, n_levels) each."""
    chosen, exposure = posterior.chosen, levels.harm_exposure(posterior.diary)
    reference = people.harm_reference(chosen, posterior.diary.has_levels)
    days = chosen["questions", "harm_window_days"]
    harm, severe = (
        events.chance_of_grade(posterior.draws.harm, exposure, reference, int(chosen["questions", name]))
        for name in ("harm_grade", "severe_grade")
    )
    return days * harm, -np.expm1(days * np.log1p(-np.minimum(severe, 1 - 1e-12)))


def is_real(posterior: Posterior, levels: Levels) -> np.ndarray:
    """Whether each draw has a real response at the present level kept up; shape (n_draws,)."""
    exposure = levels.benefit_exposure(posterior.diary)[levels.present : levels.present + 1]
    return relief_at(posterior, exposure)[:, 0] >= posterior.chosen["questions", "least_relief_points"]


def chance_real(posterior: Posterior, levels: Levels) -> float:
    """Chance that the present dose is a real response, and not swing, placebo or natural course."""
    return float(is_real(posterior, levels).mean())


def told(chance: float, posterior: Posterior) -> Telling:
    """What a chance allows to be said."""
    if chance >= posterior.chosen["questions", "chance_yes"]:
        return Telling.REAL
    return Telling.NOT_REAL if chance <= posterior.chosen["questions", "chance_no"] else Telling.NOT_YET


def fallen(expected: np.ndarray, first_dose_day: int) -> tuple[np.ndarray, np.ndarray]:
    """Fall of the level of pain from the days before the first dose to the last seven, in points and as a share.

    Args:
        expected: shape (n_draws, n_days), scores without swing.
    """
    before = expected[:, :first_dose_day].mean(axis=1)
    fall = before - expected[:, -7:].mean(axis=1)
    return fall, np.where(before > 0, fall / np.maximum(before, 1e-9), 0.0)


def _chance_clear(posterior: Posterior, points: np.ndarray, share: np.ndarray) -> float:
    chosen = posterior.chosen
    enough = points >= chosen["questions", "clear_relief_points"]
    return float((enough & (share >= chosen["questions", "clear_relief_share"])).mean())


def _step(
    posterior: Posterior, levels: Levels, relief: np.ndarray, harm: np.ndarray, severe: np.ndarray
) -> Step | None:
    if levels.next is None:
        return None
    here, up = levels.present, levels.next
    gain = relief[:, up] - relief[:, here]
    return Step(
        float(levels.daily_mg[up]),
        estimate(gain),
        float((gain >= posterior.chosen["opinion", "least_gain_points"]).mean()),
        estimate(harm[:, up] - harm[:, here]),
        float(severe[:, up].mean()),
    )


def lowest_dose(posterior: Posterior, levels: Levels) -> LowestDose:
    """The lowest of zero and the levels up to the present one that keeps ``benefit_kept`` with ``chance_kept``."""
    chosen, here = posterior.chosen, levels.present
    exposure = np.concatenate([[0.0], levels.benefit_exposure(posterior.diary)[: here + 1]])
    relief = relief_at(posterior, exposure)
    kept = (relief >= chosen["questions", "benefit_kept"] * relief[:, -1:]).mean(axis=0)
    first = int(np.argmax(kept >= chosen["questions", "chance_kept"]))
    daily_mg = float(levels.daily_mg[first - 1]) if first else 0.0
    between = _between_levels(posterior, exposure[-1], float(levels.daily_mg[here]) / exposure[-1])
    return LowestDose(daily_mg, first - 1, float(kept[first]), between, learned_of_dose(posterior))


def _between_levels(posterior: Posterior, exposure: float, mg_per_exposure: float) -> Estimate | None:
    """Of the draws in which the drug helps; None where they are too few."""
    helped = posterior.draws.amounts[:, RELIEF] > 0
    if helped.sum() < 20:
        return None
    half, share = posterior.draws.pain[helped, HALF_SATURATION], posterior.chosen["questions", "benefit_kept"]
    return estimate(share * exposure * half / (half + (1 - share) * exposure) * mg_per_exposure)


def learned_of_dose(posterior: Posterior) -> float:
    """By how much the spread of the log half-saturation shrank from prior to posterior, of the draws that help."""
    helped = posterior.draws.amounts[:, RELIEF] > 0
    if helped.sum() < 20:
        return 0.0
    before = people.pain_values(posterior.chosen, posterior.diary.has_levels)[HALF_SATURATION].spread
    after = float(np.log(posterior.draws.pain[helped, HALF_SATURATION]).std())
    return max(0.0, 1 - after / before)
