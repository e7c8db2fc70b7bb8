"""The one place from which a paper may take a dose: a signed plan whose seal holds, or a draft marked as one."""

from decimal import Decimal

from msgspec import Struct

from titrant.clinic.acts.verifying import sealed_content, verified_plan
from titrant.clinic.changing import TAPER
from titrant.clinic.dose_now import day_before
from titrant.clinic.office import Office
from titrant.knowledge.shapes.protocols import Protocol
from titrant.record.events import Event, Kind, instant_text
from titrant.record.folding import Record
from titrant.record.seal import broken, check
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
    on: str = ""  # its day at the clinic
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
    def steps(self) -> tuple[Json, ...]:
        """Later steps that were signed with it: the day, and the regimen from then on."""
        return tuple(self.content.get("steps") or ())

    @property
    def last_day(self) -> str:
        """The last day of the plan. Papers say this one: what is signed as its end is the first day without a dose."""
        return day_before(self.content.get("ends", ""))

    @property
    def no_dose_from(self) -> str:
        """The first day without a dose, where the end of the doses was signed as the last step of a taper."""
        return str(self.content.get("ends", "")) if self.content.get("action") == TAPER else ""

    @property
    def seal(self) -> str:
        return self.sha256[:16]


def signed_plan(office: Office, record: Record) -> PlanInHand:
    """The newest signed plan, its seal checked now. Raises NotNow where there is none, Broken where it was changed."""
    if record.plan is not None:
        verified_plan(office, record)
        return _signed(office, record.plan, "in_force" if record.summary.state is State.ON_PLAN else "suspended")
    last = next(reversed(record.of(Kind.SIGNED)), None)
    if last is None:
        raise NotNow(
            record.summary.person.name or "patient", "Nothing has been signed yet.",
            "A dose is printed only from a signed plan.", "Sign the plan first, or print the draft.",
        )  # fmt: skip
    check_signature(office, record, last)
    return _signed(office, last, "ended")


def check_signature(office: Office, record: Record, event: Event) -> None:
    """Raises Broken unless ``event`` is a signature whose seal holds, over this very record."""
    check(sealed_content(event), event.body["seal"], office.keys)
    if event.body["content"].get("case") != record.summary.case:
        raise broken("It belongs to another record.")


def _signed(office: Office, event: Event, standing: str) -> PlanInHand:
    return PlanInHand(
        content=event.body["content"], standing=standing, sha256=event.body["seal"]["sha256"], by=event.by.name,
        at=instant_text(event.at), on=office.day_of(event.at).isoformat(), number=event.number,
    )  # fmt: skip


def drafted_plan(office: Office, record: Record) -> PlanInHand:
    """The draft that waits. Raises NotNow where there is none."""
    draft = record.draft
    if draft is None or not holds_dose(draft):
        fault = "No draft is waiting." if draft is None else "The draft that waits holds no dose."
        raise NotNow(
            record.summary.person.name or "patient", fault, "There is nothing to print.",
            "Plan first, or print the signed plan.",
        )  # fmt: skip
    content = draft.body["content"]
    return PlanInHand(
        content=content, standing="draft", sha256=sha256_of(content), by=draft.by.name, at=instant_text(draft.at),
        on=office.day_of(draft.at).isoformat(), number=draft.number,
    )  # fmt: skip


def holds_dose(event: Event) -> bool:
    """Whether a draft or a signature is of a dose; a pause or a stop is not."""
    return bool((event.body.get("content") or {}).get("regimen"))


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
