"""A trial of one protocol version on virtual people, as a process of its own: asked, counted and answered in files.

``python -m titrant.cohort.trial FOLDER``: FOLDER/asked.json says what; progress, answer.json, chart.svg and, where it
went wrong, fault are written there. One at a time; the web pages never wait for it.
"""

import json
import os
import sys
from contextlib import suppress
from datetime import date
from pathlib import Path
from threading import Event, Thread
from typing import Any

import numpy as np

from titrant.clinic.opening import DEMO_CLINIC
from titrant.cohort import report
from titrant.cohort.charts import draw
from titrant.cohort.running import Question, patients_of, task_of
from titrant.knowledge.library import Approval, Approvals, Library, load
from titrant.knowledge.shapes.protocols import Standing

_AT_ONCE, _MARK_S = 25, 5  # people between two words of progress; seconds between two marks
WORLD, SEED = "usual", 20260001


def main(folder: Path) -> int:
    asked = json.loads((folder / "asked.json").read_text(encoding="utf-8"))
    done = Event()
    Thread(target=_say_that_it_runs, args=(folder.parent / "running", done), daemon=True).start()
    try:
        _write(folder, "answer.json", json.dumps(_answer(folder, asked)))
    except Exception as error:  # noqa: BLE001 - whoever waits must be told, whatever it was
        _write(folder, "fault", f"{type(error).__name__}: {error}")
        return 1
    finally:
        done.set()
        with suppress(OSError):
            (folder.parent / "running").unlink()
    return 0


def _say_that_it_runs(running: Path, done: Event) -> None:
    """Mark the file that keeps other trials out; whoever finds it unmarked for long knows that this process is lost."""
    while not done.wait(_MARK_S):
        with suppress(OSError):
            running.touch()


def _answer(folder: Path, asked: dict[str, Any]) -> dict[str, Any]:
    library = _in_use(asked)
    question = Question(
        asked["protocol"], "rules", asked["patients"], asked["weeks"], SEED, WORLD, date.fromisoformat(asked["on"])
    )
    task, parts, done = task_of(question, library), [], 0
    for first in range(0, question.patients, _AT_ONCE):
        parts.append(patients_of(task, first, min(_AT_ONCE, question.patients - first)))
        done += len(parts[-1])
        _write(folder, "progress", str(done))
    following = library.protocols[asked["protocol"]].following
    arm = report.Arm(question, np.concatenate(parts), tuple(rule.code for rule in following.rules) if following else ())
    draw([arm], str(folder / "chart.svg"))
    return report.data([arm], "virtual people")


def _in_use(asked: dict[str, Any]) -> Library:
    """The knowledge as if this very version were in use: a trial comes before an approval."""
    library = load(clinic=Path(asked["clinic"]) if asked["clinic"] else DEMO_CLINIC)
    name, version = asked["protocol"], asked["version"]
    approval = Approval(
        protocol=name, version=version, sha256=library.protocol_sha256(name, version), standing=Standing.IN_USE,
        approved_by="trial on virtual people", on=date(1900, 1, 1),
    )  # fmt: skip
    return library.with_approvals(Approvals(clinic="trial", synthetic=True, approvals=(approval,)))


def _write(folder: Path, name: str, text: str) -> None:
    """Whole or not at all: somebody may be reading."""
    part = folder / f"{name}.part"
    part.write_text(text, encoding="utf-8")
    os.replace(part, folder / name)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
