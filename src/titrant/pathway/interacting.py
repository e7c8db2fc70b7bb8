"""Which interaction files speak of a drug, and for how long after it was stopped."""

from collections.abc import Iterator
from datetime import date

from msgspec import Struct

from titrant.knowledge.library import Library
from titrant.knowledge.shapes.interactions import Counts, Interaction
from titrant.pathway.assess import TakenDrug
from titrant.terms.calendar import days_later, whole_days


class Interacting(Struct, frozen=True):
    """A drug and one interaction of it that must be reckoned with on the day."""

    drug: TakenDrug
    interaction: Interaction
    recheck_on: date | None = None  # set where the drug was stopped but its effect is not over


def interactions_of(drug: TakenDrug, library: Library, on: date) -> Iterator[Interacting]:
    """Every interaction of ``drug`` that holds on ``on``; a named drug's file takes the place of those it replaces."""
    name = drug.match.drug.name if drug.match else ""
    classes, codes = _classes_and_codes(drug)
    found = [one for one in library.interactions.values() if _speaks_of(one, name, classes, codes)]
    replaced = {name for one in found for name in one.replaces}
    for one in found:
        if one.id in replaced:
            continue
        if drug.taken_on(on):
            yield Interacting(drug, one)
        elif one.persists is not None and drug.medication.until is not None:
            ends = days_later(drug.medication.until, one.persists.after_stop)
            if on <= ends:
                yield Interacting(drug, one, ends)


def longest_persistence(library: Library) -> int:
    """Days for which any known drug is still reckoned with after it was stopped; an unknown one may be that drug."""
    return max(whole_days(one.persists.after_stop) for one in library.interactions.values() if one.persists)


def _classes_and_codes(drug: TakenDrug) -> tuple[frozenset[str], tuple[str, ...]]:
    """What a drug is like, a pharmacist's word included, and its ATC codes."""
    match, by_hand = drug.match, drug.medication.checked_by_hand
    like = by_hand.treat_as if by_hand else ()
    if match is None:
        # What a pharmacist says the drug is like counts; its ATC code may still place it in a class.
        return frozenset(like), (drug.medication.atc,)
    return frozenset((*match.drug.classes, *like)), match.drug.atc


def _speaks_of(one: Interaction, name: str, classes: frozenset[str], codes: tuple[str, ...]) -> bool:
    groups = one.atc_prefixes or ("-",)
    return name in one.drugs or not classes.isdisjoint(one.classes) or any(code.startswith(groups) for code in codes)


# In an ATC code a fifth-level number from here on names a combination (WHO guidelines for ATC classification).
_COMBINATIONS_FROM = 50


def vouched_by_group(own: tuple[Interacting, ...]) -> bool:
    """Whether a drug that is unknown by name is known well enough by its ATC group: a single substance of the group."""
    for one in own:
        code = one.drug.medication.atc
        alone = code[5:].isdigit() and int(code[5:]) < _COMBINATIONS_FROM
        groups = one.interaction.combination_atc
        if alone and code.startswith(one.interaction.atc_prefixes or ("-",)) and not code.startswith(groups or ("-",)):
            return True
    return False


def counted(interacting: tuple[Interacting, ...], kind: Counts) -> tuple[str, ...]:
    """The drugs that count as ``kind``, each once, in order."""
    return tuple(dict.fromkeys(one.drug.name for one in interacting if kind in one.interaction.counts))
