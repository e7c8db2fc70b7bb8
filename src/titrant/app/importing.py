"""A clinic from its own export: a new data folder, checked before anybody works with it."""

import json
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from msgspec import Struct

from titrant.app.place import Place
from titrant.app.starting import open_place
from titrant.terms.errors import NotNow


def is_synthetic(file: Path) -> bool:
    """Whether the export says that its patients are made up."""
    try:
        with ZipFile(file) as archive:
            return "SYNTHETIC" in archive.namelist()
    except (BadZipFile, OSError) as error:
        fault = f"It cannot be opened: {error}."
        raise NotNow(file.name, fault, "Nothing was taken over.", "Give a file that `titrant export` wrote.") from None


class Moved(Struct, frozen=True):
    """What was taken over, and what a full reading says of it."""

    facts: int
    cases: int
    head: str
    faults: tuple[str, ...]


def import_into(file: Path, folder: Path, kept_head: str = "") -> Moved:
    """Make ``folder`` the clinic of the export ``file``. Raises NotNow where either is not fit for it."""
    if folder.exists() and any(folder.iterdir()):
        raise NotNow(folder.name, "The folder is not empty.", "Two records cannot become one.", "Name a new folder.")
    place = open_place(folder, synthetic=is_synthetic(file))
    from titrant.app.database import ready_tables

    ready_tables()
    return _taken(file, place, kept_head)


def _taken(file: Path, place: Place, kept_head: str) -> Moved:
    from titrant.storage.clinic_import import import_clinic, knowledge_files

    made = import_clinic(file, kept_head)
    _learn(place, made.keys)
    for name, content in knowledge_files(file):
        path = place.clinic / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_bytes(content)
    from titrant.app.verifying import verify
    from titrant.app.wiring import office
    from titrant.record.events import CLINIC, SYSTEM, Kind

    here = office()
    found = verify(here, made.head)
    body = {"from": "export", "facts": str(made.facts), "head": made.head}
    here.store.append(CLINIC, [here.draft(Kind.RESTORED, body, SYSTEM)], expected=None)
    return Moved(made.facts, made.cases, made.head, found.faults)


def _learn(place: Place, keys: dict[str, str]) -> None:
    """The public keys under which older signatures are checked; the new clinic signs with one of its own."""
    place.verifying_keys()
    path = place.folder / "keys" / "verifying.json"
    known = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(keys | known), encoding="utf-8")
    path.chmod(0o600)
