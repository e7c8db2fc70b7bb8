"""Running a cohort: chunks of people on workers, in any order, each counted once; interrupted and taken up again."""

import hashlib
import json
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from fractions import Fraction
from multiprocessing import get_context

import numpy as np

from titrant import __version__
from titrant.cohort import chunk, parameters, walk
from titrant.cohort.checkpoint import Checkpoint
from titrant.cohort.limits import breaches, hard_bounds
from titrant.cohort.setting import Setting, setting
from titrant.cohort.summing import PATIENT, summed
from titrant.knowledge.library import Library
from titrant.terms.errors import NotNow

MODEL, MODEL_SIGNED = "rules+model", "rules+model-signed"
POLICIES = {
    "none": walk.NO_RULES, "rules": walk.BY_RULES, MODEL: walk.WITH_MODEL, MODEL_SIGNED: walk.WITH_MODEL,
}  # fmt: skip
_PEOPLE_IN_CHUNK, _PEOPLE_WITH_MODEL, _WAITING_PER_WORKER = 1000, 50, 3
_WORTH_WORKERS = 8
Told = Callable[[int], None]


@dataclass(frozen=True)
class Question:
    """What is asked. Two questions with the same ``sha256`` have the same answer, bit by bit."""

    protocol: str
    policy: str
    patients: int
    weeks: int
    seed: int
    world: str
    on: date

    def sha256(self, library: Library) -> str:
        """Over the question, all knowledge of this clinic, the files of the virtual world, and this release."""
        held = library.protocols[self.protocol]
        places = (("cohort", "world.yaml"), ("cohort", "person.yaml"), ("response", "response.yaml"))
        files = [parameters.read(*place) for place in places]
        parts = [asdict(self), library.protocol_sha256(held.id, held.version), library.trees, files, __version__]
        return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()

    @property
    def is_large(self) -> bool:
        """Whether it is worth starting workers."""
        return len(self.chunks) >= _WORTH_WORKERS

    @property
    def chunks(self) -> list[tuple[int, int]]:
        """First person and number of people of each chunk."""
        size = _PEOPLE_WITH_MODEL if self.policy in (MODEL, MODEL_SIGNED) else _PEOPLE_IN_CHUNK
        return [(first, min(size, self.patients - first)) for first in range(0, self.patients, size)]


@dataclass(frozen=True)
class Task:
    """What a worker needs for any chunk of one question."""

    question: Question
    here: Setting
    bounds: tuple[Fraction, Fraction, Fraction, Fraction]


def task_of(question: Question, library: Library) -> Task:
    here = setting(library, question.protocol, question.world, question.on)
    return Task(question, here, hard_bounds(library, question.protocol))


def rows_of(task: Task, first: int, count: int) -> chunk.Rows:
    """Everything that happens to some of the people."""
    asked, here = task.question, task.here
    rows = chunk.begun(here, asked.seed, first, count, asked.weeks)
    while chunk.walked(here, rows, asked.seed, POLICIES[asked.policy]):
        from titrant.cohort.opinions import answer_all  # only where the model is asked

        answer_all(here, rows, as_signed=asked.policy == MODEL_SIGNED)
    return rows


def patients_of(task: Task, first: int, count: int) -> np.ndarray:
    """One row for each person; what a worker hands back."""
    rows = rows_of(task, first, count)
    found = summed(task.here, rows)
    found["breaches"] = breaches(task.here, rows, task.bounds)
    return found


_held: Task | None = None


def _hold(task: Task) -> None:
    global _held
    _held = task


def _held_patients(first: int, count: int) -> np.ndarray:
    assert _held is not None
    return patients_of(_held, first, count)


def run(
    question: Question,
    library: Library,
    workers: int = 1,
    scheduler: str = "",
    checkpoint: Checkpoint | None = None,
    told: Told = lambda _: None,
) -> np.ndarray:
    """One row of PATIENT for each person, in order, whoever worked on whom.

    Args:
        told: called with the number of people that were finished.
    """
    task = task_of(question, library)
    done: dict[int, np.ndarray] = dict(checkpoint.done) if checkpoint else {}
    told(sum(len(rows) for rows in done.values()))
    todo = [one for one in question.chunks if one[0] not in done]
    for first, rows in _worked(task, todo, workers, scheduler):
        if first in done:
            continue  # a worker that was taken for lost may answer after all: it is not counted twice
        done[first] = rows
        if checkpoint:
            checkpoint.add(first, rows)
        told(len(rows))
    found = np.concatenate([done[first] for first, _ in question.chunks] or [np.zeros(0, PATIENT)])
    if not np.array_equal(found["number"], np.arange(question.patients)):
        raise RuntimeError("the chunks do not hold each person once")
    return found


def _worked(task: Task, todo: list[tuple[int, int]], workers: int, scheduler: str) -> Iterator[tuple[int, np.ndarray]]:
    if scheduler:
        from titrant.cohort.cluster import worked_on_cluster

        yield from worked_on_cluster(task, todo, scheduler)
    elif workers <= 1 or len(todo) <= 1:
        for first, count in todo:
            yield first, patients_of(task, first, count)
    else:
        yield from _worked_here(task, todo, min(workers, len(todo)))


def _worked_here(task: Task, todo: list[tuple[int, int]], workers: int) -> Iterator[tuple[int, np.ndarray]]:
    context = get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_hold, initargs=(task,))
    try:
        yield from _in_any_order(pool, todo, workers * _WAITING_PER_WORKER)
    except BrokenProcessPool:
        raise NotNow(
            "A worker", "It was ended from outside, most often for lack of memory.",
            "Its people are missing, so there is no answer.", "Ask again with fewer --workers and --resume.",
        ) from None  # fmt: skip
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


@contextmanager
def _deaf_children() -> Iterator[None]:
    """Workers that are started now do not hear an interruption: it is the business of whoever started them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _in_any_order(pool: Executor, todo: list[tuple[int, int]], most: int) -> Iterator[tuple[int, np.ndarray]]:
    """Results as they come, with at most ``most`` chunks waiting, so that an interruption loses little."""
    rest, running = iter(todo), {}

    def fill() -> None:
        while len(running) < most and (one := next(rest, None)) is not None:
            with _deaf_children():
                running[pool.submit(_held_patients, *one)] = one[0]

    fill()
    while running:
        finished, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in finished:
            first = running.pop(future)
            yield first, future.result()
        fill()
