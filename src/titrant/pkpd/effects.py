"""From concentrations to effects, each as published, each with its limits said in the effects file."""

from dataclasses import dataclass

import numpy as np

from titrant.pkpd.parameters import ParameterSet
from titrant.terms.numbers import parse_decimal


@dataclass(frozen=True)
class EffectBand:
    """A range of ketamine levels (ng/mL) and what was seen in it."""

    text: str
    lowest: float
    highest: float
    shown: bool
    source: str
    status: str


def _number(row: dict, name: str) -> float:
    return float(parse_decimal(str(row[name])))


def bands(tree: dict) -> list[EffectBand]:
    """Bands of the parsed effects file."""
    return [
        EffectBand(r["text"], _number(r, "lowest"), _number(r, "highest"), r["shown"], r["source"], r["status"])
        for r in tree["bands"]
    ]


def why_no_bands(tree: dict, chosen: ParameterSet) -> str:
    """Why no band of the effects file may be laid over levels of ``chosen``; empty where they are comparable."""
    of = tree["bands_of"]
    if (chosen.analyte, chosen.sampling) == (of["analyte"], of["sampling"]):
        return ""
    return (
        "No band of effect is drawn and no chance of passing one is counted: the bands are of "
        f"{of['analyte']} ketamine, {of['sampling']}; {chosen.id} is of {chosen.analyte}, {chosen.sampling} "
        f"({of['source']}, {of['status']})."
    )


def acting(tree: dict, ketamine: np.ndarray, norketamine: np.ndarray, use: str) -> np.ndarray:
    """Ketamine plus norketamine's part, ng/mL. ``use`` is "for_benefit" or "for_risk"."""
    return ketamine + _number(tree["norketamine"], use) * norketamine


def dissociation_share(tree: dict, ng_per_ml: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Least and most share (0 to 1) of a visual analogue scale's maximum: a line through zero, held above its top."""
    row = tree["dissociation"]
    level = np.minimum(ng_per_ml, _number(row, "to_ng_per_ml")) / _number(row, "to_ng_per_ml")
    return level * _number(row, "least_share_at_top"), level * _number(row, "most_share_at_top")


def pressure_rise(tree: dict, ng_per_ml: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rise of systolic and diastolic pressure, mmHg: an extrapolation."""
    row = tree["blood_pressure"]
    level = np.asarray(ng_per_ml) / _number(row, "at_ng_per_ml")
    return level * _number(row, "systolic_mmhg"), level * _number(row, "diastolic_mmhg")


def slow_effect(tree: dict, times_h: np.ndarray, ng_per_ml: np.ndarray) -> np.ndarray:
    """The slow effect on chronic pain, as a share of its maximum (0 to 1).

    An effect site follows the plasma with a half-life of days; effect = Ce / (Ce + C50). Between two times the plasma
    is taken as a straight line, for which the site is solved exactly.

    Args:
        times_h: shape (n_times,), increasing; the site is empty at the first.
        ng_per_ml: shape (..., n_times).
    """
    row = tree["slow_pain_effect"]
    k = np.log(2) / (_number(row, "half_life_days") * 24)
    site = np.zeros_like(np.asarray(ng_per_ml, float))
    for n in range(1, len(times_h)):
        step = times_h[n] - times_h[n - 1]
        slope = (ng_per_ml[..., n] - ng_per_ml[..., n - 1]) / step
        fade = np.exp(-k * step)
        site[..., n] = site[..., n - 1] * fade + ng_per_ml[..., n - 1] * (1 - fade) + slope * (step - (1 - fade) / k)
    return site / (site + _number(row, "c50_ng_per_ml"))


def chance_above(ng_per_ml: np.ndarray, threshold: float) -> float:
    """Share of people whose highest level passes ``threshold``; levels of shape (n_people, n_times)."""
    return float((ng_per_ml.max(axis=1) > threshold).mean())
