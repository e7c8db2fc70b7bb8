"""What must be checked before a start, when it falls due again, and what a result means."""

from enum import StrEnum

from msgspec import Struct

from titrant.knowledge.shapes.common import Band, Header, Sourced, When
from titrant.terms.quantity import Quantity
from titrant.terms.reason import Status


class Phase(StrEnum):
    """Where in the course a check belongs."""

    EACH_STEP = "each_step"  # after the first dose and after each raised dose
    TITRATION = "titration"
    MAINTENANCE = "maintenance"


class Baseline(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What must be there before a start. ``readings`` of each fact, the newest within ``within``."""

    required: bool
    source: str
    status: Status
    within: Quantity | None = None
    readings: int = 1
    when: When | None = None  # required only if this holds
    note: str = ""


class Due(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """When a check falls due: at fixed times after the start, every so often, or so long after a dose."""

    phase: Phase
    source: str
    status: Status
    at: tuple[Quantity, ...] = ()
    every: Quantity | None = None
    after_dose: tuple[Quantity, ...] = ()
    when: When | None = None  # applies only if this holds
    note: str = ""

    def __post_init__(self) -> None:
        if sum((bool(self.at), self.every is not None, bool(self.after_dose))) != 1:
            raise ValueError("a due rule has exactly one of 'at', 'every' and 'after_dose'")


class Check(Header, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One row of the monitoring table."""

    facts: tuple[str, ...]
    baseline: Baseline
    due: tuple[Due, ...] = ()
    thresholds: tuple[Band, ...] = ()
    blocks_raise: Sourced[bool]
    diary_item: bool = False
    or_diary: tuple[str, ...] = ()  # side effects whose answer in the diary counts as this check after a step
