"""The numbers of the response model, each with its unit, spread, source and status.

The file's parsed tree comes in (text for decimals, as the strict reader leaves them) and a checked object goes out; no
file is opened here.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from titrant.terms.errors import KnowledgeError
from titrant.terms.numbers import parse_decimal
from titrant.terms.reason import Status

# What the model reads: section -> name -> unit, and the scale of its spread between people ("" where there is none).
WANTED: dict[str, dict[str, tuple[str, str]]] = {
    "pain": {
        "baseline_points": ("pain_points", "plain"),
        "placebo_points": ("pain_points", "plain"),
        "natural_points": ("pain_points", "plain"),
        "greatest_relief_points": ("pain_points", "plain"),
        "chance_drug_helps": ("share", ""),
        "natural_half_time_days": ("days", ""),
        "placebo_half_time_days": ("days", "log"),
        "drug_half_time_days": ("days", "log"),
        "half_saturation_mg": ("mg/day", "log"),
        "half_saturation_ng_per_ml": ("ng/mL", "log"),
        "day_to_day_points": ("pain_points", "log"),
        "day_to_day_memory": ("share", "logit"),
    },
    "harm": {
        "events_without_drug_per_day": ("events/day", "log"),
        "events_at_reference_per_day": ("events/day", "log"),
        "steepness": ("power", "log"),
        "chance_worse": ("share", "logit"),
        "reference_mg": ("mg/day", ""),
        "reference_ng_per_ml": ("ng/mL", ""),
    },
    "data": {
        "least_days_before": ("days", ""),
        "least_days_on_drug": ("days", ""),
        "least_days_since_session": ("days", ""),
        "most_days": ("days", ""),
        "highest_daily_mg": ("mg/day", ""),
        "highest_ng_per_ml": ("ng/mL", ""),
        "most_at_scale_end": ("share", ""),
        "least_tail_chance": ("share", ""),
        "farthest_from_usual": ("standard_deviations", ""),
    },
    "diagnostics": {
        "highest_pareto_k": ("shape", ""),
        "least_effective_draws": ("draws", ""),
        "largest_rhat": ("ratio", ""),
    },
    "questions": {
        "least_relief_points": ("pain_points", ""),
        "clear_relief_points": ("pain_points", ""),
        "clear_relief_share": ("share", ""),
        "benefit_kept": ("share", ""),
        "chance_kept": ("share", ""),
        "chance_yes": ("share", ""),
        "chance_no": ("share", ""),
        "chance_of_telling": ("share", ""),
        "longest_wait_days": ("days", ""),
        "harm_grade": ("grade", ""),
        "severe_grade": ("grade", ""),
        "harm_window_days": ("days", ""),
    },
    "opinion": {
        "least_gain_points": ("pain_points", ""),
        "least_gain_chance": ("share", ""),
        "most_added_harm_days": ("days", ""),
        "most_severe_chance": ("share", ""),
        "most_harm_days": ("days", ""),
        "most_severe_chance_now": ("share", ""),
        "least_learned_of_dose": ("share", ""),
        "least_days_since_change": ("days", ""),
    },
}
HEADER = ("id", "title", "reviewed_on", "next_review", "about")
_FIELDS = ("value", "unit", "on", "spread", "source", "status", "note")
_BETWEEN_ZERO_AND_ONE = ("share",)
_MAY_BE_NEGATIVE = ("placebo_points", "natural_points")


@dataclass(frozen=True)
class Value:
    """One number with its provenance.

    Attributes:
        value: in ``unit``; spread: standard deviation between people on the scale ``on`` (0 where all are alike).
        on: "plain", "log", "logit" or "".
    """

    value: float
    unit: str
    on: str
    spread: float
    source: str
    status: Status
    note: str


@dataclass(frozen=True)
class ResponseSet:
    """The whole file: section -> name -> value. ``chosen["pain", "drug_half_time_days"]`` is the value alone."""

    id: str
    sections: Mapping[str, Mapping[str, Value]]

    def __getitem__(self, where: tuple[str, str]) -> float:
        return self.sections[where[0]][where[1]].value

    def of(self, section: str, name: str) -> Value:
        """The value with its spread and provenance."""
        return self.sections[section][name]

    def proposals(self) -> list[str]:
        """``section.name`` of every value that the literature does not give."""
        return [
            f"{section}.{name}"
            for section, values in self.sections.items()
            for name, value in values.items()
            if value.status is Status.PROPOSAL
        ]

    def changed(self, section: str, name: str, **fields: Any) -> "ResponseSet":
        """A copy with fields of one value replaced: for sensitivity checks and tests, never for a patient."""
        values = dict(self.sections[section])
        values[name] = replace(values[name], **fields)
        return replace(self, sections={**self.sections, section: values})


def response_set(tree: Mapping[str, Any], file: str = "response.yaml") -> ResponseSet:
    """The checked parameters from a parsed file.

    Raises:
        KnowledgeError: with file, field and repair, for anything missing, unknown, in the wrong unit or out of range.
    """
    if not isinstance(tree, Mapping):
        raise _wrong(file, "it is not a table of sections", "Restore the shipped file.")
    _exactly(file, "", tree, (*HEADER, *WANTED))
    sections = {}
    for section, names in WANTED.items():
        rows = tree[section]
        _exactly(file, section, rows, tuple(names))
        sections[section] = {name: _value(file, section, name, rows[name]) for name in names}
    chosen = ResponseSet(str(tree["id"]), sections)
    _consistent(file, chosen)
    return chosen


def _value(file: str, section: str, name: str, row: Any) -> Value:
    place = f"{file}, {section}.{name}"
    unit, scale = WANTED[section][name]
    wanted = _FIELDS if scale else tuple(f for f in _FIELDS if f not in ("on", "spread"))
    _exactly(file, f"{section}.{name}", row, wanted)
    if (row["unit"], row.get("on", "")) != (unit, scale):
        raise _wrong(place, f"it must be in {unit!r}, spread on {scale or 'nothing'!r}", "Correct unit and scale.")
    if row["status"] not in list(Status):
        raise _wrong(f"{place}.status", f"{row['status']!r} is not a status", f"Use one of {', '.join(Status)}.")
    for field in ("source", "note"):
        if not isinstance(row[field], str) or not row[field].strip():
            raise _wrong(f"{place}.{field}", "it is empty", "Say where the value comes from and what it means.")
    spread = _number(f"{place}.spread", row["spread"]) if scale else 0.0
    value = Value(
        _number(f"{place}.value", row["value"]), unit, scale, spread, row["source"], Status(row["status"]), row["note"]
    )
    _within_range(place, name, value)
    return value


def _within_range(place: str, name: str, value: Value) -> None:
    share = value.unit in _BETWEEN_ZERO_AND_ONE
    sound = 0 < value.value < 1 if share else value.value > 0 or name in _MAY_BE_NEGATIVE
    if not sound:
        raise _wrong(place, f"{value.value:g} cannot be", "A share lies between 0 and 1, other values above 0.")
    if value.on and not 0 < value.spread <= 5:
        raise _wrong(place, f"a spread of {value.spread:g} cannot be", "Give one above 0, at most 5.")


def _consistent(file: str, chosen: ResponseSet) -> None:
    """Bounds that must stand in order, or the answers would contradict each other."""
    pairs = (
        (("questions", "chance_no"), ("questions", "chance_yes")),
        (("questions", "least_relief_points"), ("questions", "clear_relief_points")),
        (("questions", "harm_grade"), ("questions", "severe_grade")),
    )
    for low, high in pairs:
        if not chosen[low] < chosen[high]:
            raise _wrong(f"{file}, {'.'.join(low)}", f"it is not below {'.'.join(high)}", "Correct one of them.")
    if chosen["questions", "severe_grade"] > 4:
        raise _wrong(f"{file}, questions.severe_grade", "grades end at 4", "Correct it.")


def _exactly(file: str, path: str, row: Any, wanted: tuple[str, ...]) -> None:
    place = f"{file}, {path}" if path else file
    if not isinstance(row, Mapping):
        raise _wrong(place, "it is not a table of fields", "Restore the shipped file.")
    missing, extra = [w for w in wanted if w not in row], [key for key in row if key not in wanted]
    if missing or extra:
        said = [f"missing: {', '.join(missing)}"] * bool(missing) + [f"unknown: {', '.join(extra)}"] * bool(extra)
        raise _wrong(place, "; ".join(said), "Every value stands once, under its name, and nothing else does.")


def _number(place: str, written: Any) -> float:
    try:
        number = float(parse_decimal(str(written)))
    except ValueError as error:
        raise _wrong(place, str(error), "Write a plain decimal number.") from None
    if isinstance(written, bool) or not math.isfinite(number):
        raise _wrong(place, f"{written!r} is not a number", "Write a plain decimal number.")
    return number


def _wrong(place: str, fault: str, repair: str) -> KnowledgeError:
    return KnowledgeError(place, fault, "A response model with a wrong number would mislead in silence.", repair)
