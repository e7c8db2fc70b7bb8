"""Several changes of clearance at once: other drugs together, and with an impaired liver.

Their joint size was never measured. The rule errs towards more exposure: what raises it multiplies, and what lowers it
counts only where nothing raises it, and then only the weakest. It is a proposal of this project (docs/adr/0202).
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from titrant.pkpd import liver
from titrant.pkpd.faults import UnusableNumbers
from titrant.pkpd.liver import Factors
from titrant.pkpd.parameters import ParameterSet
from titrant.terms.numbers import parse_decimal

_NO_CHANGE = 1e-6  # on the log scale: what was measured as no change comes out of the bisection a little off


@dataclass(frozen=True)
class Part:
    """One change, by itself. ``oral_ratio`` is the area of a swallowed dose with it over that without."""

    name: str
    factors: Factors
    oral_ratio: float
    said: str
    peak_too_low: bool = False  # the measured rise of the peak is larger than the one the model gives


@dataclass(frozen=True)
class Together:
    """Changes as one: ``counted`` by name, ``left_out`` by name, and what must be said of them."""

    factors: Factors
    counted: tuple[str, ...]
    left_out: tuple[str, ...]
    said: tuple[str, ...]
    peak_too_low: bool = False


def parts(chosen: ParameterSet, tree: dict, drugs: Iterable[str], liver_state: str = "") -> list[Part]:
    """Each of ``drugs`` once, and the liver, as changes of ``chosen``.

    Args:
        tree: the parsed interactions file; it knows the names of the drugs and of the states of the liver.

    Raises:
        UnusableNumbers: for a drug or state without a known size, or a model without a liver to act on.
    """
    known = liver.interactions(tree)
    found = []
    for name in dict.fromkeys(drugs):
        measured = liver.named(known, name)
        row = tree["drugs"][name]
        said = f"with {name}: sized by one measured ratio of areas, {measured.oral:g} by mouth ({measured.source})"
        said += f"; {row['weak_point']}" if row.get("weak_point") else "."
        found.append(_part(chosen, name, liver.factors(chosen, measured), said, row.get("peak_too_low", False)))
    return found + ([_liver(chosen, tree["liver"], liver_state)] if liver_state else [])


def _liver(chosen: ParameterSet, states: dict, state: str) -> Part:
    if state not in states:
        raise UnusableNumbers(
            f"liver {state}", "no size of this impairment is known", "Guessing it could overdose.",
            f"Known are: {', '.join(states)}.",
        )  # fmt: skip
    row = states[state]
    change = Factors(liver=float(parse_decimal(str(row["intrinsic"]))))
    return _part(chosen, state, change, f"liver {state}: {row['note']} ({row['source']}, {row['status']}).")


def _part(chosen: ParameterSet, name: str, change: Factors, said: str, peak_too_low: bool = False) -> Part:
    return Part(name, change, liver.oral_ratio(chosen, change), said, peak_too_low)


def together(found: Sequence[Part]) -> Together | None:
    """``found`` as one change; None where there is none."""
    if not found:
        return None
    changing = [one for one in found if not _is_none(one)]
    raising = [one for one in changing if one.oral_ratio > 1]
    lowering = sorted((one for one in changing if one.oral_ratio <= 1), key=lambda one: one.oral_ratio)
    acting = raising or lowering[-1:]
    left_out = tuple(one.name for one in changing if one not in acting)
    factors = Factors(
        math.prod(one.factors.liver for one in acting),
        math.prod(one.factors.gut for one in acting),
        math.prod(one.factors.norketamine for one in acting),
    )
    counted = tuple(one.name for one in found if one.name not in left_out)
    said = (
        *(one.said for one in found),
        *_of_joining(acting, left_out, bool(raising)),
        *_of_norketamine(acting, factors),
    )
    return Together(factors, counted, left_out, said, any(one.peak_too_low for one in acting))


def _is_none(one: Part) -> bool:
    sizes = (one.factors.liver, one.factors.gut, one.factors.norketamine)
    return all(abs(math.log(size)) < _NO_CHANGE for size in sizes)


def _of_norketamine(acting: Sequence[Part], factors: Factors) -> list[str]:
    """That the metabolite's own loss is left alone, where nothing measured says how it changes."""
    if not acting or factors.norketamine != 1.0:
        return []
    return [f"with {' and '.join(one.name for one in acting)}: norketamine's own elimination is left unchanged in this "
            "model, so its levels are less sure than ketamine's."]  # fmt: skip


def _of_joining(acting: Sequence[Part], left_out: tuple[str, ...], is_raised: bool) -> list[str]:
    said = []
    if len(acting) > 1:
        said.append(f"{' and '.join(one.name for one in acting)} together: never measured; their sizes are multiplied, "
                    "which is more likely too much than too little (proposal).")  # fmt: skip
    if left_out and is_raised:
        said.append(f"{', '.join(left_out)}: left out, because a lowered exposure beside a raised one was never "
                    "measured and must not hide it (proposal).")  # fmt: skip
    elif left_out:
        said.append(f"{', '.join(left_out)}: left out; of several changes that lower exposure only the weakest counts, "
                    "because their joint size was never measured (proposal).")  # fmt: skip
    return said
