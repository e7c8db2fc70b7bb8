"""Hard limits, read once more from the files as they are written, by none of the code that doses.

Every signed dose of every person is held against the protocol's hard bounds and the absolute limits of the last gate.
"""

import json
import re
from fractions import Fraction
from typing import Any

import numpy as np

from titrant.cohort.chunk import Rows
from titrant.cohort.setting import Setting
from titrant.knowledge.library import Library
from titrant.record.appending import absolute_limits


def breaches(here: Setting, rows: Rows, bounds_mg: tuple[Fraction, Fraction, Fraction, Fraction]) -> np.ndarray:
    """How many signed levels of each person are beyond a limit, shape (n,).

    Args:
        bounds_mg: most in one dose, in a day, in a week, and most doses a day; see ``hard_bounds``.
    """
    single, daily, weekly, times = bounds_mg
    if not 0 < here.times <= times:
        return np.full(len(rows.people), rows.levels.shape[1], dtype=np.int16)
    part = Fraction(str(here.supply.part_mg))
    most = min(single, daily / here.times, weekly / (7 * here.times)) // part
    signed = np.arange(rows.levels.shape[1])[None, :] < rows.courses["levels"][:, None]
    beyond = signed & ~((rows.levels["parts"] >= 0) & (rows.levels["parts"] <= int(most)))
    lived = ~((rows.days["parts"] >= 0) & (rows.days["parts"] <= int(most)))
    return (beyond.sum(axis=1) + lived.any(axis=1)).astype(np.int16)


def hard_bounds(library: Library, protocol: str) -> tuple[Fraction, Fraction, Fraction, Fraction]:
    """The tightest of both files: the protocol's own text, and absolute_limits.json."""
    tree = next(tree for path, tree in library.trees.items()
                if path.startswith("protocols/") and tree["id"] == protocol)  # fmt: skip
    bounds, gate = tree["bounds"], json.loads(absolute_limits())
    own = (
        _mg(bounds["single"]["hard_home"]), _mg(bounds["daily"]["hard"]), _mg(bounds["weekly"]["hard"]),
        Fraction(str(bounds["times_per_day"]["value"])),
    )  # fmt: skip
    names = ("single_mg", "daily_mg", "weekly_mg", "times_per_day")
    return tuple(min(mine, Fraction(gate[name]["value"])) for mine, name in zip(own, names, strict=True))


def _mg(written: dict[str, Any]) -> Fraction:
    found = re.fullmatch(r"([0-9.]+) mg(?:/day|/week)?", written["value"])
    if found is None:
        raise ValueError(f"{written['value']} is no amount in mg")
    return Fraction(found[1])
