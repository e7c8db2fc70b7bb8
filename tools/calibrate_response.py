"""Does the response model mean what it says? Simulated patients whose truth is known, and what the model made of them.

python -m tools.calibrate_response              writes docs/response-calibration.md
python -m tools.calibrate_response --people 50  prints a small version
"""

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from scipy.stats import chi2

from titrant.pkpd.response import answers, course, events, people
from titrant.pkpd.response.answers import Telling
from titrant.pkpd.response.diary import Diary, Levels
from titrant.pkpd.response.parameters import ResponseSet, response_set
from titrant.pkpd.response.people import People
from titrant.pkpd.response.posterior import Posterior, posterior, weighed
from titrant.terms.reading import read_yaml

ROOT = Path(__file__).parent.parent
FILE = ROOT / "src" / "titrant" / "knowledge" / "data" / "response" / "response.yaml"
PAGE = ROOT / "docs" / "response-calibration.md"
SEED, PEOPLE, BINS = 20261121, 1000, 20
LADDER = np.array([30.0, 60.0, 90.0, 120.0, 150.0])
World = Callable[[np.ndarray, int, np.random.Generator], np.ndarray]


@cache
def shipped() -> ResponseSet:
    return response_set(read_yaml(FILE.read_bytes()).tree)


@dataclass(frozen=True, eq=False)
class Trial:
    """One simulated patient: the truth, the diary as the model's own world wrote it, and the levels."""

    truth: People
    diary: Diary
    levels: Levels
    generator: np.random.Generator


