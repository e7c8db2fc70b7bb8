"""The dose of today for the people of the clinic, with the next change: everywhere the same words, from the summary."""

from datetime import date, timedelta
from decimal import Decimal

from msgspec import Struct

from titrant.clinic.changing import TAPER
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
        last = day_before(summary.plan_ends)
        return DoseNow("none", f"the last day of the plan was {last}" if last else "")
    if today < found[0].first:
        return DoseNow("none today", later=_later(found[0]))
    regimen = found[0].step.regimen
    return DoseNow(dose_text(regimen), often_text(regimen), _later(found[1]) if len(found) > 1 else "")


def _later(one: Stretch) -> str:
    return f"from {one.first}: {dose_text(one.step.regimen)}, {often_text(one.step.regimen)}"


class Told(Struct, frozen=True):
    """The days of a signed dose, for the page where it is signed and the one from which it is read out."""

    starts: str
    until: str  # the last day of the first dose, where another is signed to follow or none is
    later: tuple[str, ...]  # each later step with its days, then the day from which there is no dose
    last_day: str


def told(content: Json) -> Told:
    """Every step of what is signed. Its ``ends`` is the first day without a dose; people read it as the last with one.

    Of a taper that day is told as well: the end of the doses was signed as its last step.
    """
    steps, ends = content.get("steps") or (), content.get("ends", "")
    following = [*(one["from"] for one in steps), *([ends] if content.get("action") == TAPER else [])]
    later = [
        f"from {one['from']} until {day_before(until)}: {dose_text(one['regimen'])}, {often_text(one['regimen'])}"
        for one, until in zip(steps, [*following[1:], ends][: len(steps)], strict=True)
    ]
    later += [f"from {ends}: no dose"] if content.get("action") == TAPER else []
    until = day_before(following[0]) if following else ""
    return Told(content["starts"], until, tuple(later), day_before(ends))


def day_before(day: str) -> str:
    return (date.fromisoformat(day) - timedelta(days=1)).isoformat() if day else ""


def dose_text(regimen: Json) -> str:
    """``15 mg = 1.5 mL``."""
    return f"{regimen['dose_mg']} mg = {pieces_text(Decimal(regimen['pieces_per_dose']), regimen['piece_unit'])}"


def often_text(regimen: Json) -> str:
    return times_text(int(regimen["times_per_day"]), int(regimen["days_per_week"]))
