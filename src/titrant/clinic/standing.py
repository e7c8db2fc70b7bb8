"""How one case stands today, for the people who look at it: the spine's answer, or plainly why there is none."""

from datetime import date
from typing import Any

from msgspec import Struct

from titrant.clinic.following import Followed, follow_at, review_at
from titrant.clinic.kept import Kept
from titrant.clinic.office import Office, case_in
from titrant.clinic.saying import plan_data
from titrant.clinic.saying_following import adjustment_data
from titrant.pathway.case import Case
from titrant.pathway.plan import Plan
from titrant.pathway.review import Review
from titrant.record.folding import Record
from titrant.terms.calendar import age_in_years
from titrant.terms.canonical import Json
from titrant.terms.dose import Dose
from titrant.terms.errors import TitrantError

_MOST_KEPT = 16  # records with years of diary are large; those that are looked at again soon are few


class Standing(Struct, frozen=True, kw_only=True):
    """A record with what the spine says of it on one day.

    One of: ``followed`` for a course that runs, ``plan`` for one that has not begun, ``fault`` where the spine cannot
    read it. With the engine off there is neither ``followed`` nor ``plan``; ``review`` still lays out the past.
    """

    record: Record
    on: date
    case: Case | None = None
    review: Review | None = None
    followed: Followed | None = None
    plan: Plan | None = None
    fault: TitrantError | None = None
    data: Json | None = None  # the answer as plain data, as the commands give it

    @property
    def runs(self) -> bool:
        """Whether a signed level has begun."""
        return self.case is not None and any(one.since <= self.on for one in self.case.given.course.levels)

    @property
    def weight(self) -> tuple[str, str]:
        """The newest weight and its day, as it was written."""
        written = (self.record.tree["given"].get("readings") or {}).get("weight") or ()
        texts = [written] if isinstance(written, str) else list(written)
        days = [(text.partition(" on ")[2][:10], text.partition(" on ")[0]) for text in texts if isinstance(text, str)]
        on, value = max(days, default=("", ""))
        return value.partition(" (")[0], on

    @property
    def age(self) -> int | None:
        born = self.record.summary.person.birth_date
        try:
            return int(age_in_years(date.fromisoformat(born), self.on))
        except ValueError:
            return None


def standing_of(office: Office, record: Record) -> Standing:
    """How ``record`` stands today. What the spine refuses to read is kept as ``fault``, never raised."""
    base: dict[str, Any] = {"record": record, "on": office.today}
    try:
        base["case"] = case = case_in(record, office.today)
        if not any(one.since <= office.today for one in case.given.course.levels):
            plan = office.desk.plan(case) if not office.no_proposals else None
            return Standing(**base, plan=plan, data=plan_data(plan, office.desk.words) if plan else None)
        if office.no_proposals:
            return Standing(**base, review=review_at(office.desk, case))
        followed = follow_at(office.desk, case)
        data = adjustment_data(followed.decided, office.desk.words, followed)
        return Standing(**base, review=followed.decided.review, followed=followed, data=data)
    except TitrantError as error:
        return Standing(**base, fault=error)


class StandingsKept:
    """Standings by everything that they rest on, so that who comes back to a record does not wait for it again."""

    def __init__(self) -> None:
        self._kept: Kept[Standing] = Kept(_MOST_KEPT)

    def of(self, office: Office, case: str) -> Standing:
        version = office.store.summary(case).version
        key = (case, version, office.today, office.library, office.settings, office.degraded)
        found = self._kept.get(key)
        if found is not None:
            return found
        record = office.store.open(case)
        found = standing_of(office, record)
        # What was appended between the two reads belongs to another key.
        return self._kept.keep(key, found) if record.version == version else found


class Offer(Struct, frozen=True):
    """A dose that can be made from the product in the hand."""

    dose_mg: str
    text: str


def doses_to_offer(found: Review) -> list[Offer]:
    """Every dose that this product gives up to the hard bound of one dose at home, smallest first, as mg and pieces."""
    supply, most = found.supply, found.protocol.bounds.single.hard_home.value
    bound, offers, pieces = Dose.of(most), [], supply.smallest_part
    while supply.dose_of(pieces) <= bound and not supply.too_many(pieces) and len(offers) < 200:
        dose = supply.dose_of(pieces)
        offers.append(Offer(f"{dose.mg.normalize():f}", f"{dose} = {pieces.normalize():f} {supply.piece_unit}"))
        pieces += supply.smallest_part
    return offers
