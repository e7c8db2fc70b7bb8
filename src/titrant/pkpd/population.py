"""People: how parameters differ between them, and what age, weight and ancestry change.

Draws are keyed by person and seed: person 17 is the same person however many others are drawn, in whatever chunks.
"""

from dataclasses import dataclass, field

import numpy as np

from titrant.pkpd.faults import UnusableNumbers
from titrant.pkpd.parameters import Effect, Parameter, ParameterSet

_BLOCK = 1024
_KNOWN = ("age", "weight", "ancestry")
_LIMITS = {"age": (0, 120, "years"), "weight": (2, 400, "kg")}


@dataclass(frozen=True)
class Person:
    """Covariates of the people simulated: age in years, weight in kg, and words such as ancestry."""

    age: float = 50.0
    weight: float = 70.0
    words: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, (lowest, highest, unit) in _LIMITS.items():
            value = getattr(self, name)
            if not lowest <= value <= highest:
                raise UnusableNumbers(
                    name,
                    f"{value:g} {unit} is not between {lowest} and {highest}",
                    "It scales clearance.",
                    "Correct it.",
                )


def normals(seed: int, first: int, count: int, columns: int) -> np.ndarray:
    """Standard normal draws of people ``first`` to ``first + count - 1``, shape (count, columns)."""
    blocks = range(first // _BLOCK, (first + count - 1) // _BLOCK + 1)
    drawn = [
        np.random.Generator(np.random.Philox(key=[seed, block])).standard_normal((_BLOCK, columns)) for block in blocks
    ]
    skip = first - blocks[0] * _BLOCK
    return np.concatenate(drawn)[skip : skip + count]


def random_effects(chosen: ParameterSet) -> list[str]:
    """Names of the parameters that differ between people, in file order."""
    return [name for name, p in chosen.parameters.items() if p.between_people and not p.between_people.shared_with]


def occasion_effects(chosen: ParameterSet) -> list[str]:
    """Names of the parameters that differ between occasions of one person, in file order."""
    return [name for name, p in chosen.parameters.items() if p.between_occasions]


def typical(chosen: ParameterSet, person: Person) -> dict[str, np.ndarray]:
    """Parameters of one typical person, arrays of length one."""
    return with_effects(chosen, person, {})


def drawn(
    chosen: ParameterSet, person: Person, seed: int, first: int, count: int, occasion: int = 0
) -> dict[str, np.ndarray]:
    """Parameters of ``count`` people from number ``first`` on, arrays of shape (count,).

    Args:
        occasion: number of the occasion; between-occasion draws differ from one to the next, the people stay.
    """
    names, again = random_effects(chosen), occasion_effects(chosen)
    z = normals(seed, first, count, len(names)) if names else np.empty((count, 0))
    effects = {name: z[:, k] * chosen.parameters[name].between_people.sd for k, name in enumerate(names)}
    if again:
        fresh = normals(seed + (occasion + 1) * 1_000_003, first, count, len(again))
        for k, name in enumerate(again):
            effects[name] = effects.get(name, 0.0) + fresh[:, k] * chosen.parameters[name].between_occasions.sd
    return with_effects(chosen, person, effects, count)


def with_effects(
    chosen: ParameterSet, person: Person, effects: dict[str, np.ndarray], count: int = 1
) -> dict[str, np.ndarray]:
    """Parameters for given random effects (log or logit scale), shape (count,) each."""
    result = {}
    for name, parameter in chosen.parameters.items():
        centre = _of_person(parameter, person, [e for e in chosen.effects if e.parameter == name])
        shared = parameter.between_people.shared_with if parameter.between_people else ""
        result[name] = np.broadcast_to(_moved(centre, effects.get(shared or name), parameter), (count,)).copy()
    return result


def _of_person(parameter: Parameter, person: Person, effects: list[Effect]) -> float:
    value = parameter.value * (person.weight / 70.0) ** parameter.weight_power
    for effect in effects:
        if effect.per_year:
            value = max(value + effect.per_year * max(person.age - effect.above_age, 0.0), 0.1 * parameter.value)
        elif person.words.get(effect.covariate, "").lower() in effect.is_one_of:
            value *= effect.factor
    return value


def _moved(centre: float, effect, parameter: Parameter):
    if effect is None:
        return centre
    if parameter.between_people and parameter.between_people.logit:
        return 1 / (1 + (1 - centre) / centre * np.exp(-effect))
    return centre * np.exp(effect)


def check_words(chosen: ParameterSet, words: dict[str, str]) -> None:
    """Raises UnusableNumbers for a covariate that the set does not use, naming those it does."""
    used = {effect.covariate: effect.is_one_of for effect in chosen.effects if effect.is_one_of}
    for name, word in words.items():
        allowed = sorted(
            {w for e in chosen.effects if e.covariate == name for w in e.is_one_of} | {"other", "caucasian"}
        )
        if name not in used or word.lower() not in allowed:
            known = f"{name} may be {', '.join(allowed)}" if name in used else f"it uses {', '.join(used) or 'none'}"
            raise UnusableNumbers(
                f"covariate {name}",
                f"{word!r} means nothing to {chosen.id}",
                "It would change nothing in silence.",
                f"Of words, {known}.",
            )
