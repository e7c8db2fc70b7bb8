"""The same seed gives the same bytes: on one and two threads, in chunks and whole, alone and among others."""

import numpy as np
import pytest

from titrant.pkpd import simulation
from titrant.pkpd.doses import every
from titrant.pkpd.shipped import model
from titrant.pkpd.simulation import simulate

TIMES = np.arange(0.0, 48.25, 0.25)


def run(people: int = 3000, name: str = "racemic", route: str = "troche"):
    return simulate(model(name), every(50.0, 8, 2, route), TIMES, people=people, seed=5).values


def test_threads_do_not_change_a_byte():
    import numba

    before = numba.get_num_threads()
    try:
        found = []
        for threads in (1, numba.config.NUMBA_NUM_THREADS):
            numba.set_num_threads(threads)
            found.append(run().tobytes())
    finally:
        numba.set_num_threads(before)
    assert found[0] == found[1]


@pytest.mark.parametrize("chunk", [64, 1024, 1500])
def test_chunks_do_not_change_a_byte(monkeypatch, chunk):
    whole = run()
    monkeypatch.setattr(simulation, "CHUNK", chunk)
    assert run().tobytes() == whole.tobytes()


def test_more_people_do_not_change_the_first():
    assert run(3000)[:700].tobytes() == run(700).tobytes()
