"""Further medicines that the diary names: those that the drug list does not have, and ketamine beside the plan."""

from collections.abc import Iterator
from datetime import date

import msgspec

from titrant.knowledge.library import Library
from titrant.pathway.assess import KETAMINES, recognised
from titrant.pathway.case import Case, Medication, MedicationList
from titrant.pathway.diary import Day, Diary
from titrant.pathway.entries import Rescue
from titrant.pathway.interacting import interactions_of
from titrant.pathway.unseen import Since, counting_days
from titrant.terms.numbers import parse_decimal
from titrant.terms.reason import Severity

_UNNAMED = "a medicine without a name"


def with_rescue(case: Case, diary: Diary, library: Library, since: Since) -> Case:
    """``case`` with the further medicines of the diary on its drug list, where the list does not have them.

    One that was taken since the newest signature counts as begun then; of an earlier one nobody says since when.
    """
    listed = case.given.medications or MedicationList()
    taken: dict[str, tuple[list[Day], Rescue]] = {}
    for day, one in _rescues(diary, since):
        days, most = taken.setdefault(_name(one), ([], one))
        taken[_name(one)] = ([*days, day], max(most, one, key=lambda each: each.times))
    added = []
    for name, (days, one) in sorted(taken.items()):
        as_listed = all(_on_list(name, listed, library, day.on) for day in days)
        newest = max(day.on for day in days)
        if _matters(name, library, newest) and (not as_listed or _more_than_listed(one, listed, library)):
            new = [day for day in days if since.newly_told(day.on, day.received)]
            added.append(_medication(name, new, one))
    if not added:
        return case
    drugs = msgspec.structs.replace(listed, drugs=(*listed.drugs, *added))
    return msgspec.structs.replace(case, given=msgspec.structs.replace(case.given, medications=drugs))


def ketamine_beside(diary: Diary, library: Library, since: Since) -> tuple[date, ...]:
    """Days, of those that still count, with ketamine among the further medicines: it is none of the plan."""
    taken = tuple(_rescues(diary, since))
    beside = {one.drug for one in {one.drug: one for _, one in taken}.values() if _is_ketamine(one, library)}
    return tuple(dict.fromkeys(day.on for day, one in taken if one.drug in beside))


def _rescues(diary: Diary, since: Since) -> Iterator[tuple[Day, Rescue]]:
    return ((day, one) for day in counting_days(diary, since) for one in day.entry.rescue)


def _name(one: Rescue) -> str:
    return one.drug.strip() or _UNNAMED


def _names(drug: Medication, library: Library) -> set[str]:
    """The drugs in it; one that the tables do not know by its words without form and strength."""
    return {
        one.name.casefold() if one.match else " ".join(library.drugs.unknown_words(one.name)) or one.name.casefold()
        for one in recognised(drug, library)
    }


def _is_ketamine(one: Rescue, library: Library) -> bool:
    return bool(KETAMINES & {match.drug.name for match in library.drugs.in_text(one.drug)})


def _matters(name: str, library: Library, day: date) -> bool:
    """Whether the drug is unknown, or does more beside ketamine than a note says; ketamine itself is counted apart."""
    for drug in recognised(Medication(name=name), library):
        if drug.name in KETAMINES:
            continue
        found = [one.interaction for one in interactions_of(drug, library, day)]
        if drug.match is None or any(one.counts or one.rule.severity is not Severity.NOTE for one in found):
            return True
    return False


def _on_list(name: str, listed: MedicationList, library: Library, day: date) -> bool:
    known = {
        own.name.casefold() for drug in listed.drugs for own in recognised(drug, library) if own.taken_on(day)
    }  # fmt: skip
    return _names(Medication(name=name), library) <= known


def _more_than_listed(one: Rescue, listed: MedicationList, library: Library) -> bool:
    """Whether a day had more of a listed drug than the list says, as far as both say how much."""
    names = _names(Medication(name=_name(one)), library)
    own = [drug for drug in listed.drugs if names & _names(drug, library) and drug.times_per_day]
    if not own:
        return False
    times = [parse_decimal(drug.times_per_day) for drug in own]
    doses = [drug.dose for drug in own if drug.dose is not None]
    if one.dose is None or len(doses) < len(own) or {dose.unit for dose in doses} != {one.dose.unit}:
        return sum(times) < one.times
    return sum(dose.value * number for dose, number in zip(doses, times, strict=True)) < one.dose.value * one.times


def _medication(name: str, new: list[Day], one: Rescue) -> Medication:
    """``new``: the days with it that no prescriber has signed after."""
    begun = min((day.on for day in new), default=None)
    told = max(((day.received, day.entry.received) for day in new if day.received), default=(None, ""))[1]
    dose = one.dose if one.dose is not None and one.dose.value > 0 else None
    times = str(one.times) if one.times > 0 else ""
    return Medication(name=name, dose=dose, times_per_day=times, since=begun, source="diary", entered=told)
