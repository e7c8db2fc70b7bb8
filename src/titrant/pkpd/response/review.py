"""One patient on one day: the posterior and all that is asked of it, or the rules alone."""

import hashlib
from dataclasses import dataclass

import numpy as np

from titrant.pkpd.response.answers import Answers, answers
from titrant.pkpd.response.diary import Diary, Levels
from titrant.pkpd.response.parameters import ResponseSet
from titrant.pkpd.response.posterior import Posterior, posterior
from titrant.pkpd.response.sampling import Effort
from titrant.pkpd.response.waiting import Waiting, days_until_telling

ANSWERED, RULES_ONLY = "answered", "rules_only"


@dataclass(frozen=True, eq=False)
class Review:
    """What the model has to say.

    Attributes:
        outcome: "answered" or "rules_only"; stopped: why, as in ``Posterior.stopped``.
        answers, waiting: None where the rules decide alone.
    """

    outcome: str
    stopped: str
    posterior: Posterior
    answers: Answers | None
    waiting: Waiting | None


def review(
    diary: Diary, levels: Levels, chosen: ResponseSet, generator: np.random.Generator, effort: Effort | None = None
) -> Review:
    """The review of one patient. Same input and generator state: same bytes.

    Raises:
        ValueError: for levels that do not fit the diary.
    """
    levels.benefit_exposure(diary), levels.harm_exposure(diary)
    found = posterior(diary, chosen, generator, effort)
    if not found.usable:
        return Review(RULES_ONLY, found.stopped, found, None, None)
    waiting = days_until_telling(found, levels, generator)
    return Review(ANSWERED, found.stopped, found, answers(found, levels), waiting)


def seeded(diary: Diary, levels: Levels, chosen: ResponseSet) -> np.random.Generator:
    """A generator for exactly what is weighed: the same days, doses and numbers always give the same draws.

    Names, calendar days and the order of writing are not in it, nor the notes and sources of the numbers, so none of
    them can change an answer.
    """
    numbers = (
        f"{section}.{name}={one.value!r} {one.unit} {one.on} {one.spread!r}"
        for section, values in sorted(chosen.sections.items())
        for name, one in sorted(values.items())
    )
    content = hashlib.sha256("\n".join(numbers).encode())
    written = (diary.pain_points, diary.doses_mg, diary.worst_grade, diary.average_ng_per_ml, diary.peak_ng_per_ml)
    place = np.array([levels.present, -1 if levels.held_days is None else levels.held_days])
    offered = (levels.daily_mg, levels.average_ng_per_ml, levels.peak_ng_per_ml, place)
    for part in (*written, *offered):
        content.update(b"-" if part is None else np.ascontiguousarray(part, dtype="<f8").tobytes() + b";")
    return np.random.default_rng(int.from_bytes(content.digest(), "big"))
