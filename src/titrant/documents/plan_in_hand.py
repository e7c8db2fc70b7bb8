"""The one place from which a paper may take a dose: a signed plan whose seal holds, or a draft that is marked as one."""

from decimal import Decimal

from msgspec import Struct

from titrant.clinic.acts.verifying import check_signature
from titrant.clinic.office import Office
from titrant.knowledge.shapes.protocols import Protocol
from titrant.record.events import Event, Kind, instant_text
from titrant.record.folding import Record
from titrant.record.seal import Broken
from titrant.record.states import State
from titrant.terms.canonical import Json, sha256_of
from titrant.terms.errors import NotNow


class PlanInHand(Struct, frozen=True, kw_only=True):
    """What may be printed. ``standing`` is draft, in_force, suspended or ended."""

    content: Json
    standing: str
    sha256: str
    by: str = ""
    at: str = ""  # instant of the signature
    number: int = 0  # of the event

    @property
    def regimen(self) -> dict[str, str]:
        found: dict[str, str] = self.content["regimen"]
        return found

    @property
    def pieces(self) -> Decimal:
        return Decimal(self.regimen["pieces_per_dose"])

    @property
    def unit(self) -> str:
        return self.regimen["piece_unit"]

    @property
    def seal(self) -> str:
        return self.sha256[:16]


def signed_plan(office: Office, record: Record) -> PlanInHand:
    """The newest signed plan, its seal checked now. Raises NotNow where there is none, Broken where it was changed."""
    signed = record.plan or _last(record)
    if signed is None:
        raise NotNow(
            record.summary.person.name or "patient", "Nothing has been signed yet.",
            "A dose is printed only from a signed plan.", "Sign the plan first, or print the draft.",
        )  # fmt: skip
    content, seal = signed.body["content"], signed.body["seal"]
    check_signature(signed, office.keys)
    _is_of(record, content)
    state = record.summary.state
    standing = "in_force" if record.plan and state is State.ON_PLAN else "suspended" if record.plan else "ended"
    return PlanInHand(
        content=content, standing=standing, sha256=seal["sha256"], by=signed.by.name, at=instant_text(signed.at),
        number=signed.number,
    )  # fmt: skip


def drafted_plan(record: Record) -> PlanInHand:
    """The draft that waits. Raises NotNow where there is none."""
    draft = record.draft
    if draft is None or "content" not in draft.body:
        raise NotNow(
            record.summary.person.name or "patient", "No draft is waiting.",
            "There is nothing to print.", "Plan first, or print the signed plan.",
        )  # fmt: skip
    content = draft.body["content"]
    return PlanInHand(
        content=content, standing="draft", sha256=sha256_of(content), by=draft.by.name, at=instant_text(draft.at),
        number=draft.number,
    )  # fmt: skip


def protocol_of(plan: PlanInHand, office: Office) -> Protocol:
    """The very protocol that was signed for. Raises NotNow where this clinic has only another version of it."""
    named = plan.content["protocol"]
    library = office.library
    for one in library.versions:
        if one.id == named["id"] and library.protocol_sha256(one.id, one.version) == named["sha256"]:
            return one
    raise NotNow(
        f"protocol {named['id']}, version {named['version']}", "This version is not at hand any more.",
        "What to do about missed doses and when to stop stand in it; another version may say otherwise.",
        "Have the plan signed anew under the version in use.",
    )  # fmt: skip


def _last(record: Record) -> Event | None:
    return next(reversed(record.of(Kind.SIGNED)), None)


def _is_of(record: Record, content: Json) -> None:
    """A seal holds for the patient it names; a signature put under another record is no signature."""
    named = (content.get("patient") or {}).get("id", "")
    own = (record.tree["given"].get("patient") or {}).get("id", "")
    if named != own:
        raise Broken(
            "signed plan", "The signed content names another record.", "It would be somebody else's dose.",
            "Do not use it. Tell the administrator; `titrant verify` shows where the record was changed.",
        )  # fmt: skip
