"""Whoever works on whom, in whichever order, interrupted or not: the same people, each counted once."""

from dataclasses import replace

import numpy as np
import pytest

from tests.cohort.shared import knowledge, question, rows, task
from titrant.cohort import running
from titrant.cohort.checkpoint import Checkpoint
from titrant.cohort.limits import breaches
from titrant.cohort.running import patients_of, run
from titrant.terms.errors import CaseFileError, NotNow


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(running, "_PEOPLE_IN_CHUNK", 40)


def same(one: np.ndarray, other: np.ndarray) -> bool:
    return one.tobytes() == other.tobytes()


def test_chunks_change_nothing(small_chunks):
    whole = patients_of(task(), 0, 200)
    assert same(run(question(), knowledge()), whole)
    assert same(patients_of(task(), 70, 30), whole[70:100])


def test_workers_change_nothing(small_chunks):
    assert same(run(question(), knowledge(), workers=2), patients_of(task(), 0, 200))


def test_another_seed_is_other_people():
    other = replace(task(), question=question(seed=8))
    assert not same(patients_of(other, 0, 50), patients_of(task(), 0, 50))


def test_two_policies_meet_the_same_people():
    one, other = rows(people=50), rows(people=50, policy="none")
    assert one.people.tobytes() == other.people.tobytes()
    before = slice(0, task().here.start)
    assert (one.days["pain"][:, before] == other.days["pain"][:, before]).all()


def test_an_interrupted_run_goes_on(small_chunks, tmp_path, monkeypatch):
    """Interrupted after two chunks, and the last chunk on the file cut off: taken up, nothing lost or counted twice."""
    file, asked = tmp_path / "kept", question()
    sha, worked = asked.sha256(knowledge()), []
    plain = running.patients_of

    def interrupted(held, first, count):
        worked.append(first)
        if len(worked) == 3:
            raise KeyboardInterrupt
        return plain(held, first, count)

    monkeypatch.setattr(running, "patients_of", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(asked, knowledge(), checkpoint=Checkpoint(file, sha))
    file.write_bytes(file.read_bytes()[:-10])
    again = Checkpoint(file, sha)
    assert sorted(again.done) == [0]
    found = run(asked, knowledge(), checkpoint=again)
    assert worked == [0, 40, 80, 40, 80, 120, 160]
    assert same(found, patients_of(task(), 0, 200))
    assert sorted(Checkpoint(file, sha).done) == [0, 40, 80, 120, 160]


def test_a_changed_question_is_refused(tmp_path):
    file = tmp_path / "kept"
    Checkpoint(file, question().sha256(knowledge()))
    for changed in ({"seed": 8}, {"weeks": 10}, {"policy": "none"}, {"world": "careless"}, {"patients": 100}):
        with pytest.raises(NotNow):
            Checkpoint(file, question(**changed).sha256(knowledge()))


def test_a_foreign_file_is_left_alone(tmp_path):
    file = tmp_path / "letter.txt"
    file.write_text("Dear colleague")
    with pytest.raises(CaseFileError):
        Checkpoint(file, "0")
    assert file.read_text() == "Dear colleague"


def test_nobody_breaches_a_hard_limit_and_a_breach_would_be_seen():
    held = rows()
    assert breaches(task().here, held, task().bounds).sum() == 0
    planted = held.levels.copy()
    planted["parts"][3, 0] = 61  # mL in tenths: 61 mg in one dose, beyond the 60 mg of the protocol
    found = breaches(task().here, replace(held, levels=planted), task().bounds)
    assert found[3] == 1
    assert found.sum() == 1


@pytest.mark.night
def test_a_million_people_and_no_hard_limit_breached():
    asked = question(patients=1_000_000)
    found = run(asked, knowledge(), workers=2)
    assert len(np.unique(found["number"])) == 1_000_000
    assert found["breaches"].sum() == 0
