"""Compile the numbers' kernels once, so that nobody who asks for a forecast waits; as a program it stands back."""

import os

import numpy as np

from titrant.pkpd import population
from titrant.pkpd.doses import every
from titrant.pkpd.engine import solve
from titrant.pkpd.population import Person
from titrant.pkpd.shipped import model
from titrant.pkpd.simulation import prepared
from titrant.pkpd.summaries import peaks_and_areas


def compile_kernels() -> None:
    """Each kernel once, with the types that every call uses: few people on one thread, many on all, and peaks."""
    chosen, times = model("racemic"), np.arange(0.0, 49.0)
    for people in (2, 5000):
        parameters = population.drawn(chosen, Person(), 1, 0, people)
        system, ways, entries = prepared(chosen, parameters, every(50.0, 8, 2, "troche"))
        solve(system, ways, entries, times, start_h=0.0, compiled=True)
    peaks_and_areas(system, ways, entries, times)


if __name__ == "__main__":
    if hasattr(os, "nice"):
        os.nice(15)
    compile_kernels()
