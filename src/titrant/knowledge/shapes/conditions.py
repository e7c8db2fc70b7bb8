"""Illnesses and circumstances that forbid, limit or complicate ketamine."""

from enum import StrEnum

from msgspec import Struct

from titrant.knowledge.shapes.common import Band, Code, Header, Rule, When


class ConditionState(StrEnum):
    """How a condition stands in this person. ``unknown`` is what has been asked and could not be answered."""

    NO = "no"
    ACTIVE = "active"
    PAST = "past"
    CONTROLLED = "controlled"
    UNKNOWN = "unknown"


class StateRule(Rule, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A rule for a condition in certain states and, where given, of certain severities ("mild", "severe").

    ``grades`` empty means any grade. A grade that is not known counts as the gravest.
    """

    states: tuple[ConditionState, ...]
    grades: tuple[str, ...] = ()
    within_days: int | None = None  # applies only if the event is at most so old; an undated event counts as recent


class Coding(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Codes by which records name the condition. ICD-10 entries are prefixes. ``past`` codes say "history of"."""

    snomed: tuple[Code, ...] = ()
    icd10: tuple[Code, ...] = ()
    snomed_past: tuple[Code, ...] = ()
    icd10_past: tuple[Code, ...] = ()


class Condition(Header, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One row of the contraindications and precautions.

    ``ask`` is the question put to a person; where it is set, the condition must be answered before a start unless
    ``ask_when`` is given and does not hold.
    """

    coding: Coding = Coding()
    names: tuple[str, ...] = ()  # lower-case words by which records name it, for matching by name
    ask: str = ""
    ask_when: When | None = None
    rules: tuple[StateRule, ...] = ()
    bands: tuple[Band, ...] = ()
