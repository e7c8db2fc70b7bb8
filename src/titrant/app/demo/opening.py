"""Opening the demo: a folder of its own, made anew with each start so that its days are those around today."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from titrant.app.demo.cast import CAST
from titrant.app.place import Place
from titrant.terms.errors import NotNow


def demo_clinic(folder: Path, patients: int, *, keep: bool) -> Iterator[str]:
    """Make the synthetic clinic in ``folder``; what to tell whoever opens it. Raises NotNow for a real folder."""
    from titrant.app.starting import open_place

    place = Place(folder.absolute())
    if not (keep and place.database.exists()):
        _clear(place)
    open_place(folder, synthetic=True)
    from titrant.app.database import ready_tables
    from titrant.app.demo.making import make
    from titrant.app.wiring import office
    from titrant.storage.people import DEMO_PASSWORD

    ready_tables()
    here = office()
    if here.store.head()[0] == 0:
        facts = make(patients, here)
        yield f"Made {patients} synthetic patients ({facts} events) in {place.folder}."
    yield f"Everybody in it is made up. Sign in with the password '{DEMO_PASSWORD}' as:"
    yield from (f"  {one.email:28} {one.name}" for one in CAST)


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
