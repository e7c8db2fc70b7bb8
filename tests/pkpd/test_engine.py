"""The engine against references and against laws that hold for every linear system."""

import numpy as np
import pytest
from benchmarks import pk_workloads as workloads
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.pkpd.shared import needs_references, reference, worst
from titrant.pkpd import areas
from titrant.pkpd.engine import FINISHED, Ways, solve
from titrant.pkpd.faults import Stopped, UnusableNumbers
from titrant.pkpd.plain import exponential
from titrant.pkpd.schedule import Entries
from titrant.pkpd.steady import steady_amounts
from titrant.pkpd.system import OUT, System

BOTH = pytest.mark.parametrize("compiled", [False, True], ids=["plain", "compiled"])


def depot(ka, k, n=1) -> System:
    """Depot to centre to out."""
    rates = np.array([np.full(n, ka), np.full(n, k)])
    return System(
        ("depot", "centre"),
        np.array([0, 1]),
        np.array([1, OUT]),
        rates,
        ("c",),
        np.array([1]),
        np.ones((1, n)),
    )


def way(state=0, share=1.0, lag=0.0, duration=0.0, n=1) -> Ways:
    return Ways(np.array([state]), *(np.full((1, n), value) for value in (share, lag, duration)))


def doses(times, mg=1.0, kind=0) -> Entries:
    times = np.asarray(times, float)
    return Entries(times, np.full(len(times), mg), np.full(len(times), kind))


@needs_references
@BOTH
@pytest.mark.parametrize(("name", "outputs"), [("w1", 1), ("w2", 2)])
def test_reference_results_are_met_to_ten_digits(name, outputs, compiled):
    ids, times, amounts, values = reference(name, outputs)
    p = {key: column[ids - 1] for key, column in workloads.people(f"{name}_params.csv", 10000).items()}
    system = getattr(workloads, name)(p)
    entries = Entries(np.arange(84) * 8.0, np.full(84, 25.0), np.zeros(84, int))
    solution = solve(system, workloads.at_once(len(ids)), entries, times, amounts_at_h=times[:-1], compiled=compiled)
    assert worst(solution.values, values) < 1e-10
    assert worst(solution.amounts_mg, amounts) < 1e-10


@BOTH
@pytest.mark.parametrize("close", [0.0, 1e-15, 1e-9, 1e-4])
def test_absorption_as_fast_as_elimination_has_its_own_limit(close, compiled):
    k, times = 0.7, np.array([0.25, 1.0, 5.0, 30.0])
    said = solve(depot(k * (1 + close), k), way(), doses([0.0]), times, compiled=compiled).of("c")[0]
    expected = k * times * np.exp(-k * times) * (1 - close * (k * times / 2 - 1))
    assert said == pytest.approx(expected, rel=20 * close**2 + 3 * close * k * 30 * close + 1e-12)


@BOTH
@pytest.mark.parametrize("fast", [1.0, 30.0, 1000.0])
def test_rates_a_thousandfold_apart_keep_their_digits(fast, compiled):
    ka, k, times = fast, 0.001, np.array([1.0, 10.0, 100.0])
    said = solve(depot(ka, k), way(), doses([0.0]), times, compiled=compiled).of("c")[0]
    assert said == pytest.approx(ka / (ka - k) * (np.exp(-k * times) - np.exp(-ka * times)), rel=1e-11)


@BOTH
@pytest.mark.parametrize("length", [1e-6, 0.3, 1.0, 7.7, 30.0])
def test_constant_rate_of_any_length_matches_its_formula(length, compiled):
    k, times = 0.4, np.array([0.1, 0.3, 1.0, 7.7, 8.0, 30.0, 31.3])
    said = solve(depot(1.0, k), way(1, duration=length), doses([0.0], 5.0), times, compiled=compiled).of("c")[0]
    during = 5.0 / length * -np.expm1(-k * np.minimum(times, length)) / k
    assert said == pytest.approx(during * np.exp(-k * np.maximum(times - length, 0)), rel=1e-11)


@BOTH
def test_lag_and_share_differ_between_people(compiled):
    system = depot(2.0, 0.5, 2)
    ways = Ways(np.array([1]), np.array([[1.0, 0.25]]), np.array([[0.0, 0.4]]), np.zeros((1, 2)))
    said = solve(system, ways, doses([0.0]), np.array([0.2, 1.0]), compiled=compiled).of("c")
    assert said[0] == pytest.approx(np.exp(-0.5 * np.array([0.2, 1.0])))
    assert said[1] == pytest.approx([0.0, 0.25 * np.exp(-0.5 * 0.6)])


