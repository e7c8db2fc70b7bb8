"""The same seed gives the same bytes: on one and two threads, in chunks and whole, alone and among others, in every
process, whatever the seed of its hashes, and on another version of Python (T13). Controls H09.
"""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.properties.figures import record
from titrant.pkpd import measured, simulation
from titrant.pkpd.doses import every
from titrant.pkpd.levels import exposure_of_levels
from titrant.pkpd.measured import Level
from titrant.pkpd.shipped import model
from titrant.pkpd.simulation import simulate

OTHER = os.environ.get("TITRANT_OTHER_PYTHON", "")
TIMES = np.arange(0.0, 48.25, 0.25)
ROUTES = (("racemic", "troche"), ("racemic", "oral"), ("perez-ruixo-2021", "nasal"), ("simons-2022", "film"))


def run(people: int = 3000, name: str = "racemic", route: str = "troche"):
    return simulate(model(name), every(50.0, 8, 2, route), TIMES, people=people, seed=5).values


def digest(people: int = 2000) -> str:
    """One hash over curves of several models, levels of a plan, a fit and the forecast after it."""
    found = hashlib.sha256()
    for name, route in ROUTES:
        found.update(run(people, name, route).tobytes())
    levels = exposure_of_levels(model("racemic"), [(10.0, 3), (50.0, 2)], "oral", 100.0, people=people)
    found.update(repr([(one.peak, one.area, one.chance_above) for one in levels]).encode())
    case = measured.case(model("racemic"), every(50.0, 8, 1, "troche"), [Level(17.0, 60.0), Level(22.0, 20.0)])
    fit = measured.fitted(case, 3)
    found.update(fit.effects.tobytes() + fit.weights.tobytes())
    found.update(measured.forecast(case, fit, every(25.0, 8, 2, "troche"), TIMES)[1].tobytes())
    return found.hexdigest()


def digest_elsewhere(python: str = sys.executable, **setting: str) -> str:
    """The digest in a fresh process of ``python`` with these environment variables."""
    code = "from tests.pkpd.test_replay import digest; print(digest())"
    said = subprocess.run(
        [python, "-c", code],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        env={**os.environ, **setting},
    )
    assert said.returncode == 0, said.stderr
    return said.stdout.strip()


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


def test_a_changed_draw_changes_the_digest(monkeypatch):
    """The harness, shown to fail: another seed of the people is another hash."""
    from titrant.pkpd import population

    before = digest(50)
    drawn = population.normals
    monkeypatch.setattr(population, "normals", lambda seed, *rest: drawn(seed + 1, *rest))
    assert digest(50) != before


@pytest.mark.release
def test_every_process_gives_the_same_bytes():
    settings = [{"PYTHONHASHSEED": seed} for seed in ("0", "1", "20261122")]
    settings += [{"NUMBA_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads} for threads in ("1", "2")]
    found = {digest_elsewhere(**setting) for setting in settings}
    record("T13", "numbers: 3 hash seeds, 1 and 2 threads", len(found), "1 digest", met=len(found) == 1)
    assert len(found) == 1


@pytest.mark.release
@pytest.mark.skipif(not OTHER, reason="TITRANT_OTHER_PYTHON names no second interpreter")
def test_another_python_gives_the_same_numbers():
    same = digest_elsewhere(OTHER) == digest_elsewhere()
    record("T13", "numbers on another version of Python", "same" if same else "different", "same", met=same)
    assert same
