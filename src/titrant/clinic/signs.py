"""What a diary entry itself says that somebody has to be told of at once, without reading the past."""

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import get_args

from msgspec import Struct

from titrant.knowledge.judging import Value, judge
from titrant.knowledge.library import Library
from titrant.knowledge.shapes.facts import FactKind
from titrant.knowledge.shapes.triage import DoseSign, Sign
from titrant.pathway.entries import GRADES, DoseTaken, Effect, Entry
from titrant.pathway.readings import parse_reading
from titrant.terms.canonical import Json
from titrant.terms.numbers import parse_decimal, plain
from titrant.terms.quantity import Quantity


class Seen(Struct, frozen=True):
    """A sign that was met, with what fills its words."""

    sign: Sign
    what: str = ""
    value: str = ""

    def words(self, day: str) -> str:
        said = self.sign.words.format(what=self.what, value=self.value, day=day)
        return said[:1].upper() + said[1:]


class Signed(Struct, frozen=True):
    """The dose of a day, as far as an entry is held against it. None: nothing is signed for it."""

    dose_mg: Decimal | None = None
    pieces: Decimal | None = None
    times_per_day: int = 0
    suspended: bool = False

    @classmethod
    def of(cls, regimen: Json, *, suspended: bool, none_today: bool = False) -> "Signed":
        """``none_today``: where fewer than seven days a week have a dose, this one has none."""
        dose, pieces = (parse_decimal(regimen[name]) for name in ("dose_mg", "pieces_per_dose"))
        return cls(dose, pieces, 0 if none_today else int(regimen["times_per_day"]), suspended)


def signs_in(entry: Entry, library: Library, signed: Signed | None) -> Iterator[Seen]:
    """Every sign in ``entry``; doses only where they are held against ``signed``."""
    signs = library.triage.signs
    yield from (Seen(sign) for sign in signs for flag in sign.flags if flag in entry.flags)
    for name, grade in (entry.effects or {}).items():
        if effect := effect_sign(signs, name, grade):
            yield effect
    yield from _pressures(entry, library)
    if signed is not None:
        yield from _doses(entry, signs, signed)


def by_sign(several: Iterable[Seen]) -> list[Seen]:
    """Each sign once: side effects that share one are named together."""
    found: dict[str, Seen] = {}
    for one in several:
        before = found.get(one.sign.code)
        told = [*(before.what.split(", ") if before else []), one.what]
        found[one.sign.code] = Seen(one.sign, ", ".join(dict.fromkeys(filter(None, told))), one.value)
    return list(found.values())


def effect_sign(signs: tuple[Sign, ...], name: str, grade: int) -> Seen | None:
    """The first sign that a side effect of this grade meets."""
    for sign in signs:
        about = sign.grade_from is not None and (not sign.effects or name in sign.effects)
        if about and sign.grade_from.value <= grade:  # type: ignore[union-attr]
            return Seen(sign, name.replace("_", " "))
    return None


def told_from(library: Library) -> Json:
    """By side effect, the lowest grade that opens a task for staff: from there on a phone tells it at once."""
    signs = library.triage.signs
    grades = range(GRADES[0] + 1, GRADES[1] + 1)
    found = {name: next((one for one in grades if effect_sign(signs, name, one)), None) for name in get_args(Effect)}
    return {name: grade for name, grade in found.items() if grade is not None}


def _pressures(entry: Entry, library: Library) -> Iterator[Seen]:
    """The gravest band that a pressure of the entry lies in."""
    kind = library.facts["blood_pressure"]
    values = [read for text in entry.blood_pressure if (read := _pressure(text, entry, kind))]
    bands = {band.code: band for band in library.conditions["blood_pressure"].bands}
    for sign in library.triage.signs:
        for text, facts in values:
            if any(judge(bands[code].when, facts) for code in sign.bands):
                yield Seen(sign, value=text)
                return


def _pressure(text: str, entry: Entry, kind: FactKind) -> tuple[str, dict[str, Value]] | None:
    try:
        read = parse_reading(f"{text} on {entry.day}", kind)
    except ValueError:
        return None  # what cannot be read is refused where entries are read; it must not cost the rest of this one
    parts = {"blood_pressure.systolic": read.value, "blood_pressure.diastolic": read.second or Decimal(0)}
    return text, {name: Quantity(value, kind.unit) for name, value in parts.items()}


def _doses(entry: Entry, signs: tuple[Sign, ...], signed: Signed) -> Iterator[Seen]:
    for sign in signs:
        for kind in sign.doses:
            said = _DOSES[kind](entry, signed)
            if said is not None:
                yield Seen(sign, value=said)
                return


def _suspended(entry: Entry, signed: Signed) -> str | None:
    some = entry.taken in ("all", "some") or bool(_taken(entry))
    return "" if signed.suspended and some else None


def _extra(entry: Entry, signed: Signed) -> str | None:
    if signed.dose_mg is None or signed.pieces is None:
        return None
    taken = _taken(entry)
    if len([one for one in taken if one.what == "taken"]) > signed.times_per_day and entry.through is None:
        many = f"{len(taken)} dose{'' if len(taken) == 1 else 's'}"
        return f"{many}, {signed.times_per_day} are planned" if signed.times_per_day else f"{many} on a day without one"
    for one in taken:
        if one.dose is not None and not one.dose.to("mg").value <= signed.dose_mg:
            return f"{one.dose} instead of {plain(signed.dose_mg)} mg"
        if one.pieces and not parse_decimal(one.pieces) <= signed.pieces:
            return f"{one.pieces} pieces instead of {plain(signed.pieces)}"
    return None


def _unplanned(entry: Entry, signed: Signed) -> str | None:
    """A dose beside the plan; without a plan every dose is one."""
    taken = [one for one in _taken(entry) if one.what == "unplanned" or signed.dose_mg is None]
    if not taken and not (signed.dose_mg is None and entry.taken in ("all", "some")):
        return None
    first = taken[0] if taken else None
    amount = str(first.dose) if first and first.dose else f"{first.pieces} pieces" if first and first.pieces else ""
    return amount or "amount not given"


def _taken(entry: Entry) -> list[DoseTaken]:
    return [one for one in entry.doses if one.what != "missed"]


_DOSES: dict[DoseSign, Callable[[Entry, Signed], str | None]] = {
    "suspended": _suspended,
    "extra": _extra,
    "unplanned": _unplanned,
}