irregular = st.lists(st.floats(0.0, 60.0), min_size=1, max_size=12, unique=True).map(sorted)


@settings(max_examples=40, deadline=None)
@given(irregular, irregular, st.floats(0.01, 20), st.floats(0.01, 20), st.floats(0, 3), st.floats(0, 2))
def test_irregular_doses_superpose(dose_times, read_times, ka, k, duration, lag):
    system, ways = depot(ka, k), way(lag=lag, duration=duration)
    times = np.unique(read_times)
    whole = solve(system, ways, doses(dose_times), times, start_h=0.0, compiled=False).of("c")
    parts = sum(solve(system, ways, doses([t]), times, start_h=0.0, compiled=False).of("c") for t in dose_times)
    assert whole == pytest.approx(parts, rel=1e-9, abs=1e-13)


@settings(max_examples=40, deadline=None)
@given(irregular, irregular, st.floats(0.01, 20), st.floats(0.01, 20), st.floats(0, 3), st.floats(0, 2))
def test_plain_and_compiled_give_the_same_numbers(dose_times, read_times, ka, k, duration, lag):
    times = np.unique(read_times)
    ask = (depot(ka, k), way(lag=lag, duration=duration), doses(dose_times), times)
    plain, compiled = (solve(*ask, start_h=0.0, compiled=c) for c in (False, True))
    assert compiled.values == pytest.approx(plain.values, rel=1e-11, abs=1e-15)


tenths = st.integers(0, 3000).map(lambda n: n * 0.1)


@settings(max_examples=80, deadline=None)
@given(st.lists(tenths, min_size=1, max_size=6, unique=True), st.integers(1, 60), st.integers(0, 20), st.integers(0, 9))
def test_no_dose_is_lost_between_two_stops(dose_times, grid, lag, duration):
    """Everything that is given is there in the end, wherever rounding puts times, lags and ends of inputs."""
    times = np.arange(0.0, 310.0, grid / 60)
    for compiled in (False, True):
        ask = (depot(1.0, 0.0), way(lag=lag * 0.05, duration=duration * 0.1), doses(sorted(dose_times), 3.0))
        end = solve(*ask, times, start_h=0.0, compiled=compiled)
        gone_in = np.array(dose_times) + lag * 0.05 + duration * 0.1 <= times[-1]
        assert gone_in.all()
        assert end.amounts_mg[0, -1].sum() == pytest.approx(3.0 * len(dose_times), rel=1e-9)


@settings(max_examples=30, deadline=None)
@given(st.floats(0.05, 10), st.floats(0.05, 10), st.floats(0.0, 2.0))
def test_area_is_dose_over_clearance_and_mass_is_kept(ka, k, duration):
    system, ways, entries = depot(ka, k), way(duration=duration), doses([0.0, 3.3], 7.0)
    weight = areas.weights(system)
    nothing = np.zeros((1, 2))
    whole = areas.area(weight, areas.entered_mg(system, ways, entries, -1, np.inf), nothing, nothing)
    assert whole[0, 0] == pytest.approx(14.0 / k, rel=1e-12)
    left = solve(system, ways, entries, np.array([9.0]), compiled=False).amounts_mg[:, -1]
    eliminated = k * areas.area(weight, areas.entered_mg(system, ways, entries, -1, 9.0), nothing, left)[0, 0]
    assert left.sum() + eliminated == pytest.approx(14.0, rel=1e-10)


@BOTH
def test_steady_state_is_where_a_long_regimen_arrives(compiled):
    system, ways = depot(0.9, 0.05), way(duration=0.5)
    steady = steady_amounts(system, ways, doses([0.0], 3.0), 8.0)
    many = solve(system, ways, doses(np.arange(200) * 8.0, 3.0), np.array([1600.0 - 1e-9]), compiled=compiled)
    assert steady == pytest.approx(many.amounts_mg[:, -1], rel=1e-8)


@BOTH
def test_no_dose_gives_exactly_nothing(compiled):
    said = solve(depot(1.0, 1.0), way(), doses([5.0]), np.array([0.0, 1.0, 4.9]), start_h=0.0, compiled=compiled)
    assert (said.values == 0).all()


@BOTH
def test_a_reading_at_the_time_of_a_dose_includes_it(compiled):
    said = solve(depot(1.0, 1.0), way(1), doses([0.0, 0.1 * 3]), np.array([0.0, 0.3]), compiled=compiled).of("c")[0]
    assert said == pytest.approx([1.0, 1.0 + np.exp(-0.3)])


