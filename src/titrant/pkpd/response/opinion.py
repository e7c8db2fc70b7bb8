"""What the model may say of a dose: lower it, hold it, or nothing. It has no word for raising, and no way to say one.

The rules have decided what is allowed; the model may only take from that. An opinion that would allow more than the
rules is refused where it is made, whoever makes it, and ``limited`` takes the safer of the two once more.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from titrant.pkpd.response.answers import Answers, Telling, answers
from titrant.pkpd.response.diary import Levels
from titrant.pkpd.response.posterior import Posterior

# Safest first. What stands later allows more drug.
ORDER = ("stop", "pause", "lower", "step_down_trial", "hold", "raise")
RULES_ONLY = "rules_only"


class Say(StrEnum):
    """All that the model can say."""

    LOWER = "lower"
    HOLD = "hold"
    NONE = "none"


@dataclass(frozen=True)
class Opinion:
    """What the model says, beside what the rules allow.

    Attributes:
        say: lower, hold, or none (nothing against what the rules allow).
        allowed: action that the rules allow; present_mg: daily dose now.
        to_mg: daily dose to lower to, below present_mg; None unless lower.
        reasons: codes; numbers: what they rest on, by name with unit.

    Raises:
        ValueError: on making one that would allow more than the rules do.
    """

    say: Say
    allowed: str
    present_mg: float
    to_mg: float | None = None
    reasons: tuple[str, ...] = ()
    numbers: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.say not in list(Say):
            raise ValueError(f"{self.say!r} is nothing that the model may say")
        if self.say is not Say.NONE and _rank(self.say) >= _rank(self.allowed):
            raise ValueError(f"{self.say} does not take anything from {self.allowed}")
        if (self.to_mg is not None) != (self.say is Say.LOWER):
            raise ValueError("a dose to go to belongs to lowering, and only to that")
        if self.to_mg is not None and not 0 <= self.to_mg < self.present_mg:
            raise ValueError(f"{self.to_mg:g} mg is not below the {self.present_mg:g} mg given now")


def limited(allowed: str, said: Opinion) -> str:
    """The safer of what the rules allow and what the model says."""
    return allowed if said.say is Say.NONE else min(allowed, str(said.say), key=_rank)


def opinion(posterior: Posterior, allowed_action: str, levels: Levels) -> Opinion:
    """The model's opinion on an action that the rules allow.

    Args:
        allowed_action: one of ORDER, or "start", on which the model has nothing to say yet.

    Raises:
        ValueError: for an action that is not known.
    """
    present = float(levels.daily_mg[levels.present])
    if allowed_action != "start":
        _rank(allowed_action)
    if not posterior.usable:
        return Opinion(Say.NONE, allowed_action, present, reasons=(RULES_ONLY, posterior.stopped))
    if allowed_action not in ("hold", "raise"):
        return Opinion(Say.NONE, allowed_action, present, reasons=("rules_are_already_lower",))
    found = answers(posterior, levels)
    numbers = _numbers(found, levels.days_at_present(posterior.diary))
    harm, benefit = _harm(posterior, found), _benefit(posterior, found, levels)
    if harm or (benefit and allowed_action == "hold"):
        return Opinion(Say.LOWER, allowed_action, present, _one_down(levels), (*harm, *benefit), numbers)
    if allowed_action == "raise" and (why := [*_hold(posterior, found), *benefit]):
        return Opinion(Say.HOLD, allowed_action, present, None, tuple(why), numbers)
    return Opinion(Say.NONE, allowed_action, present, reasons=("nothing_against",), numbers=numbers)


def _rank(action: str) -> int:
    if action not in ORDER:
        raise ValueError(f"{action!r} is not an action; known are {', '.join(ORDER)}")
    return ORDER.index(action)


def _one_down(levels: Levels) -> float:
    """Never further than one level; from the lowest, no drug."""
    return float(levels.daily_mg[levels.present - 1]) if levels.present else 0.0


def _harm(posterior: Posterior, found: Answers) -> list[str]:
    """Harm that asks for a lower dose, whatever the rules would do."""
    limits, why = posterior.chosen.sections["opinion"], []
    if found.harm_days.mean > limits["most_harm_days"].value:
        why.append("too_many_harm_days")
    if found.severe_chance > limits["most_severe_chance_now"].value:
        why.append("severe_harm_likely")
    return why


def _benefit(posterior: Posterior, found: Answers, levels: Levels) -> list[str]:
    """Why a lower dose would do as well, once the present one has been held for long enough to tell.

    That the present dose has done nothing yet is no reason by itself, because a ladder begins at doses that may be too
    low: it counts where one more step promises little as well.
    """
    limits = posterior.chosen.sections["opinion"]
    if levels.days_at_present(posterior.diary) < limits["least_days_since_change"].value:
        return []
    if found.telling is Telling.NOT_REAL:
        return ["no_real_response"] if _promises_little(posterior, found) else []
    learned = found.lowest.learned >= limits["least_learned_of_dose"].value
    return ["lower_dose_keeps_the_benefit"] if learned and found.lowest.level < levels.present else []


def _promises_little(posterior: Posterior, found: Answers) -> bool:
    """Whether one more step is unlikely to bring a gain; so it is where there is no higher level."""
    return found.step is None or found.step.chance_of_gain < posterior.chosen["opinion", "least_gain_chance"]


def _hold(posterior: Posterior, found: Answers) -> list[str]:
    """Why not to go up, empty where nothing speaks against it."""
    limits, step = posterior.chosen.sections["opinion"], found.step
    if step is None:
        return ["no_higher_level"]
    why = []
    if _promises_little(posterior, found):
        why.append("little_to_gain")
    if step.added_harm_days.mean > limits["most_added_harm_days"].value:
        why.append("more_harm_days")
    if step.severe_chance > limits["most_severe_chance"].value:
        why.append("severe_harm_at_next_level")
    return why


def _numbers(found: Answers, days_at_present: int) -> dict[str, float]:
    numbers = {
        "chance_real": found.chance_real,
        "relief_settled_points": found.relief_settled_points.mean,
        "harm_days": found.harm_days.mean,
        "severe_chance": found.severe_chance,
        "lowest_dose_mg": found.lowest.daily_mg,
        "learned_of_dose": found.lowest.learned,
        "days_at_present": float(days_at_present),
    }
    if found.step is None:
        return numbers
    return numbers | {
        "next_level_mg": found.step.daily_mg,
        "gain_points": found.step.gain_points.mean,
        "chance_of_gain": found.step.chance_of_gain,
        "added_harm_days": found.step.added_harm_days.mean,
        "severe_chance_next": found.step.severe_chance,
    }
