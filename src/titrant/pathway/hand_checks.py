"""Checks of drugs by a pharmacist's or prescriber's own hand: beside one drug, or in one line for several."""

from msgspec import structs

from titrant.knowledge.drugs import plain_name
from titrant.knowledge.library import Library
from titrant.pathway.case import Case, HandCheck, HandCheckOfSeveral, Medication
from titrant.terms.errors import CaseFileError
from titrant.terms.phrases import did_you_mean

_WHY = "A check that is not tied to its drug would silently settle nothing, or the wrong drug."


def checked_drugs(case: Case, library: Library) -> tuple[Medication, ...]:
    """The drugs of the list, each with the check by hand that stands beside it or in a line for several.

    Raises CaseFileError for a check of a drug that is not in the list, for two checks of one drug, and for an unknown
    class.
    """
    listed = case.given.medications
    if listed is None:
        return ()
    for place, drug in enumerate(listed.drugs):
        _check_classes(drug, place, library)
    drugs = dict(enumerate(listed.drugs))
    for line, several in enumerate(listed.checked_by_hand):
        for number, name in enumerate(several.drugs):
            where = f"given.medications.checked_by_hand[{line}].drugs[{number}]"
            for place in _named(name, drugs, where):
                drugs[place] = _with_check(drugs[place], several, library, where)
    return tuple(drugs.values())


def _named(name: str, drugs: dict[int, Medication], where: str) -> list[int]:
    """The entries of the list that are written like this; one drug may stand in it twice."""
    found = [place for place, drug in drugs.items() if plain_name(drug.name) == plain_name(name)]
    if not found:
        near = did_you_mean(name, [drug.name for drug in drugs.values()])
        fault = f"{name[:60]!r} is not a drug of the list.{near}"
        raise CaseFileError(where, fault, _WHY, "Write the name as it stands in the list of drugs.")
    return found


def _with_check(drug: Medication, several: HandCheckOfSeveral, library: Library, where: str) -> Medication:
    """``drug`` with the check. What the tables know of a drug stands, whoever says that it has no interaction."""
    if drug.checked_by_hand is not None:
        fault = f"{drug.name} is checked by hand twice."
        raise CaseFileError(where, fault, _WHY, "Keep the check that is right.")
    if library.drugs.resolve(drug.name, drug.rxnorm, drug.atc) or library.drugs.in_text(drug.name):
        return drug
    return structs.replace(drug, checked_by_hand=HandCheck(by=several.by, on=several.on))


def _check_classes(drug: Medication, place: int, library: Library) -> None:
    if drug.checked_by_hand is None:
        return
    classes = {name for one in library.interactions.values() for name in one.classes}
    for name in drug.checked_by_hand.treat_as:
        if name not in classes:
            raise CaseFileError(
                f"given.medications.list[{place}].checked_by_hand.treat_as",
                f"{name[:40]!r} is not a class of the drug table.{did_you_mean(name, classes)}",
                "A class under a wrong name would silently count for nothing.",
                "Use a class of docs/reference/interactions.md.",
            )
