"""What is done with protocols: approve with two people, withdraw by one, and call back everybody who is on one."""

from collections.abc import Iterator

from titrant.clinic.approving import APPROVAL_KINDS, Act, acts_of, content_of
from titrant.clinic.office import Office
from titrant.knowledge.checking import faults_of_form
from titrant.knowledge.shapes.protocols import Protocol, Standing
from titrant.record.events import CLINIC, SYSTEM, Actor, Draft, Event, Kind
from titrant.record.ports import Query
from titrant.record.seal import sealed
from titrant.terms.canonical import Json
from titrant.terms.errors import NotNow

APPROVES = "I have read this version whole and put it in use in this clinic."
SECONDS = "I have read this version and stand behind its use beside the first signer."
WITHDRAWS = "I withdraw this version: from now on it proposes nothing."
_MOST_DRAFTS = 10_000


def version_of(office: Office, name: str, version: int) -> Protocol:
    """One version of a protocol. Raises NotNow where the clinic has none such."""
    found = next((one for one in office.library.versions if (one.id, one.version) == (name, version)), None)
    if found is None:
        raise _refused(f"There is no version {version} of {name[:40]!r}.", "Choose one of the list.")
    return found


def acts(office: Office, protocol: Protocol | None = None) -> list[Act]:
    """What was done with the protocols (with this version), oldest first."""
    found = acts_of(office.store.events(CLINIC, APPROVAL_KINDS), office.keys)
    if protocol is None:
        return found
    named = _named(office, protocol)
    return [one for one in found if one.version == (named["protocol"], int(named["version"]), named["sha256"])]


def waiting(office: Office, protocol: Protocol) -> Act | None:
    """The approval that waits for a second person."""
    newest = acts(office, protocol)[-1:]
    return newest[0] if newest and not newest[0].counts and not newest[0].broken else None


def approve(office: Office, name: str, version: int, sha256: str, by: Actor) -> None:
    """A prescriber's signature over exactly the content that was read. It counts once a second person has signed."""
    protocol = version_of(office, name, version)
    named = _as_shown(office, protocol, sha256)
    if office.library.standing(protocol) is Standing.IN_USE:
        raise _refused("This version is in use already.", "Nothing has to be done.")
    if not office.today <= protocol.next_review:
        raise _refused(f"Its review was due on {protocol.next_review}.", "Have it reviewed first.")
    place = f"protocols/{name}/{version}"
    faulty = [one for one in faults_of_form(office.library) if place in one]
    if faulty:
        raise _refused(" ".join(faulty[:3]), "Correct the file first.")
    _append(office, Kind.PROTOCOL_APPROVED, named | {"meaning": APPROVES}, by)


def second(office: Office, name: str, version: int, sha256: str, by: Actor) -> None:
    """The second person: another prescriber, or an administrator. From here on the version proposes."""
    protocol = version_of(office, name, version)
    named = _as_shown(office, protocol, sha256)
    first = waiting(office, protocol)
    if first is None:
        raise _refused("No approval of this version waits for a second person.", "A prescriber approves it first.")
    if first.by_id == by.id:
        raise _refused(
            "The same person has approved it already.", "Ask another prescriber or an administrator to read it."
        )
    _append(office, Kind.PROTOCOL_SECONDED, named | {"meaning": SECONDS, "approval": first.number}, by)


def withdraw(office: Office, name: str, version: int, why: str, by: Actor, *, hold_supplies: bool = False) -> list[str]:
    """Take a version out of use at once, and open a task for everybody whose plan rests on it. Their ids.

    Nobody's plan is changed: what was signed stays in force until a prescriber acts.
    """
    protocol = version_of(office, name, version)
    if not why.strip():
        raise _refused("A withdrawal needs its reason.", "Write what is wrong with it; every patient's task says it.")
    if office.library.standing(protocol) is not Standing.IN_USE and waiting(office, protocol) is None:
        raise _refused("This version is not in use.", "Nothing has to be done.")
    touched = patients_on(office, protocol)
    body = _named(office, protocol) | {
        "meaning": WITHDRAWS, "why": why.strip(), "touched": touched, "hold": "yes" if hold_supplies else "no",
    }  # fmt: skip
    number = _append(office, Kind.PROTOCOL_WITHDRAWN, body, by)
    call_back(office, number)
    return touched


def patients_on(office: Office, protocol: Protocol) -> list[str]:
    """Everybody whose plan in force, or whose waiting draft, rests on exactly this version."""
    sha256 = office.library.protocol_sha256(protocol.id, protocol.version)
    return sorted({*office.store.patients_on(sha256), *_drafts_on(office, sha256)})


def _drafts_on(office: Office, sha256: str) -> Iterator[str]:
    for row in office.store.rows(Query(teams=None, tally="draft", size=_MOST_DRAFTS), office.today):
        draft = office.store.open(row.summary.case).draft
        content = draft.body.get("content") if draft is not None and isinstance(draft.body, dict) else None
        if isinstance(content, dict) and (content.get("protocol") or {}).get("sha256") == sha256:
            yield row.summary.case


def call_back(office: Office, number: int) -> int:
    """Open the tasks of a withdrawal that are not there yet; how many. May be called again after an interruption."""
    event = next(one for one in office.store.events(CLINIC, APPROVAL_KINDS) if one.number == number)
    # Whoever was being signed at that very moment is found by looking once more.
    now = office.store.patients_on(event.body["sha256"])
    opened = 0
    for case in sorted({*event.body["touched"], *now}):
        drafts = list(_called_back(office, case, event))
        if drafts:
            office.store.append(case, drafts, expected=None)
            opened += 1
    return opened


def _called_back(office: Office, case: str, event: Event) -> Iterator[Draft]:
    name, body = f"withdrawn-{event.number}", event.body
    if any(one.body["id"] == name for one in office.store.events(case, (Kind.TASK_OPENED,))):
        return
    why = (
        f"The protocol {body['title']}, version {body['version']}, was withdrawn on {body['on']} by {event.by.name}: "
        f"{body['why']} The signed plan stays in force until a prescriber acts."
    )
    task = {"id": name, "grade": "today", "code": "protocol_withdrawn", "why": why, "for": "prescriber"}
    yield office.draft(Kind.TASK_OPENED, task, SYSTEM)
    if body["hold"] == "yes":
        yield office.draft(Kind.HOLD_PLACED, {"id": name, "why": why}, SYSTEM)


def _named(office: Office, protocol: Protocol) -> Json:
    return {
        "protocol": protocol.id, "version": str(protocol.version), "title": protocol.title,
        "sha256": office.library.protocol_sha256(protocol.id, protocol.version), "on": office.today.isoformat(),
    }  # fmt: skip


def _as_shown(office: Office, protocol: Protocol, sha256: str) -> Json:
    named = _named(office, protocol)
    if named["sha256"] != sha256:
        raise _refused("Its content is not the one that was shown.", "Load the page again and read it anew.")
    return named


def _append(office: Office, kind: Kind, body: Json, by: Actor) -> int:
    version = office.store.clinic_version()
    event = Event(case=CLINIC, number=version + 1, kind=kind, body=body, by=by, at=office.now())
    draft = Draft(kind, body | {"seal": sealed(content_of(event), office.key)}, by, event.at)
    return office.store.append(CLINIC, [draft], expected=None).version


def _refused(fault: str, repair: str) -> NotNow:
    return NotNow("protocol", fault, "What is in use decides what may be proposed to every prescriber.", repair)
