"""The closed list of facts that rules may read: kind, unit, plausible range, how long it holds, how to ask."""

from enum import StrEnum

from msgspec import Struct

from titrant.knowledge.shapes.common import Code, Header, Sourced, When
from titrant.terms.quantity import Quantity


class Kind(StrEnum):
    QUANTITY = "quantity"  # a number with a unit
    PRESSURE = "pressure"  # systolic/diastolic, such as 128/76 mmHg
    WORD = "word"  # one of listed words
    DERIVED = "derived"  # worked out by a step from other facts; never given


class Plausible(Struct, frozen=True, forbid_unknown_fields=True):
    """Outside this closed range a value is taken for a mistake and refused. Not a clinical limit."""

    lo: Quantity
    hi: Quantity
    why: str


class FactKind(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One fact. Readings are given under ``readings`` of a case, words under ``answers``."""

    kind: Kind
    label: str
    unit: str = ""
    words: tuple[str, ...] = ()
    plausible: Plausible | None = None
    holds: Sourced[Quantity] | None = None  # how long a reading or an answer may be relied on
    upper_limit: Sourced[Quantity] | None = None  # assumed where the laboratory gives none
    upper_limit_at_most: Sourced[Quantity] | None = None  # a laboratory's limit above this is taken for a mistake
    typed_again_above: Sourced[Quantity] | None = None  # a change of more per cent in four weeks looks like a slip
    loinc: tuple[Code, ...] = ()
    ask: str = ""
    why: str = ""  # why it is needed
    required: bool = False  # needed before a start
    required_when: When | None = None
    reassuring: str = ""  # the word assumed when saying what the plan would be
    must_be: str = ""  # the only word under which a start is proposed, e.g. consent: yes


class FactList(Header, frozen=True, forbid_unknown_fields=True, kw_only=True):
    facts: dict[str, FactKind]
