"""A case as it is given: the facts about one person, each with its unit, its date and who says so.

This is the shape of case files, of scenario tests and of what an import writes. Nothing here is judged yet; that is
the work of the first step, assess.
"""

from datetime import date, datetime
from typing import Literal

from msgspec import UNSET, Struct, UnsetType, field

from titrant.knowledge.shapes.conditions import ConditionState
from titrant.pathway.entries import Entry, Suspension, parse_instant
from titrant.terms.numbers import parse_decimal
from titrant.terms.persons import check_named
from titrant.terms.quantity import Quantity


class Given(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of everything that a case may hold: unknown fields are refused, values do not change."""


def _real_day(day: date | None, name: str) -> None:
    if day is not None and not 1900 <= day.year <= 2200:
        raise ValueError(f"{name} is {day}; that year is a mistake")


def _instant(text: str) -> None:
    if text:
        parse_instant(text)


def _instant_of(text: str) -> datetime | None:
    return parse_instant(text) if text else None


def _positive(quantity: Quantity | None, name: str) -> None:
    if quantity is not None and not quantity.value > 0:
        raise ValueError(f"{name} is {quantity}; it must be more than nothing")


def _count(text: str, name: str, *, zero: bool = False) -> None:
    """Refuse what is not a plain number above zero (or at least zero)."""
    value = parse_decimal(text)
    if not (value >= 0 if zero else value > 0):
        raise ValueError(f"{name} is {text}; it must not be below {'zero' if zero else 'or equal to zero'}")


class Patient(Given, frozen=True, kw_only=True):
    """Who it is. ``id`` and ``identifiers`` are opaque; names stay with the clinic's own record."""

    birth_date: date
    id: str = ""
    label: str = ""  # how lists call a synthetic patient; never a real name


class Answer(Given, frozen=True, kw_only=True):
    """A word given by a person to a question, with the day and the person."""

    answer: str
    on: date | None = None
    by: str = ""
    entered: str = ""  # the instant of writing, where it was written later than its own day tells

    def __post_init__(self) -> None:
        _instant(self.entered)


class ConditionAnswer(Given, frozen=True, kw_only=True):
    """How a condition stands. ``since`` is onset or the last event."""

    state: ConditionState
    grade: str = ""
    since: date | None = None
    on: date | None = None  # the day it was asked or recorded
    by: str = ""
    source: str = ""  # "asked" or "record"
    note: str = ""


# Written by an import beside a drug of which a record says that it ended, and not when.
NO_STOP_DAY = "stop day not recorded; counted as taken until a person gives the day"


class HandCheck(Given, frozen=True, kw_only=True):
    """A pharmacist's or prescriber's own check of a drug that the tables do not know."""

    by: str
    on: date
    treat_as: tuple[str, ...] = ()  # drug classes of the drug table; empty means: no interaction of note

    def __post_init__(self) -> None:
        check_named(self.by, "by", "made the check")


class Medication(Given, frozen=True, kw_only=True):
    """A drug that the person takes or has taken."""

    name: str
    rxnorm: str = ""
    atc: str = ""
    dose: Quantity | None = None  # each time; or the rate of a patch
    times_per_day: str = ""  # exact decimal
    route: str = "oral"
    since: date | None = None
    until: date | None = None  # empty means: still taken
    matched: str = ""  # how an import recognised it
    checked_by_hand: HandCheck | None = None
    source: str = ""
    entered: str = ""  # the instant of writing, where it was written later than its own day tells

    def __post_init__(self) -> None:
        _instant(self.entered)
        if not self.name.strip():
            raise ValueError("a drug needs a name, as it is written on the box or in the record")
        _positive(self.dose, "dose")
        if self.times_per_day:
            _count(self.times_per_day, "times_per_day")

    @property
    def entered_at(self) -> datetime | None:
        return _instant_of(self.entered)

    @property
    def stop_day_open(self) -> bool:
        """Whether it has ended on a day that nobody has given yet; until then it counts as taken."""
        return self.until is None and self.matched.endswith(NO_STOP_DAY)


class HandCheckOfSeveral(Given, frozen=True, kw_only=True):
    """One line for several drugs that the tables do not know: each was looked at, and has no interaction of note."""

    drugs: tuple[str, ...]  # as they are written in the list
    by: str
    on: date

    def __post_init__(self) -> None:
        if not self.by.strip():
            raise ValueError("a check by hand needs the person who made it (by)")
        check_named(self.by, "by", "made the check")


class MedicationList(Given, frozen=True, kw_only=True):
    """The drug list as a whole; without the day on which it was reconciled it cannot be relied on."""

    reviewed_on: date | None = None
    by: str = ""
    checked_by_hand: tuple[HandCheckOfSeveral, ...] = ()
    drugs: tuple[Medication, ...] = field(default=(), name="list")

    def __post_init__(self) -> None:
        check_named(self.by, "by", "went through the list")


class Allergy(Given, frozen=True, kw_only=True):
    substance: str
    rxnorm: str = ""
    snomed: str = ""
    reaction: str = ""

    def __post_init__(self) -> None:
        if not self.substance.strip():
            raise ValueError("an allergy needs the substance, as the person or the record names it")


class AllergyList(Given, frozen=True, kw_only=True):
    reviewed_on: date | None = None
    by: str = ""
    allergies: tuple[Allergy, ...] = field(default=(), name="list")

    def __post_init__(self) -> None:
        check_named(self.by, "by", "went through the list")


class QuestionnaireAnswers(Given, frozen=True, kw_only=True, gc=False):
    """One answered questionnaire: item id to whole number (FHIR QuestionnaireResponse)."""

    on: date
    answers: dict[str, int]
    by: str = ""
    entered: str = ""  # the instant of writing, where it was written later than its own day tells

    def __post_init__(self) -> None:
        _instant(self.entered)


class FailedTreatment(Given, frozen=True, kw_only=True):
    """Something that was tried properly and did not help, or could not be borne."""

    treatment: str
    result: Literal["no_benefit", "not_tolerated", "lost_benefit"]
    until: date | None = None
    note: str = ""


class Indication(Given, frozen=True, kw_only=True):
    """The painful condition to be treated: an id of the evidence files, or other with words."""

    condition: str
    since: date | None = None
    words: str = ""


class Candidate(Given, frozen=True, kw_only=True):
    """The candidate criteria of the oral article, each yes or no (empty: not asked)."""

    opioid_intolerant: Literal["yes", "no", ""] = ""
    wants_non_opioid: Literal["yes", "no", ""] = ""
    needs_long_term: Literal["yes", "no", ""] = ""


class Parenteral(Given, frozen=True, kw_only=True):
    """A clinic session or infusion: the ketamine given over 24 hours."""

    dose_24h: Quantity  # mg
    route: Literal["intravenous", "subcutaneous", "intramuscular"]
    on: date
    tolerated: Literal["yes", "no", ""] = ""
    dissociation: Literal["none", "mild", "moderate", "severe", ""] = ""  # as seen
    entered: str = ""  # the instant of writing, where it was written later than its own day tells

    def __post_init__(self) -> None:
        _instant(self.entered)
        _positive(self.dose_24h, "dose_24h")
        self.dose_24h.to("mg")

    @property
    def entered_at(self) -> datetime | None:
        return _instant_of(self.entered)


class Review(Given, frozen=True, kw_only=True):
    """A named person looked at a finding and says that a start is acceptable."""

    of: str  # code of the finding
    by: str
    on: date
    says: Literal["may_start", "must_not_start"]
    drug: str = ""  # the one drug that it is about; needed where several drugs share the finding

    def __post_init__(self) -> None:
        check_named(self.by, "by", "looked at the finding")


class ProductChoice(Given, frozen=True, kw_only=True):
    """The product in the pharmacy: family, strength, and what the label counts."""

    family: str
    strength: Quantity
    content: Literal["base", "hydrochloride", ""] = ""  # empty: as the product file says
    pharmacy: str = ""
    lot: str = ""


class Asked(Given, frozen=True, kw_only=True):
    """What the prescriber asks for, if not the protocol's own start."""

    dose: Quantity | None = None  # mg, or mg/kg
    times_per_day: int | None = None
    days_per_week: int | None = None
    setting: Literal["home", "observed"] = "home"
    tier: str = ""

    def __post_init__(self) -> None:
        _positive(self.dose, "dose")


class Choice(Given, frozen=True, kw_only=True):
    """Why a protocol that needs an explicit choice was chosen, by whom and when."""

    reason: str
    by: str
    on: date

    def __post_init__(self) -> None:
        check_named(self.by, "by", "chose the protocol")


class Confirmation(Given, frozen=True, kw_only=True):
    """A named person stands behind going past a bound, or has weighed again and says that a strange weight is right."""

    of: Literal["second_prescriber", "named_specialist", "weight"]
    by: str
    on: date
    reason: str

    def __post_init__(self) -> None:
        check_named(self.by, "by", "confirms it")


class Supplied(Given, frozen=True, kw_only=True):
    """An earlier supply, for the arithmetic of the next."""

    on: date
    pieces: str  # exact decimal, pieces or mL
    left: str = ""  # what was counted at ``counted_on``
    counted_on: date | None = None

    def __post_init__(self) -> None:
        _real_day(self.on, "on")
        _real_day(self.counted_on, "counted_on")
        _count(self.pieces, "pieces")
        if self.left:
            _count(self.left, "left", zero=True)
        if bool(self.left) != (self.counted_on is not None):
            raise ValueError("left and counted_on belong together: how much was left, and the day of the count")
        if self.counted_on is not None and not self.on <= self.counted_on:
            raise ValueError(f"it was counted on {self.counted_on}, before the supply of {self.on}; correct the day")


class Level(Given, frozen=True, kw_only=True):
    """A signed level: from this day on, this dose so often."""

    since: date
    dose: Quantity
    times_per_day: int
    days_per_week: int = 7
    product: str = ""  # the product it was signed for, by its printed name; empty: not recorded
    made_of: ProductChoice | None = None  # the same as a choice; empty: the product of the case
    signed: str = ""  # the instant of the signature; empty: not recorded, and the days alone tell what it saw

    def __post_init__(self) -> None:
        _instant(self.signed)
        _real_day(self.since, "since")
        _positive(self.dose, "dose")
        self.dose.to("mg")
        if not (1 <= self.times_per_day <= 24 and 1 <= self.days_per_week <= 7):
            raise ValueError("times_per_day is from 1 to 24 and days_per_week from 1 to 7")


class Course(Given, frozen=True, kw_only=True):
    """Where the course stands, if it has begun: signed levels, supplies, suspensions."""

    levels: tuple[Level, ...] = ()
    supplies: tuple[Supplied, ...] = ()
    plan_from: date | None = None  # the day from which the present plan runs; else the first level
    suspensions: tuple[Suspension, ...] = ()
    daily_contact: Literal["yes", "no", ""] = ""  # somebody of the team speaks with the person every day
    closed_days: tuple[date, ...] = ()  # days without a clinic, on which no review can take place
    ends: date | None = None  # a signed end before the protocol's; empty: counted from ``plan_from`` by the protocol


class Dispense(Given, frozen=True, kw_only=True):
    """What the pharmacist is asked for."""

    starts: date | None = None
    days: int | None = None

    def __post_init__(self) -> None:
        _real_day(self.starts, "starts")


class Facts(Given, frozen=True, kw_only=True):
    """Everything that is known about the person.

    ``readings``: fact name to one reading or a list, each ``VALUE UNIT on YYYY-MM-DD``, optionally with
    ``(upper limit 40 U/L)`` before ``on`` and ``from SOURCE`` at the end.
    ``answers`` and ``conditions``: a word, or an object with day and person.
    """

    patient: Patient
    answered_on: date | None = None  # the day of answers that carry none of their own
    answered_by: str = ""
    indication: Indication | None = None
    readings: dict[str, str | tuple[str, ...]] = {}
    questionnaires: dict[str, QuestionnaireAnswers | tuple[QuestionnaireAnswers, ...]] = {}
    answers: dict[str, str | Answer] = {}
    conditions: dict[str, str | ConditionAnswer] = {}
    medications: MedicationList | None = None
    allergies: AllergyList | None = None
    failed_treatments: tuple[FailedTreatment, ...] = ()
    goals: tuple[str, ...] = ()
    candidate: Candidate = Candidate()
    parenteral: tuple[Parenteral, ...] = ()
    reviews: tuple[Review, ...] = ()
    confirmations: tuple[Confirmation, ...] = ()
    course: Course = Course()
    diary: tuple[Entry, ...] = ()
    diary_unread: tuple[str, ...] = ()  # entries that an import could not read, and why; each is settled by hand


class Case(Given, frozen=True, kw_only=True):
    """A case file. ``expect`` is used by scenario tests only."""

    scenario: str
    given: Facts
    protocol: str = "oral-guideline"
    on: date | None = None
    product: ProductChoice | None = None
    next_product: ProductChoice | None = None  # prepared for the next signature; nothing that was taken is read by it
    asked: Asked | None = None
    choice: Choice | None = None
    dispense: Dispense | None = None
    questions: dict[str, str] = {}  # what an import leaves open, for a person to read
    skipped: tuple[str, ...] = ()  # what an import did not use, and why
    expect: dict[str, object] | UnsetType = UNSET

    @property
    def left_out(self) -> tuple[str, ...]:
        """Everything that an import could not use or a newer answer replaced, and why; diary entries first."""
        return (*(f"Diary entry {one}" for one in self.given.diary_unread), *self.skipped)
