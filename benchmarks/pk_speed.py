"""Speed of the pharmacology, with accuracy beside it: ``python -m benchmarks.pk_speed``.

Medians of five after a warm-up. Times of a shared machine move, so each figure stands beside two others of the same
run: a kernel that only fills the result (the floor), and SciPy's batched ``expm`` with a NumPy march.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from numba import njit, prange
from scipy.linalg import expm

from benchmarks import pk_workloads as workloads
from benchmarks.timing import median_ms
from titrant.pkpd import combining, liver, population
from titrant.pkpd.doses import every
from titrant.pkpd.engine import course_of, kernel_inputs, solve
from titrant.pkpd.individual import log_posterior, most_probable
from titrant.pkpd.levels import exposure_of_levels
from titrant.pkpd.measured import Level, case
from titrant.pkpd.population import Person
from titrant.pkpd.posterior import posterior
from titrant.pkpd.schedule import Entries
from titrant.pkpd.shipped import model, tree
from titrant.pkpd.simulation import prepared

DOCS = Path(__file__).resolve().parents[1] / "docs" / "pk"
HOURS = np.arange(673.0)
ROWS: list[dict] = []


def show(what: str, ms: float, target: str, **beside) -> None:
    ROWS.append({"what": what, "ms": ms, "target": target, **beside})
    more = ", ".join(f"{name.replace('_', ' ')} {value:.3g}" for name, value in beside.items())
    print(f"{what:46} {ms:10.2f} ms   {more}   (target: {target})", flush=True)


@njit(parallel=True, cache=True)
def _fill(result):
    for k in prange(result.shape[0]):
        result[k] = 1.0


def floor_ms(*shape: int) -> float:
    """Time that writing the result alone takes."""
    result = np.empty(shape)
    return median_ms(lambda: _fill(result))


def regular(n: int = 84) -> Entries:
    return Entries(np.arange(n) * 8.0, np.full(n, 25.0), np.zeros(n, int))


def irregular(seed: int = 1) -> Entries:
    drift = np.random.default_rng(seed).uniform(0.0, 1.5, 84)
    return Entries(np.arange(84) * 8.0 + drift, np.full(84, 25.0), np.zeros(84, int))


def batched_expm(system, entries: Entries) -> np.ndarray:
    """What a Python user would write: one propagator for each person by SciPy, marched by NumPy on the hour."""
    propagator = expm(system.matrices())
    x = np.zeros((system.n_people, len(system.states)))
    result = np.empty((system.n_people, len(system.outputs), len(HOURS)))
    given = dict(zip(entries.times_h, entries.amounts_mg, strict=True))
    for k, hour in enumerate(HOURS):
        if k:
            x = np.einsum("pij,pj->pi", propagator, x)
        x[:, 0] += given.get(hour, 0.0)
        result[:, :, k] = x[:, system.read_states] * system.scales.T
    return result


def accuracy(name: str) -> float:
    """Largest relative error against the reference results."""
    from tests.pkpd.shared import reference, worst

    ids, times, _, values = reference(name, {"w1": 1, "w2": 2}[name])
    p = {key: column[ids - 1] for key, column in workloads.people(f"{name}_params.csv", 10000).items()}
    said = solve(getattr(workloads, name)(p), workloads.at_once(len(ids)), regular(), times, compiled=True)
    return worst(said.values, values)


def populations(n: int) -> None:
    for name, floors, faster in (("w1", 3, 0), ("w2", 4, 15)):
        system = getattr(workloads, name)(workloads.people(f"{name}_params.csv", n))
        ways = workloads.at_once(n)
        floor = floor_ms(n, len(system.outputs), len(HOURS))
        plain = median_ms(lambda s=system: batched_expm(s, regular()), 3 if n > 5000 else 5)
        ms = median_ms(lambda s=system, w=ways: solve(s, w, regular(), HOURS, compiled=True))
        into = kernel_only(system, ways)
        beside = {"floor_ms": floor, "over_floor": ms / floor, "kernel_over_floor": into / floor}
        target = f"{floors} x floor" + (f", {faster} x faster than expm" if faster else "")
        show(f"{name.upper()}, {n:,} people, curves", ms, target, **beside, expm_ms=plain, faster=plain / ms,
             error=accuracy(name))  # fmt: skip
        if name == "w2":
            odd = median_ms(lambda s=system, w=ways: solve(s, w, irregular(), HOURS, compiled=True))
            show(f"W2, {n:,} people, irregular doses", odd, "6 x regular", over_regular=odd / ms)


def kernel_only(system, ways) -> float:
    """Time of the kernel into a result that is there already, as the floor is measured."""
    from titrant.pkpd import kernels

    none = np.zeros(1)
    course = course_of(HOURS, regular(), none, none, 0.0)
    values = np.empty((system.n_people, len(system.outputs), len(HOURS)))
    snaps = np.empty((system.n_people, 1, len(system.states)))
    inputs = kernel_inputs(system, ways, course.runs, np.zeros((system.n_people, len(system.states))))
    return median_ms(lambda: kernels.curves(*inputs, snaps, values))


def published(n: int) -> None:
    """The models of nine, eleven and fourteen states on W2's grid, beside W2's seven; all from doses to curves."""
    seven = workloads.w2(workloads.people("w2_params.csv", n))
    seven_ms = median_ms(lambda: solve(seven, workloads.at_once(n), regular(), HOURS, compiled=True))
    for name, route in (("racemic", "troche"), ("perez-ruixo-2021", "oral"), ("simons-2022", "film")):
        chosen = model(name)
        p = population.drawn(chosen, Person(), 1, 0, n)
        system, ways, entries = prepared(chosen, p, every(50.0, 8, 28, route))
        ms = median_ms(lambda s=system, w=ways, e=entries: solve(s, w, e, HOURS, start_h=0.0, compiled=True))
        states = len(system.states)
        show(f"{name}, {n:,} people, curves", ms, "in proportion to states", states=states, over_w2=ms / seven_ms,
             states_over_w2=states / 7)  # fmt: skip


def million() -> None:
    """W2 for a million people, reduced to each one's peaks and areas and to quantiles; memory of a fresh process."""
    code = "from benchmarks.pk_speed import million_here; million_here()"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    answer = json.loads(said.splitlines()[-1])
    show("W2, 1,000,000 people, summaries and quantiles", answer["ms"], "6000 ms, 1 GiB", gib=answer["gib"])


