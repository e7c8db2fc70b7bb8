"""The office: what every act of a person needs, handed in by whoever opens the clinic: store, knowledge, keys, time."""

from collections.abc import Callable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec import Struct

from titrant.clinic.desk import Desk
from titrant.clinic.packs import emergency_phone, pack_of, proposals_refused
from titrant.clinic.shaping import shape_case
from titrant.knowledge.library import Library
from titrant.pathway.case import Case
from titrant.record.clinic_settings import ClinicSettings
from titrant.record.events import Actor, Draft, Kind
from titrant.record.folding import Record
from titrant.record.ports import CaseStore
from titrant.terms.canonical import Json


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
        return self.now().astimezone(ZoneInfo(self.settings.zone)).date()

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


def case_in(record: Record) -> Case:
    """The case file folded from a record, as the spine reads it. Raises CaseFileError with the field at fault."""
    return shape_case(record.tree, record.summary.person.name or record.summary.case)
