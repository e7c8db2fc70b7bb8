"""Published observations, and what a model predicts for each: the common ground of fitting and of validation."""

import math
from dataclasses import dataclass

import numpy as np

from titrant.pkpd.doses import Given
from titrant.pkpd.parameters import ParameterSet
from titrant.pkpd.simulation import prepared, summarised
from titrant.terms.numbers import parse_decimal

_KETAMINE, _NORKETAMINE = 0, 1


@dataclass(frozen=True)
class Observation:
    """One printed mean. ``what`` is cmax, tmax, auc, f or ratio; ``until_h`` is the end of an area."""

    study: str
    source: str
    about: str
    status: str
    analyte: str
    sampling: str
    n: int
    fitted: bool
    why: str
    dose: Given
    output: str
    what: str
    value: float
    sd: float
    until_h: float

    @property
    def log_variance(self) -> float:
        """Variance of the log of the printed mean, from the spread between people and their number."""
        return math.log1p((self.sd / self.value) ** 2) / self.n


def observations(tree: dict) -> list[Observation]:
    """All observations of a parsed observations file."""
    found = []
    for study in tree["studies"]:
        common = {name: study[name] for name in ("source", "about", "status", "analyte", "sampling", "n", "fitted")}
        for row in study["values"]:
            numbers = {
                name: _number(row, name, default)
                for name, default in (("value", None), ("sd", None), ("until_h", 24.0))
            }
            found.append(
                Observation(study["id"], **common, why=study.get("why") or "", dose=_dose(study["dose"]),
                            output=row["output"], what=row["what"], **numbers)
            )  # fmt: skip
    return found


def _number(row: dict, name: str, default: float | None = None) -> float:
    return default if default is not None and name not in row else float(parse_decimal(str(row[name])))


def _dose(row: dict) -> Given:
    return Given(
        0.0,
        _number(row, "mg"),
        row["route"],
        over_h=_number(row, "over_min", 0.0) / 60,
        hold_h=_number(row, "hold_min", 20.0) / 60,
        form=row.get("form", "solid"),
    )


def predicted(chosen: ParameterSet, p: dict[str, np.ndarray], wanted: list[Observation]) -> np.ndarray:
    """What the model with parameters ``p`` says, shape (n_observations, n_people); NaN where it cannot."""
    n_people = len(next(iter(p.values())))
    result = np.full((len(wanted), n_people), np.nan)
    by_dose: dict[Given, list[int]] = {}
    for number, seen in enumerate(wanted):
        dose = _given_to(chosen, seen.dose)
        if dose:
            by_dose.setdefault(dose, []).append(number)
    for dose, numbers in by_dose.items():
        for until_h in sorted({wanted[k].until_h for k in numbers}):
            some = [k for k in numbers if wanted[k].until_h == until_h]
            found = _figures(chosen, p, dose, until_h)
            for k in some:
                if (wanted[k].output, wanted[k].what) in found:
                    result[k] = found[wanted[k].output, wanted[k].what]
    return result


def _given_to(chosen: ParameterSet, dose: Given) -> Given | None:
    """The dose as this model can take it: a film is read as a troche where there is no film."""
    if dose.route in chosen.routes:
        return dose
    if dose.route in ("film", "troche"):
        other = "troche" if dose.route == "film" else "film"
        if other in chosen.routes:
            return Given(dose.at_h, dose.mg, other, dose.over_h, dose.hold_h, dose.swallowed)
    return None


def _figures(chosen: ParameterSet, p: dict, dose: Given, until_h: float) -> dict[tuple[str, str], np.ndarray]:
    times = np.unique(np.concatenate((np.arange(0, 31) / 30, np.arange(1, 16.01, 0.25) / 2, [dose.over_h, until_h])))
    times = times[times <= until_h]
    outputs, _, found = summarised(*prepared(chosen, p, [dose]), times)
    figures = {}
    for k, output in enumerate(outputs):
        for what, name in (("cmax", "cmax"), ("tmax", "tmax_h"), ("auc", "auc_0_t")):
            figures[output, what] = found[name][:, k]
    if "norketamine" in outputs:
        figures["norketamine", "ratio"] = found["auc_0_t"][:, _NORKETAMINE] / found["auc_0_t"][:, _KETAMINE]
    bolus = (
        summarised(*prepared(chosen, p, [Given(0.0, dose.mg, "iv")]), np.array([1.0]))[2]
        if "iv" in chosen.routes
        else None
    )
    if bolus is not None:
        figures["ketamine", "f"] = found["auc_inf"][:, _KETAMINE] / bolus["auc_inf"][:, _KETAMINE]
    return figures
