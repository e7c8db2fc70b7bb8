"""The dose of today for the people of the clinic, with the next change: everywhere the same words, from the summary."""

from datetime import date
from decimal import Decimal

from msgspec import Struct

from titrant.explain.amounts import pieces_text, times_text
from titrant.record.states import State
from titrant.record.steps import Stretch, stretches
from titrant.record.summary import Summary
from titrant.terms.canonical import Json


class DoseNow(Struct, frozen=True):
    """mg with pieces or mL, how often, and what is signed for later. Without ``dose`` nothing is signed."""

    dose: str = ""
    often: str = ""
    later: str = ""

    @property
    def line(self) -> str:
        return "; ".join(filter(None, (", ".join(filter(None, (self.dose, self.often))), self.later)))


def dose_now(summary: Summary, today: date) -> DoseNow:
    """What is signed for ``today`` and next; "none" where a plan is there and today has no dose by it."""
    if summary.state is State.SUSPENDED:
        return DoseNow("none", "while suspended")
    if summary.state is State.ENDED:
        return DoseNow("none", "the course has ended")
    if not summary.plan and not summary.regimen:
        return DoseNow()
    found = stretches(summary.signed_steps, today)
    if not found:
        return DoseNow("none", f"the plan ended on {summary.plan_ends}" if summary.plan_ends else "")
    if today < found[0].first:
        return DoseNow("none today", later=_later(found[0]))
    regimen = found[0].step.regimen
    return DoseNow(dose_text(regimen), often_text(regimen), _later(found[1]) if len(found) > 1 else "")


def _later(one: Stretch) -> str:
    return f"from {one.first}: {dose_text(one.step.regimen)}, {often_text(one.step.regimen)}"


def dose_text(regimen: Json) -> str:
    """``15 mg = 1.5 mL``."""
    return f"{regimen['dose_mg']} mg = {pieces_text(Decimal(regimen['pieces_per_dose']), regimen['piece_unit'])}"


def often_text(regimen: Json) -> str:
    return times_text(int(regimen["times_per_day"]), int(regimen["days_per_week"]))
