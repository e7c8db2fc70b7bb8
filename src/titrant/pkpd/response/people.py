"""People as the model sees them: parameters from standardised draws, people drawn from the prior, and their diaries."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit, ndtr, ndtri

from titrant.pkpd.response import course, events
from titrant.pkpd.response.diary import Diary
from titrant.pkpd.response.parameters import ResponseSet, Value

PAIN_CURVED = (
    "day_to_day_memory",
    "day_to_day_points",
    "drug_half_time_days",
    "half_saturation",
    "placebo_half_time_days",
)
HARM_CURVED = ("events_without_drug_per_day", "events_at_reference_per_day", "steepness", "chance_worse")
MEMORY, SWING, HALF_TIME, HALF_SATURATION, PLACEBO_HALF_TIME = range(5)
BASELINE, PLACEBO, NATURAL, RELIEF = range(4)
_FARTHEST = 8.0


@dataclass(frozen=True, eq=False)
class People:
    """Parameters of people, or draws of one person.

    Attributes:
        pain: shape (n, 5), in the order of PAIN_CURVED; amounts: shape (n, 4), in points, as ``course.AMOUNTS``.
        harm: shape (n, 4), in the order of HARM_CURVED.
    """

    pain: np.ndarray
    amounts: np.ndarray
    harm: np.ndarray

    def of(self, places: np.ndarray) -> "People":
        """Those at ``places``."""
        return People(self.pain[places], self.amounts[places], self.harm[places])


def pain_values(chosen: ResponseSet, has_levels: bool) -> list[Value]:
    """The curved pain parameters, in the order of PAIN_CURVED."""
    unit = "half_saturation_ng_per_ml" if has_levels else "half_saturation_mg"
    return [chosen.of("pain", unit if name == "half_saturation" else name) for name in PAIN_CURVED]


def harm_values(chosen: ResponseSet) -> list[Value]:
    """The harm parameters, in the order of HARM_CURVED."""
    return [chosen.of("harm", name) for name in HARM_CURVED]


def harm_reference(chosen: ResponseSet, has_levels: bool) -> float:
    """Exposure at which the rate of events is stated, in the diary's unit."""
    return chosen["harm", "reference_ng_per_ml" if has_levels else "reference_mg"]


def amounts_prior(chosen: ResponseSet) -> tuple[np.ndarray, np.ndarray]:
    """Centre and spread of the amounts, shape (4,) each."""
    values = [chosen.of("pain", name) for name in course.AMOUNTS]
    return np.array([v.value for v in values]), np.array([v.spread for v in values])


def from_standard(values: list[Value], standard: np.ndarray) -> np.ndarray:
    """Parameters from standard normal draws, each on its own scale; shape (n, k) both."""
    held = np.empty(standard.shape)
    for j, value in enumerate(values):
        off = value.spread * np.clip(standard[:, j], -_FARTHEST, _FARTHEST)
        held[:, j] = expit(logit(value.value) + off) if value.on == "logit" else value.value * np.exp(off)
    return held


def above_zero(uniform: np.ndarray, centre: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """Normal draws cut at zero, from uniform ones; all shapes alike."""
    ratio = centre / spread
    drawn = centre - spread * ndtri((1.0 - uniform) * ndtr(ratio))
    return np.where(np.isfinite(drawn), np.maximum(drawn, 0.0), 0.0)


def drawn(
    chosen: ResponseSet, count: int, has_levels: bool, generator: np.random.Generator, helps: bool | None = None
) -> People:
    """``count`` people from the prior.

    Args:
        helps: whether the drug helps them; None draws that too.
    """
    values, harm = pain_values(chosen, has_levels), harm_values(chosen)
    curved = from_standard(values, generator.standard_normal((count, len(values))))
    centre, spread = amounts_prior(chosen)
    amounts = centre + spread * generator.standard_normal((count, 4))
    uniform = generator.random((count, 2))
    relief = above_zero(uniform[:, 0], np.full(count, centre[RELIEF]), np.full(count, spread[RELIEF]))
    helped = uniform[:, 1] < chosen["pain", "chance_drug_helps"] if helps is None else np.full(count, helps)
    amounts[:, RELIEF] = np.where(helped, relief, 0.0)
    return People(curved, amounts, from_standard(harm, generator.standard_normal((count, len(harm)))))


def expected_days(people: People, diary: Diary, chosen: ResponseSet) -> tuple[np.ndarray, np.ndarray]:
    """Expected pain and the drug's own relief on each day of a diary's exposure; shape (n, n_days) each."""
    pain, relief = np.empty((2, len(people.pain), len(diary.doses_mg)))
    natural = chosen["pain", "natural_half_time_days"]
    exposure = np.ascontiguousarray(diary.benefit_exposure)
    course.expected(people.pain, people.amounts, exposure, diary.first_dose_day, natural, pain, relief)
    return pain, relief


def scores(people: People, expected: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Daily scores: what is expected plus the swing; shape (n, n_days), neither rounded nor cut."""
    memory, swing = people.pain[:, MEMORY], people.pain[:, SWING]
    noise = generator.standard_normal((expected.shape[1], len(expected)))
    fresh, off = np.sqrt(1 - memory**2), noise[0]
    held = np.empty(expected.shape)
    for day in range(expected.shape[1]):
        off = memory * off + fresh * noise[day] if day else off
        held[:, day] = expected[:, day] + swing * off
    return held


def diaries(
    people: People, doses_mg: np.ndarray, chosen: ResponseSet, generator: np.random.Generator, missing: float = 0.0
) -> list[Diary]:
    """One diary for each person under the same doses.

    Args:
        doses_mg: shape (n_days,); missing: share of days without any entry.
    """
    blank = np.full(len(doses_mg), np.nan)
    plan = Diary(blank, doses_mg, blank)
    pain = scores(people, expected_days(people, plan, chosen)[0], generator)
    grades = events.drawn(people.harm, doses_mg, harm_reference(chosen, False), generator)
    gone = generator.random(pain.shape) < missing
    pain[gone], grades[gone] = np.nan, np.nan
    return [Diary(p, doses_mg, g) for p, g in zip(pain, grades, strict=True)]