def million_here(people: int = 1_000_000, chunk: int = 65_536) -> None:
    from titrant.pkpd.summaries import peaks_and_areas

    base = workloads.people("w2_params.csv", 10000)
    peaks_and_areas(workloads.w2({k: v[:64] for k, v in base.items()}), workloads.at_once(64), regular(), HOURS)
    begin = time.perf_counter()
    kept = []
    for first in range(0, people, chunk):
        rows = np.arange(first, min(first + chunk, people)) % 10000
        system = workloads.w2({name: column[rows] for name, column in base.items()})
        kept.append(peaks_and_areas(system, workloads.at_once(len(rows)), regular(), HOURS))
    every_one = np.concatenate(kept)
    np.quantile(every_one.reshape(people, -1), (0.05, 0.25, 0.5, 0.75, 0.95), axis=0)
    ms = (time.perf_counter() - begin) * 1e3
    print(json.dumps({"ms": ms, "gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2}))


def individuals() -> None:
    true, levels = workloads.w3_people()
    together, alone = workloads.w3_problem(levels), workloads.w3_problem(levels[:1])
    found = most_probable(together)
    off = (found.effects - true) * np.sqrt(workloads.spec()["omega2"])
    ms = median_ms(lambda: most_probable(together)) / len(levels)
    show("W3, mode, 100 people together, each", ms, "0.2 ms", worst_slope=_worst_slope(together, found.effects),
         bias_cl=off[:, 0].mean(), rmse_cl=np.sqrt((off[:, 0] ** 2).mean()))  # fmt: skip
    show("W3, mode, one person alone", median_ms(lambda: most_probable(alone)), "0.2 ms")
    mode = most_probable(alone)
    one = posterior(alone, 1, 1200, mode=mode)
    ms = median_ms(lambda: posterior(alone, 1, 1200, mode=mode))
    show("W3, whole posterior, one person", ms, "3 ms at 1,000", effective=one.effective, pareto_k=one.pareto_k)
    nine_states()


def nine_states() -> None:
    chosen = model("perez-ruixo-2021")
    doses = every(84.0, 24, 1, "nasal", sprays=3)
    seen = [Level(0.5, 110.0), Level(1.0, 120.0), Level(4.0, 40.0), Level(2.0, 190.0, "norketamine")]
    problem = case(chosen, doses, seen, compiled=True).problem
    mode = most_probable(problem)
    one = posterior(problem, 1, 2000, mode=mode)
    ms = median_ms(lambda: posterior(problem, 1, 2000, mode=mode))
    show("nine states, whole posterior", ms, "50 ms", effects=len(problem.names), effective=one.effective,
         pareto_k=one.pareto_k)  # fmt: skip
    show("nine states, mode", median_ms(lambda: most_probable(problem)), "none")


def _worst_slope(problem, effects: np.ndarray) -> float:
    """Largest slope of the log posterior at the modes; zero at a true mode."""
    step, worst = 1e-5, 0.0
    for person in range(0, len(effects), 10):
        for move in np.eye(effects.shape[1]) * step:
            up, down = (log_posterior(problem, effects[person : person + 1] + s * move, person)[0] for s in (1, -1))
            worst = max(worst, abs(up - down) / (2 * step))
    return worst


_PLAN = """
import time; begin = time.perf_counter()
from titrant.pkpd.levels import exposure_of_levels
from titrant.pkpd.shipped import model
exposure_of_levels(model("racemic"), [(10.0, 3), (20.0, 3), (30.0, 3)], "oral", 100.0, people=1000)
print((time.perf_counter() - begin) * 1e3)
"""


def plan_page() -> None:
    """Three levels, 1,000 people, seven days: as planned, with a missed and with a doubled dose (nine simulations)."""
    levels = [(10.0, 3), (20.0, 3), (30.0, 3)]
    chosen = model("racemic")
    warm = median_ms(lambda: exposure_of_levels(chosen, levels, "oral", 100.0, people=1000))
    show("plan page, three levels in three cases, warm", warm, "30 ms")
    measured = combining.together(combining.parts(chosen, tree("interactions.yaml"), ["clarithromycin"]))

    def with_an_inhibitor() -> None:
        exposure_of_levels(
            chosen, levels, "oral", 100.0, people=1000, added=lambda p: liver.apply(chosen, p, measured.factors)
        )

    show("plan page, the same and an inhibitor, warm", median_ms(with_an_inhibitor), "30 ms")
    cold = [float(subprocess.run([sys.executable, "-c", _PLAN], capture_output=True, text=True, check=True).stdout)
            for _ in range(4)][1:]  # fmt: skip
    show("plan page, cold process, cache filled", statistics.median(cold), "1500 ms")


def growth(n: int) -> None:
    """Time against people, doses and times; each should grow in a straight line."""
    for people in (n // 8, n // 4, n // 2, n):
        system = workloads.w2(workloads.people("w2_params.csv", people))
        ms = median_ms(lambda s=system, k=people: solve(s, workloads.at_once(k), regular(), HOURS, compiled=True))
        show(f"growth: {people:,} people", ms, "straight", us_per_person=ms * 1e3 / people)
    few = workloads.w2(workloads.people("w2_params.csv", 1000))
    for days in (28, 56, 112, 224):
        hours, entries = np.arange(days * 24 + 1.0), regular(days * 3)
        ms = median_ms(lambda h=hours, e=entries: solve(few, workloads.at_once(1000), e, h, compiled=True))
        show(f"growth: {days} days of doses and times", ms, "straight", ms_per_28_days=ms * 28 / days)


def write_page(rows: list[dict]) -> None:
    """docs/pk/speed.md: one run's figures beside their targets, and growth drawn."""
    lines = [
        "# Speed", "",
        "One run of `python -m benchmarks.pk_speed --page` on two shared cores: medians of five after a warm-up.",
        "Times move with what else the machine does; compare ratios inside one run. The floor is a kernel that only",
        f"writes the result. Load at the end of this run: {os.getloadavg()[1]:.1f}; well above 2, others were at work.",
        "",
        "| What | ms | Target | Beside it |", "|---|---|---|---|",
    ]  # fmt: skip
    for row in rows:
        more = ", ".join(f"{k.replace('_', ' ')} {v:.3g}" for k, v in row.items() if k not in ("what", "ms", "target"))
        lines.append(f"| {row['what']} | {row['ms']:.2f} | {row['target']} | {more} |")
    lines += ["", "![Growth with people and with days of doses and times](growth.svg)", ""]
    (DOCS / "speed.md").write_text("\n".join(lines), encoding="utf-8")
    _draw_growth(rows)


def _draw_growth(rows: list[dict]) -> None:
    import altair as alt

    from titrant.explain.charts import save

    panels = []
    for word, title in (("people", "people"), ("days", "days of doses and times, 1,000 people")):
        points = [
            {"x": float(row["what"].split()[1].replace(",", "")), "ms": row["ms"]}
            for row in rows
            if row["what"].startswith("growth") and f" {word}" in row["what"]
        ]
        data = alt.Chart(alt.InlineData(values=[*points, {"x": 0, "ms": 0}]))
        line = data.mark_line(point=True, color="#1b1b1b").encode(
            x=alt.X("x:Q", title=title), y=alt.Y("ms:Q", title="ms")
        )
        panels.append(line.properties(width=260, height=180))
    save(alt.hconcat(*panels), str(DOCS / "growth.svg"))


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--people", type=int, default=10_000)
    ask.add_argument("--json", help="write the figures to this file")
    ask.add_argument("--page", action="store_true", help="renew docs/pk/speed.md and its picture")
    asked = ask.parse_args()
    populations(asked.people)
    published(1000)
    individuals()
    plan_page()
    growth(8000)
    million()
    if asked.json:
        with open(asked.json, "w") as file:
            json.dump(ROWS, file, indent=1)
    if asked.page:
        write_page(ROWS)


if __name__ == "__main__":
    main()
