"""Lists of answers laid over those of a case: drugs, allergies and supplies. Adding is free, changing is not.

An entry of the answers completes the entry of the case that it fits; what it is silent of stays. One that says
something else is a change. A drug or an allergy is changed only by a list that was reviewed on a later day than that of
the case.
"""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from msgspec import structs

from titrant.clinic.case_tree import tree_of
from titrant.clinic.contradiction import contradiction
from titrant.pathway.case import Allergy, AllergyList, Course, Facts, Medication, MedicationList, Supplied
from titrant.terms.numbers import parse_decimal

# How an entry is called, and what an import wrote beside it for people: neither is a statement about the person.
_ASIDE = frozenset(("name", "substance", "matched", "source"))
_CODES = ("rxnorm", "atc", "snomed")
_TOLD = "entered"  # when it was written down; that it was told again makes it no older


_List = TypeVar("_List", MedicationList, AllergyList)


def with_lists_of_both(before: Facts, after: Facts) -> tuple[Facts, tuple[str, ...]]:
    """``after``, whose lists begin with the entries of ``before``, with each entry once; and a line for each change.

    Raises CaseFileError for an entry that takes something back.
    """
    drugs, told = _both(before.medications, after.medications, "drugs", "medications")
    allergies, also_told = _both(before.allergies, after.allergies, "allergies", "allergies")
    course = structs.replace(after.course, supplies=_supplies(before.course, after.course))
    return structs.replace(after, medications=drugs, allergies=allergies, course=course), (*told, *also_told)


def _both(before: _List | None, after: _List | None, field: str, place: str) -> tuple[_List | None, tuple[str, ...]]:
    if before is None or after is None or before == after:
        return after, ()
    own = getattr(before, field)
    said = getattr(after, field)[len(own) :]
    days = (before.reviewed_on, after.reviewed_on)
    entries, told = _entries(own, said, days, place)
    merged = structs.replace(after, **{field: tuple(entries)})
    if days[0] and days[1] and days[1] < days[0]:
        # A list that was gone through earlier does not make the review of the case older.
        merged = structs.replace(merged, reviewed_on=before.reviewed_on, by=before.by)
    return merged, tuple(told)


Days = tuple[date | None, date | None]


def _entries(own: tuple[Any, ...], said: tuple[Any, ...], days: Days, place: str) -> tuple[list[Any], list[str]]:
    entries: list[Any] = []
    told: list[str] = []
    for name in dict.fromkeys(_called(one) for one in (*own, *said)):
        mine, theirs = ([one for one in some if _called(one) == name] for some in (own, said))
        completed = _completed(mine, theirs, _listed_fits, _joined)
        if completed is None:
            _check_may_change(mine, theirs, days, f"{place}.{name}")
            told.append(f"{place}.{name}: {_told(mine, days[0])} was replaced by {_told(theirs, days[1])}")
            completed = [_with_codes(one, mine) for one in theirs]
        entries += completed
    return entries, told


def _called(entry: Medication | Allergy) -> str:
    return (entry.name if isinstance(entry, Medication) else entry.substance).strip().casefold()


def _completed(
    mine: list[Any], theirs: list[Any], fits: Callable[[Any, Any], bool], joined: Callable[[Any, Any], Any]
) -> list[Any] | None:
    """The entries of both, each once; None where one of ``theirs`` says something else than those of ``mine``."""
    left = [one for one in theirs if one not in mine]
    completed, untouched = [], False
    for own in mine:
        found = None if own in theirs else next((one for one in left if fits(own, one)), None)
        if found is not None:
            left.remove(found)
        untouched = untouched or (found is None and own not in theirs)
        completed.append(own if found is None else joined(own, found))
    return None if left and untouched else [*completed, *left]


