"""Opening the demo: a folder of its own, made anew with each start so that its days are those around today."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from titrant.app.demo.cast import CAST, member
from titrant.app.demo.told import Patient
from titrant.app.place import Place
from titrant.clinic.office import Office
from titrant.record.events import Role
from titrant.terms.errors import NotNow

_JUDGED_AT_ONCE = 60  # so that the first page is full; the worker judges the rest


def demo_clinic(folder: Path, patients: int, address: str, *, keep: bool) -> Iterator[str]:
    """Make the synthetic clinic in ``folder``; what to tell whoever opens it. Raises NotNow for a real folder."""
    from titrant.app.starting import open_place

    place = Place(folder.absolute())
    if not (keep and place.database.exists()):
        _clear(place)
    open_place(folder, synthetic=True)
    from titrant.app.database import ready_tables
    from titrant.app.demo.making import make
    from titrant.app.wiring import office
    from titrant.clinic.acts.judging import judge_due
    from titrant.storage.people import DEMO_PASSWORD

    ready_tables()
    here = office()
    if here.store.head()[0] == 0:
        facts = make(patients, here)
        judge_due(here, _JUDGED_AT_ONCE)
        yield f"Made {patients} synthetic patients ({facts} events) in {place.folder}."
    yield f"Everybody in it is made up. Sign in with the password '{DEMO_PASSWORD}' as:"
    yield from (f"  {one.email:28} {one.name}" for one in CAST)
    yield f"The phone of the first patient, once: {address}{phone_link(here)}"


def phone_link(office: Office) -> str:
    """A new invitation for the phone of the first story, as a nurse hands it out."""
    from titrant.clinic.acts.enrolling import KEEP, invite
    from titrant.storage.devices import Devices

    invited = invite(office, Devices(), Patient(1, {}).case, member(Role.NURSE), others=KEEP)
    return f"p/enrol/{invited.link}/"


def _clear(place: Place) -> None:
    """Remove an earlier demo. Nothing but a demo is ever removed. Raises NotNow."""
    if not place.folder.exists() or not any(place.folder.iterdir()):
        return
    if not place.is_demo:
        raise NotNow(
            str(place.folder), "This folder is not a demo.", "A demo is made anew, and would take what is in it away.",
            "Give another folder with --data.",
        )  # fmt: skip
    shutil.rmtree(place.folder)
