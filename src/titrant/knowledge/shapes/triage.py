"""Triage: which facts of a course somebody of the clinic must be told of, how soon, and in which words."""

from typing import Literal

from msgspec import Struct

from titrant.knowledge.shapes.common import Header, Sourced
from titrant.terms.quantity import Quantity
from titrant.terms.reason import Status

Grade = Literal["now", "today", "note"]
DoseSign = Literal["unplanned", "extra", "suspended"]


class Told(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How soon somebody is told, and the words. ``{name}`` stands for a fact of the case.

    ``once_seen``: the grade after somebody has reviewed it and planned the next contact; empty: no line until then.
    """

    code: str
    grade: Grade
    words: str
    source: str
    status: Status
    note: str
    once_seen: Grade | Literal[""] = "note"


class Sign(Told, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Something in a diary entry: red flags, side effects from a grade on, bands of pressure, doses beyond the plan.

    ``covers`` names the rules of following, and ``findings`` the findings of the screen, that speak of the same fact;
    their own sentence is then not shown again.
    """

    flags: tuple[str, ...] = ()
    effects: tuple[str, ...] = ()  # with ``grade_from``; empty: any side effect
    grade_from: Quantity | None = None
    bands: tuple[str, ...] = ()  # codes of bands of conditions/blood_pressure
    doses: tuple[DoseSign, ...] = ()
    covers: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if sum((bool(self.flags), self.grade_from is not None, bool(self.bands), bool(self.doses))) != 1:
            raise ValueError("a sign has exactly one of 'flags', 'grade_from', 'bands' and 'doses'")


class Contact(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An outcome of a contact that a member of staff may record."""

    code: str
    words: str
    settles: bool  # the open tasks are closed and the case counts as reviewed; else somebody tries again
    again_after: Quantity | None = None  # when to try again; None: the person says, or the day of the next review
    opens: str = ""  # a line of this code is opened as a task, for whoever it was passed to
    source: str
    status: Status
    note: str


class Triage(Header, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Grades, words and waiting times of the worklist. ``signs`` are read in order; the first of a kind counts."""

    answer_within: dict[Grade, Sourced[Quantity]]
    silent_after: Sourced[Quantity]
    silent_long_after: Sourced[Quantity]
    undelivered_after: Sourced[Quantity]
    plan_ending_before: Sourced[Quantity]
    signs: tuple[Sign, ...]
    lines: tuple[Told, ...]
    outcomes: tuple[Contact, ...]

    def line(self, code: str) -> Told:
        """The line of this code. Raises KeyError: a line without words would be dropped."""
        for one in self.lines:
            if one.code == code:
                return one
        raise KeyError(code)
