"""A protocol: one way of starting, raising, keeping and ending a course, with every number and its source."""

from enum import StrEnum

from msgspec import Struct

from titrant.knowledge.shapes.common import Header, Sourced, When, part_in
from titrant.knowledge.shapes.following import Following
from titrant.terms.quantity import Quantity
from titrant.terms.reason import Status


class Standing(StrEnum):
    """The life of a protocol version. Only ``in_use`` proposes; a version once in use is frozen."""

    DRAFT = "draft"
    APPROVED = "approved"
    IN_USE = "in_use"
    RETIRED = "retired"


class Reduction(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A smaller start for some people: a cap on each dose."""

    code: str
    when: When
    at_most: Quantity
    source: str
    status: Status
    clinician: str
    note: str = ""


class Start(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The first regimen. Exactly one of ``fixed`` and ``by_weight`` sets it; the other may be shown beside it."""

    times_per_day: Sourced[int]
    days_per_week: Sourced[int]
    fixed: Sourced[Quantity] | None = None  # mg
    by_weight: Sourced[Quantity] | None = None  # mg/kg
    shown_beside: Sourced[Quantity] | None = None  # mg/kg or mg, for comparison only
    at_most: Sourced[Quantity]  # mg in one dose
    at_most_by_weight: Sourced[Quantity]  # mg/kg in one dose
    warn_at: Sourced[Quantity]  # mg in one dose
    first_dose_observed: Sourced[bool]
    reductions: tuple[Reduction, ...]

    def __post_init__(self) -> None:
        if (self.fixed is None) == (self.by_weight is None):
            raise ValueError("a start has exactly one of 'fixed' and 'by_weight'")


class Step(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The largest step between levels: in mg of each dose and in per cent of it; the smaller of the two holds."""

    by: Sourced[Quantity]  # mg in each dose
    by_when_reduced: Sourced[Quantity]  # mg in each dose, after a reduced start
    percent: Sourced[Quantity]
    interval: Sourced[Quantity]  # days between steps, at home
    interval_with_daily_contact: Sourced[Quantity]


class SingleBounds(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    usual: Sourced[Quantity]
    hard_home: Sourced[Quantity]
    hard_observed: Sourced[Quantity]


class TotalBounds(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    usual: Sourced[Quantity]
    second_prescriber_above: Sourced[Quantity]
    hard: Sourced[Quantity]
    hard_with_specialist: Sourced[Quantity]  # named specialist with a written justification


class Bounds(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Usual and hard bounds. Beyond a usual bound a reason is asked; beyond a hard bound the answer is no."""

    single: SingleBounds
    daily: TotalBounds
    weekly: TotalBounds
    times_per_day: Sourced[int]  # at most
    typing_error_factor: Sourced[int]  # so many times more or less than expected is taken for a slip of the hand


class RaiseNeeds(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a raise needs. Read by the step that adjusts."""

    diary_days: Sourced[int]
    diary_window: Sourced[Quantity]
    taken_share: Sourced[Quantity]
    forbidden_if: tuple["RaiseBar", ...]


class RaiseBar(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    code: str
    text: str
    source: str
    status: Status


class Trial(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How long to try, what counts as benefit, and what ends it."""

    length: Sourced[Quantity]  # at a tolerated dose
    benefit: Sourced[Quantity]  # fall in pain, per cent
    plan_ends_after: Sourced[Quantity]  # the whole plan, whatever happens
    review_every: Sourced[Quantity]  # during titration
    continue_review_every: Sourced[Quantity]
    step_down_trial_after: Sourced[Quantity]  # stable time after which less is tried
    stable_before_step_down: Sourced[Quantity]
    lower_by: Sourced[Quantity]  # per cent, for a moderate adverse effect


class Taper(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    needed_after: Sourced[Quantity]
    by: Sourced[Quantity]  # per cent of the dose
    every: Sourced[Quantity]
    every_at_most: Sourced[Quantity]


class Rung(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """After so many days without a dose, this is how it goes on."""

    days_missed: tuple[int, int]  # closed range
    do: str  # continue, lower, prescriber, restart
    clinician: str
    patient: str
    source: str
    status: Status
    share: str = ""  # of the last dose, where lowered

    def __post_init__(self) -> None:
        if self.share:
            part_in(self.share)


class SupplyLimits(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    titration: Sourced[Quantity]
    maintenance: Sourced[Quantity]
    early_refill: Sourced[Quantity]  # how long before the supply ends the next one may be collected


class Tier(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One of the dose tiers that an article describes. Never a default; shown with its warnings."""

    id: str
    title: str
    dose_from: Quantity
    dose_to: Quantity
    frequencies: tuple["Frequency", ...]
    settings: tuple[str, ...]  # home, observed
    warnings: tuple[str, ...]
    source: str
    status: Status


class Frequency(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    title: str
    times_per_day: int
    days_per_week: tuple[int, ...]


class Conversion(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One published way from a 24-hour parenteral dose to a daily oral dose, as a share of it."""

    id: str
    title: str
    share_from: Quantity  # per cent
    share_to: Quantity
    source: str
    status: Status
    proposed: bool = False
    note: str = ""


class StopRule(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    code: str
    clinician: str
    patient: str
    source: str
    status: Status


class Protocol(Header, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One version of a protocol."""

    version: int
    status: Standing
    authored_by: str
    route: str
    products: tuple[str, ...]
    default_product: str
    default_strength: Quantity
    explicit_choice: bool  # selectable only by a logged choice with a reason
    warnings: tuple[str, ...]  # ids of disagreements shown with it
    start: Start
    step: Step
    bounds: Bounds
    raise_needs: RaiseNeeds
    trial: Trial
    taper: Taper
    missed_doses: tuple[Rung, ...]
    supply: SupplyLimits
    stop_rules: tuple[StopRule, ...]
    tiers: tuple[Tier, ...] = ()
    conversions: tuple[Conversion, ...] = ()
    from_parenteral: bool = False  # the start is worked out from clinic sessions
    following: Following | None = None  # without it a running course is followed by hand
    opioid_at_start: str = ""
    administration: str = ""  # which education text tells how to take it
