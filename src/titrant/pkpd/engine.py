"""The one engine: doses in, concentrations out, for every model and any number of people."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from titrant.pkpd.faults import Stopped, UnusableNumbers
from titrant.pkpd.schedule import SAME_TIME_H, Entries, March, Runs, compile_march, runs_of
from titrant.pkpd.system import Pattern, System, pattern_of

FINISHED = "finished"
_FEW = 2400  # people times stops below which plain NumPy answers sooner than the compiler starts
_WORTH_THREADS = 60_000  # people times runs below which one thread is done before the others are awake
_FASTEST_PER_H = 1e6


@dataclass(frozen=True, eq=False)
class Ways:
    """Ways in. One row for each way, one column for each person.

    Attributes:
        states: shape (n_ways,), the state that is entered.
        shares: shape (n_ways, n_people), the part of the dose that goes this way; may exceed 1 where a model scales.
        lags_h, durations_h: shape (n_ways, n_people); a duration of zero is an entry at once.
    """

    states: np.ndarray
    shares: np.ndarray
    lags_h: np.ndarray
    durations_h: np.ndarray

    def plain(self) -> "Ways":
        """The same, with durations too short to be meant read as at once."""
        short = self.durations_h < SAME_TIME_H
        if not (short & (self.durations_h != 0)).any():
            return self
        return Ways(self.states, self.shares, self.lags_h, np.where(short, 0.0, self.durations_h))


@dataclass(frozen=True, eq=False)
class Solution:
    """What came out, and why the march ended.

    Attributes:
        times_h: shape (n_times,).
        values: shape (n_people, n_outputs, n_times), in the outputs' unit. A reading at the time of a dose includes it.
        amounts_mg: shape (n_people, n_kept, n_states), amounts at the asked times and, last, at the end.
        stopped: ``"finished"``, or why there is no result; then the arrays are empty.
    """

    outputs: tuple[str, ...]
    times_h: np.ndarray
    values: np.ndarray
    amounts_mg: np.ndarray
    stopped: str = FINISHED

    def of(self, output: str) -> np.ndarray:
        """Values of one output, shape (n_people, n_times). Raises Stopped where the march did not finish."""
        self.required()
        return self.values[:, self.outputs.index(output)]

    def required(self) -> "Solution":
        """This solution if it finished; else raises Stopped."""
        if self.stopped != FINISHED:
            raise Stopped(
                "simulation",
                self.stopped,
                "A number that is not finite is never shown.",
                "Check the parameters.",
            )
        return self


def solve(
    system: System,
    ways: Ways,
    entries: Entries,
    times_h: np.ndarray,
    initial_mg: np.ndarray | None = None,
    start_h: float | None = None,
    amounts_at_h: np.ndarray | tuple[float, ...] = (),
    compiled: bool | None = None,
) -> Solution:
    """Concentrations at ``times_h`` for everybody, exact to rounding.

    Args:
        entries: doses by time, amount and way; any order.
        times_h: shape (n_times,), h; sorted, none twice.
        initial_mg: shape (n_people, n_states), amounts at ``start_h``; zero if not given.
        start_h: begin of the march; the first dose or reading if not given.
        amounts_at_h: reading times at which the amounts in all states are kept too.
        compiled: True for the compiled kernel, False for plain NumPy, None to choose by the size of the task.

    Raises:
        UnusableNumbers: for times, doses or parameters that cannot be meant.
    """
    times_h = np.asarray(times_h, dtype=np.float64)
    _check_times(times_h)
    entries = _checked_entries(entries, len(ways.states))
    begin = min([times_h[0], *entries.times_h[:1]]) if start_h is None else float(start_h)
    if times_h[0] < begin or (len(entries.times_h) and entries.times_h.min() < begin):
        raise _unusable("times", "a dose or reading lies before the start", "Move the start, or leave it out.")
    initial = np.zeros((system.n_people, len(system.states))) if initial_mg is None else np.asarray(initial_mg, float)
    fault = _parameter_fault(system, ways, initial)
    if fault:
        return _nothing(system, times_h, fault)
    ways = ways.plain()
    earliest_h, latest_h = ways.lags_h.min(axis=1), (ways.lags_h + ways.durations_h).max(axis=1)
    arrays = (times_h, entries.times_h, entries.amounts_mg, entries.kinds, earliest_h, latest_h)
    course = _course(*(array.tobytes() for array in arrays), begin, tuple(amounts_at_h))
    if compiled is None:
        compiled = system.n_people * len(course.march.step_h) > _FEW
    values, amounts = (_compiled if compiled else _plain)(system, ways, course, initial)
    # No flow makes mass, so nothing can exceed what entered; and what is not finite once stays so to the end.
    entered = float(entries.amounts_mg.sum()) * max(float(ways.shares.max(initial=1.0)), 1.0)
    most = (entered + float(initial.sum())) * float(system.scales.max())
    if not (np.isfinite(most) and np.isfinite(amounts).all()):
        return _nothing(system, times_h, "an amount became too large or undefined during the march")
    return Solution(system.outputs, times_h, values, amounts)


@dataclass(frozen=True, eq=False)
class Course:
    """A compiled schedule: the march, its runs, and the stops at which amounts are asked."""

    march: March
    runs: Runs
    snap_stops: np.ndarray


@lru_cache(maxsize=32)
def _course(
    times: bytes,
    at: bytes,
    mg: bytes,
    kinds: bytes,
    earliest: bytes,
    latest: bytes,
    begin_h: float,
    amounts_at_h: tuple,
) -> Course:
    """The course of arrays given as bytes, so that asking again for the same schedule costs nothing."""
    times_h, at_h, amounts_mg, earliest_h, latest_h = (np.frombuffer(raw) for raw in (times, at, mg, earliest, latest))
    entries = Entries(at_h, amounts_mg, np.frombuffer(kinds, np.int64))
    return course_of(times_h, entries, earliest_h, latest_h, begin_h, amounts_at_h)


def course_of(times_h, entries: Entries, earliest_h, latest_h, begin_h: float, amounts_at_h=()) -> Course:
    """The compiled schedule; arguments as in ``compile_march``. Raises UnusableNumbers for a time that is not read."""
    march = compile_march(times_h, entries, earliest_h, latest_h, begin_h)
    asked = np.isin(times_h, np.asarray(amounts_at_h, float))
    if asked.sum() != len(set(amounts_at_h)):
        raise _unusable("amounts", "amounts are asked at a time that is not a reading time", "Add it to the times.")
    asked[-1] = True
    snap_stops = np.flatnonzero(np.isin(march.reading, np.flatnonzero(asked)))
    return Course(march, runs_of(march, snap_stops), snap_stops)


def _plain(system: System, ways: Ways, course: Course, initial: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    from titrant.pkpd import plain

    return plain.run(system, ways, course.march, initial, course.snap_stops)


def _compiled(system: System, ways: Ways, course: Course, initial: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    from titrant.pkpd import kernels

    runs, n_people = course.runs, system.n_people
    values = np.empty((n_people, len(system.outputs), int(course.march.reading.max()) + 1))
    snaps = np.empty((n_people, len(course.snap_stops), len(system.states)))
    work = n_people * (len(runs.run_steps) + len(runs.class_kind) + int(runs.first_power[-1]))
    kernel = kernels.curves if work > _WORTH_THREADS else kernels.curves_alone
    kernel(*kernel_inputs(system, ways, runs, initial), snaps, values)
    return values, snaps


def kernel_inputs(system: System, ways: Ways, runs: Runs, initial: np.ndarray) -> tuple:
    """The arguments that every kernel takes, contiguous and in the kernels' types."""
    pattern = pattern_of(system)
    whole, real = np.int64, np.float64
    return (
        np.ascontiguousarray(system.rates_per_h, real),
        np.ascontiguousarray(system.sources, whole),
        (pattern.diagonal, *pattern.squares, *pattern.flow_steps, *pattern.steps, *pattern.moves),
        (
            np.ascontiguousarray(ways.states, whole),
            np.ascontiguousarray(ways.shares, real),
            np.ascontiguousarray(ways.lags_h, real),
            np.ascontiguousarray(ways.durations_h, real),
        ),
        runs,
        np.ascontiguousarray(initial.T, real),
        np.ascontiguousarray(system.scales, real),
        reads_of(system, pattern),
    )