def _listed_fits(own: Medication | Allergy, said: Medication | Allergy) -> bool:
    """Whether ``said`` says nothing else than ``own`` of anything that ``own`` speaks of."""
    mine, other = tree_of(own), tree_of(said)
    names = (mine.keys() & other.keys()) - _ASIDE - {_TOLD}
    if isinstance(own, Medication):
        names |= set() if own.stop_day_open else {"until"}  # no end is said as well: the drug is taken
        names |= {"route"} & other.keys() if own.dose is not None else set()  # where none is written, it is by mouth
    return all(getattr(own, name) == getattr(said, name) for name in names)


def _joined(own: Any, said: Any) -> Any:
    added = tree_of(said).keys() - {"matched", "source"} - ({_TOLD} if getattr(own, _TOLD, "") else set())
    return structs.replace(own, **{name: getattr(said, name) for name in added})


def _check_may_change(mine: list[Any], theirs: list[Any], days: Days, place: str) -> None:
    """Raises CaseFileError unless the list of the answers is newer, and ends no drug before it was last seen taken."""
    seen, reviewed = days
    both = f"The case says {_told(mine, seen)}; the answers say {_told(theirs, reviewed)}"
    if not (seen and reviewed and seen < reviewed):
        raise contradiction(place, f"{both}: only a list that was reviewed on a later day may change it.")
    taken = any(isinstance(one, Medication) and (one.until is None or seen < one.until) for one in mine)
    if taken and any(one.until is not None and one.until < seen for one in theirs):
        raise contradiction(place, f"{both}: on {seen} it was taken, so it did not end before.")


def _told(entries: list[Any], reviewed: date | None) -> str:
    words = " and ".join(_in_words(one) for one in entries)
    return f"{words} (list {f'of {reviewed}' if reviewed else 'without a day of review'})"


def _in_words(entry: Medication | Allergy) -> str:
    said = {
        name: value for name, value in tree_of(entry).items() if name not in ("matched", "source", "checked_by_hand")
    }
    name, *rest = (str(value)[:60] if key in _ASIDE else f"{key} {str(value)[:60]}" for key, value in said.items())
    return ", ".join((name, *rest))


def _with_codes(said: Any, mine: list[Any]) -> Any:
    """``said`` with the codes of the entry in whose place it stands: what it is does not change with a newer list.

    Nor does when it was told.
    """
    codes = {name: getattr(mine[0], name) for name in (*_CODES, _TOLD) if getattr(mine[0], name, "")}
    return structs.replace(said, **{name: code for name, code in codes.items() if not getattr(said, name)})


# Supplies


def _supplies(before: Course, after: Course) -> tuple[Supplied, ...]:
    """The supplies of both: one of the same day and the same pieces is the same, and may bring its count."""
    own, said = before.supplies, after.supplies[len(before.supplies) :]
    supplies: list[Supplied] = []
    for key in dict.fromkeys(_handed_out(one) for one in (*own, *said)):
        mine, theirs = ([one for one in some if _handed_out(one) == key] for some in (own, said))
        completed = _completed(mine, theirs, _count_fits, lambda own, said: said if said.left else own)
        if completed is None or (mine and len(mine) < len(completed)):
            told = (
                " and ".join(_count_in_words(one) for one in mine),
                " and ".join(_count_in_words(one) for one in theirs),
            )
            raise contradiction(
                "course.supplies",
                f"The case says of {mine[0].pieces} pieces on {mine[0].on}: {told[0]}; the answers say {told[1]}: "
                "a supply of the same day and pieces is the same supply, and has one count.",
            )
        supplies += completed
    return tuple(supplies)


def _handed_out(one: Supplied) -> tuple[date, Decimal]:
    return one.on, parse_decimal(one.pieces)


def _count_fits(own: Supplied, said: Supplied) -> bool:
    return not (own.left and said.left) or (
        parse_decimal(own.left) == parse_decimal(said.left) and own.counted_on == said.counted_on
    )


def _count_in_words(one: Supplied) -> str:
    return f"{one.left} left on {one.counted_on}" if one.left else "not counted"
