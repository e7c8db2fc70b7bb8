"""Step 1 of 10, assess: from what was recorded and answered to typed facts with units, days and sources.

Takes a case and the knowledge. Gives an assessment: every fact in its unit with the day it was true, what is missing
or too old, the recognised drugs, and the criteria of candidacy. It judges nothing and proposes nothing.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction

import msgspec
from msgspec import Struct

from titrant.knowledge.drugs import Match
from titrant.knowledge.judging import Value, judge
from titrant.knowledge.library import Library
from titrant.knowledge.shapes.conditions import ConditionState
from titrant.knowledge.shapes.facts import FactKind, Kind
from titrant.knowledge.shapes.texts import Evidence
from titrant.knowledge.translating import molar_factors
from titrant.pathway.allergies import from_allergies
from titrant.pathway.case import Answer, Case, ConditionAnswer, Medication
from titrant.pathway.colleagues import check_colleagues
from titrant.pathway.dated import check_days, check_levels, day_not_after
from titrant.pathway.hand_checks import checked_drugs
from titrant.pathway.history import Readings, oldest_first
from titrant.pathway.questionnaires import scored_readings
from titrant.pathway.readings import Reading, check_plausible, in_the_unit_of, parse_reading
from titrant.terms.calendar import age_in_years, whole_days
from titrant.terms.errors import CaseFileError
from titrant.terms.numbers import parse_decimal
from titrant.terms.phrases import did_you_mean
from titrant.terms.quantity import Quantity
from titrant.terms.reason import Missing

LIVER_ENZYMES = ("alt", "ast", "alp", "ggt")
_HUNDREDTH = Decimal("0.01")
# Facts that a case gives in a place of their own, not under readings or answers.
STRUCTURED = ("indication", "medications", "allergies", "failed_treatments", "goals")


class Known(Struct, frozen=True, gc=False):
    """A fact that is known: its value, the day it was true, who says so, and whether it may still be relied on."""

    value: Value
    on: date | None
    source: str = ""
    fresh: bool = True
    readings: int = 1  # how many readings stand behind it
    assumed: str = ""  # what had to be assumed, e.g. the laboratory's upper limit


class TakenDrug(Struct, frozen=True):
    """A drug of the list, and what it was recognised as. ``match`` None: not recognised, hence not checked."""

    medication: Medication
    match: Match | None
    conflicting: bool = False

    @property
    def name(self) -> str:
        return self.match.drug.name if self.match else self.medication.name

    def taken_on(self, on: date) -> bool:
        """Whether it is being taken on that day; a drug without an end is."""
        until, since = self.medication.until, self.medication.since
        # An end before the beginning is a wrong date; until that is clear the drug counts as taken.
        return until is None or on <= until or (since is not None and until < since)


class Assessment(Struct, frozen=True):
    """Everything that is known about one person on one day."""

    on: date
    facts: dict[str, Known]
    conditions: dict[str, ConditionAnswer]
    drugs: tuple[TakenDrug, ...]
    drugs_known: bool  # the list was reconciled by a person, recently enough
    missing: tuple[Missing, ...]
    evidence: tuple[Evidence, ...]
    neuropathic: bool
    case: Case
    conditions_from_allergies: frozenset[str] = frozenset()
    stale_conditions: frozenset[str] = frozenset()  # answered "no" too long ago, or on a day that is not known
    readings: Readings = {}  # all that ``facts`` was taken from

    @property
    def values(self) -> dict[str, Value]:
        """Facts as the ``when`` language reads them. Old values are among them: an old warning still warns."""
        return {name: known.value for name, known in self.facts.items()}


def assess(case: Case, library: Library, on: date) -> Assessment:
    """Gather the facts of ``case`` as they stand on ``on``. Raises CaseFileError for what cannot be read."""
    check_days(case, library, on)
    check_colleagues(case)
    check_levels(case, library)
    readings = oldest_first(_readings(case, library, on))
    facts = {**_newest(case, readings, library, on), **_answers(case, library, on)}
    facts |= derived(case, facts, on, library)
    _check_reviews(case, library)
    drugs = tuple(one for drug in checked_drugs(case, library) for one in recognised(drug, library))
    facts["mme"], unconvertible = _morphine_equivalents(drugs, library, on)
    conditions = _conditions(case, library, on)
    medications_known = _list_known(case.given.medications, library, on)
    contradictions = tuple(_contradictions(case, facts, library))
    for one in contradictions:
        if one.fact == "earlier_ketamine":
            del facts["earlier_ketamine"]  # neither of the two can be relied on
    missing = (
        *_missing_structured(case, library, on),
        *contradictions,
        *(Missing("mme", "dose_of_opioid_unknown", {"drug": name}) for name in unconvertible),
    )
    held = _held("condition_answer", library)
    stale = frozenset(name for name, one in conditions.items() if not _fresh(held, one.on, on))
    evidence, neuropathic = _evidence(case, library)
    return Assessment(
        on,
        facts,
        conditions,
        drugs,
        medications_known,
        missing,
        evidence,
        neuropathic,
        case,
        frozenset(from_allergies(case, library)),
        stale,
        readings,
    )


def missing_facts(assessment: Assessment, library: Library, values: dict[str, Value]) -> Iterator[Missing]:
    """Required facts that are not known or too old, given what is known by now (``values``)."""
    for name, kind in library.facts.items():
        needed = kind.required or (kind.required_when is not None and judge(kind.required_when, values) is True)
        known = assessment.facts.get(name)
        if not needed or kind.kind is Kind.DERIVED:
            continue
        if known is None:
            yield Missing(name, "fact_missing", {"label": kind.label, "ask": kind.ask, "why": kind.why})
        elif not known.fresh:
            yield Missing(name, "fact_too_old", _too_old(kind, known))


def _too_old(kind: FactKind, known: Known) -> dict[str, str]:
    held = kind.holds
    return {
        "label": kind.label,
        "on": known.on.isoformat() if known.on else "a day that was not given",
        "holds": str(held.value) if held else "",
        "ask": kind.ask,
    }


# Reading the case


def _readings(case: Case, library: Library, on: date) -> dict[str, list[Reading]]:
    taken = scored_readings(case, library)
    for name, written in case.given.readings.items():
        kind = _kind_of(name, "readings", library, (Kind.QUANTITY, Kind.PRESSURE))
        several = (written,) if isinstance(written, str) else written
        taken.setdefault(name, []).extend(
            _reading(name, place, text, kind, library) for place, text in enumerate(several)
        )
    for name, readings in taken.items():
        for place, reading in enumerate(readings):
            day_not_after(f"given.readings.{name}[{place}]", reading.on, on)
    return taken


def _newest(case: Case, taken: Readings, library: Library, on: date) -> dict[str, Known]:
    # Only a start asks for several readings; during a course the newest one speaks, and the review reads them all.
    rows = () if case.given.course.levels else library.checks.values()
    needed = {fact: row.baseline.readings for row in rows for fact in row.facts}
    facts: dict[str, Known] = {}
    for name, readings in taken.items():
        if readings:
            facts |= newest_known(name, readings, library.facts[name], on, needed.get(name, 1))
    return facts


def _reading(name: str, place: int, text: str, kind: FactKind, library: Library) -> Reading:
    try:
        reading = parse_reading(text, kind)
        for part, value in (("systolic", reading.value), ("diastolic", reading.second)):
            if value is not None and f"{name}.{part}" in library.facts:
                check_plausible(value, library.facts[f"{name}.{part}"])
        return reading
    except ValueError as error:
        raise CaseFileError(
            f"given.readings.{name}[{place}]",
            f"{_sentence(error)}",
            "A misread measurement can allow a dose that it should forbid.",
            _repair(name, text, kind, library),
        ) from None


def _repair(name: str, text: str, kind: FactKind, library: Library) -> str:
    """What to do with a reading that cannot be taken. A laboratory's other unit is converted for the person to see."""
    factors = {unit: by for (fact, unit, to), by in molar_factors(library).items() if (fact, to) == (name, kind.unit)}
    instead = in_the_unit_of(text, kind.unit, factors)
    if instead != text:
        return f"If {', '.join(factors)} is the laboratory's unit, write {instead}"
    return "Correct the reading, or leave it out; what is missing is asked for."