def reads_of(system: System, pattern: Pattern) -> tuple[np.ndarray, np.ndarray]:
    """Read states, and for each output and state the propagator entry that leads from the state to it, or -1."""
    entries = np.full((len(system.outputs), len(system.states)), -1, dtype=np.int64)
    for output, state in enumerate(system.read_states):
        row = np.flatnonzero(pattern.rows == state)
        entries[output, pattern.columns[row]] = row
    return np.ascontiguousarray(system.read_states, np.int64), entries


def _check_times(times_h: np.ndarray) -> None:
    if times_h.ndim != 1 or not len(times_h):
        raise _unusable("reading times", "there is no reading time", "Give at least one time.")
    if not np.isfinite(times_h).all() or np.abs(times_h).max() > 1e6:
        raise _unusable("reading times", "a time is not a number of hours", "Give hours between 0 and 1,000,000.")
    if (np.diff(times_h) <= 0).any():
        raise _unusable("reading times", "times are not in order, or one stands twice", "Sort them and keep each once.")


def _checked_entries(entries: Entries, n_ways: int) -> Entries:
    times, amounts, kinds = (np.asarray(v) for v in (entries.times_h, entries.amounts_mg, entries.kinds))
    if not (len(times) == len(amounts) == len(kinds)):
        raise _unusable("doses", "times, amounts and ways are not equally many", "Give one of each for every dose.")
    if not (np.isfinite(times).all() and np.isfinite(amounts).all()):
        raise _unusable("doses", "a time or an amount is not a number", "Correct it, or leave that dose out.")
    if len(times) and (amounts.min() < 0 or kinds.min() < 0 or kinds.max() >= n_ways):
        raise _unusable("doses", "an amount is negative, or a way in does not exist", "Correct that dose.")
    order = np.argsort(times, kind="stable")
    return Entries(times[order].astype(np.float64), amounts[order].astype(np.float64), kinds[order].astype(np.int64))


def _parameter_fault(system: System, ways: Ways, initial: np.ndarray) -> str:
    for values, what in (
        (system.rates_per_h, "a rate constant"),
        (system.scales, "an output's scale"),
        (ways.shares, "an absorbed share"),
        (ways.lags_h, "a lag"),
        (ways.durations_h, "a duration"),
        (initial.T, "an initial amount"),
    ):
        if values.size and not (values.min() >= 0 and values.max() < np.inf):  # not a number fails both
            bad = ~(np.isfinite(values) & (values >= 0)).all(axis=0)
            return f"person {int(np.argmax(bad)) + 1}: {what} is negative or not a finite number"
    if system.rates_per_h.size and system.rates_per_h.max() > _FASTEST_PER_H:
        return f"a rate constant is above {_FASTEST_PER_H:,.0f} per hour"
    return ""


def _nothing(system: System, times_h: np.ndarray, why: str) -> Solution:
    return Solution(
        system.outputs,
        times_h,
        np.empty((0, len(system.outputs), 0)),
        np.empty((0, 0, len(system.states))),
        why,
    )


def _unusable(place: str, fault: str, repair: str) -> UnusableNumbers:
    return UnusableNumbers(place, fault, "Guessing what was meant could double or lose a dose.", repair)
