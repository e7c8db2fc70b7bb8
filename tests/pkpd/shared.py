"""What the pharmacology tests share: the reference data, where it is, and short ways to ask for it."""

import csv

import numpy as np
import pytest
from benchmarks import pk_workloads as workloads

needs_references = pytest.mark.skipif(
    not (workloads.DATA / "spec.json").exists(),
    reason="the benchmark's reference data is not beside this repository",
)


def reference(name: str, n_outputs: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """People (n,), times (m,), amounts (n, m, states) and outputs (n, outputs, m) of a reference file."""
    with open(workloads.DATA / f"{name}_reference.csv", newline="") as handle:
        rows = np.array(list(csv.reader(handle))[1:], dtype=float)
    ids, times = np.unique(rows[:, 0]).astype(int), np.unique(rows[:, 1])
    shaped = rows.reshape(len(ids), len(times), -1)
    return ids, times, shaped[:, :, 2:-n_outputs], shaped[:, :, -n_outputs:].transpose(0, 2, 1)


def worst(said: np.ndarray, seen: np.ndarray) -> float:
    """Largest relative error."""
    return float(np.abs(said / seen - 1).max())
