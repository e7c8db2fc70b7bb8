"""A parameter set: the numbers of one published (or own) model, each with its unit, spread, source and status.

A set is a data file. This module takes its parsed tree (text for decimals, as the strict YAML reader leaves them) and
returns a checked object; it opens no file. Rates in minutes become rates in hours here and nowhere else.
"""

import math
from dataclasses import dataclass, field

from titrant.terms.errors import KnowledgeError
from titrant.terms.numbers import parse_decimal
from titrant.terms.reason import Status

# Factor to the unit used inside: h, L, L/h, 1/h, 1/kg-free shares.
_FACTORS = {
    "share": 1.0, "factor": 1.0, "h": 1.0, "min": 1 / 60, "1/h": 1.0, "1/min": 60.0, "L": 1.0, "L/h": 1.0,
    "L/min": 60.0, "L/kg": 1.0, "L/h/year": 1.0,
}  # fmt: skip
_KEPT_AS = {"min": "h", "1/min": "1/h", "L/min": "L/h"}
_KINDS = ("log_variance", "cv_percent", "log_sd", "logit_sd")


@dataclass(frozen=True)
class Spread:
    """How a parameter differs: standard deviation on the log scale, or on the logit scale."""

    sd: float
    logit: bool = False
    shared_with: str = ""


@dataclass(frozen=True)
class Parameter:
    """One value with its provenance. ``weight_power`` scales it by (weight / 70 kg)."""

    name: str
    value: float
    source: str
    status: Status
    between_people: Spread | None = None
    between_occasions: Spread | None = None
    weight_power: float = 0.0
    note: str = ""
    unit: str = ""  # of ``value``, which is kept per hour


@dataclass(frozen=True)
class Effect:
    """A covariate's effect: ``factor`` where a word applies, or ``per_year`` above ``above_age`` (added)."""

    parameter: str
    covariate: str
    is_one_of: tuple[str, ...] = ()
    factor: float = 1.0
    per_year: float = 0.0
    above_age: float = 0.0


@dataclass(frozen=True)
class Residual:
    """Error of one measured level: standard deviation on the log scale, and an added one in the output's unit."""

    log_sd: float
    added: float = 0.0


@dataclass(frozen=True)
class Route:
    """A way of giving that a set is valid for, and the single doses it was made from."""

    lowest_mg: float
    highest_mg: float
    fit: str = "published"


@dataclass(frozen=True)
class ParameterSet:
    """Everything a model needs, and what its user must know about it."""

    id: str
    title: str
    structure: str
    analyte: str
    population: str
    sampling: str
    source: str
    doi: str
    status: Status
    routes: dict[str, Route]
    parameters: dict[str, Parameter]
    effects: tuple[Effect, ...]
    residuals: dict[str, Residual]
    weak_points: tuple[str, ...]
    ages: tuple[float, float]  # of the people it was made from, in years; infinite where the oldest are not known
    check_values: tuple[dict, ...] = field(default=(), compare=False)

    def typical(self) -> dict[str, float]:
        return {name: p.value for name, p in self.parameters.items()}


def parameter_set(tree: dict, place: str = "parameter set") -> ParameterSet:
    """A set from its parsed file. Raises KnowledgeError naming ``place`` and the field that is wrong."""
    reader = _Reader(place)
    reader.only(tree, _FIELDS, "")
    parameters = {name: reader.parameter(name, tree["parameters"][name]) for name in reader.within(tree, "parameters")}
    return ParameterSet(
        **{name: str(reader.within(tree, name)) for name in _TEXTS},
        status=reader.status(tree, "status"),
        routes={name: reader.route(name, row) for name, row in reader.within(tree, "routes").items()},
        parameters=parameters,
        effects=tuple(reader.effect(row, parameters) for row in tree.get("effects") or ()),
        residuals={name: reader.residual(name, row) for name, row in reader.within(tree, "residuals").items()},
        weak_points=tuple(tree.get("weak_points") or ()),
        ages=reader.ages(reader.within(tree, "ages")),
        check_values=tuple(tree.get("check_values") or ()),
    )


_TEXTS = ("id", "title", "structure", "analyte", "population", "sampling", "source", "doi")
_HEADER = ("reviewed_on", "next_review", "about", "provenance")
_FIELDS = (
    *_TEXTS,
    *_HEADER,
    "status",
    "routes",
    "parameters",
    "effects",
    "residuals",
    "weak_points",
    "ages",
    "check_values",
)


