"""Racemic ketamine and norketamine: oral, troche (held, then swallowed or spat out) and intravenous (eleven states).

First pass is a well-stirred liver behind a gut wall: F = Fgut · Qh / (Qh + CLint), CL = Qh · CLint / (Qh + CLint).
So one change of intrinsic clearance acts strongly on swallowed and weakly on intravenous ketamine.

A held troche gives up its drug evenly while it is held. Of that, 1 - exp(-k hold) passes the mucosa (through a depot
in it) and the rest is swallowed evenly, or lost if it is spat out. Norketamine, from the first pass and from systemic
clearance alike, appears through two transit states.

States are mg of ketamine; norketamine is read with the ratio of the molar masses.
"""

import numpy as np

from titrant.pkpd.models.parts import NG_PER_ML, NORKETAMINE_MASS, Parameters, Way, exchange, system
from titrant.pkpd.system import System

STATES = (
    "mucosa", "gut", "gut_solution", "gut_held", "ketamine", "peripheral_1", "peripheral_2", "forming_1", "forming_2",
    "norketamine", "norketamine_2",
)  # fmt: skip
LIVER = {"intrinsic": ("clint",), "gut": "fgut", "metabolite": "fm"}


def hepatic(p: Parameters) -> tuple[np.ndarray, np.ndarray]:
    """Systemic clearance (L/h) and the share of the portal drug that passes the liver."""
    passes = p["qh"] / (p["qh"] + p["clint"])
    return p["qh"] * (1 - passes), passes


def build(p: Parameters) -> System:
    clearance, passes = hepatic(p)
    available = p["fgut"] * passes
    forming = 2 / p["mtt_n"]
    flows = []
    for gut, rate in (("gut", p["ka"]), ("gut_solution", p["ka_solution"]), ("gut_held", p["ka_held"])):
        flows += [
            (gut, "ketamine", rate * available),
            (gut, "forming_1", rate * (1 - available) * p["fm"]),
            (gut, "out", rate * (1 - available) * (1 - p["fm"])),
        ]
    flows += [
        ("mucosa", "ketamine", p["ka_mucosa"]),
        ("ketamine", "forming_1", clearance / p["v1"] * p["fm"]),
        ("ketamine", "out", clearance / p["v1"] * (1 - p["fm"])),
        *exchange("ketamine", "peripheral_1", p["q2"], p["v1"], p["v2"]),
        *exchange("ketamine", "peripheral_2", p["q3"], p["v1"], p["v3"]),
        ("forming_1", "forming_2", forming),
        ("forming_2", "norketamine", forming),
        ("norketamine", "out", p["cln"] / p["vn1"]),
        *exchange("norketamine", "norketamine_2", p["qn"], p["vn1"], p["vn2"]),
    ]
    outputs = {
        "ketamine": ("ketamine", NG_PER_ML / p["v1"]),
        "norketamine": ("norketamine", NG_PER_ML * NORKETAMINE_MASS / p["vn1"]),
    }
    return system(STATES, flows, outputs)


def ways(p: Parameters, dose) -> list[Way]:
    if dose.route == "iv":
        return [Way("ketamine", 1.0 + 0.0 * p["v1"], 0.0, dose.over_h)]
    if dose.route == "oral":
        return [Way("gut_solution" if dose.form == "solution" else "gut", p["fa"], p["lag"])]
    through = 1 - np.exp(-p["k_mucosa"] * dose.hold_h)
    rest = (1 - through) * p["fa"] if dose.swallowed else 0.0 * through
    return [Way("mucosa", through, 0.0, dose.hold_h), Way("gut_held", rest, p["lag"], dose.hold_h)]
