"""The compiled march on random systems: equal to the plain series, to closed forms, and to itself however it is cut."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from titrant.pkpd import engine, kernels, schedule
from titrant.pkpd.engine import Ways, solve
from titrant.pkpd.schedule import Entries
from titrant.pkpd.system import OUT, System

rates = st.one_of(st.just(0.0), st.floats(-3.0, 3.0).map(lambda power: 10.0**power))
near = st.sampled_from([0.0, 1e-15, 1e-9, 1e-4])


@st.composite
def systems(draw) -> System:
    """A few people with any flows; some rates equal or nearly so, some a thousandfold apart, some zero."""
    n_states, n_people = draw(st.integers(2, 6)), draw(st.integers(1, 3))
    pairs = st.tuples(st.integers(0, n_states - 1), st.integers(OUT, n_states - 1)).filter(lambda p: p[0] != p[1])
    flows = draw(st.lists(pairs, min_size=1, max_size=10))
    first = [draw(rates) for _ in flows]
    second = [value * (1 + draw(near)) for value in (first[:1] * len(first) if draw(st.booleans()) else first)]
    rows = np.array([first, second, [draw(rates) for _ in flows]][:n_people]).T
    names = tuple(f"s{k}" for k in range(n_states))
    read = np.arange(n_states)
    return System(
        names, np.array([f[0] for f in flows]), np.array([f[1] for f in flows]), rows, names, read,
        np.ones((n_states, n_people)),
    )  # fmt: skip


@st.composite
def doses_in(draw, system: System) -> tuple[Ways, Entries]:
    """Two ways in, at once or over hours, with a lag of each person's own; doses on the grid or off it."""
    n = system.n_people
    states = [draw(st.integers(0, len(system.states) - 1)) for _ in range(2)]
    lags = [[draw(st.sampled_from([0.0, 0.0, 0.3, 1.0, 2.7])) for _ in range(n)] for _ in states]
    lasts = [[draw(st.sampled_from([0.0, 0.25, 1.0, 3.4, 19.0])) for _ in range(n)] for _ in states]
    ways = Ways(np.array(states), np.full((2, n), 0.7), np.array(lags), np.array(lasts))
    off_grid = draw(st.booleans())
    gap = draw(st.sampled_from([3.0, 8.0, 11.0]))
    times = np.arange(draw(st.integers(1, 5))) * gap + (draw(st.floats(0.0, 2.0)) if off_grid else 0.0)
    kinds = np.array([k for _ in times for k in (0, 1)])
    return ways, Entries(np.repeat(times, 2), np.full(2 * len(times), 12.5), kinds)


@st.composite
def tasks(draw) -> tuple:
    system = draw(systems())
    grid = np.arange(0.0, 41.0, draw(st.sampled_from([0.5, 1.0])))
    extra = draw(st.lists(st.floats(0.0, 44.0), max_size=4))
    return system, *draw(doses_in(system)), np.unique(np.concatenate([grid, extra]))


def farthest(task: tuple) -> float:
    """Largest difference between the compiled march and the plain one, relative to the reading (or to 1e-4 mg)."""
    plain, compiled = (solve(*task, start_h=0.0, compiled=c) for c in (False, True))
    differ = [
        (np.abs(c - p) / np.maximum(np.abs(p), 1e-4)).max()
        for c, p in ((compiled.values, plain.values), (compiled.amounts_mg, plain.amounts_mg))
    ]
    return max(differ)


@settings(max_examples=60, deadline=None)
@given(tasks())
def test_ladder_windows_and_runs_equal_the_plain_series(task):
    assert farthest(task) < 1e-10


def chain(k: float, n: int = 8) -> tuple:
    """Equal rates one behind the other, as in chains of transit states; 2 mg every 5 h into the first."""
    names = tuple(f"s{j}" for j in range(n))
    system = System(
        names, np.arange(n), np.array([*range(1, n), OUT]), np.full((n, 1), k), names, np.arange(n), np.ones((n, 1))
    )
    ways = Ways(np.array([0]), np.ones((1, 1)), np.zeros((1, 1)), np.zeros((1, 1)))
    return system, ways, Entries(np.arange(4) * 5.0 + 0.4, np.full(4, 2.0), np.zeros(4, int)), np.arange(40.0)


