"""What a clinic's own rules may not do: loosen a shipped one, or leave out what every shipped protocol has."""

from collections.abc import Iterator
from fractions import Fraction

from titrant.knowledge.drugs import DrugTable, plain_name
from titrant.knowledge.library import Library
from titrant.knowledge.shapes.common import When
from titrant.knowledge.shapes.interactions import Interaction
from titrant.knowledge.shapes.protocols import Protocol
from titrant.terms.calendar import whole_days
from titrant.terms.reason import Bar

# Findings for which every protocol starts lower, each on its own.
_START_LOWER_FOR = ("age", "frail", "child_pugh", "depressants", "inhibitors")
_STRICTNESS = (Bar.NONE, Bar.UNTIL_SETTLED, Bar.REFUSES)


def own_faults(library: Library) -> Iterator[str]:
    """Everything by which the clinic's own files would loosen what is shipped."""
    for one in library.interactions.values():
        if f"interactions/{one.id}.yaml" in library.own:
            yield from _replacing(one, library)
    for protocol in library.versions:
        place = f"protocols/{protocol.id}/{protocol.version}"
        if f"{place}.yaml" in library.own:
            yield from (f"{place}: {fault} Correct the protocol." for fault in _left_out(protocol))
    yield from _own_drugs(library)


def _replacing(one: Interaction, library: Library) -> Iterator[str]:
    for name in one.replaces:
        before = library.interactions.get(name)
        if before and f"interactions/{name}.yaml" not in library.own:
            for looser in _looser(one, before):
                yield f"interactions/{one.id}: It replaces {name}, which is shipped, and {looser}. Make it as strict."


def _looser(one: Interaction, before: Interaction) -> Iterator[str]:
    if _STRICTNESS.index(one.rule.bars) < _STRICTNESS.index(before.rule.bars):
        yield f"bars less than {before.rule.bars.value}"
    old, new = before.rule.limit, one.rule.limit
    if old and old.share and not (new and new.share and Fraction(new.share) <= Fraction(old.share)):
        yield f"does not lower the start to {old.share} or less"
    if old and old.at_most and not (new and new.at_most and new.at_most.to("mg").value <= old.at_most.to("mg").value):
        yield f"does not cap the start at {old.at_most} or less"
    if not set(before.counts) <= set(one.counts):
        yield f"does not count as {', '.join(sorted(set(before.counts) - set(one.counts)))}"
    if before.persists and not (
        one.persists and whole_days(before.persists.after_stop) <= whole_days(one.persists.after_stop)
    ):
        yield f"does not hold for {before.persists.after_stop} after the drug is stopped"


def _left_out(protocol: Protocol) -> Iterator[str]:
    if not protocol.stop_rules:
        yield "It has no stop rules."
    lowered = {name for one in protocol.start.reductions for name in _alone(one.when)}
    for name in _START_LOWER_FOR:
        if name not in lowered:
            yield f"No reduction of the start applies for {name} alone."
    observed = protocol.start.first_dose_observed
    if not observed.value and not observed.note.strip():
        yield "The first dose is not observed, and no note says why."


def _alone(when: When) -> set[str]:
    """The facts of which each can make ``when`` true without another."""
    if when.fact:
        return {when.fact}
    return {name for part in (when.any or (when.all if len(when.all) == 1 else ())) for name in _alone(part)}


def _own_drugs(library: Library) -> Iterator[str]:
    """A clinic's table names new drugs only, each of a class that an interaction file speaks of."""
    paths = [path for path in library.tables if path in library.own]
    if not paths:
        return
    variants = {plain_name(other): name for name, several in library.variants.items() for other in several}
    shipped = DrugTable(
        (text for path, text in library.tables.items() if path.endswith("drugs.csv") and path not in paths), {}
    )
    taken = variants | {plain_name(name): name for name in shipped.drugs}
    spoken = {name for one in library.interactions.values() for name in one.classes}
    for path in paths:
        for drug in DrugTable([library.tables[path]], {}).drugs.values():
            if plain_name(drug.name) in taken:
                yield f"{path}: {drug.name!r} is shipped as {taken[plain_name(drug.name)]}. Remove the row."
            elif not set(drug.classes) & spoken:
                yield f"{path}: {drug.name!r} has no class that an interaction file speaks of. Give it one."
