"""The head of the chain, signed and kept elsewhere: only it shows that the end of the record was cut off (rule 6)."""

from pathlib import Path

from titrant.app.place import Place
from titrant.clinic.office import Office
from titrant.record.events import instant_text
from titrant.record.seal import sealed
from titrant.storage.outbox import put
from titrant.terms.canonical import canonical_json


def export_head(office: Office, place: Place) -> Path:
    """Write the signed head to the data folder, and mail it where the clinic keeps it."""
    length, head = office.store.head()
    content = {"kind": "titrant/head", "at": instant_text(office.now()), "facts": str(length), "head": head}
    text = canonical_json({"content": content, "seal": sealed(content, office.key)}).decode()
    folder = place.folder / "heads"
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / f"{office.today.isoformat()}.json"
    path.write_text(text + "\n", encoding="utf-8")
    path.chmod(0o600)
    if office.settings.heads_to:
        body = {"to": office.settings.heads_to, "subject": "Titrant: head of the record", "text": text}
        put("", "head_of_chain", body, office.now())
    return path
