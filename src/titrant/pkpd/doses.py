"""Doses as given: when, how much, by which route, and what the route needs to be told."""

import math
from dataclasses import dataclass

from titrant.pkpd.faults import UnusableNumbers

FORMS = ("solid", "solution")
ROUTES = ("iv", "oral", "troche", "film", "nasal")
# What must be said of how a dose is given, by route; of a film nothing is asked.
MANNERS = {"iv": ("over_h",), "troche": ("hold_h", "swallowed"), "nasal": ("sprays",), "oral": ("form",)}
_WHY = "A dose read wrongly is a wrong dose."


@dataclass(frozen=True)
class Given:
    """One dose.

    Attributes:
        at_h: h since start; mg: amount of ketamine base (esketamine where the model is of esketamine).
        over_h: length of an infusion (route ``iv``); zero for a bolus.
        hold_h: how long a troche is held; swallowed: whether the rest is swallowed or spat out.
        sprays: nasal sprays that the dose is made of.
        form: of an oral dose, "solid" (capsule, tablet, swallowed lozenge) or "solution".
    """

    at_h: float
    mg: float
    route: str
    over_h: float = 0.0
    hold_h: float = 1 / 3
    swallowed: bool = True
    sprays: int = 1
    form: str = "solid"

    @property
    def manner(self) -> tuple:
        """All but time and amount: doses given in one manner share their ways in."""
        return (self.route, self.over_h, self.hold_h, self.swallowed, self.sprays, self.form)


def every(mg: float, interval_h: float, days: float, route: str, **manner) -> list[Given]:
    """The doses of a regular regimen: ``mg`` each ``interval_h`` from 0 h until before ``days``."""
    if not (math.isfinite(interval_h) and interval_h > 0 and math.isfinite(days) and 0 < days <= 36500):
        raise UnusableNumbers(
            "regimen", f"every {interval_h} h for {days} days cannot be given", _WHY, "Use e.g. 8 h, 28 d."
        )
    count = math.ceil(days * 24 / interval_h - 1e-9)
    if count > 1_000_000:
        raise UnusableNumbers("regimen", f"it has {count:,} doses", "At most 1,000,000 are simulated.", "Shorten it.")
    return [Given(k * interval_h, mg, route, **manner) for k in range(count)]


def checked(doses: list[Given], valid_routes: dict) -> list[Given]:
    """``doses`` as they are, if each is one that can be meant; else UnusableNumbers names the first that is not.

    Doses must stand in order of time; two at the same time by the same route are refused as a probable double entry.
    """
    before: dict[tuple, float] = {}
    last_h = -math.inf
    for number, dose in enumerate(doses, 1):
        fault = _fault(dose, valid_routes)
        if not fault and dose.at_h < last_h:
            fault = ("it lies before the dose above it", "Sort the doses by time.")
        if not fault and before.get(dose.manner) == dose.at_h:
            fault = (
                "the same dose stands twice at this time",
                "Keep one; write a doubled dose as one amount.",
            )
        if fault:
            raise UnusableNumbers(f"dose {number}, at {dose.at_h} h", fault[0], _WHY, fault[1])
        before[dose.manner] = last_h = dose.at_h
    if not doses:
        raise UnusableNumbers("doses", "there is none", _WHY, "Give at least one dose.")
    return doses


def _fault(dose: Given, valid_routes: dict) -> tuple[str, str] | None:
    if dose.route not in valid_routes:
        return f"route {dose.route!r} is not valid for this model", f"Valid are: {', '.join(valid_routes)}."
    if not (math.isfinite(dose.at_h) and 0 <= dose.at_h <= 1e6):
        return (
            "its time is negative, absurd or not a number",
            "Give hours since the start, from 0 to 1,000,000.",
        )
    if not (math.isfinite(dose.mg) and 0 <= dose.mg <= 2000):
        return f"{dose.mg} mg is not an amount between 0 and 2,000 mg", "Check the amount and its unit."
    if not (math.isfinite(dose.over_h) and 0 <= dose.over_h <= 24 * 30):
        return f"an infusion over {dose.over_h} h cannot be meant", "Give a duration from 0 to 720 h."
    if not (math.isfinite(dose.hold_h) and 0 < dose.hold_h <= 2):
        return f"holding for {dose.hold_h} h cannot be meant", "Give a hold from above 0 to 120 minutes."
    if not 1 <= dose.sprays <= 10:
        return f"{dose.sprays} sprays cannot be meant", "Give 1 to 10 sprays."
    if dose.form not in FORMS:
        return f"{dose.form!r} is not a form of an oral dose", f"Use one of {', '.join(FORMS)}."
    return None