def trials(count: int, days: int | None = None, helps: bool | None = None, seed: int = SEED) -> Iterator[Trial]:
    """Patients ``0`` to ``count - 1``; each is the same whatever the count."""
    for number in range(count):
        generator = np.random.default_rng([seed, number])
        before, per_level = int(generator.integers(7, 15)), int(generator.integers(7, 15))
        on_drug = days or int(generator.integers(14, 71))
        rungs = np.minimum(np.arange(on_drug) // per_level, int(generator.integers(0, len(LADDER) - 1)))
        taken = LADDER[rungs] * (generator.random(on_drug) >= 0.05)
        taken[0] = LADDER[0]
        doses = np.concatenate([np.zeros(before), taken])
        truth = people.drawn(shipped(), 1, False, generator, helps)
        missing = generator.choice([0.0, 0.1, 0.3])
        diary = people.diaries(truth, doses, shipped(), generator, missing)[0]
        yield Trial(truth, diary, Levels(LADDER, int(rungs[-1])), generator)


def written(diary: Diary, change: np.ndarray | float = 0.0) -> Diary:
    """The diary as a person writes it: whole numbers from 0 to 10."""
    return replace(diary, pain_points=np.clip(np.round(diary.pain_points + change), 0, 10))


# --- Quantities whose truth is known -------------------------------------------------------------------------------


def quantities(drawn: People, trial: Trial) -> dict[str, np.ndarray]:
    """What is set against the truth, shape (n,) each."""
    chosen, present = shipped(), trial.levels.present
    window, harm_grade = chosen["questions", "harm_window_days"], int(chosen["questions", "harm_grade"])
    settled = course.settled_relief(drawn.amounts, drawn.pain[:, people.HALF_SATURATION], LADDER[present : present + 2])
    harm = window * events.chance_of_grade(
        drawn.harm, LADDER[present : present + 2], chosen["harm", "reference_mg"], harm_grade
    )
    pain, relief = people.expected_days(drawn, trial.diary, chosen)
    fall, now = answers.fallen(pain, trial.diary.first_dose_day)[0], relief[:, -7:].mean(axis=1)
    named = {name: drawn.pain[:, j] for j, name in enumerate(people.PAIN_CURVED)}
    named |= {name: drawn.amounts[:, j] for j, name in enumerate(course.AMOUNTS)}
    named |= {"fall, all causes": fall, "relief now": now, "relief settled": settled[:, 0]}
    named["gain of one step"] = settled[:, 1] - settled[:, 0]
    named |= {name: drawn.harm[:, j] for j, name in enumerate(people.HARM_CURVED)}
    return named | {"days of harm": harm[:, 0], "added days of harm": harm[:, 1] - harm[:, 0]}


@dataclass(frozen=True, eq=False)
class Calibration:
    """Ranks of the truth among the draws (0 to 1) by quantity; chance and truth of a real response; ends by code."""

    ranks: dict[str, list[float]]
    chances: list[float]
    real: list[bool]
    stopped: dict[str, int]

    def coverage(self) -> dict[str, float]:
        """Share of truths inside the central 90 % interval."""
        return {name: float(np.mean([0.05 <= r <= 0.95 for r in ranks])) for name, ranks in self.ranks.items()}

    def uniformity(self) -> dict[str, float]:
        """Chance of ranks as uneven as these if the posterior is exact (chi-squared over BINS bins)."""
        found = {}
        for name, ranks in self.ranks.items():
            seen = np.histogram(ranks, BINS, (0, 1))[0]
            wanted = len(ranks) / BINS
            found[name] = float(chi2.sf(((seen - wanted) ** 2 / wanted).sum(), BINS - 1))
        return found


def calibrated(count: int, whole_numbers: bool) -> Calibration:
    """Exactly the model's own diaries without the gate, or diaries as people write them through the gate."""
    result = Calibration({}, [], [], {})
    for trial in trials(count):
        if whole_numbers:
            found = posterior(written(trial.diary), shipped(), trial.generator)
        else:
            found = weighed(trial.diary, shipped(), trial.generator)
        result.stopped[found.stopped] = result.stopped.get(found.stopped, 0) + 1
        if found.usable:
            _add(result, found, trial)
    return result


def _add(result: Calibration, found: Posterior, trial: Trial) -> None:
    drawn, true = quantities(found.draws, trial), quantities(trial.truth, trial)
    for name, values in drawn.items():
        # Ties (no effect in the draw and in truth) are broken at random, or the rank could not be uniform.
        below, tied = (values < true[name][0]).sum(), (values == true[name][0]).sum()
        rank = (below + trial.generator.integers(0, tied + 1) + trial.generator.random()) / (len(values) + 1)
        result.ranks.setdefault(name, []).append(float(rank))
    least = shipped()["questions", "least_relief_points"]
    result.chances.append(answers.chance_real(found, trial.levels))
    result.real.append(bool(true["relief settled"][0] >= least))


# --- Who is called a responder -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Verdicts:
    """Of one group: how many were looked at, what the model said, and what the plain 30 % and 2 points rule said."""

    people: int
    real: int
    not_real: int
    refused: int
    rule: int

    def share(self, name: str) -> float:
        return getattr(self, name) / self.people


def verdicts(count: int, days: int, helps: bool, world: World | None = None, least_relief: float = 0.0) -> Verdicts:
    """Diaries as people write them, through the gate, after ``days`` on the drug."""
    seen, said, refused, rule = 0, [], 0, 0
    for trial in trials(count, days, helps):
        if quantities(trial.truth, trial)["relief settled"][0] < least_relief:
            continue
        start = trial.diary.first_dose_day
        change = world(trial.diary.pain_points, start, trial.generator) if world else 0.0
        diary = written(trial.diary, change)
        found = posterior(diary, shipped(), trial.generator)
        seen, rule = seen + 1, rule + by_rule(diary)
        refused += not found.usable
        if found.usable:
            said.append(answers.told(answers.chance_real(found, trial.levels), found))
    return Verdicts(seen, said.count(Telling.REAL), said.count(Telling.NOT_REAL), refused, rule)


def by_rule(diary: Diary) -> bool:
    """The clinic's rule on bare means: last seven days 30 % and 2 points below the days before the first dose."""
    before = np.nanmean(diary.pain_points[: diary.first_dose_day])
    last = diary.pain_points[-7:]
    fall = before - np.nanmean(last) if np.isfinite(last).any() else 0.0
    return bool(fall >= 2 and fall >= 0.3 * before)


def _more_placebo(pain: np.ndarray, start: int, _generator: np.random.Generator) -> np.ndarray:
    return -1.0 * (np.arange(len(pain)) >= start) * (1 - 0.5 ** ((np.arange(len(pain)) - start + 1) / 5))


def _sudden_better(pain: np.ndarray, start: int, generator: np.random.Generator) -> np.ndarray:
    return -1.5 * (np.arange(len(pain)) >= start + int(generator.integers(3, len(pain) - start)))


def _drifting(pain: np.ndarray, _start: int, generator: np.random.Generator) -> np.ndarray:
    return np.cumsum(0.15 * generator.standard_normal(len(pain)))


def _flare(pain: np.ndarray, start: int, _generator: np.random.Generator) -> np.ndarray:
    days = np.arange(len(pain))
    return 2.0 * ((days >= start - 7) & (days < start + 7))


def _wild_days(pain: np.ndarray, _start: int, generator: np.random.Generator) -> np.ndarray:
    return generator.standard_t(3, len(pain)) * (generator.random(len(pain)) < 0.3)


WORLDS: dict[str, World | None] = {
    "as the model thinks": None,
    "placebo stronger by 1 point": _more_placebo,
    "better by 1.5 points on some day, for another reason": _sudden_better,
    "slow random drift, sd 0.15 points a day": _drifting,
    "a flare of 2 points around the start, two weeks long": _flare,
    "wild single days": _wild_days,
}


# --- The page ------------------------------------------------------------------------------------------------------


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *rows)] + [""]