class _Reader:
    def __init__(self, place: str) -> None:
        self.place = place

    def wrong(self, path: str, fault: str, repair: str) -> KnowledgeError:
        return KnowledgeError(
            f"{self.place}: {path}", fault, "A model runs only on numbers whose origin is known.", repair
        )

    def only(self, row: dict, allowed: tuple[str, ...], path: str) -> None:
        extra = sorted(set(row) - set(allowed))
        if extra:
            raise self.wrong(f"{path}{extra[0]}", "this field is not known", f"Known are: {', '.join(allowed)}.")

    def within(self, row: dict, name: str, path: str = ""):
        if row.get(name) is None:
            raise self.wrong(path + name, "it is missing", "Add it.")
        return row[name]

    def number(self, row: dict, name: str, path: str, default: str | None = None) -> float:
        given = row.get(name, default)
        try:
            return float(parse_decimal(str(self.within({name: given}, name, path))))
        except ValueError as error:
            raise self.wrong(path + name, str(error), "Write a plain decimal number.") from None

    def status(self, row: dict, path: str) -> Status:
        try:
            return Status(self.within(row, "status", path))
        except ValueError:
            raise self.wrong(path, "the status is not sourced, unverified or proposal", "Choose one of them.") from None

    def parameter(self, name: str, row: dict) -> Parameter:
        path = f"parameters.{name}."
        self.only(row, ("value", "unit", "source", "status", "people", "occasions", "weight_power", "note"), path)
        unit = self.within(row, "unit", path)
        if unit not in _FACTORS:
            raise self.wrong(
                f"{path}unit", f"{unit!r} is not a unit of a parameter", f"Use one of {', '.join(_FACTORS)}."
            )
        value = self.number(row, "value", path) * _FACTORS[unit]
        if value < 0 and unit != "L/h/year":
            raise self.wrong(f"{path}value", "it is negative", "Correct the sign.")
        return Parameter(
            name,
            value,
            self.within(row, "source", path),
            self.status(row, path),
            self.spread(row.get("people"), f"{path}people."),
            self.spread(row.get("occasions"), f"{path}occasions."),
            self.number(row, "weight_power", path, "0"),
            row.get("note") or "",
            _KEPT_AS.get(unit, unit),
        )

    def spread(self, row: dict | None, path: str) -> Spread | None:
        if row is None:
            return None
        self.only(row, (*_KINDS, "shared_with"), path)
        kinds = [kind for kind in _KINDS if kind in row]
        if len(kinds) != 1:
            raise self.wrong(path, "a spread is given by exactly one kind", f"Use one of {', '.join(_KINDS)}.")
        size = self.number(row, kinds[0], path)
        sd = {
            "log_variance": math.sqrt(max(size, 0.0)),
            "cv_percent": math.sqrt(math.log1p((size / 100) ** 2)),
            "log_sd": size,
            "logit_sd": size,
        }[kinds[0]]
        return Spread(sd, kinds[0] == "logit_sd", row.get("shared_with") or "")

    def ages(self, row: dict) -> tuple[float, float]:
        self.only(row, ("lowest", "highest", "source", "status", "note"), "ages.")
        self.within(row, "source", "ages."), self.status(row, "ages.status")
        highest = self.number(row, "highest", "ages.") if "highest" in row else math.inf
        return self.number(row, "lowest", "ages."), highest

    def route(self, name: str, row: dict) -> Route:
        path = f"routes.{name}."
        self.only(row, ("lowest_mg", "highest_mg", "fit"), path)
        return Route(
            self.number(row, "lowest_mg", path),
            self.number(row, "highest_mg", path),
            row.get("fit") or "published",
        )

    def effect(self, row: dict, parameters: dict[str, Parameter]) -> Effect:
        path = "effects."
        self.only(
            row,
            ("parameter", "covariate", "is_one_of", "factor", "per_year", "above_age", "source", "status"),
            path,
        )
        self.within(row, "source", path), self.status(row, path)
        if self.within(row, "parameter", path) not in parameters:
            raise self.wrong(f"{path}parameter", f"{row['parameter']!r} is not a parameter", "Correct the name.")
        return Effect(
            row["parameter"],
            self.within(row, "covariate", path),
            tuple(row.get("is_one_of") or ()),
            self.number(row, "factor", path, "1"),
            self.number(row, "per_year", path, "0"),
            self.number(row, "above_age", path, "0"),
        )

    def residual(self, name: str, row: dict) -> Residual:
        path = f"residuals.{name}."
        self.only(row, ("log_sd", "added", "source", "status", "note"), path)
        self.within(row, "source", path), self.status(row, path)
        return Residual(self.number(row, "log_sd", path), self.number(row, "added", path, "0"))