def newest_known(name: str, readings: Sequence[Reading], kind: FactKind, on: date, needed: int = 1) -> dict[str, Known]:
    """The newest readings, as many as a start needs and all of their days; the worst of them counts.

    So a high reading can be hidden neither by repeating it on the same day nor by a single normal one after it.
    """
    days = sorted((reading.on for reading in readings), reverse=True)
    day, earliest = days[0], days[min(needed, len(days)) - 1]
    fresh_days = {one for one in days if _fresh(kind, one, on)}
    of_day = [one for one in readings if one.on == day or (one.on >= earliest and one.on in fresh_days)]
    fresh = day in fresh_days
    recent = sum(one in fresh_days for one in days)
    source = min(reading.source for reading in of_day)
    worst = max(of_day, key=lambda reading: reading.value)
    if kind.kind is Kind.PRESSURE:
        diastolic = max(reading.second or Decimal(0) for reading in of_day)
        pair = f"{worst.value}/{diastolic} {kind.unit}"
        return {
            name: Known(pair, day, source, fresh, recent),
            f"{name}.systolic": Known(Quantity(worst.value, kind.unit), day, source, fresh, recent),
            f"{name}.diastolic": Known(Quantity(diastolic, kind.unit), day, source, fresh, recent),
        }
    if name in LOWER_IS_WORSE:
        worst = min(of_day, key=lambda reading: reading.value)
    known = {name: Known(Quantity(worst.value, kind.unit), day, source, fresh, recent)}
    return known | _times_upper_limit(name, of_day, kind, fresh) | _change(name, readings, worst)


