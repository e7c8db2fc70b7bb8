"""What the tests of the response model share: the shipped parameters, plain diaries, and the check on its advice."""

from dataclasses import replace

import numpy as np
from tools.calibrate_response import shipped

from titrant.pkpd.response import people
from titrant.pkpd.response.diary import Diary, Levels
from titrant.pkpd.response.opinion import ORDER, Say, limited, opinion
from titrant.pkpd.response.parameters import ResponseSet
from titrant.pkpd.response.people import People
from titrant.pkpd.response.posterior import Posterior

LADDER = np.array([30.0, 60.0, 90.0, 120.0])
DOSES = np.concatenate([np.zeros(10), np.repeat([30.0, 60.0, 90.0], 14)])
LEVELS = Levels(LADDER, 2)


def usual(relief: float = 0.0, baseline: float = 6.0) -> People:
    """One person at the middle of the population, with a chosen greatest relief."""
    chosen = shipped()
    curved = np.array([[value.value for value in people.pain_values(chosen, False)]])
    harm = np.array([[value.value for value in people.harm_values(chosen)]])
    return People(curved, np.array([[baseline, 0.5, 0.4, relief]]), harm)


def diary(relief: float = 0.0, seed: int = 1, missing: float = 0.1, doses_mg: np.ndarray = DOSES) -> Diary:
    """The diary of the usual person in whole numbers."""
    written = people.diaries(usual(relief), doses_mg, shipped(), np.random.default_rng(seed), missing)[0]
    return replace(written, pain_points=np.clip(np.round(written.pain_points), 0, 10))


def changed(held: Diary, **arrays: np.ndarray) -> Diary:
    return replace(held, **arrays)


def handmade(draws: People, chosen: ResponseSet, held: Diary, stopped: str = "complete") -> Posterior:
    """A posterior with the given draws, whatever they are."""
    return Posterior(held, chosen, stopped, draws)


def breaches(found: Posterior, levels: Levels = LEVELS, may_speak: bool = True) -> list[str]:
    """Every way in which advice from this posterior allows more than the rules, or speaks where it may not."""
    said = []
    for allowed in ORDER:
        given = opinion(found, allowed, levels)
        if ORDER.index(limited(allowed, given)) > ORDER.index(allowed):
            said.append(f"{allowed} became {given.say}")
        if given.to_mg is not None and given.to_mg >= levels.daily_mg[levels.present]:
            said.append(f"{allowed}: {given.to_mg} mg is not lower")
        if not may_speak and (given.say is not Say.NONE or given.numbers):
            said.append(f"{allowed}: spoke without a posterior")
    return said
