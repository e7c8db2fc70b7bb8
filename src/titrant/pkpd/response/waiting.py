"""How many more days of diary until it can be told whether the response is real, with the present dose kept up.

Futures are drawn from the posterior itself. Each future weighs the draws again, day by day; it can tell from the day on
which the chance of a real response is high or low enough. The answer is the first of the looked-at days on which enough
of the futures can tell, or none within the longest wait.
"""

from dataclasses import dataclass, replace

import numpy as np

from titrant.pkpd.response import people
from titrant.pkpd.response.answers import Telling, is_real, told
from titrant.pkpd.response.diary import Diary, Levels
from titrant.pkpd.response.people import MEMORY, SWING
from titrant.pkpd.response.posterior import Posterior

_FUTURES, _DRAWS, _EVERY_DAYS = 64, 400, 7


@dataclass(frozen=True)
class Waiting:
    """When it can be told.

    Attributes:
        days: 0 if it can be told now, None if not within the longest wait.
        share_telling: share of the futures that can tell, by days waited.
        stopped: "can_tell_now", "found" or "not_within_longest_wait".
    """

    days: int | None
    share_telling: dict[int, float]
    stopped: str


def days_until_telling(posterior: Posterior, levels: Levels, generator: np.random.Generator) -> Waiting:
    """When it can be told. Raises ValueError for a posterior that is not usable."""
    if not posterior.usable:
        raise ValueError(f"this posterior allows no answer: {posterior.stopped}")
    real = is_real(posterior, levels)
    if told(float(real.mean()), posterior) is not Telling.NOT_YET:
        return Waiting(0, {}, "can_tell_now")
    picked = generator.permutation(len(real))[:_DRAWS]
    chances = _chances(posterior, levels, picked, real[picked], generator)
    low, high = (posterior.chosen["questions", name] for name in ("chance_no", "chance_yes"))
    shares = {day: float(((seen >= high) | (seen <= low)).mean()) for day, seen in chances.items()}
    enough = [day for day, share in shares.items() if share >= posterior.chosen["questions", "chance_of_telling"]]
    return Waiting(enough[0], shares, "found") if enough else Waiting(None, shares, "not_within_longest_wait")


def _chances(
    posterior: Posterior, levels: Levels, picked: np.ndarray, real: np.ndarray, generator: np.random.Generator
) -> dict[int, np.ndarray]:
    """Chance of a real response in each future, by days waited; shape (n_futures,) each."""
    horizon = int(posterior.chosen["questions", "longest_wait_days"])
    draws = posterior.draws.of(picked)
    expected = people.expected_days(draws, _kept_up(posterior.diary, levels, horizon), posterior.chosen)[0]
    memory, swing = draws.pain[:, MEMORY], draws.pain[:, SWING]
    scored = np.flatnonzero(~np.isnan(posterior.diary.pain_points))[-1]
    gap = len(posterior.diary.pain_points) - int(scored)
    last = posterior.diary.pain_points[scored] - expected[:, scored]
    off, log_weights = np.tile(last, (_FUTURES, 1)), np.zeros((_FUTURES, len(picked)))
    true = np.arange(_FUTURES)  # the draws are in random order: the first ones are the futures' truths
    chances = {}
    for day in range(horizon):
        carry = memory**gap if day == 0 else memory
        sd = swing * np.sqrt(1 - carry**2)
        ahead = expected[:, len(posterior.diary.pain_points) + day]
        carried = carry * off
        score = ahead[true] + carried[true, true] + sd[true] * generator.standard_normal(_FUTURES)
        off = score[:, None] - ahead
        surprise = (off - carried) / sd
        log_weights -= 0.5 * surprise * surprise + np.log(sd)
        if (day + 1) % _EVERY_DAYS == 0:
            weights = np.exp(log_weights - log_weights.max(axis=1, keepdims=True))
            chances[day + 1] = (weights * real).sum(axis=1) / weights.sum(axis=1)
    return chances


def _kept_up(diary: Diary, levels: Levels, days: int) -> Diary:
    """The diary with the present level given for more days, not yet scored."""
    blank, present = np.full(days, np.nan), levels.present
    longer = {
        "pain_points": np.concatenate([diary.pain_points, blank]),
        "worst_grade": np.concatenate([diary.worst_grade, blank]),
        "doses_mg": np.concatenate([diary.doses_mg, np.full(days, levels.daily_mg[present])]),
    }
    if diary.average_ng_per_ml is not None and diary.peak_ng_per_ml is not None:
        average, peak = levels.benefit_exposure(diary)[present], levels.harm_exposure(diary)[present]
        longer["average_ng_per_ml"] = np.concatenate([diary.average_ng_per_ml, np.full(days, average)])
        longer["peak_ng_per_ml"] = np.concatenate([diary.peak_ng_per_ml, np.full(days, peak)])
    return replace(diary, **longer)
