"""How the clinic has set itself up, folded from the events of its own stream."""

from collections.abc import Iterable

import msgspec
from msgspec import Struct

from titrant.record.events import Event, Kind


class ClinicSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the clinic may set. Nothing here is a dose, a limit or a threshold: those are knowledge."""

    name: str = "Clinic"
    address: str = ""
    phone: str = ""  # shown to patients
    emergency_phone: str = ""  # what a patient calls at once; empty: the pack's own
    zone: str = "UTC"
    language: str = "en"
    pack: str = "none"  # jurisdiction pack: us, uk, none
    manufacturer: str = ""  # of this software as a medical device, where the pack asks for one
    certificate: str = ""  # its number
    check_monitoring: bool = False  # a check of the prescription monitoring programme is required before signing
    engine_on: bool = True  # off: a full recorder that proposes nothing
    read_by: str = "the clinic's nurses"  # who reads diary entries
    read_when: str = "on working days"  # and when
    red_flag_to: tuple[str, ...] = ()  # e-mail addresses, in the order of escalation
    red_flag_minutes: int = 10  # to the next address; proposal: as long as a call takes to be answered or not
    heads_to: str = ""  # an e-mail address that keeps the daily head of the chain
    closed_weekdays: tuple[int, ...] = ()  # 0 is Monday; told to patients beside when entries are read
    paper: str = "A4"  # or Letter
    on_call: str = ""  # who answers outside hours; told to patients beside the emergency number


def settings_of(events: Iterable[Event]) -> ClinicSettings:
    """The settings after all changes of the clinic's stream."""
    changes: dict[str, object] = {}
    for event in events:
        if event.kind is Kind.SETTINGS_CHANGED:
            changes |= event.body["changes"]
    return msgspec.convert(changes, ClinicSettings)