# Where repeated readings of one day differ, the lower is the one to act on.
LOWER_IS_WORSE = ("weight", "egfr", "oxygen_saturation", "moca")


def _times_upper_limit(name: str, of_day: list[Reading], kind: FactKind, fresh: bool) -> dict[str, Known]:
    if kind.upper_limit is None:
        return {}
    assumed = kind.upper_limit.value.to(kind.unit).value
    # A limit above the assumed one widens what passes, so it must come with the result itself.
    worst = max(of_day, key=lambda one: one.value / (one.upper_limit or assumed))
    limit = worst.upper_limit or assumed
    note = "" if worst.upper_limit else f"upper limit {kind.upper_limit.value} assumed"
    times = (worst.value / limit).quantize(_HUNDREDTH)
    return {f"{name}_x_uln": Known(Quantity(times, "xULN"), worst.on, worst.source, fresh, assumed=note)}


def _change(name: str, readings: Sequence[Reading], newest: Reading) -> dict[str, Known]:
    """Change from the oldest reading of the case, for the facts in which a change is judged."""
    if name not in CHANGES:
        return {}
    first = min(readings, key=lambda reading: (reading.on, reading.value))
    if first.on == newest.on:
        return {}
    derived, relative = CHANGES[name]
    change = newest.value - first.value
    if relative:
        change = (change * 100 / first.value).quantize(_HUNDREDTH)
    return {derived: Known(Quantity(change, "%" if relative else "points"), newest.on, newest.source)}


CHANGES = {
    "weight": ("weight_change", True),
    "egfr": ("egfr_change", True),
    "moca": ("moca_change", False),
    "phq9": ("phq9_change", False),
    "icsi": ("icsi_change", False),
}


def _answers(case: Case, library: Library, on: date) -> dict[str, Known]:
    facts = {}
    for name, written in case.given.answers.items():
        kind = _kind_of(name, "answers", library, (Kind.WORD,))
        given = Answer(answer=written) if isinstance(written, str) else written
        day, who = given.on or case.given.answered_on, given.by or case.given.answered_by
        place = f"given.answers.{name}"
        if given.answer not in kind.words:
            raise CaseFileError(
                place,
                f"{given.answer[:40]!r} is not one of the answers: {', '.join(kind.words)}.",
                "A word that is not on the list could mean anything.",
                "Use one of these words, or leave the question open; it will be asked.",
            )
        day_not_after(place, day, on)
        facts[name] = Known(given.answer, day, who, _fresh(kind, day, on))
    return facts


