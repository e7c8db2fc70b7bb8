"""Everything that is possible for one patient given the diary, or the reason why nothing is said.

The pain part has five curved parameters, drawn, and four amounts, integrated out exactly and then drawn given them; a
drug that helps and one that does not are weighed against each other in one posterior. The harm part has four parameters
of its own and shares none with it. Both must pass their diagnostics; a posterior that did not holds no draws at all.
"""

from dataclasses import dataclass, field

import numpy as np

from titrant.pkpd.response import course, events, people, possible
from titrant.pkpd.response.diary import Diary, fault_of
from titrant.pkpd.response.parameters import ResponseSet
from titrant.pkpd.response.people import RELIEF, People
from titrant.pkpd.response.sampling import Draws, Effort, Target, draws_from

COMPLETE = "complete"
KEPT = 1000


@dataclass(frozen=True, eq=False)
class Posterior:
    """Draws of equal weight, and why the work stopped.

    Attributes:
        stopped: "complete", or the code of what forbids any use: one of ``diary.fault_of``, "impossible_data",
            "diagnostics_pain", "diagnostics_harm", "outside_usual_pain", "outside_usual_harm", "not_finite".
        draws: KEPT draws; none where the posterior is not usable.
        pain, harm: the weighted draws behind them with their diagnostics; None where it did not come so far.
        tails: prior-predictive tail chances by summary; beyond: those that were too small.
    """

    diary: Diary
    chosen: ResponseSet
    stopped: str
    draws: People
    pain: Draws | None = None
    harm: Draws | None = None
    tails: dict[str, float] = field(default_factory=dict)
    beyond: tuple[str, ...] = ()

    @property
    def usable(self) -> bool:
        """Whether any number may be taken from it. If not, the rules decide alone."""
        return self.stopped == COMPLETE and len(self.draws.pain) > 0


def posterior(
    diary: Diary, chosen: ResponseSet, generator: np.random.Generator, effort: Effort | None = None
) -> Posterior:
    """The posterior of one patient. Same diary, parameters and generator state: same bytes."""
    fault = fault_of(diary, chosen)
    if fault:
        return Posterior(diary, chosen, fault, _nobody())
    tails = possible.tail_chances(diary, chosen, generator)
    beyond = tuple(possible.impossible(tails, chosen))
    if beyond:
        return Posterior(diary, chosen, "impossible_data", _nobody(), tails=tails, beyond=beyond)
    return weighed(diary, chosen, generator, effort, tails)


def weighed(
    diary: Diary,
    chosen: ResponseSet,
    generator: np.random.Generator,
    effort: Effort | None = None,
    tails: dict[str, float] | None = None,
) -> Posterior:
    """The posterior without the gate on the data, which ``posterior`` has; alone only for calibration."""
    tails = tails or {}
    target = _PainTarget(diary, chosen)
    pain = draws_from(target, len(people.PAIN_CURVED), chosen, generator, effort)
    harm = draws_from(_harm_target(diary, chosen), len(people.HARM_CURVED), chosen, generator, effort)
    stopped = _forbidden(pain, harm, chosen)
    if stopped:
        return Posterior(diary, chosen, stopped, _nobody(), pain, harm, tails)
    draws = _joined(target, pain, harm, chosen, generator)
    if not all(np.isfinite(part).all() for part in (draws.pain, draws.amounts, draws.harm)):
        return Posterior(diary, chosen, "not_finite", _nobody(), pain, harm, tails)
    return Posterior(diary, chosen, COMPLETE, draws, pain, harm, tails)


def _nobody() -> People:
    return People(np.empty((0, len(people.PAIN_CURVED))), np.empty((0, 4)), np.empty((0, len(people.HARM_CURVED))))


def _forbidden(pain: Draws, harm: Draws, chosen: ResponseSet) -> str:
    """Code of the first diagnostic that fails, or ""."""
    for name, draws in (("pain", pain), ("harm", harm)):
        if not draws.usable:
            return f"diagnostics_{name}"
        if not (np.abs(draws.mean()) <= chosen["data", "farthest_from_usual"]).all():
            return f"outside_usual_{name}"
    return ""


class _PainTarget:
    """Log posterior of the curved pain parameters, amounts integrated out, over both: helps and does not help."""

    def __init__(self, diary: Diary, chosen: ResponseSet) -> None:
        self.values = people.pain_values(chosen, diary.has_levels)
        self.centre, self.spread = people.amounts_prior(chosen)
        self.natural = chosen["pain", "natural_half_time_days"]
        self.log_chances = np.log([1 - chosen["pain", "chance_drug_helps"], chosen["pain", "chance_drug_helps"]])
        self.pain = np.ascontiguousarray(diary.pain_points)
        self.exposure, self.start = np.ascontiguousarray(diary.benefit_exposure), diary.first_dose_day

    def __call__(self, standard: np.ndarray) -> np.ndarray:
        """Shape (n, 5) to (n,)."""
        weighed = self.integrated(standard)[0] + self.log_chances
        return np.logaddexp(weighed[:, 0], weighed[:, 1]) - 0.5 * (standard * standard).sum(axis=1)

    def integrated(self, standard: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Evidence (n, 2), roots (n, 4, 4) and pulls (n, 4); see ``course.integrated``."""
        n = len(standard)
        evidence, roots, pulls = np.empty((n, 2)), np.zeros((n, 4, 4)), np.empty((n, 4))
        curved = people.from_standard(self.values, standard)
        course.integrated(
            curved, self.pain, self.exposure, self.start, self.natural, self.centre, self.spread, evidence, roots, pulls
        )
        return evidence, roots, pulls

    def amounts(self, standard: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        """The four amounts drawn given the curved parameters, shape (n, 4)."""
        evidence, roots, pulls = self.integrated(standard)
        weighed = evidence + self.log_chances
        helps = 1 / (1 + np.exp(weighed[:, 0] - weighed[:, 1]))
        uniform = generator.random((len(standard), 2))
        width = 1 / roots[:, RELIEF, RELIEF]
        relief = people.above_zero(uniform[:, 0], pulls[:, RELIEF] * width, width)
        noise = generator.standard_normal((len(standard), 4))
        noise[:, RELIEF] = np.where(uniform[:, 1] < helps, relief, 0.0)
        amounts = np.empty((len(standard), 4))
        course.solved(roots, pulls, noise, amounts)
        return amounts


def _harm_target(diary: Diary, chosen: ResponseSet) -> Target:
    values, reference = people.harm_values(chosen), people.harm_reference(chosen, diary.has_levels)
    grades, exposure = np.ascontiguousarray(diary.worst_grade), np.ascontiguousarray(diary.harm_exposure)

    def target(standard: np.ndarray) -> np.ndarray:
        likelihood = np.empty(len(standard))
        events.log_likelihood(people.from_standard(values, standard), grades, exposure, reference, likelihood)
        return likelihood - 0.5 * (standard * standard).sum(axis=1)

    return target


def _joined(
    target: _PainTarget, pain: Draws, harm: Draws, chosen: ResponseSet, generator: np.random.Generator
) -> People:
    """KEPT draws of everything, of equal weight."""
    standard = pain.standard[pain.equal(KEPT, generator)]
    amounts = target.amounts(standard, generator)
    worse = harm.standard[harm.equal(KEPT, generator)]
    curved = people.from_standard(target.values, standard)
    return People(curved, amounts, people.from_standard(people.harm_values(chosen), worse))
