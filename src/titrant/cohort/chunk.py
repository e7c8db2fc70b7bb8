"""A chunk of virtual patients: their rows, and the walk over them. Who they are does not depend on the chunk."""

from dataclasses import dataclass

import numpy as np

from titrant.cohort import shapes, walk
from titrant.cohort.setting import Setting


@dataclass(frozen=True)
class Rows:
    """Everything that happened to some people; see ``shapes``."""

    people: np.ndarray
    courses: np.ndarray
    days: np.ndarray
    levels: np.ndarray
    paused: np.ndarray


def begun(here: Setting, seed: int, first: int, count: int, weeks: int) -> Rows:
    """People ``first`` to ``first + count - 1``, drawn and not yet walked."""
    rows = Rows(
        np.zeros(count, shapes.PERSON), np.zeros(count, shapes.COURSE),
        np.zeros((count, here.start + 7 * weeks), shapes.DAY), np.zeros((count, shapes.MOST_LEVELS), shapes.LEVEL),
        np.zeros((count, shapes.MOST_PAUSES), shapes.PAUSED),
    )  # fmt: skip
    walk.begin(rows.people, rows.courses, seed, first, here.w[0], here.levels, here.rules)
    return rows


def walked(here: Setting, rows: Rows, seed: int, policy: int) -> int:
    """Walk on; returns how many people wait for the model."""
    return walk.walk(
        rows.people, rows.courses, rows.days, rows.levels, rows.paused, seed, policy, here.start, here.w[0],
        here.shares, here.rules,
    )  # fmt: skip