def derived(case: Case, facts: Mapping[str, Known], on: date, library: Library) -> dict[str, Known]:
    """Facts that are worked out from others: age, the worst liver enzyme, the body mass index and the like."""
    years = age_in_years(case.given.patient.birth_date, on)
    found = {"age": Known(Quantity(Decimal(years), "years"), on, "birth date")}
    if case.protocol in library.protocols:
        found["route"] = Known(library.protocols[case.protocol].route, on, "protocol")
    if "sex" in facts and facts["sex"].value == "male" and "childbearing" not in facts:
        found["childbearing"] = Known("no", on, "sex")
    times = [facts[f"{name}_x_uln"] for name in LIVER_ENZYMES if f"{name}_x_uln" in facts]
    if times:
        found["liver_enzymes_x_uln"] = max(times, key=lambda known: _number(known))
    if "weight" in facts and "height" in facts:
        metres = _number(facts["height"]) / 100
        index = (_number(facts["weight"]) / (metres * metres)).quantize(_HUNDREDTH)
        found["bmi"] = Known(Quantity(index, "kg/m2"), facts["weight"].on)
    failed = sum(bool(one.treatment.strip()) for one in case.given.failed_treatments)
    found["failed_treatments"] = Known(Quantity(Decimal(failed), "times"), on)
    found["failed_treatment_documented"] = Known("yes" if failed else "no", on)
    return found


def _number(known: Known) -> Decimal:
    assert isinstance(known.value, Quantity)
    return known.value.value


def _conditions(case: Case, library: Library, on: date) -> dict[str, ConditionAnswer]:
    known = {}
    for name, written in case.given.conditions.items():
        place = f"given.conditions.{name}"
        if name not in library.conditions:
            raise CaseFileError(
                place,
                f"{name!r} is not a condition that Titrant knows.{did_you_mean(name, library.conditions)}",
                "A condition that is not recognised is not checked.",
                "Use a name from docs/reference/conditions.md.",
            )
        known[name] = _condition_answer(place, written, case)
        for day in (known[name].on, known[name].since):
            day_not_after(place, day, on)
    return known | from_allergies(case, library)


def _condition_answer(place: str, written: str | ConditionAnswer, case: Case) -> ConditionAnswer:
    if isinstance(written, ConditionAnswer):
        return msgspec.structs.replace(written, on=written.on or case.given.answered_on)
    try:
        state = ConditionState(written)
    except ValueError:
        raise CaseFileError(
            place,
            f"{written[:40]!r} is not a state: {', '.join(ConditionState)}.",
            "A word that is not on the list could mean anything.",
            "Use one of these words.",
        ) from None
    return ConditionAnswer(state=state, on=case.given.answered_on, by=case.given.answered_by, source="asked")


def _medications(case: Case) -> tuple[Medication, ...]:
    return case.given.medications.drugs if case.given.medications else ()


def recognised(drug: Medication, library: Library) -> Iterator[TakenDrug]:
    """The drug as it is recognised: by code or name, else by every known name that stands in its text."""
    table = library.drugs
    if drug.matched.startswith(NOT_USABLE):
        yield TakenDrug(drug, None)
        return
    if drug.matched == CONFLICTING or table.conflict(drug.name, drug.rxnorm, drug.atc):
        yield TakenDrug(drug, None, conflicting=True)
        return
    match = table.resolve(drug.name, drug.rxnorm, drug.atc)
    for one in (match,) if match else _parts(drug.name, library):
        yield TakenDrug(drug, one)


def _parts(name: str, library: Library) -> Iterator[Match | None]:
    """The known drugs in each part of a combination's name; a part without one stays unrecognised."""
    for part in filter(str.strip, _COMBINED.split(name)):
        known = library.drugs.in_text(part)
        yield from known
        if not known or library.drugs.unknown_words(part):
            yield None


_COMBINED = re.compile(r"\s/\s|[,;&+\n]|/(?=[A-Za-z])|\b(?:and|with|plus)\b")


NOT_USABLE = "not usable"  # how an import marks an entry that it could not rely on
CONFLICTING = "conflicting identity"  # how an import marks a drug whose code and name disagree


