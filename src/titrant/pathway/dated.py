"""What cannot be, whatever it says: days that have not come yet, ends before beginnings, a level that nobody signs."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from titrant.knowledge.library import Library
from titrant.pathway.case import Case, Given
from titrant.terms.calendar import age_in_years
from titrant.terms.errors import CaseFileError
from titrant.terms.quantity import Quantity


def check_days(case: Case, library: Library, on: date) -> None:
    """Refuse a case that speaks of what has not happened by ``on``. Raises CaseFileError with place and day."""
    check_birth(case, library, on)
    for place, day in _days(case):
        day_not_after(place, day, on)
    _check_courses_of_drugs(case)


def check_birth(case: Case, library: Library, on: date) -> None:
    born, believable = case.given.patient.birth_date, library.facts["age"].plausible
    oldest = believable.hi.value if believable else Decimal(0)
    if not (born <= on and 0 <= age_in_years(born, on) <= oldest):
        raise CaseFileError(
            "given.patient.birth_date",
            f"The birth date {born} is after the day of the decision, {on}, or longer ago than {oldest} years.",
            "Age limits who may be treated and how low the start must be.",
            "Correct the birth date, or the day given with --on.",
        )


def day_not_after(place: str, day: date | None, on: date) -> None:
    if day is not None and not day <= on:
        raise CaseFileError(
            place,
            f"It is dated {day}, after the day of the decision, {on}.",
            "What has not happened yet cannot be relied on.",
            "Correct the day, or the day given with --on.",
        )


def _days(case: Case) -> Iterator[tuple[str, date | None]]:
    """The days of what can only have happened. Readings, answers and the diary are checked where they are read."""
    given = case.given
    yield "choice.on", case.choice.on if case.choice else None
    yield "given.indication.since", given.indication.since if given.indication else None
    yield "given.medications.reviewed_on", given.medications.reviewed_on if given.medications else None
    yield "given.allergies.reviewed_on", given.allergies.reviewed_on if given.allergies else None
    lines = given.medications.checked_by_hand if given.medications else ()
    yield from _each("given.medications.checked_by_hand", lines, "on")
    yield from _each("given.parenteral", given.parenteral, "on")
    yield from _each("given.reviews", given.reviews, "on")
    yield from _each("given.confirmations", given.confirmations, "on")
    yield from _each("given.failed_treatments", given.failed_treatments, "until")
    for name in ("on", "counted_on"):
        yield from _each("given.course.supplies", given.course.supplies, name)


def _each(place: str, entries: tuple[Given, ...], name: str) -> Iterator[tuple[str, date | None]]:
    return ((f"{place}[{number}].{name}", getattr(one, name)) for number, one in enumerate(entries))


def _check_courses_of_drugs(case: Case) -> None:
    for place, drug in enumerate(case.given.medications.drugs if case.given.medications else ()):
        if drug.since is not None and drug.until is not None and not drug.since <= drug.until:
            raise CaseFileError(
                f"given.medications.list[{place}].until",
                f"{drug.name} ended on {drug.until}, before it began on {drug.since}.",
                "From these days it is told whether the drug still acts.",
                "Correct the day that is wrong, or leave it out; a drug without an end counts as taken.",
            )


def check_levels(case: Case, library: Library) -> None:
    """Refuse a signed level so far above every bound of every protocol here that it must be a slip of the hand."""
    for place, level in enumerate(case.given.course.levels):
        highest = _highest_believable(library)
        if not level.dose.to("mg").value <= highest.value:
            raise CaseFileError(
                f"given.course.levels[{place}].dose",
                f"{level.dose} in one dose is far above what any protocol here allows; {highest} is the most that is "
                "read as a signed level.",
                "The next dose, the supply and the warnings are worked out from it.",
                "Correct the dose.",
            )


def _highest_believable(library: Library) -> Quantity:
    """The highest single bound of all protocols, times the factor from which that protocol takes a dose for a slip."""
    bounds = [one.bounds for one in library.protocols.values()]
    highest = max(
        max(one.single.hard_home.value.value, one.single.hard_observed.value.value) * one.typing_error_factor.value
        for one in bounds
    )
    return Quantity(Decimal(highest), "mg")
