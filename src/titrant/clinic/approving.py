"""Which protocols are in use: what the clinic's folder says, and after it what its prescribers signed and withdrew.

An approval made here counts once a second person stands behind it, and only while its seals hold. A withdrawal needs
one prescriber and counts at once. The newest act over a version's very content decides.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from msgspec import Struct, structs

from titrant.knowledge.library import Approval, Approvals
from titrant.knowledge.shapes.protocols import Standing
from titrant.record.events import Event, Kind
from titrant.record.seal import Broken, check
from titrant.terms.canonical import Json

APPROVAL_KINDS = (Kind.PROTOCOL_APPROVED, Kind.PROTOCOL_SECONDED, Kind.PROTOCOL_WITHDRAWN)
Keys = Mapping[str, Ed25519PublicKey]
Version = tuple[str, int, str]  # protocol, version, content hash


class Act(Struct, frozen=True, kw_only=True):
    """An approval or a withdrawal of one version, as the clinic's stream tells it."""

    number: int
    version: Version
    withdrawn: bool
    by: str
    by_id: str
    on: date
    why: str = ""
    seconded_by: str = ""
    seconded_on: str = ""
    touched: tuple[str, ...] = ()
    broken: bool = False

    @property
    def counts(self) -> bool:
        return self.withdrawn or (bool(self.seconded_by) and not self.broken)


def content_of(event: Event) -> Json:
    """What the seal of an approval covers: everything of it, by whom and when."""
    return {
        "kind": event.kind.value, "by": event.by.id, "name": event.by.name,
        "body": {name: value for name, value in event.body.items() if name != "seal"},
    }  # fmt: skip


def acts_of(events: Iterable[Event], keys: Keys) -> list[Act]:
    """Approvals and withdrawals, oldest first, each with who stands behind it."""
    found: dict[int, Act] = {}
    for event in events:
        body = event.body
        if event.kind is Kind.PROTOCOL_SECONDED:
            first = found.get(body["approval"])
            if first is not None:
                found[first.number] = _seconded(first, event, keys)
        elif event.kind in APPROVAL_KINDS:
            found[event.number] = Act(
                number=event.number, version=(body["protocol"], int(body["version"]), body["sha256"]),
                withdrawn=event.kind is Kind.PROTOCOL_WITHDRAWN, by=event.by.name, by_id=event.by.id,
                on=date.fromisoformat(body["on"]), why=body.get("why", ""), touched=tuple(body.get("touched", ())),
                broken=not _holds(event, keys),
            )  # fmt: skip
    return list(found.values())


def _seconded(first: Act, event: Event, keys: Keys) -> Act:
    """Another person, over the same content, with a seal that holds; else nothing is added."""
    same = (event.body["protocol"], int(event.body["version"]), event.body["sha256"]) == first.version
    if not same or event.by.id == first.by_id or not _holds(event, keys):
        return first
    return structs.replace(first, seconded_by=event.by.name, seconded_on=event.body["on"])


def _holds(event: Event, keys: Keys) -> bool:
    try:
        check(content_of(event), event.body.get("seal"), dict(keys))
    except Broken:
        return False
    return True


def approvals_of(folder: Approvals | None, events: Iterable[Event], keys: Keys, clinic: str) -> Approvals | None:
    """The approvals of the clinic as they stand after these events."""
    newest: dict[Version, Act] = {}
    for act in acts_of(events, keys):
        if act.counts:
            newest[act.version] = act
    if not newest:
        return folder
    return Approvals(
        clinic=folder.clinic if folder else clinic,
        synthetic=folder.synthetic if folder else False,
        approvals=(*_kept(folder, newest), *map(_approval, newest.values())),
    )


def _kept(folder: Approvals | None, newest: Mapping[Version, Act]) -> Iterator[Approval]:
    """What the folder takes out of use stays out; what it puts in use gives way to what was done here since."""
    for one in folder.approvals if folder else ():
        if (one.protocol, one.version, one.sha256) not in newest or one.standing is Standing.RETIRED:
            yield one


def _approval(act: Act) -> Approval:
    protocol, version, sha256 = act.version
    return Approval(
        protocol=protocol, version=version, sha256=sha256, on=act.on,
        standing=Standing.RETIRED if act.withdrawn else Standing.IN_USE,
        approved_by=act.by if act.withdrawn else f"{act.by} and {act.seconded_by}",
    )  # fmt: skip