def _morphine_equivalents(drugs: tuple[TakenDrug, ...], library: Library, on: date) -> tuple[Known, tuple[str, ...]]:
    """Daily morphine milligram equivalents, and the opioids whose dose or factor is not known."""
    total, unknown = Fraction(0), []
    factors = {(one.drug, one.per, one.route): one for one in library.opioids.factors}
    for drug in drugs:
        if drug.match is None or "opioid" not in drug.match.drug.classes or not drug.taken_on(on):
            continue
        daily = _daily_amount(drug.medication)
        factor = factors.get((drug.name, daily.unit, drug.medication.route)) if daily else None
        if daily is None or factor is None:
            by_hand = drug.medication.checked_by_hand
            # Where there is no factor on purpose, a pharmacist's own judgement takes its place.
            unknown += [] if by_hand and by_hand.by.strip() and by_hand.on <= on else [drug.name]
        else:
            total += Fraction(daily.value) * Fraction(factor.factor)
    exact = Decimal(total.numerator) / Decimal(total.denominator)
    return Known(Quantity(exact.quantize(_HUNDREDTH), "mg/day"), on), tuple(unknown)


def opioid_load(drugs: tuple[TakenDrug, ...], library: Library, on: date) -> Quantity:
    """The convertible opioid load of ``drugs`` on ``on``; what cannot be converted is asked for by the assessment."""
    known, _ = _morphine_equivalents(drugs, library, on)
    assert isinstance(known.value, Quantity)
    return known.value


def _daily_amount(drug: Medication) -> Quantity | None:
    if drug.dose is None:
        return None
    if drug.dose.dimension == "release rate":
        return drug.dose.to("µg/h")
    if drug.dose.dimension == "daily dose":
        return drug.dose
    if drug.dose.dimension != "drug mass" or not drug.times_per_day:
        return None
    return Quantity(drug.dose.to("mg").value * parse_decimal(drug.times_per_day), "mg/day")


def _evidence(case: Case, library: Library) -> tuple[tuple[Evidence, ...], bool]:
    """The banner of the condition at hand, and the one that is always shown."""
    always = library.evidence["chronic-non-cancer-any"]
    named = case.given.indication.condition if case.given.indication else ""
    if named in ("", "other"):
        return (always,), False
    if named not in library.evidence:
        raise CaseFileError(
            "given.indication.condition",
            f"{named!r} has no evidence file.{did_you_mean(named, library.evidence)}",
            "The strength of evidence for the condition at hand stands on every plan.",
            "Use a name from docs/reference/indications.md, or other with words.",
        )
    own = library.evidence[named]
    return (own, always) if own is not always else (always,), own.neuropathic


def _missing_structured(case: Case, library: Library, on: date) -> Iterator[Missing]:
    given = case.given
    if given.indication is None:
        yield Missing("indication", "indication_missing")
    if not _list_known(given.medications, library, on):
        yield Missing("medications", "medications_not_reconciled")
    if not _list_known(given.allergies, library, on):
        yield Missing("allergies", "allergies_not_reviewed")
    if not any(one.treatment.strip() for one in given.failed_treatments):
        yield Missing("failed_treatments", "no_failed_treatment")
    if not any(goal.strip() for goal in given.goals):
        yield Missing("goals", "no_goal")


def _list_known(listed: object, library: Library, on: date) -> bool:
    day = getattr(listed, "reviewed_on", None)
    if day is None:
        return False
    return _fresh(_held("reconciled_lists", library), day, on)


def _held(name: str, library: Library) -> FactKind:
    return library.facts[name]


def _check_reviews(case: Case, library: Library) -> None:
    known = finding_codes(library) if case.given.reviews else set()
    for place, review in enumerate(case.given.reviews):
        if review.of not in known:
            raise CaseFileError(
                f"given.reviews[{place}].of",
                f"{review.of[:60]!r} is not the code of a finding.{did_you_mean(review.of, known)}",
                "A review under a wrong code would silently settle nothing.",
                "Use the code that the plan shows, or one of docs/reference/findings.md.",
            )
        named = [drug.name for drug in _medications(case)]
        if review.drug and review.drug not in named and not library.drugs.named(review.drug):
            raise CaseFileError(
                f"given.reviews[{place}].drug",
                f"{review.drug[:60]!r} is neither in the list of drugs nor known.{did_you_mean(review.drug, named)}",
                "A review of a drug under a wrong name would silently settle nothing.",
                "Write the drug as it stands in the list.",
            )


def finding_codes(library: Library) -> set[str]:
    """Every code that a rule of the knowledge can give."""
    codes = {rule.code for one in library.conditions.values() for rule in (*one.rules, *one.bands)}
    codes |= {band.code for row in library.checks.values() for band in row.thresholds}
    codes |= {one.rule.code for one in library.interactions.values()}
    return (
        codes
        | {one.rule.code for one in library.combinations.values()}
        | {"session_not_tolerated", "session_severe_dissociation"}
    )


