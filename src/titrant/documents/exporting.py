"""The acts of handing out a record: nobody takes a copy without a line in the log that cannot be changed."""

from titrant.clinic.office import Office
from titrant.record.events import CLINIC, Actor, Kind


def log_clinic_export(office: Office, by: Actor) -> None:
    """Somebody takes the whole clinic. Written before the first byte is given."""
    body = {"what": "whole clinic", "form": "open files"}
    office.store.append(CLINIC, [office.draft(Kind.EXPORTED, body, by)], expected=None)


def log_case_export(office: Office, case: str, form: str, by: Actor) -> None:
    """Somebody takes a copy of one record, in ``form``."""
    body = {"what": "one record", "form": form}
    office.store.append(case, [office.draft(Kind.EXPORTED, body, by)], expected=None)
