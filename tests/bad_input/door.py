"""The doors of the command line as a user meets them: a process of its own, or in this one where there are many."""

import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from click.testing import CliRunner

from titrant.cli.main import main

DEMO = Path(__file__).parents[2] / "demo" / "crps-everything-known.yaml"
CALM = DEMO.read_text(encoding="utf-8")
LONGEST_S = 10  # a second on a quiet machine; what hangs or tries everything takes minutes
WEIGHT = "weight: 70 kg on 2026-11-20"
NO_DRUGS = "list: []}\n  allergies"


class Answer(NamedTuple):
    """What came back: exit code, both outputs, and how long it took."""

    code: int
    out: str
    err: str
    seconds: float  # of work; how long others keep the machine busy does not count

    @property
    def parts(self) -> list[str]:
        """Place, fault, reason and repair of the message."""
        return [line.strip() for line in self.err.removeprefix("titrant: ").strip().split("\n  ")]


def changed(old: str, new: str, text: str = CALM) -> str:
    assert text.count(old) >= 1, f"{old!r} is not in the demo case"
    return text.replace(old, new, 1)


def ask(*words: object) -> Answer:
    """A command in this process. What would be a trace is raised, and fails the test."""
    begun = time.thread_time()
    result = CliRunner().invoke(main, [str(word) for word in words], catch_exceptions=False)
    return Answer(result.exit_code, result.stdout, result.stderr, time.thread_time() - begun)


def run(*words: object, package: Path | None = None) -> Answer:
    """A command as a process of its own, from another copy of the package if one is given."""
    surroundings = os.environ | ({"PYTHONPATH": str(package)} if package else {})
    begun = _seconds_of_children()
    done = subprocess.run(
        [sys.executable, "-m", "titrant.cli.main", *map(str, words)],
        capture_output=True, env=surroundings, timeout=60, check=False,
    )  # fmt: skip
    out, err = (raw.decode("utf-8", "replace") for raw in (done.stdout, done.stderr))
    return Answer(done.returncode, out, err, _seconds_of_children() - begun)


def _seconds_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def assert_refused(answer: Answer, *words: str, code: int = 11, longest: float = LONGEST_S) -> None:
    """Refused in time, with the right code, without a trace, by a message of four parts that holds these words."""
    assert answer.code == code, answer
    assert answer.out == ""
    assert "Traceback" not in answer.err
    assert answer.seconds <= longest, f"{answer.seconds:.1f} s"
    assert len(answer.parts) == 4, answer.err
    assert all(answer.parts), answer.err
    for word in words:
        assert word in answer.err, answer.err


def case(folder: Path, text: str | bytes, name: str = "case.yaml") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return path
