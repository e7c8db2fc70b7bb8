"""The numbers of the virtual world from knowledge/data/cohort/world.yaml, each with its unit, source and status.

No clinical number is in the code of the walk: it reads one record with a field for each value and, where people differ,
one ``_sd`` for the spread.
"""

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct

from titrant.pkpd.response import people
from titrant.pkpd.response.parameters import ResponseSet, response_set
from titrant.terms.errors import CaseFileError, KnowledgeError
from titrant.terms.reading import Unreadable, read_yaml
from titrant.terms.reason import Status

DATA = files("titrant").joinpath("knowledge", "data")
SHARES = ("share",)


class Number(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One value, in ``unit``. ``spread``: standard deviation between people on the scale ``on``."""

    value: float
    unit: str
    source: str
    status: Status
    note: str
    on: str = ""
    spread: float = 0.0

    def __post_init__(self) -> None:
        if not self.source.strip() or not self.note.strip():
            raise ValueError("a value without a source or a note")
        if (self.on in ("plain", "log", "logit")) != (self.spread > 0) or not 0 <= self.spread <= 20:
            raise ValueError(f"a spread of {self.spread} on {self.on!r}; give both or neither")
        if self.unit in SHARES and not 0 <= self.value <= 1:
            raise ValueError(f"{self.value} is no share; it lies between 0 and 1")
        if not 0 <= self.value <= 1000:
            raise ValueError(f"{self.value} cannot be; values lie between 0 and 1000")


class Effects(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    about: str
    source: str
    status: Status
    shares: dict[str, float]

    def __post_init__(self) -> None:
        if not abs(sum(self.shares.values()) - 1) <= 1e-9:
            raise ValueError("the shares of the side effects must add up to 1")


class Option(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    about: str
    changes: dict[str, float]


class World(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole file."""

    id: str
    title: str
    reviewed_on: str
    next_review: str
    about: str
    values: dict[str, Number]
    effects: Effects
    worlds: dict[str, Option]


def read(*place: str) -> Any:
    """The parsed tree of one shipped file. Raises KnowledgeError."""
    try:
        return read_yaml(DATA.joinpath(*place).read_bytes()).tree
    except (Unreadable, OSError) as error:
        fault = getattr(error, "fault", None) or str(error)
        raise _wrong("/".join(place), fault) from None


def world(tree: Mapping[str, Any] | None = None) -> World:
    """The checked file. Raises KnowledgeError."""
    try:
        found = msgspec.convert(tree or read("cohort", "world.yaml"), World, strict=False)
        for name, option in found.worlds.items():
            unknown = [one for one in option.changes if one not in found.values]
            if unknown:
                raise ValueError(f"worlds.{name} changes what is no value: {', '.join(unknown)}")
    except (msgspec.ValidationError, ValueError) as error:
        raise _wrong("cohort/world.yaml", str(error)) from None
    return found


def _wrong(place: str, fault: str) -> KnowledgeError:
    return KnowledgeError(place, fault, "A virtual cohort on wrong numbers would mislead.", "Restore the shipped file.")


def response() -> ResponseSet:
    return response_set(read("response", "response.yaml"))


def changed(found: World, option: str) -> dict[str, float]:
    """The values of the world ``option``. Raises CaseFileError for a world that is none."""
    if option not in found.worlds:
        raise CaseFileError(
            "--world",
            f"{option[:40]!r} is not a world: {', '.join(found.worlds)}.",
            "Each world is a set of assumptions; without one there are none.",
            "Choose one of them.",
        )
    return {name: one.value for name, one in found.values.items()} | found.worlds[option].changes


def numbers(found: World, option: str, chosen: ResponseSet) -> np.ndarray:
    """One record of all numbers that the walk reads, as an array of length one."""
    flat: dict[str, float] = {}
    for name, value in changed(found, option).items():
        flat |= {name: value, f"{name}_sd": found.values[name].spread}
    for section, names in (("pain", people.PAIN_CURVED), ("harm", people.HARM_CURVED)):
        for name in names:
            unit = "half_saturation_ng_per_ml" if name == "half_saturation" else name
            one = chosen.of(section, unit)
            flat |= {f"r_{name}": one.value, f"r_{name}_sd": one.spread}
    for name in people.course.AMOUNTS:
        one = chosen.of("pain", name)
        flat |= {f"r_{name}": one.value, f"r_{name}_sd": one.spread}
    flat["r_chance_drug_helps"] = chosen["pain", "chance_drug_helps"]
    flat["r_natural_half_time_days"] = chosen["pain", "natural_half_time_days"]
    flat["r_reference_ng_per_ml"] = chosen["harm", "reference_ng_per_ml"]
    record = np.zeros(1, dtype=[(name, "f8") for name in sorted(flat)])
    for name, value in flat.items():
        record[name] = value
    return record
