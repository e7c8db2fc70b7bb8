"""What another drug or an impaired liver does: a change of intrinsic clearance in the liver and in the gut wall.

Well-stirred liver with flow Q and intrinsic clearance CLint behind a gut wall that lets Fg pass:
    oral area ~ Fg / CLint,    intravenous area ~ 1 / CL with CL = Q CLint / (Q + CLint).
Halving CLint doubles what a swallowed dose gives, and changes an intravenous one the less the more the liver extracts.

Source: Rowland, Benet & Graham, J Pharmacokinet Biopharm 1973;1:123-136.
"""

import math
from dataclasses import dataclass

import numpy as np

from titrant.pkpd.faults import UnusableNumbers
from titrant.pkpd.models import structure
from titrant.pkpd.parameters import ParameterSet
from titrant.terms.numbers import parse_decimal

_WHY = "An interaction left out in silence would look like no interaction."


@dataclass(frozen=True)
class Factors:
    """Times the intrinsic clearance of the liver and of the gut wall, and times norketamine's own clearance."""

    liver: float = 1.0
    gut: float = 1.0
    norketamine: float = 1.0

    def share(self, strength: float) -> "Factors":
        """Part of the change, on the log scale: 0 none, 1 all of it."""
        return Factors(self.liver**strength, self.gut**strength, self.norketamine**strength)


@dataclass(frozen=True)
class Interaction:
    """One measured interaction."""

    name: str
    oral: float
    iv: float | None
    norketamine: float | None
    gut_power: float
    onset_half_days: float
    offset_half_days: float
    source: str

    def strength(self, days_on: float, days_off: float = 0.0) -> float:
        """How much of the full change is there after ``days_on`` of taking it and ``days_off`` without."""
        reached = 1 - 0.5 ** (days_on / self.onset_half_days)
        return reached * 0.5 ** (days_off / self.offset_half_days)


def interactions(tree: dict) -> dict[str, Interaction]:
    """Interactions by name from the parsed file."""
    return {name: _interaction(name, row) for name, row in tree["drugs"].items()}


def _interaction(name: str, row: dict) -> Interaction:
    def number(key: str, default: str | None = None) -> float | None:
        given = row.get(key, default)
        return None if given is None else float(parse_decimal(str(given)))

    half_days = [number(f"{side}_half_days", "1") for side in ("onset", "offset")]
    return Interaction(
        name,
        number("oral"),
        number("iv"),
        number("norketamine"),
        number("gut_power", "0"),
        *half_days,
        row["source"],
    )


def named(known: dict[str, Interaction], name: str) -> Interaction:
    """The interaction ``name``. Raises UnusableNumbers naming those that are measured."""
    if name not in known:
        raise UnusableNumbers(
            f"with {name!r}",
            "no measured size of this interaction is known",
            _WHY,
            f"Measured are: {', '.join(known)}.",
        )
    return known[name]


def factors(chosen: ParameterSet, measured: Interaction) -> Factors:
    """Factors under which a typical person of ``chosen`` shows the measured ratios.

    Raises UnusableNumbers where the model has no liver and gut to act on.
    """
    extraction, passes_gut = _first_pass(chosen)
    if measured.iv is not None:
        # CL' = CL / iv: the intrinsic clearance that gives this extraction at the same flow.
        new_extraction = min(extraction / measured.iv, 0.99)
        liver = new_extraction / (1 - new_extraction) / (extraction / (1 - extraction))
        gut = _gut_for(passes_gut, measured.oral * liver)
    else:
        liver = _root(lambda h: _gut_ratio(passes_gut, h**measured.gut_power) / h - measured.oral)
        gut = liver**measured.gut_power
    return Factors(liver, gut, 1 / measured.norketamine if measured.norketamine else 1.0)


def apply(chosen: ParameterSet, p: dict[str, np.ndarray], change: Factors) -> dict[str, np.ndarray]:
    """Parameters ``p`` under the change; everyone's own liver and gut are changed by the same factors."""
    where = _where(chosen)
    changed = dict(p)
    for name in where["intrinsic"]:
        changed[name] = p[name] * change.liver
    passes = p[where["gut"]]
    changed[where["gut"]] = passes / (passes + (1 - passes) * change.gut)
    changed["cln"] = p["cln"] * change.norketamine
    return changed


def oral_ratio(chosen: ParameterSet, change: Factors) -> float:
    """Area of a swallowed dose under ``change`` over that without it, of a typical person of ``chosen``."""
    return _gut_ratio(_first_pass(chosen)[1], change.gut) / change.liver


def can_change(chosen: ParameterSet) -> bool:
    """Whether ``chosen`` has a liver and a gut wall that an interaction could act on."""
    return structure(chosen.structure).LIVER is not None


def _where(chosen: ParameterSet) -> dict:
    where = structure(chosen.structure).LIVER
    if where is None:
        raise UnusableNumbers(
            f"model {chosen.id}", "it has no liver and gut wall that an interaction could act on", _WHY,
            "Use racemic or perez-ruixo-2021.",
        )  # fmt: skip
    return where


def _first_pass(chosen: ParameterSet) -> tuple[float, float]:
    """Extraction by the liver and the share that the gut wall lets pass, of a typical person."""
    where, p = _where(chosen), chosen.typical()
    intrinsic = sum(p[name] for name in where["intrinsic"]) * p.get("vh", 1.0)
    return intrinsic / (p["qh"] + intrinsic), p[where["gut"]]


def _gut_ratio(passes: float, factor: float) -> float:
    return 1 / (passes + (1 - passes) * factor)


def _gut_for(passes: float, ratio: float) -> float:
    return max((1 / ratio - passes) / (1 - passes), 1e-6)


def _root(difference) -> float:
    """Where a falling function of a factor crosses zero, between a thousandth and a thousandfold, by bisection."""
    low, high = math.log(1e-3), math.log(1e3)
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if difference(math.exp(middle)) > 0 else (low, middle)
    return math.exp((low + high) / 2)
