"""Drugs that change what ketamine does, by class and by name, and how a written drug name becomes a known drug."""

from enum import StrEnum

from msgspec import Struct

from titrant.knowledge.shapes.common import Header, Rule, Sourced
from titrant.terms.quantity import Quantity
from titrant.terms.reason import Status


class Direction(StrEnum):
    """What the other drug does to ketamine exposure, or that it acts beside it."""

    RAISES = "raises exposure"
    LOWERS = "lowers exposure"
    NONE = "no change in exposure"
    ADDS = "adds to the effect"
    OPPOSES = "opposes the effect"
    UNKNOWN = "direction unknown"


class Counts(StrEnum):
    """What a matching drug counts as, for the protocols' start reductions and for combinations."""

    DEPRESSANT = "depressant"
    INHIBITOR = "inhibitor"
    INDUCER = "inducer"
    OPIOID = "opioid"
    BENZODIAZEPINE = "benzodiazepine"  # with the Z-drugs
    PRESSOR = "pressor"


class ByRoute(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Direction and size by route. ``auc_ratio`` is the exposure with the drug over the exposure without it."""

    direction: Direction
    source: str
    status: Status
    auc_ratio: str = ""  # "2.6" measured, "2-3" assumed; empty where unknown
    cmax_ratio: str = ""
    metabolite: str = ""  # what happens to norketamine
    measured: bool = False


class Routes(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    oral: ByRoute  # swallowed, and the swallowed part of a troche
    parenteral: ByRoute


class Persists(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How long the effect must be reckoned with after the drug is stopped, and what to do then."""

    after_stop: Quantity
    source: str
    status: Status
    recheck: str
    note: str = ""


class Interaction(Header, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An interaction of a class or of named drugs.

    It applies to a drug that is named in ``drugs``, that carries one of ``classes`` in the drug table, or whose ATC
    code begins with one of ``atc_prefixes``. A named drug's own file takes the place of the class files that it lists
    under ``replaces``.
    """

    rule: Rule
    routes: Routes
    drugs: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    atc_prefixes: tuple[str, ...] = ()
    combination_atc: tuple[str, ...] = ()  # groups among them that hold combinations: being in one proves too little
    replaces: tuple[str, ...] = ()
    counts: tuple[Counts, ...] = ()
    persists: Persists | None = None
    mechanism: str = ""


class Combination(Header, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Drugs that are worse together than apart: a finding when every part is present."""

    parts: tuple[Counts, ...]
    rule: Rule


class DrugVariants(Header, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Other spellings and common brand names, lower case, by the drug's name in the drug table."""

    source: str
    status: Status
    variants: dict[str, tuple[str, ...]]


class MorphineEquivalents(Header, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Factors to morphine milligram equivalents, by drug and, where it matters, by route and unit."""

    factors: tuple["OpioidFactor", ...]
    caution_at: Sourced[Quantity]
    high_at: Sourced[Quantity]


class OpioidFactor(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    drug: str
    factor: str  # exact decimal
    per: str  # the unit of the daily amount: mg/day, or µg/h for patches
    source: str
    status: Status
    route: str = "oral"
    note: str = ""
