"""What a colleague says is not said by the patient: no check, review, confirmation or choice stands on that name."""

from collections.abc import Iterator

from titrant.pathway.case import AllergyList, Case, MedicationList
from titrant.terms.errors import CaseFileError


def check_colleagues(case: Case) -> None:
    """Refuse a case in which the person stands, by id or label, where a colleague must. Raises CaseFileError."""
    person = {name.strip().casefold() for name in (case.given.patient.id, case.given.patient.label) if name.strip()}
    for place, by in _said_by(case):
        if by.strip().casefold() in person:
            raise CaseFileError(
                place,
                f"A colleague's name is needed here, not that of {by[:40]!r}, who is the patient.",
                "Only a colleague may say that a risk was looked at, or let a suspended course go on.",
                "Write who it was; if it was the patient alone, take the entry out.",
            )


def _said_by(case: Case) -> Iterator[tuple[str, str]]:
    """Every place of a case where a colleague's name stands, and the name."""
    given = case.given
    if case.choice is not None:
        yield "choice.by", case.choice.by
    for name, listed in (("medications", given.medications), ("allergies", given.allergies)):
        yield from _of_list(f"given.{name}", listed)
    for place, review in enumerate(given.reviews):
        yield f"given.reviews[{place}].by", review.by
    for place, confirmed in enumerate(given.confirmations):
        yield f"given.confirmations[{place}].by", confirmed.by
    for place, suspended in enumerate(given.course.suspensions):
        yield f"given.course.suspensions[{place}].lifted_by", suspended.lifted_by


def _of_list(place: str, listed: MedicationList | AllergyList | None) -> Iterator[tuple[str, str]]:
    if listed is None:
        return
    yield f"{place}.by", listed.by
    if isinstance(listed, AllergyList):
        return
    for line, several in enumerate(listed.checked_by_hand):
        yield f"{place}.checked_by_hand[{line}].by", several.by
    for number, drug in enumerate(listed.drugs):
        if drug.checked_by_hand is not None:
            yield f"{place}.list[{number}].checked_by_hand.by", drug.checked_by_hand.by
