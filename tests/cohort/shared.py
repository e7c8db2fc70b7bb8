"""Small cohorts that several tests look at."""

from datetime import date
from functools import lru_cache

from titrant.cli.opened import DEMO_CLINIC
from titrant.cohort.chunk import Rows
from titrant.cohort.running import Question, Task, rows_of, task_of
from titrant.knowledge.library import Library, load

ON = date(2026, 11, 23)
PROTOCOLS = ("oral-guideline", "troche-guideline", "oral-article", "troche-article", "iv-then-oral")


@lru_cache(maxsize=1)
def knowledge() -> Library:
    return load(clinic=DEMO_CLINIC)


def question(protocol: str = "oral-guideline", **changed: object) -> Question:
    asked = {"policy": "rules", "patients": 200, "weeks": 12, "seed": 7, "world": "usual", "on": ON} | changed
    return Question(protocol, **asked)  # type: ignore[arg-type]


@lru_cache(maxsize=32)
def task(protocol: str = "oral-guideline", policy: str = "rules", world: str = "usual") -> Task:
    return task_of(question(protocol, policy=policy, world=world), knowledge())


@lru_cache(maxsize=16)
def rows(protocol: str = "oral-guideline", people: int = 200, world: str = "usual", policy: str = "rules") -> Rows:
    return rows_of(task(protocol, policy, world), 0, people)