def calibration_part(title: str, found: Calibration) -> list[str]:
    coverage, uniform = found.coverage(), found.uniformity()
    low, high = min(coverage.values()), max(coverage.values())
    rows = [(name, f"{100 * coverage[name]:.1f} %", f"{uniform[name]:.3f}") for name in coverage]
    stopped = ", ".join(f"{code} {n}" for code, n in sorted(found.stopped.items()))
    return [
        f"## {title}",
        "",
        f"{sum(found.stopped.values())} patients: {stopped}. "
        f"The 90 % intervals cover {100 * low:.1f} to {100 * high:.1f} % (wanted: 87 to 93 %).",
        "",
        *table(("Quantity", "truth inside the 90 % interval", "p of uneven ranks"), rows),
        "Chance of a real response against truth:",
        "",
        *table(("said", "patients", "mean said", "truly real"), reliability(found)),
    ]


def reliability(found: Calibration) -> list[tuple[str, ...]]:
    chances, real = np.array(found.chances), np.array(found.real)
    rows = []
    for low, high in ((0, 0.1), (0.1, 0.3), (0.3, 0.5), (0.5, 0.7), (0.7, 0.9), (0.9, 1.001)):
        inside = (chances >= low) & (chances < high)
        if inside.any():
            said, true = f"{chances[inside].mean():.2f}", f"{real[inside].mean():.2f}"
            rows.append((f"{low:g} to {min(high, 1):g}", str(inside.sum()), said, true))
    return rows


def percent(found: Verdicts, name: str) -> str:
    return f"{100 * found.share(name):.1f} %"


def verdict_rows(cases: list[tuple[str, Verdicts]]) -> list[tuple[str, ...]]:
    return [
        (name, str(v.people), *(percent(v, one) for one in ("real", "not_real", "refused", "rule")))
        for name, v in cases
    ]


VERDICT_HEAD = ("Group", "patients", "called real", "called not real", "rules only", "plain rule says responder")


def page(count: int) -> list[str]:
    few = max(10, int(count * 0.3))
    none = [(f"day {days}", verdicts(count, days, False)) for days in (14, 28, 42, 70)]
    clear = [(f"day {days}", verdicts(count, days, True, None, 2.0)) for days in (14, 28, 42, 70)]
    worlds = [(name, verdicts(few, 42, False, world)) for name, world in WORLDS.items()]
    return [
        "# Calibration of the response model by simulation",
        "",
        "Made by `python -m tools.calibrate_response`; do not edit. Simulated patients only: this shows that the",
        "arithmetic is right and what the model would do if people were as it thinks, or other in the ways named.",
        "It does not show that people are so. Each patient has 7 to 14 days before, steps of 30 mg every 7 to 14 days,",
        "5 % of doses not taken, and up to 30 % of days without entry.",
        "",
        *calibration_part("The model's own world", calibrated(count, False)),
        *calibration_part("Whole numbers from 0 to 10, through the gate on the data", calibrated(count, True)),
        "## No drug effect: who is called a responder",
        "",
        "Wanted: at most 5 % called real.",
        "",
        *table(VERDICT_HEAD, verdict_rows(none)),
        "## A drug effect of 2 points or more: who is found",
        "",
        *table(VERDICT_HEAD, verdict_rows(clear)),
        "## No drug effect in worlds that the model does not know (day 42)",
        "",
        *table(VERDICT_HEAD, verdict_rows(worlds)),
    ]


def main() -> int:
    begun = time.perf_counter()
    small = "--people" in sys.argv
    count = int(sys.argv[sys.argv.index("--people") + 1]) if small else PEOPLE
    text = "\n".join(page(count)).rstrip() + "\n"
    if small:
        print(text)
    else:
        PAGE.write_text(text, encoding="utf-8")
    print(f"{time.perf_counter() - begun:.0f} s", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
