"""The papers of a case by name: for whom each is, on what it rests, and how it is made."""

from collections.abc import Callable

from msgspec import Struct, structs

from titrant.clinic.office import Office
from titrant.documents.card import wallet_card
from titrant.documents.diary_sheet import diary_sheet
from titrant.documents.label import newest_label
from titrant.documents.letter import gp_letter, letter_data
from titrant.documents.paper import Asked, Desk, desk_for
from titrant.documents.plan_in_hand import PlanInHand, drafted_plan, holds_dose, signed_plan
from titrant.documents.plan_paper import plan_paper
from titrant.documents.visit_report import visit_report
from titrant.documents.whole_file import whole_file
from titrant.record.folding import Record
from titrant.terms.errors import NotNow


class PaperKind(Struct, frozen=True, kw_only=True):
    """One paper. ``rests_on``: signed, draft, or any (signed where there is one, else nothing)."""

    name: str
    title: str
    about: str
    rests_on: str
    make: Callable[[Desk], bytes]
    staff: bool = False  # between professionals: in English


_SIGNED = (
    PaperKind(
        name="plan", title="Plan", rests_on="signed", make=plan_paper,
        about="For the patient, one page: dose, missed doses, when to stop and to call, supply, checks.",
    ),
    PaperKind(
        name="card", title="Wallet card", rests_on="signed", make=wallet_card,
        about="Credit-card size, two sides to cut out. With the evidence for drivers in the UK.",
    ),
    PaperKind(
        name="letter", title="Letter to the GP", rests_on="signed", make=gp_letter, staff=True,
        about="Medication change, reason, action for the GP, evidence; the protocol attached.",
    ),
)  # fmt: skip
_DRAFTS = tuple(
    structs.replace(
        one, name=f"draft-{one.name}", title=f"{one.title} (draft)", rests_on="draft",
        about="Marked as a draft on every page. Not to be handed over.",
    )
    for one in _SIGNED
)  # fmt: skip
_REST = (
    PaperKind(
        name="visit", title="Report for a visit", rests_on="any", make=visit_report,
        about="One page: dose, course on one axis of time, the numbers, room for questions.",
    ),
    PaperKind(
        name="label", title="Label of the newest supply", rests_on="signed", make=newest_label, staff=True,
        about="70 x 36 mm, from what was signed and handed out when it was supplied; none once the plan has changed.",
    ),
    PaperKind(
        name="diary", title="Diary for a week", rests_on="any", make=diary_sheet,
        about="To fill in by hand, for a patient without a phone.",
    ),
    PaperKind(
        name="file", title="Whole patient file", rests_on="any", make=whole_file, staff=True,
        about="Signatures word by word, the diary, and everything that happened, with the head of the chain.",
    ),
)  # fmt: skip
PAPERS: dict[str, PaperKind] = {one.name: one for one in (*_SIGNED, *_DRAFTS, *_REST)}


def desk_of(office: Office, record: Record, kind: PaperKind, asked: Asked) -> Desk:
    """All that ``kind`` is made from. Raises NotNow where what it rests on is not there."""
    return desk_for(office, record, _plan(office, record, kind.rests_on), asked, staff=kind.staff)


def print_paper(office: Office, case: str, name: str, asked: Asked) -> bytes:
    """The paper ``name`` of ``case`` as PDF. Raises NotNow, NotFound, Broken: then there is no paper."""
    kind = PAPERS.get(name)
    if kind is None:
        raise NotNow(f"paper {name[:40]}", "There is no such paper.", "Nothing was printed.", "Choose one of the list.")
    return kind.make(desk_of(office, office.store.open(case), kind, asked))


def printable(record: Record) -> tuple[PaperKind, ...]:
    """The papers that this record has something for, in the order of the list."""
    draft = record.draft
    has = {"any": True, "signed": bool(record.summary.plan), "draft": draft is not None and holds_dose(draft)}
    found = (one for one in PAPERS.values() if has[one.rests_on])
    return tuple(one for one in found if one.name != "label" or record.summary.supplied_on)


def plain_letter(office: Office, record: Record, asked: Asked) -> str:
    """The letter as plain text, to be pasted into another system. Raises NotNow without a signed plan."""
    data = letter_data(desk_of(office, record, PAPERS["letter"], asked))
    lines = [*(one["text"] for one in data["marks"]), *(f"{name}: {value}" for name, value in data["who"])]
    for one in data["sections"]:
        if one.get("new_page"):
            break
        lines += ["", one["heading"].upper(), *(f"- {line}" for line in one["lines"])]
    return "\n".join((*lines, "", data["foot"])).replace("\u200b", "").replace("\u00a0", " ")


def _plan(office: Office, record: Record, rests_on: str) -> PlanInHand | None:
    if rests_on == "draft":
        return drafted_plan(office, record)
    if rests_on == "signed" or record.plan is not None:
        return signed_plan(office, record)
    return None


__all__ = ["PAPERS", "Asked", "PaperKind", "desk_of", "plain_letter", "print_paper", "printable"]