# What cannot be true together


def _contradictions(case: Case, facts: dict[str, Known], library: Library) -> Iterator[Missing]:
    earlier = facts.get("earlier_ketamine")
    if earlier is not None and earlier.value == "never" and _had_ketamine_before(case, library):
        yield Missing("earlier_ketamine", "earlier_ketamine_contradicts")
    for why in _weight_doubts(case, facts, library):
        yield Missing("weight", "weight_not_believable", {"why": why})


def _had_ketamine_before(case: Case, library: Library) -> bool:
    """Whether ketamine is on record from before the course; what was given after its first dose is part of it.

    A session on the day of the first dose may have come before it, and a listed drug without a day may be an old one.
    """
    begun = min((level.since for level in case.given.course.levels), default=None)
    if any(begun is None or one.on <= begun for one in case.given.parenteral):
        return True
    listed = (one for one in _medications(case) if begun is None or one.since is None or one.since < begun)
    names = {match.drug.name for one in listed for match in library.drugs.in_text(one.name)}
    return bool(names & KETAMINES)


KETAMINES = {"ketamine", "esketamine"}  # by the names of the drug table


def _weight_doubts(case: Case, facts: dict[str, Known], library: Library) -> Iterator[str]:
    """Reasons to weigh again: it does not fit the height, or it jumped since the last time and nobody confirms it."""
    index, bounds = facts.get("bmi"), library.facts["bmi"].plausible
    if index is not None and bounds is not None and not bounds.lo.value <= _number(index) <= bounds.hi.value:
        yield f"with this height the body mass index would be {index.value}"
    guard, written = library.facts["weight"].typed_again_above, case.given.readings.get("weight", ())
    texts = (written,) if isinstance(written, str) else written
    readings = [_reading("weight", place, text, library.facts["weight"], library) for place, text in enumerate(texts)]
    days = sorted({reading.on for reading in readings})
    if guard is None or len(days) < 2:
        return
    now = sorted(reading.value for reading in readings if reading.on == days[-1])
    before = sorted(reading.value for reading in readings if reading.on == days[-2])
    months = max(Decimal((days[-1] - days[-2]).days) / 28, Decimal(1))
    change = abs(now[0] - before[0]) * 100 / before[0]
    if not change <= guard.value.value * months and not _weighed_again(case, days[-1], readings, guard.value.value):
        hint = (
            ", which looks like pounds for kilograms" if Decimal("2.1") <= now[0] / before[0] <= Decimal("2.3") else ""
        )
        yield f"it was {before[0]} kg on {days[-2]} and is {now[0]} kg on {days[-1]}{hint}"


def _weighed_again(case: Case, day: date, readings: list[Reading], apart: Decimal) -> bool:
    """Whether somebody stands behind the newest weight: by name, or a second source of that day that agrees.

    The same number typed twice is no second look. ``apart``: per cent by which two sources may differ.
    """
    if any(one.of == "weight" and one.by.strip() and day <= one.on for one in case.given.confirmations):
        return True
    of_day = [one for one in readings if one.on == day]
    values = [one.value for one in of_day]
    agree = (max(values) - min(values)) * 100 <= apart * min(values)
    return agree and len({one.source for one in of_day if one.source}) > 1


# Small words


def _kind_of(name: str, place: str, library: Library, kinds: tuple[Kind, ...]) -> FactKind:
    kind = library.facts.get(name)
    if kind is not None and kind.kind in kinds:
        return kind
    there = {known: one for known, one in library.facts.items() if one.kind in kinds}
    raise CaseFileError(
        f"given.{place}.{name}",
        f"{name[:40]!r} is not one of the {place} that Titrant knows.{did_you_mean(name, there)}",
        "A fact under a wrong name would silently count for nothing.",
        "Use a name from docs/reference/facts.md.",
    )


def _fresh(kind: FactKind, day: date | None, on: date) -> bool:
    if kind.holds is None:
        return True
    return day is not None and 0 <= (on - day).days <= whole_days(kind.holds.value)


def _sentence(error: ValueError) -> str:
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"
