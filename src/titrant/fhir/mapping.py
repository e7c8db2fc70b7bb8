"""What the importer needs to know beyond codes: unit spellings, molar factors and bounds, from the knowledge tables."""

from decimal import Decimal
from functools import cached_property

from titrant.knowledge.library import Library
from titrant.knowledge.shapes.facts import Kind
from titrant.knowledge.translating import molar_factors, rows
from titrant.terms.numbers import parse_decimal
from titrant.terms.quantity import BY_UCUM


class Mapping:
    """Lookups over one library, each built when first needed."""

    def __init__(self, library: Library) -> None:
        self.library = library

    @cached_property
    def facts_by_loinc(self) -> dict[str, set[str]]:
        """LOINC code to the facts that it gives; only the two parts of a blood pressure are derived facts."""
        found: dict[str, set[str]] = {}
        for name, kind in self.library.facts.items():
            if kind.kind in (Kind.QUANTITY, Kind.PRESSURE) or self.pressure_part(name):
                for one in kind.loinc:
                    found.setdefault(one.code, set()).add(name)
        return found

    def pressure_part(self, name: str) -> str:
        """The pressure of which ``name`` is the systolic or diastolic part; empty for any other fact."""
        whole, _, part = name.rpartition(".")
        known = self.library.facts.get(whole)
        return whole if part in ("systolic", "diastolic") and known and known.kind is Kind.PRESSURE else ""

    def unit_of_ucum(self, ucum: str, loinc: str) -> str:
        """The print name of the unit that a UCUM code names; empty for a code that is not read."""
        spelled = self._spellings.get((loinc, ucum)) or self._spellings.get(("", ucum))
        if spelled:
            return spelled
        return BY_UCUM[ucum].name if ucum in BY_UCUM else ""

    @cached_property
    def _spellings(self) -> dict[tuple[str, str], str]:
        return {(row["loinc"], row["ucum"]): row["unit"] for row in rows(self.library, "units")}

    @cached_property
    def molar_factors(self) -> dict[tuple[str, str, str], Decimal]:
        """Factor by fact, unit from and unit to."""
        return molar_factors(self.library)

    @cached_property
    def bounds(self) -> dict[str, Decimal]:
        return {row["name"]: parse_decimal(row["value"]) for row in rows(self.library, "bounds")}

    @cached_property
    def observed_conditions(self) -> dict[str, dict[str, tuple[str, str]]]:
        """LOINC code of an observation, SNOMED code of its value: the condition and state that it shows."""
        found: dict[str, dict[str, tuple[str, str]]] = {}
        for row in rows(self.library, "observed_conditions"):
            found.setdefault(row["loinc"], {})[row["value_snomed"]] = (row["condition"], row["state"])
        return found
