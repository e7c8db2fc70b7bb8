"""Fits the racemic model to all fitted observations of the observations file together, and writes its parameter set.

Run ``python -m tools.fit_racemic`` to see the fit and the leave-one-study-out errors; ``--write`` renews the file.

Each observation counts by the variance of its log (spread between people over their number) plus a model error of
20 %. Parameters are held near published values by weak priors, because twelve studies cannot tell them all.
"""

import argparse
from pathlib import Path

import numpy as np
from scipy.optimize import least_squares

from titrant.pkpd.observed import Observation, observations, predicted
from titrant.pkpd.parameters import ParameterSet
from titrant.pkpd.shipped import model, tree

FILE = Path(__file__).resolve().parents[1] / "src/titrant/knowledge/data/pk/racemic.yaml"
MODEL_ERROR = 0.20
TIME_WEIGHT = 0.35  # a mean of times of peak is a rough figure; its extra error, on the log scale
# Prior spread (log scale, or logit for a share) of each fitted parameter around the value in START.
PRIOR = {
    "v1": 0.4, "v2": 0.3, "v3": 0.3, "q2": 0.4, "q3": 0.3, "clint": 0.2, "fgut": 0.5, "ka": 0.5, "ka_solution": 0.7,
    "ka_held": 0.5, "k_mucosa": 0.7, "ka_mucosa": 0.5, "mtt_n": 0.4, "vn1": 0.5, "vn2": 0.5, "cln": 0.4, "qn": 0.5,
}  # fmt: skip
START = {
    "v1": 25.0, "v2": 56.0, "v3": 157.0, "q2": 161.0, "q3": 79.0, "clint": 171.0, "fgut": 0.45, "ka": 1.5,
    "ka_solution": 2.5, "ka_held": 1.5, "k_mucosa": 0.5, "ka_mucosa": 2.4, "mtt_n": 0.335, "vn1": 60.0, "vn2": 170.0,
    "cln": 50.0, "qn": 90.0,
}  # fmt: skip
SHARES = ("fgut",)
PRIOR_SOURCE = {
    "v1": "kamp-2020", "v2": "kamp-2020", "v3": "kamp-2020", "q2": "kamp-2020", "q3": "kamp-2020",
    "clint": "kamp-2020", "fgut": "chong-2009", "ka": "perez-ruixo-2021", "ka_solution": "grant-1981",
    "ka_held": "simons-2022", "k_mucosa": "rolan-2014", "ka_mucosa": "simons-2022", "mtt_n": "simons-2022",
}  # fmt: skip


def moved(theta: np.ndarray, fixed: dict[str, float]) -> dict[str, np.ndarray]:
    """Parameters for rows of theta (n_people, n_fitted); zero is the prior's centre."""
    p = {name: np.full(len(theta), value) for name, value in fixed.items()}
    for k, name in enumerate(PRIOR):
        centre = START[name]
        step = theta[:, k] * PRIOR[name]
        p[name] = 1 / (1 + (1 - centre) / centre * np.exp(-step)) if name in SHARES else centre * np.exp(step)
    return p


def residuals(chosen: ParameterSet, seen: list[Observation], fixed: dict[str, float], theta: np.ndarray) -> np.ndarray:
    """Weighted log errors and prior terms for rows of theta; shape (n_people, n_observations + n_fitted)."""
    said = predicted(chosen, moved(theta, fixed), seen)
    value = np.array([o.value for o in seen])[:, None]
    extra = np.array([MODEL_ERROR**2 + (TIME_WEIGHT**2 if o.what == "tmax" else 0.0) for o in seen])
    sd = np.sqrt(np.array([o.log_variance for o in seen]) + extra)[:, None]
    return np.concatenate([(np.log(said) - np.log(value)) / sd, theta.T]).T


def fit(chosen: ParameterSet, seen: list[Observation], fixed: dict[str, float]) -> np.ndarray:
    """Theta at the least weighted squared error, from the prior's centre."""

    def at(theta: np.ndarray) -> np.ndarray:
        return residuals(chosen, seen, fixed, theta[None])[0]

    def slope(theta: np.ndarray) -> np.ndarray:
        step = 1e-4
        both = residuals(
            chosen,
            seen,
            fixed,
            np.concatenate([theta + step * np.eye(len(theta)), theta - step * np.eye(len(theta))]),
        )
        return ((both[: len(theta)] - both[len(theta) :]) / (2 * step)).T

    return least_squares(at, np.zeros(len(PRIOR)), jac=slope, loss="soft_l1", max_nfev=60).x


def left_out(chosen: ParameterSet, seen: list[Observation], fixed: dict[str, float]) -> dict[str, list[tuple]]:
    """For each study, its observations as predicted by a fit to all the others."""
    result = {}
    for study in sorted({o.source for o in seen}):
        rest = [o for o in seen if o.source != study]
        mine = [o for o in seen if o.source == study]
        theta = fit(chosen, rest, fixed)
        said = predicted(chosen, moved(theta[None], fixed), mine)[:, 0]
        result[study] = [(o, float(value)) for o, value in zip(mine, said, strict=True)]
    return result


def gmfe(pairs: list[tuple[float, float]]) -> float:
    """Geometric mean fold error of (predicted, observed) pairs."""
    return float(np.exp(np.mean([abs(np.log(said / seen)) for said, seen in pairs])))


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--write", action="store_true", help="renew the values in the parameter file")
    ask.add_argument("--quick", action="store_true", help="leave out the leave-one-study-out errors")
    chosen = model("racemic")
    fixed = {name: value for name, value in chosen.typical().items() if name not in PRIOR}
    seen = [o for o in observations(tree("observations.yaml")) if o.fitted]
    options = ask.parse_args()
    theta = fit(chosen, seen, fixed)
    p = moved(theta[None], fixed)
    for name in PRIOR:
        print(f"{name:12} {p[name][0]:9.4g}   prior {START[name]:g}")
    said = predicted(chosen, p, seen)[:, 0]
    for o, value in zip(seen, said, strict=True):
        name = f"{o.study:9} {o.dose.route:7} {o.output:12} {o.what:6}"
        print(f"{name} seen {o.value:8.3g} said {value:8.3g} fold {value / o.value:5.2f}")
    print(
        "gmfe",
        round(gmfe([(v, o.value) for o, v in zip(seen, said, strict=True) if o.what in ("cmax", "auc")]), 3),
    )
    if not options.quick:
        for study, pairs in left_out(chosen, seen, fixed).items():
            print("left out", study, round(gmfe([(v, o.value) for o, v in pairs]), 2))
    if options.write:
        write(p)


def write(p: dict[str, np.ndarray]) -> None:
    """Renews the ``value`` lines of the fitted parameters and nothing else."""
    lines, name = FILE.read_text().splitlines(), ""
    for k, line in enumerate(lines):
        if line.startswith("  ") and not line.startswith("   ") and line.endswith(":"):
            name = line.strip()[:-1]
        if name in PRIOR and line.strip().startswith("value:"):
            lines[k] = f"    value: {np.format_float_positional(float(f'{p[name][0]:.4g}'), trim='-')}"
    FILE.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
