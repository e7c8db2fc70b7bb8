"""Why: a reason is a code with facts, not a sentence. The wording files make the sentences."""

from enum import StrEnum

from msgspec import Struct

Facts = dict[str, str]


class Status(StrEnum):
    """How sure a clinical value is. The mark travels with the value to the screen."""

    SOURCED = "sourced"  # read in the named source
    UNVERIFIED = "unverified"  # general professional knowledge, not checked against the paper
    PROPOSAL = "proposal"  # a design choice of this project, with its reasoning

    @property
    def mark(self) -> str:
        return "" if self is Status.SOURCED else f" [{self.value}]"


class Severity(StrEnum):
    """Grade of a finding, most serious first."""

    STOP = "stop"
    SPECIALIST = "specialist"
    CAUTION = "caution"
    NOTE = "note"
    NOT_CHECKED = "not_checked"


class Bar(StrEnum):
    """What a finding means for giving a dose."""

    REFUSES = "refuses"  # no dose, whatever else is known
    UNTIL_SETTLED = "until_settled"  # no dose until reviewed, treated, re-measured or identified
    NONE = "none"  # shown beside the dose


class Reason(Struct, frozen=True):
    """One reason of a decision: what applied (``code``), by which rule, on which facts, from which source."""

    code: str
    rule: str
    facts: Facts = {}
    source: str = ""
    status: Status = Status.SOURCED


class Finding(Struct, frozen=True):
    """Something the screen found (FHIR DetectedIssue)."""

    code: str
    severity: Severity
    bar: Bar
    rule: str
    facts: Facts = {}
    source: str = ""
    status: Status = Status.SOURCED


class Missing(Struct, frozen=True):
    """A fact that is needed and not there, too old, or not settled. ``why`` is a reason code."""

    fact: str
    why: str
    facts: Facts = {}