@pytest.mark.parametrize("k", [0.02, 0.9, 40.0, 1589.0])
def test_chain_of_equal_rates_meets_its_closed_form(k):
    system, ways, entries, times = chain(k)
    said = solve(system, ways, entries, times, start_h=0.0, compiled=True).values[0]
    since = np.maximum(times[:, None] - entries.times_h, 0.0)
    given_already = times[:, None] >= entries.times_h
    for j in range(len(system.states)):
        poisson = np.exp(j * np.log(np.maximum(k * since, 1e-300)) - k * since - math.lgamma(j + 1))
        expected = (2.0 * poisson * given_already).sum(axis=1)
        assert said[j] == pytest.approx(expected, rel=1e-10, abs=1e-290)


def test_comparison_with_the_plain_series_sees_a_part_in_a_thousand_million(monkeypatch):
    """A planted fault: amounts that differ by 1e-9 would be seen."""
    straight = engine.runs_of

    def more(march, snap_stops):
        runs = straight(march, snap_stops)
        return runs._replace(entry_mg=runs.entry_mg * (1 + 1e-9))

    monkeypatch.setattr(engine, "runs_of", more)
    engine._course.cache_clear()
    try:
        assert farthest(chain(0.9)) > 1e-10
    finally:
        engine._course.cache_clear()


def crowd(n: int) -> tuple:
    """People whose rates, lags and durations lie far apart, on the way through a chain with a side state."""
    draw = np.random.default_rng(7)
    rows = 10.0 ** draw.uniform(-2.5, 2.5, (5, n))
    names = ("a", "b", "c", "d")
    system = System(
        names, np.array([0, 1, 2, 2, 3]), np.array([1, 2, 3, OUT, 2]), rows, ("c",), np.array([2]), np.ones((1, n))
    )
    ways = Ways(np.array([0, 1]), np.ones((2, n)), draw.uniform(0.0, 2.0, (2, n)), draw.uniform(0.0, 12.0, (2, n)))
    times = np.repeat(np.arange(6) * 8.0, 2)
    return system, ways, Entries(times, np.full(12, 5.0), np.tile([0, 1], 6)), np.arange(60.0)


def some(task: tuple, chosen: slice) -> tuple:
    system, ways, entries, times = task
    part = System(
        system.states, system.sources, system.targets, system.rates_per_h[:, chosen], system.outputs,
        system.read_states, system.scales[:, chosen],
    )  # fmt: skip
    return part, Ways(ways.states, ways.shares[:, chosen], ways.lags_h[:, chosen], ways.durations_h[:, chosen])


@pytest.mark.parametrize("chosen", [slice(0, 64), slice(5, 70), slice(131, 132), slice(60, 200)])
def test_nobodys_numbers_depend_on_the_neighbours(chosen):
    """The same schedule, so that only the company in the block differs."""
    system, ways, entries, times = task = crowd(200)
    none, latest = np.zeros(2), (ways.lags_h + ways.durations_h).max(axis=1)
    runs = engine.course_of(times, entries, none, latest, 0.0).runs
    kept = []
    for people, entering in ((system, ways), some(task, chosen)):
        n = people.n_people
        values, left = np.empty((n, 1, len(times))), np.empty((n, 1, 4))
        kernels.curves(*engine.kernel_inputs(people, entering, runs, np.zeros((n, 4))), left, values)
        kept.append((values, left))
    assert kept[0][0][chosen].tobytes() == kept[1][0].tobytes()
    assert kept[0][1][chosen].tobytes() == kept[1][1].tobytes()


def test_stiff_people_beside_slow_ones_equal_the_plain_series():
    assert farthest(crowd(70)) < 1e-10


@pytest.mark.parametrize("n_readings", [1, 2, 7, 8, 9, 17, 127, 130])
def test_eight_readings_at_once_never_reach_beyond_the_last(n_readings):
    """Everything behind a person's readings belongs to the next one."""
    system, ways, entries, _ = crowd(3)
    times = np.arange(float(n_readings))
    assert farthest((system, ways, entries, times)) < 1e-10


def test_a_run_ends_where_a_dose_is_given_and_a_long_input_shares_its_windows():
    entries = Entries(np.arange(20) * 8.0, np.full(20, 5.0), np.zeros(20, int))
    course = engine.course_of(np.arange(161.0), entries, np.zeros(1), np.array([11.5]), 0.0)
    ends = course.march.reading[np.cumsum(course.runs.run_steps) - 1]
    assert set(np.arange(8, 153, 8)) <= set(ends.tolist())
    assert course.runs.run_steps.max() == schedule.LONGEST_RUN
    assert len(course.runs.window_steps) < 8
    assert len(np.unique(course.runs.run_window[3:18])) == 1


def test_the_kernels_own_constants_are_those_of_the_schedule():
    for name in ("BY_VECTOR", "HALF_TICK_H", "LONGEST_RUN", "BATCH"):
        assert getattr(kernels, name) == getattr(schedule, name)
