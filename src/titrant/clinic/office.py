"""The office: what every act of a person needs, handed in by whoever opens the clinic: store, knowledge, keys, time."""

from collections.abc import Callable
from datetime import date, datetime
from zoneinfo import ZoneInfo

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec import Struct, structs

from titrant.clinic.desk import Desk
from titrant.clinic.packs import emergency_phone, pack_of, proposals_refused
from titrant.clinic.shaping import shape_case
from titrant.knowledge.library import Library, decode
from titrant.pathway.case import Case
from titrant.pathway.diary import waits
from titrant.pathway.entries import Entry
from titrant.record.clinic_settings import ClinicSettings
from titrant.record.events import Actor, Draft, Kind
from titrant.record.folding import Record
from titrant.record.ports import CaseStore
from titrant.terms.canonical import Json

_LATELY = 200  # entries: more than two days hold


class Office(Struct, frozen=True):
    """One clinic at work. ``now`` gives an instant with its zone; the day is the clinic's own."""

    store: CaseStore
    library: Library
    settings: ClinicSettings
    key: Ed25519PrivateKey
    keys: dict[str, Ed25519PublicKey]
    now: Callable[[], datetime]
    degraded: tuple[str, ...] = ()  # why this machine is not fit to propose a dose; then none is proposed or raised
    alarms: tuple[str, ...] = ()  # what else somebody must look at

    @property
    def today(self) -> date:
        return self.day_of(self.now())

    def day_of(self, instant: datetime) -> date:
        """The day of an instant where the clinic is: a prescription carries the day on which it was signed there."""
        return instant.astimezone(ZoneInfo(self.settings.zone)).date()

    @property
    def desk(self) -> Desk:
        return Desk(self.library, self.today, self.degraded)

    @property
    def emergency_phone(self) -> str:
        """What a patient calls at once: the clinic's own number, else that of the place; empty where none is known."""
        return emergency_phone(self.settings, pack_of(self.settings, self.library))

    @property
    def no_proposals(self) -> str:
        """Why nothing is proposed here, by a setting of the clinic or the law of the place; empty where it is."""
        return proposals_refused(self.settings, pack_of(self.settings, self.library))

    def draft(self, kind: Kind, body: Json, by: Actor) -> Draft:
        return Draft(kind, body, by, self.now())


def case_in(record: Record, on: date | None = None) -> Case:
    """The case file folded from a record, as the spine reads it. Raises CaseFileError with the field at fault.

    With ``on``, what a traveller wrote where the next day had come waits for that day, and hides nothing.
    """
    case = shape_case(record.tree, record.summary.person.name or record.summary.case)
    come = case.given.diary if on is None else tuple(one for one in case.given.diary if not waits(one, on))
    if len(come) == len(case.given.diary):
        return case
    return structs.replace(case, given=structs.replace(case.given, diary=come))


def waiting_entries(record: Record, on: date) -> tuple[str, ...]:
    """The days of entries that ``case_in`` leaves out until they have come."""
    newest = record.summary.last_entry
    # Whatever is ahead came lately: the end of the diary is enough, and a diary of years is not walked through.
    lately = (record.tree["given"].get("diary") or [])[-_LATELY:] if newest else []
    shaped = [msgspec.convert(one, Entry, dec_hook=decode) for one in lately]
    return tuple(sorted({one.day.isoformat() for one in shaped if waits(one, on)}))
