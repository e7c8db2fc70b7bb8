"""What the law of a place asks of a clinic: what to show, to log, to refuse. Not legal advice; each line is cited."""

from datetime import date
from enum import StrEnum
from typing import Literal

from msgspec import Struct

from titrant.knowledge.shapes.common import Header, Sourced
from titrant.terms.quantity import Quantity
from titrant.terms.reason import Status


class Area(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One area of the law, for people to read. ``until``: the last day of the rule in force."""

    id: str
    title: str
    show: str
    log: str
    refuse: str
    source: str
    status: Status
    until: date | None = None
    note: str = ""


class Point(StrEnum):
    """The points of law that the program itself looks after; ``clinic.packs`` knows each by its name."""

    CONSENT = "consent"  # on record before a first plan
    IN_PERSON_VISIT = "in_person_visit"  # on record before a first plan, from the end of ``until`` on
    HOW_SEEN = "how_seen"  # where there was no visit in person, on record before a first plan
    MONITORING_CHECK = "monitoring_check"  # of the prescription monitoring programme, before signing
    PLAIN_DIRECTIONS = "plain_directions"  # words that are no dose: ``words``
    ISSUED_TODAY = "issued_today"  # no back-dating
    SUPPLY_ADVISED = "supply_advised"  # longest supply without a reason
    REFILLS = "refills"  # after the first supply of one signature, at most
    FILL_WITHIN = "fill_within"  # of the day of issue
    PAPER_FIELDS = "paper_fields"  # none of them empty: ``words``
    QUANTITY_IN_WORDS = "quantity_in_words"
    ML_FOR_LIQUID = "ml_for_liquid"


class PlaceRule(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One point of law as the program keeps it. ``{name}`` in ``clinician`` stands for a fact of the case."""

    code: Point
    clinician: str
    source: str
    status: Status
    act: Literal["refuse", "warn"] = "refuse"
    value: Quantity | None = None
    words: tuple[str, ...] = ()
    until: date | None = None
    takes_reason: bool = False  # a written reason lifts it, and is kept
    note: str = ""


class Proposals(StrEnum):
    ON = "on"
    NAMED_MANUFACTURER = "named_manufacturer"  # off until the operator names a manufacturer and a certificate


class Jurisdiction(Header, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The pack of one place."""

    emergency_phone: Sourced[str]  # empty: the clinic sets its own
    proposals: Sourced[Proposals]
    schedule: Sourced[str]
    transmits: Sourced[str]  # the sentence that stands beside every prescription
    rules: tuple[PlaceRule, ...]
    areas: tuple[Area, ...]

    def rule(self, code: Point) -> PlaceRule | None:
        return next((one for one in self.rules if one.code is code), None)
