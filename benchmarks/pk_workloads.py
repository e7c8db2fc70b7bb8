"""The benchmark's structures: W1, two compartments with a depot; W2, a chain like ketamine's; W3, one person."""

import csv
import json
from pathlib import Path

import numpy as np

from titrant.pkpd.engine import Ways, solve
from titrant.pkpd.individual import Problem
from titrant.pkpd.schedule import Entries
from titrant.pkpd.system import OUT, System

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "pk" / "benchmark"


def spec() -> dict:
    return json.loads((DATA / "spec.json").read_text())


def people(name: str, n_people: int) -> dict[str, np.ndarray]:
    """The first ``n_people`` of a parameter file (repeated where the file has fewer), by column."""
    with open(DATA / name, newline="") as handle:
        rows = list(csv.reader(handle))
    values = np.array(rows[1:], dtype=float)
    values = values[np.arange(n_people) % len(values)]
    return {name: np.ascontiguousarray(values[:, k]) for k, name in enumerate(rows[0])}


def w1(p: dict[str, np.ndarray]) -> System:
    flows = [(0, 1, p["KA"]), (1, OUT, p["CL"] / p["V"]), (1, 2, p["Q"] / p["V"]), (2, 1, p["Q"] / p["V3"])]
    return _system(("depot", "central", "peripheral"), flows, {"C1": (1, 1 / p["V"])})


def w2(p: dict[str, np.ndarray]) -> System:
    to_liver = p["KAG"] * (1 - p["FH"])
    flows = [
        (0, 2, p["KAB"]),
        (0, 1, p["KSW"]),
        (1, 2, p["KAG"] * p["FH"]),
        (1, 5, to_liver * p["FPM"]),
        (1, OUT, to_liver * (1 - p["FPM"])),
        (2, 5, p["CL"] / p["VC"] * p["FM"]),
        (2, OUT, p["CL"] / p["VC"] * (1 - p["FM"])),
        (2, 3, p["Q1"] / p["VC"]),
        (3, 2, p["Q1"] / p["VP1"]),
        (2, 4, p["Q2"] / p["VC"]),
        (4, 2, p["Q2"] / p["VP2"]),
        (5, OUT, p["CLM"] / p["VM"]),
        (5, 6, p["QM"] / p["VM"]),
        (6, 5, p["QM"] / p["VMP"]),
    ]
    states = ("mouth", "gut", "ketamine", "ketamine_2", "ketamine_3", "norketamine", "norketamine_2")
    return _system(states, flows, {"C1": (2, 1 / p["VC"]), "C2": (5, 1 / p["VM"])})


def at_once(n_people: int) -> Ways:
    """One way in: everything at once into the first state."""
    none = np.zeros((1, n_people))
    return Ways(np.array([0]), none + 1.0, none, none)


def _system(states, flows, outputs) -> System:
    return System(
        states,
        np.array([f[0] for f in flows]),
        np.array([f[1] for f in flows]),
        np.array([f[2] for f in flows]),
        tuple(outputs),
        np.array([state for state, _ in outputs.values()]),
        np.array([scale for _, scale in outputs.values()]),
    )


W3_TIMES_H = np.array([40.5, 42.0, 44.0, 47.5])


def w3_problem(levels: np.ndarray) -> Problem:
    """W3: six doses each 8 h, four levels, three effects with 20 % proportional error; levels (n_people, 4)."""
    numbers = spec()
    sd = np.sqrt(numbers["omega2"])
    centre = numbers["W1"]
    doses = Entries(np.arange(numbers["W3"]["ndose"]) * numbers["tau"], np.full(6, numbers["dose"]), np.zeros(6, int))

    def predict(effects: np.ndarray) -> np.ndarray:
        p = {name: np.full(len(effects), centre[name]) for name in ("Q", "V3")}
        p |= {name: centre[name] * np.exp(sd * effects[:, k]) for k, name in enumerate(("CL", "V", "KA"))}
        return solve(w1(p), at_once(len(effects)), doses, W3_TIMES_H, compiled=True).of("C1")

    none = np.zeros(4)
    return Problem(predict, ("CL", "V", "KA"), levels, none + numbers["W3"]["prop_sd"], none, normal=True)


def w3_people() -> tuple[np.ndarray, np.ndarray]:
    """True standardised effects (100, 3) and measured levels (100, 4)."""
    rows = people("w3_data.csv", 100)
    sd = np.sqrt(spec()["omega2"])
    true = np.stack([rows[name] / sd for name in ("eta_cl", "eta_v", "eta_ka")], axis=1)
    return true, np.stack([rows[f"y{t:g}"] for t in W3_TIMES_H], axis=1)
