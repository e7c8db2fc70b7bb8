"""What the patient's phone says, one file for each language, and what its diary asks when."""

import re
from datetime import date

from msgspec import Struct

from titrant.knowledge.shapes.common import Header, Sourced
from titrant.terms.quantity import Quantity
from titrant.terms.reason import Status

PLACE = re.compile(r"\{([a-z]+)\}")
TEMPLATE = "en"  # the language that every other one is held against


class PhoneWords(Header, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All words of the phone in one language. ``{name}`` stands for what is filled in."""

    language: str
    name: str
    direction: str  # ltr or rtl
    status: Status
    words: dict[str, str]

    def __post_init__(self) -> None:
        if self.direction not in ("ltr", "rtl"):
            raise ValueError(f"direction is {self.direction!r}; write ltr or rtl")

    def say(self, name: str, /, **facts: object) -> str:
        """The words called ``name`` with their facts. Raises KeyError where there are none: nothing is left blank."""
        return PLACE.sub(lambda place: str(facts[place[1]]), self.words[name])

    def date(self, iso: str) -> str:
        """``2026-11-22`` as a person says it; what is no day stays as it is."""
        try:
            day = date.fromisoformat(iso)
        except ValueError:
            return iso
        return self.say("date_form", day=day.day, month=self.say(f"month_{day.month}"), year=day.year)


class DiaryForm(Header, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How often a form is shown, how far back a day may be written, how long a phone may trust the plan it has."""

    peg_every: Sourced[Quantity]
    yesterday_until: Sourced[Quantity]
    days_back: Sourced[Quantity]
    plan_trusted: Sourced[Quantity]
    new_phone: Sourced[Quantity]  # for how long one that came in beside others is spoken of


class Languages(Struct, frozen=True):
    """The languages that the phone speaks."""

    by_id: dict[str, PhoneWords]

    def of(self, wanted: str) -> PhoneWords:
        """The words in ``wanted`` (es, or es-MX), else in the language that every other is held against."""
        return self.by_id.get(wanted) or self.by_id.get(wanted.partition("-")[0]) or self.by_id[TEMPLATE]
