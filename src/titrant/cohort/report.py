"""The report of a cohort: the same figures as a page, as JSON, as CSV and as charts."""

import csv
import io
from dataclasses import dataclass
from typing import Any

import numpy as np

from titrant.cohort.running import Question
from titrant.cohort.summing import MEASURES, PATIENT, Figure, Measure, compared, figures

_MOST_ENDS = 8
ABOUT = (
    "Virtual patients: assumptions made visible, not evidence. See docs/cohort.md for each of them and its status. "
    "The interval is that of chance in this simulation (95 %), not of the truth."
)


@dataclass(frozen=True)
class Arm:
    """One answer: who was asked for, and a row for each person."""

    question: Question
    rows: np.ndarray
    rules: tuple[str, ...] = ()  # codes of the protocol's rules, in order

    @property
    def name(self) -> str:
        return f"{self.question.protocol}, {self.question.policy}"

    @property
    def started(self) -> int:
        return int(self.rows["started"].sum())


def data(arms: list[Arm], clinic: str) -> dict[str, Any]:
    """Everything, for machines."""
    return {
        "about": ABOUT,
        "clinic": clinic,
        "arms": [_arm_data(arm) for arm in arms],
        "difference": _differences(arms) if len(arms) == 2 else None,
    }


def _arm_data(arm: Arm) -> dict[str, Any]:
    asked = arm.question
    return {
        "protocol": asked.protocol, "policy": asked.policy, "patients": asked.patients, "weeks": asked.weeks,
        "seed": asked.seed, "world": asked.world, "on": asked.on.isoformat(), "started": arm.started,
        "hard_limit_breaches": int(arm.rows["breaches"].sum()), "near_ties": int(arm.rows["near_ties"].sum()),
        "model": {name: int(arm.rows[name].sum()) for name in ("questions", "held_back", "lessened")},
        "ended_by": _ended_by(arm),
        "figures": {code: _figure_data(one) for code, one in figures(arm.rows).items()},
    }  # fmt: skip


def _ended_by(arm: Arm) -> list[dict[str, Any]]:
    """Which rules ended courses: share of those started, and the day (median). A course may be ended by several."""
    rows = arm.rows[arm.rows["started"] == 1]
    found = []
    for place, code in enumerate(arm.rules):
        own = rows[(rows["ended_by"] >> np.uint64(place)) & np.uint64(1) == 1]
        if len(own):
            share = 100.0 * len(own) / len(rows)
            found.append({"rule": code, "share": round(share, 3), "day": float(np.median(own["days_in_course"]))})
    return sorted(found, key=lambda one: -one["share"])


def _figure_data(one: Figure) -> dict[str, Any]:
    numbers = {"mean": one.mean, "error": one.error, "low": one.low, "high": one.high}
    return {name: None if np.isnan(value) else round(value, 6) for name, value in numbers.items()} | {
        "people": one.people
    }


def _differences(arms: list[Arm]) -> dict[str, Any]:
    return {code: _figure_data(one) for code, one in compared(arms[0].rows, arms[1].rows).items()}


# For people


def page(arms: list[Arm], clinic: str) -> str:
    """The same for people."""
    lines = ["Virtual cohort", ""]
    for place, arm in enumerate(arms):
        asked = arm.question
        lines += [
            f"{chr(65 + place)}  {asked.protocol}, policy {asked.policy}: {asked.patients:,} virtual patients, "
            f"{asked.weeks} weeks, world {asked.world}, seed {asked.seed}",
            f"   started {arm.started:,}; hard-limit breaches {int(arm.rows['breaches'].sum())}",
        ]
    lines += ["", *_table(arms), "", *_ends(arms), *_policy_notes(arms), *_wrapped(ABOUT), clinic]
    return "\n".join(lines) + "\n"


def _table(arms: list[Arm]) -> list[str]:
    two = len(arms) == 2
    heads = ["A", "B", "B less A, same patients"] if two else ["mean (95 % of chance)"]
    columns = [figures(arm.rows) for arm in arms]
    if two:
        columns.append(compared(arms[0].rows, arms[1].rows))
    widest = max(len(_title(one)) for one in MEASURES)
    lines = [" " * (widest + 2) + "".join(f"{head:<26}" for head in heads).rstrip()]
    for one in MEASURES:
        cells = [shown(column[one.code], one, sign=two and place == 2) for place, column in enumerate(columns)]
        lines.append(f"{_title(one):<{widest + 2}}" + "".join(f"{cell:<26}" for cell in cells).rstrip())
    return lines


def _ends(arms: list[Arm]) -> list[str]:
    lines = []
    for place, arm in enumerate(arms):
        ends = _ended_by(arm)
        if ends:
            lines.append(f"{chr(65 + place)}: rules that ended courses (share of those started; day, median)")
            lines += [f"   {one['rule']:<28}{one['share']:6.1f} %   day {one['day']:.0f}" for one in ends[:_MOST_ENDS]]
    return [*lines, ""] if lines else []


def _title(one: Measure) -> str:
    return f"{one.title} ({one.unit})"


def shown(one: Figure, measure: Measure, sign: bool = False) -> str:
    """``12.3 (11.9 to 12.7)``; a dash where nobody belongs to it."""
    if np.isnan(one.mean):
        return "-"
    form = f"{'+' if sign else ''}.{measure.digits}f"
    if np.isnan(one.error):
        return f"{one.mean:{form}}"
    return f"{one.mean:{form}} ({one.low:{form}} to {one.high:{form}})"


def _policy_notes(arms: list[Arm]) -> list[str]:
    lines = []
    for place, arm in enumerate(arms):
        letter, rows = chr(65 + place), arm.rows
        if arm.question.policy == "none":
            lines += _wrapped(
                f"{letter}: the start dose is kept, whatever happens; nobody looks. A yardstick, no proposal."
            )
        if arm.question.policy.startswith("rules+model"):
            lines += _wrapped(
                f"{letter}: the model was asked {int(rows['questions'].sum()):,} times; it held back "
                f"{int(rows['held_back'].sum()):,} raises and asked for {int(rows['lessened'].sum()):,} trials of less."
            )
    return lines


def _wrapped(text: str) -> list[str]:
    import textwrap

    return textwrap.wrap(text, 110)


def as_csv(arms: list[Arm]) -> str:
    """One line for each person and arm."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["protocol", "policy", *PATIENT.names])
    for arm in arms:
        for row in arm.rows:
            writer.writerow([arm.question.protocol, arm.question.policy, *(_cell(row[name]) for name in PATIENT.names)])
    return out.getvalue()


def _cell(value: Any) -> str:
    if isinstance(value, np.floating):
        return "" if np.isnan(value) else f"{float(value):.2f}"
    return str(value)
