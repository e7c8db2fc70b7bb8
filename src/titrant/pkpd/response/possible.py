"""Is this diary one that the model thinks possible? Its summaries stand beside those of people from the prior.

A diary beyond what nearly all of them wrote is outside what the model knows: too flat, too wild, too sudden, too good
to be true. No number comes of it, whatever the posterior says (prior-predictive check).
"""

import numpy as np

from titrant.pkpd.response import events, people
from titrant.pkpd.response.diary import Diary
from titrant.pkpd.response.parameters import ResponseSet

PEOPLE = 2000
SUMMARIES = ("level", "spread", "steps", "largest_step", "lone_step", "change", "any_harm", "harm", "severe_harm")


def tail_chances(diary: Diary, chosen: ResponseSet, generator: np.random.Generator) -> dict[str, float]:
    """For each summary the share of simulated people at least as far out, on the nearer side (0 to 1)."""
    drawn = people.drawn(chosen, PEOPLE, diary.has_levels, generator)
    scored, graded = ~np.isnan(diary.pain_points), ~np.isnan(diary.worst_grade)
    pain = people.scores(drawn, people.expected_days(drawn, diary, chosen)[0], generator)[:, scored]
    pain = _as_written(pain, diary.pain_points[scored])
    reference = people.harm_reference(chosen, diary.has_levels)
    grades = events.drawn(drawn.harm, diary.harm_exposure[graded], reference, generator)
    simulated = {**_of_pain(pain), **_of_grades(grades)}
    seen = {**_of_pain(diary.pain_points[scored][None]), **_of_grades(diary.worst_grade[graded][None])}
    return {name: _nearer_tail(simulated[name], float(seen[name][0])) for name in SUMMARIES}


def impossible(tails: dict[str, float], chosen: ResponseSet) -> list[str]:
    """Names of the summaries beyond what the model thinks possible."""
    return [name for name, tail in tails.items() if tail < chosen["data", "least_tail_chance"]]


def _as_written(pain: np.ndarray, written: np.ndarray) -> np.ndarray:
    """Simulated scores in whole numbers from 0 to 10 where the diary is, or small swings look like lone steps."""
    return np.clip(np.round(pain), 0, 10) if (written == np.round(written)).all() else pain


def _nearer_tail(simulated: np.ndarray, seen: float) -> float:
    return float(min((simulated >= seen).mean(), (simulated <= seen).mean()))


def _of_pain(pain: np.ndarray) -> dict[str, np.ndarray]:
    """Summaries of scores (n, n_scored), shape (n,) each; the week's difference uses at most a third of the days."""
    steps = np.abs(np.diff(pain, axis=1))
    week = max(1, min(7, pain.shape[1] // 3))
    typical = np.sqrt((steps**2).mean(axis=1))
    return {
        "level": pain.mean(axis=1),
        "spread": pain.std(axis=1),
        "steps": typical,
        "largest_step": steps.max(axis=1),
        "lone_step": steps.max(axis=1) / np.maximum(typical, 1e-9),
        "change": pain[:, -week:].mean(axis=1) - pain[:, :week].mean(axis=1),
    }


def _of_grades(grades: np.ndarray) -> dict[str, np.ndarray]:
    """Share of days with a grade of at least 1, 2 and 3; shape (n,) each."""
    return {name: (grades >= n).mean(axis=1) for n, name in enumerate(("any_harm", "harm", "severe_harm"), 1)}
