"""How a running course is followed: the rules from the safest action to the least safe, and their numbers."""

from enum import StrEnum

from msgspec import Struct

from titrant.knowledge.shapes.common import Sourced, When
from titrant.terms.quantity import Quantity
from titrant.terms.reason import Bar, Severity, Status


class Action(StrEnum):
    """What may be proposed for a running course, safest first. The order of the members is the order of judging."""

    STOP = "stop"  # no more doses; a new start needs a new plan
    PAUSE = "pause"  # no dose until a prescriber has looked
    LOWER = "lower"
    HOLD = "hold"  # the signed dose stays
    RAISE = "raise"
    STEP_DOWN_TRIAL = "step_down_trial"  # a planned attempt with less


REDUCING = (Action.STOP, Action.PAUSE, Action.LOWER)


class LowerTo(StrEnum):
    """Where the lower dose comes from."""

    BY_SHARE = "share"  # the protocol's share for a moderate adverse effect
    RUNG = "rung"  # the share of the missed-dose ladder
    EXPOSURE = "exposure"  # the share that the new drug demands of a start


class FoundBy(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Findings of the screen to which a rule applies: by code, by grade, or by what they bar."""

    codes: tuple[str, ...] = ()
    severity: Severity | None = None
    bar: Bar | None = None

    def __post_init__(self) -> None:
        if sum((bool(self.codes), self.severity is not None, self.bar is not None)) != 1:
            raise ValueError("'found' has exactly one of 'codes', 'severity' and 'bar'")


class CourseRule(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One rule of following: it applies when its condition holds, or when such a finding is there."""

    code: str
    action: Action
    source: str
    status: Status
    clinician: str
    when: When | None = None
    found: FoundBy | None = None
    patient: str = ""
    lower_to: LowerTo = LowerTo.BY_SHARE
    taper: bool = False  # a stop that is made in steps once the drug was taken for long enough
    call: bool = False  # somebody calls the person now
    note: str = ""

    def __post_init__(self) -> None:
        if (self.when is None) == (self.found is None):
            raise ValueError("a rule of following has exactly one of 'when' and 'found'")


class Response(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What counts as a response beyond the trial's own benefit."""

    substantial: Sourced[Quantity]  # fall in pain, per cent
    points: Sourced[Quantity]  # fall in pain, points
    peg: Sourced[Quantity]  # fall in PEG, per cent
    pgic_at_most: Sourced[Quantity]
    effect_below: Sourced[Quantity]  # no side effect of this grade or more
    baseline_at_least: Sourced[Quantity]  # below this a share of the baseline says nothing
    flare: Sourced[Quantity]  # points above the person's own mean: a flare


class Swing(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The person's own day-to-day swing, against which the change after a step is set."""

    days_each_side: Sourced[int]
    carry_over: Sourced[str]  # correlation of one day with the next, exact decimal
    multiplier: Sourced[str]  # standard errors on each side of the interval, exact decimal


class Following(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    late_after: Sourced[Quantity]  # an entry made later than this after its day is late
    check_early: Sourced[Quantity]  # a test so long before its day counts for it
    steps_within: Sourced[Quantity]  # in any stretch of this length ...
    steps_at_most: Sourced[Quantity]  # ... the dose rises by at most this
    effect_rise: Sourced[Quantity]  # mean daily grade, over that at the level before, from which harm is rising
    severe_effect_from: Sourced[Quantity]  # a side effect of this grade counts until somebody has signed after it
    response: Response
    swing: Swing
    rules: tuple[CourseRule, ...]