@BOTH
def test_going_on_from_kept_amounts_is_the_same_march(compiled):
    system, ways = depot(1.1, 0.2), way()
    times = np.arange(0.0, 24.5, 0.5)
    whole = solve(system, ways, doses([0.0, 8.0, 16.0]), times, compiled=compiled)
    first = solve(system, ways, doses([0.0, 8.0]), times[:25], compiled=compiled)
    second = solve(system, ways, doses([16.0]), times[25:], first.amounts_mg[:, -1], 12.0, compiled=compiled)
    assert second.values == pytest.approx(whole.values[:, :, 25:], rel=1e-12)


def test_exponential_of_a_chain_is_positive_and_keeps_mass():
    a = np.zeros((1, 3, 3))
    a[0, 0, 0], a[0, 1, 0], a[0, 1, 1], a[0, 2, 1] = -3e3, 3e3, -1e-3, 1e-3
    p = exponential(a * 5.0)
    assert (p >= 0).all()
    assert p.sum(axis=1) == pytest.approx(1.0, rel=1e-10)


def test_numbers_that_are_not_finite_never_leave():
    system = depot(1.0, 1.0, 3)
    system.rates_per_h[1, 2] = np.nan
    solution = solve(system, way(n=3), doses([0.0]), np.array([1.0]))
    assert solution.stopped == "person 3: a rate constant is negative or not a finite number"
    assert solution.values.size == 0
    with pytest.raises(Stopped, match="person 3"):
        solution.of("c")
    huge = solve(depot(1.0, 1.0), way(share=1e308), doses([0.0], 1e300), np.array([1.0]))
    assert huge.stopped != FINISHED


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -1e-300])
@pytest.mark.parametrize(
    ("place", "words"),
    [("rates", "a rate constant"), ("scales", "an output's scale"), ("shares", "an absorbed share"),
     ("lags_h", "a lag"), ("durations_h", "a duration"), ("initial", "an initial amount")],
)  # fmt: skip
def test_a_number_that_cannot_be_names_the_person_and_the_place(place, words, wrong):
    system, ways, initial = depot(1.0, 1.0, 3), way(n=3), np.zeros((3, 2))
    where = {"rates": system.rates_per_h, "scales": system.scales, "shares": ways.shares, "lags_h": ways.lags_h,
             "durations_h": ways.durations_h, "initial": initial.T}[place]  # fmt: skip
    where[0, 1] = wrong
    said = solve(system, ways, doses([0.0]), np.array([1.0]), initial)
    assert said.stopped == f"person 2: {words} is negative or not a finite number"
    assert said.values.size == 0


@pytest.mark.parametrize(
    ("times", "entries", "words"),
    [
        ([], doses([0.0]), "no reading time"),
        ([1.0, 1.0], doses([0.0]), "stands twice"),
        ([2.0, 1.0], doses([0.0]), "not in order"),
        ([np.nan], doses([0.0]), "not a number of hours"),
        ([1e9], doses([0.0]), "not a number of hours"),
        ([1.0], doses([np.nan]), "not a number"),
        ([1.0], doses([0.0], -1.0), "negative"),
        ([1.0], doses([0.0], 1.0, 4), "does not exist"),
    ],
)
def test_bad_schedules_are_refused_with_a_repair(times, entries, words):
    with pytest.raises(UnusableNumbers, match=words) as caught:
        solve(depot(1.0, 1.0), way(), entries, np.array(times))
    assert caught.value.repair


@needs_references
def test_summaries_equal_those_of_the_curves():
    from titrant.pkpd.summaries import peaks_and_areas

    system = workloads.w2(workloads.people("w2_params.csv", 200))
    ways, entries = workloads.at_once(200), Entries(np.arange(6) * 8.0, np.full(6, 25.0), np.zeros(6, int))
    times = np.arange(0.0, 49.0, 0.5)
    said = peaks_and_areas(system, ways, entries, times)
    curves = solve(system, ways, entries, times, compiled=True)
    weight = areas.weights(system)
    entered = areas.entered_mg(system, ways, entries, -1, times[-1])
    assert (said[:, :, 0] == curves.values.max(axis=2)).all()
    assert said[:, :, 1] == pytest.approx(times[curves.values.argmax(axis=2)])
    assert said[:, :, 2] == pytest.approx(areas.area(weight, entered, 0 * entered, curves.amounts_mg[:, -1]), rel=1e-10)
