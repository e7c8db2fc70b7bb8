"""What the knowledge makes worth drawing: bounds of rules, harmless and grave conditions, drugs by what they bar."""

from collections import defaultdict
from decimal import Decimal
from functools import cached_property

from titrant.knowledge.drugs import Drug, Match
from titrant.knowledge.library import Library
from titrant.knowledge.shapes.common import When
from titrant.knowledge.shapes.conditions import Condition, ConditionState
from titrant.knowledge.shapes.facts import Kind
from titrant.knowledge.shapes.interactions import Interaction
from titrant.pathway.assess import TakenDrug
from titrant.pathway.case import Medication
from titrant.pathway.interacting import interactions_of
from titrant.terms.quantity import Quantity
from titrant.terms.reason import Bar

GRADES = ("", "mild", "moderate", "severe")
_STATES = (ConditionState.ACTIVE, ConditionState.PAST, ConditionState.CONTROLLED)
State = tuple[str, ConditionState, str]


class Drawable:
    """Lists to draw from, worked out once."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self._interactions: dict[str, list[Interaction]] = {}

    @cached_property
    def bounds(self) -> dict[str, tuple[Decimal, ...]]:
        """For each fact the numbers at which some rule changes its mind, in the unit of the fact."""
        found: dict[str, set[Decimal]] = defaultdict(set)
        for when in (part for whole in self._whens() for part in _parts(whole)):
            if when.comparison not in ("equals", "one_of"):
                found[when.fact].add(Quantity.parse(when.value).to(self.library.facts[when.fact].unit).value)
        return {name: tuple(sorted(values)) for name, values in sorted(found.items())}

    def _whens(self) -> list[When]:
        bands = [band.when for one in self.library.conditions.values() for band in one.bands]
        bands += [band.when for row in self.library.checks.values() for band in row.thresholds]
        needs = [row.baseline.when for row in self.library.checks.values() if row.baseline.when]
        lower = [one.when for protocol in self.library.protocols.values() for one in protocol.start.reductions]
        return [*bands, *needs, *lower]

    @cached_property
    def numbers(self) -> tuple[str, ...]:
        return tuple(name for name, kind in self.library.facts.items() if kind.kind is Kind.QUANTITY)

    @cached_property
    def words(self) -> tuple[str, ...]:
        return tuple(name for name, kind in self.library.facts.items() if kind.kind is Kind.WORD)

    @cached_property
    def asked_conditions(self) -> tuple[str, ...]:
        return tuple(name for name, one in self.library.conditions.items() if one.ask)

    @cached_property
    def states(self) -> dict[Bar, tuple[State, ...]]:
        """Conditions in a state and grade, by the gravest thing that their rules bar."""
        found: dict[Bar, list[State]] = defaultdict(list)
        for one in self.library.conditions.values():
            for state in _STATES:
                for grade in GRADES:
                    bars = _bars(one, state, grade)
                    if bars:
                        found[_gravest(bars)].append((one.id, state, grade))
        return {bar: tuple(several) for bar, several in found.items()}

    @cached_property
    def drugs(self) -> dict[Bar, tuple[Drug, ...]]:
        """Drugs of the tables by the gravest thing that their interactions bar."""
        found: dict[Bar, list[Drug]] = defaultdict(list)
        for drug in self.library.drugs.drugs.values():
            found[_gravest([one.rule.bars for one in self.interactions(drug)])].append(drug)
        return {bar: tuple(several) for bar, several in found.items()}

    def interactions(self, drug: Drug) -> list[Interaction]:
        """What the knowledge says about ``drug`` while it is taken."""
        if drug.name not in self._interactions:
            self._interactions[drug.name] = self._found(drug)
        return self._interactions[drug.name]

    def _found(self, drug: Drug) -> list[Interaction]:
        taken = TakenDrug(Medication(name=drug.name), Match(drug, "name"))
        day = next(iter(self.library.conditions.values())).reviewed_on
        return [one.interaction for one in interactions_of(taken, self.library, day)]

    @cached_property
    def opioid_units(self) -> dict[str, str]:
        """The unit of the daily amount from which the morphine equivalents of an opioid are worked out."""
        return {one.drug: one.per for one in self.library.opioids.factors}


def _parts(when: When) -> list[When]:
    return [when] if when.fact else [one for part in (*when.all, *when.any) for one in _parts(part)]


def _bars(one: Condition, state: ConditionState, grade: str) -> list[Bar]:
    return [
        rule.bars
        for rule in one.rules
        if state in rule.states and (not rule.grades or not grade or grade in rule.grades)
    ]


def _gravest(bars: list[Bar]) -> Bar:
    return min(bars, key=list(Bar).index, default=Bar.NONE)
