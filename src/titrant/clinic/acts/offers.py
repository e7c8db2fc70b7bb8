"""What would be signed, and on what it rests: the offer that a prescriber reads before signing, and that is made anew
from the record at the moment of signing."""

from collections.abc import Iterator

from msgspec import Struct, structs

from titrant.clinic.acts.verifying import check_signature
from titrant.clinic.change_draft import dose_line, drafted
from titrant.clinic.changing import Change, Chosen, is_more, judged, second_needed
from titrant.clinic.dose_now import Told, told
from titrant.clinic.following import follow_at
from titrant.clinic.office import Office, case_in, waiting_entries
from titrant.clinic.saying_following import said
from titrant.clinic.shaping import shape_case
from titrant.pathway.adjust import Adjustment, all_that_reduces
from titrant.pathway.case import Case
from titrant.pathway.deliver import Supply
from titrant.pathway.plan import Outcome, Plan
from titrant.record.appending import absolute_limits
from titrant.record.events import Kind
from titrant.record.folding import Record
from titrant.record.gate import faults
from titrant.record.states import State
from titrant.terms.canonical import Json, sha256_of
from titrant.terms.numbers import plain
from titrant.terms.quantity import Quantity
from titrant.terms.reason import Missing, Reason
from titrant.terms.regimen import Regimen
from titrant.terms.trees import differing

# What a prescriber may sign where nothing is proposed: the dose as it is, less, or none.
_WITHOUT_A_PROPOSAL = ("hold", "lower", "taper", "pause", "stop")


class Offer(Struct, frozen=True, kw_only=True):
    """What would be signed for one case, and whether it can be. ``proposal`` is what the spine says by itself."""

    case: str
    version: int  # of the record on which it rests
    inputs_sha256: str
    chosen: Chosen
    is_start: bool
    action: str  # start, raise, hold, lower, step_down_trial, taper, pause, stop; empty: nothing to sign
    proposal: Plan | Adjustment
    supply: Supply
    regimen: Regimen | None = None  # of the first day; None: no dose
    content: Json = None
    text: str = ""
    sha256: str = ""
    dose_text: str = ""  # one line for the patient
    starts: str = ""
    ends: str = ""
    refused: tuple[Reason, ...] = ()
    missing: tuple[Missing, ...] = ()
    against: bool = False
    takes_back: bool = False  # less was signed for later, and would not come
    second: tuple[Reason, ...] = ()  # why a second prescriber must stand behind it
    seconded_by: tuple[tuple[str, str], ...] = ()  # (id, name) of those who do, for exactly this content

    @property
    def may_be_signed(self) -> bool:
        return bool(self.sha256) and not self.refused and not self.missing

    @property
    def daily_mg(self) -> str:
        """What is typed back: mg on a dosing day; 0 where there is no dose."""
        return plain(self.regimen.daily.mg) if self.regimen else "0"

    @property
    def told(self) -> Told | None:
        """The days of what would be signed, every step of it; None without a dose."""
        return told(self.content) if self.content and self.regimen else None

    @property
    def unchanged(self) -> bool:
        """Whether the patient goes on exactly as before."""
        return not self.is_start and self.action == "hold" and not self.takes_back


def offer_start(office: Office, case: str, *, reason: str = "", words: str = "") -> Offer:
    """The first plan of a case, or a new one after an end."""
    return offer(office, office.store.open(case), Chosen(reason=reason, words=words))


def offer_change(
    office: Office, case: str, action: str = "", *, dose_mg: str = "", times_per_day: int = 0, days_per_week: int = 0,
    reason: str = "", words: str = "", renew: bool = False,
) -> Offer:  # fmt: skip
    """A change of a running course: what is proposed, or ``action``, or a dose of one's own."""
    chosen = Chosen(
        action=action, dose_mg=dose_mg, times_per_day=times_per_day, days_per_week=days_per_week, reason=reason,
        words=words, renew=renew,
    )  # fmt: skip
    return offer(office, office.store.open(case), chosen)


def offer(office: Office, record: Record, chosen: Chosen) -> Offer:
    """The offer for ``record`` as it stands."""
    begun = is_start(record)
    if office.no_proposals and _asks_the_program(begun, chosen):
        return _none(office, record, chosen, begun)
    made = _start(office, record, chosen) if begun else _change(office, record, chosen)
    return structs.replace(made, seconded_by=_seconded(office, record, made.sha256)) if made.sha256 else made


def _asks_the_program(begun: bool, chosen: Chosen) -> bool:
    """Whether the dose would be the program's own: a start, what is proposed, or a raise without a dose typed."""
    return begun or not (chosen.dose_mg or chosen.action in _WITHOUT_A_PROPOSAL)


def _none(office: Office, record: Record, chosen: Chosen, begun: bool) -> Offer:
    """No dose, where nothing is proposed: by the clinic's own setting, or by the law of its place."""
    case = start_case(record) if begun else case_in(record, office.today)
    plan = office.desk.plan(case)
    why = Reason("no_proposals", "clinic/proposals", {"why": office.no_proposals})
    silent = structs.replace(plan, outcome=Outcome.REFUSED, regimen=None, would_be=None, start=None, reasons=(why,))
    return Offer(
        case=record.summary.case, version=record.version, inputs_sha256=record.inputs_sha256, chosen=chosen,
        is_start=begun, action="", proposal=silent, supply=plan.supply, refused=(why,),
    )  # fmt: skip


def is_start(record: Record) -> bool:
    """Whether the next signature begins a course: none was signed, or the one before has ended."""
    course = record.tree["given"].get("course") or {}
    return record.summary.state is State.ENDED or not course.get("levels")


def start_case(record: Record) -> Case:
    """The case for a start: a course that has ended is history, not a course that is running."""
    tree = record.tree
    if record.summary.state is State.ENDED:
        tree = differing(tree, {"given": {"course": None}})
    return shape_case(tree, record.summary.person.name or record.summary.case)


def _start(office: Office, record: Record, chosen: Chosen) -> Offer:
    plan, draft, _ = office.desk.prescribe(start_case(record))
    base = Offer(
        case=record.summary.case, version=record.version, inputs_sha256=record.inputs_sha256, chosen=chosen,
        is_start=True, action="", proposal=plan, supply=plan.supply,
    )  # fmt: skip
    if draft is None or plan.regimen is None:
        return structs.replace(base, refused=plan.reasons if not plan.missing else (), missing=plan.missing)
    content = draft.content | _names(record, draft.text) | {
        "action": "start", "on": plan.on.isoformat(), "steps": [], "knowledge": office.library.sha256,
        "reason": {"code": chosen.reason, "words": chosen.words},
    }  # fmt: skip
    content["text"] = "\n".join((content["text"], *_earlier(office, record)))
    place = f"{plan.protocol.id}@{plan.protocol.version}/bounds"
    return structs.replace(
        base, action="start", regimen=plan.regimen, content=content, text=content["text"], sha256=sha256_of(content),
        dose_text=dose_line(plan.regimen), starts=content["starts"], ends=content["ends"],
        second=tuple(second_needed(plan.regimen, plan.protocol.bounds, place)),
    )  # fmt: skip


def _change(office: Office, record: Record, chosen: Chosen) -> Offer:
    case = case_in(record, office.today)
    decided = follow_at(office.desk, case).decided
    change = judged(decided, chosen)
    ahead = waiting_entries(record, office.today)
    if ahead and is_more(decided, change):  # it may tell of harm, and is read when its day has come
        late = Reason("entry_not_come", "diary", {"days": ", ".join(ahead)})
        change = structs.replace(change, refused=(*change.refused, late))
    base = Offer(
        case=record.summary.case, version=record.version, inputs_sha256=record.inputs_sha256, chosen=chosen,
        is_start=False, action=change.action, proposal=decided, supply=decided.review.supply, regimen=change.regimen,
        refused=change.refused, missing=change.missing, against=change.against, second=change.second,
        takes_back=bool(change.takes_back),
    )  # fmt: skip
    if change.refused or change.missing or not change.action:
        return base
    return _written(office, record, base, change, decided)


def _written(office: Office, record: Record, base: Offer, change: Change, decided: Adjustment) -> Offer:
    why = reason_text(office, base.chosen.reason)
    # What is signed answers every rule that reduces, so the text says them all, not those proposed alone.
    others = (one for _, reasons in all_that_reduces(decided.review) for one in reasons)
    told = (*decided.reasons, *others, *change.takes_back)
    rules = tuple(dict.fromkeys(said(one, office.desk.words) for one in told))
    draft = drafted(decided, change, base.chosen, office.library, why=why, rules=rules)
    content = draft.content | _names(record, draft.text)
    refused = tuple(_ended(draft.starts >= draft.ends, change, draft.ends.isoformat()))
    if change.regimen is not None and not refused:
        refused = tuple(_gate(content))
    return structs.replace(
        base, content=content, text=content["text"], sha256=sha256_of(content), starts=draft.starts.isoformat(),
        ends=draft.ends.isoformat(), dose_text=dose_line(change.regimen) if change.regimen else "no dose",
        refused=refused,
    )  # fmt: skip


def _earlier(office: Office, record: Record) -> Iterator[str]:
    """A course that has ended, said in the text: its harms are history to the rules, and the signer must know of it."""
    levels = (record.tree["given"].get("course") or {}).get("levels") or []
    ending = record.of(Kind.STOPPED, Kind.WITHDRAWN)[-1:]
    for event in ending if levels and record.summary.state is State.ENDED else ():
        why = reason_text(office, str(event.body.get("reason", ""))) or "no reason given"
        most = max((one["dose"] for one in levels), key=lambda dose: Quantity.parse(dose).value)
        yield f"There was an earlier course from {levels[0]['since']}, up to {most} in each dose."
        yield f"{event.by.name} ended it on {office.day_of(event.at)}: {why}"


def _names(record: Record, text: str) -> Json:
    """Whose it is, by name in the text, and on which facts it rests: with any fact that changes it is another."""
    return {"case": record.summary.case, "inputs_sha256": record.inputs_sha256, "text": _with_name(record, text)}


def _with_name(record: Record, text: str) -> str:
    """``text`` headed by the person's name: what is signed must show whose it is."""
    person = record.summary.person
    if not person.name:
        return text
    number = f", record {person.number}" if person.number else ""
    _, _, rest = text.partition("\n")
    return f"For {person.name}, born {person.birth_date}{number}.\n{rest}"


def _ended(over: bool, change: Change, ends: str) -> Iterator[Reason]:
    if over and change.regimen is not None:
        yield Reason("plan_has_ended", "plan", {"ends": ends})


def _gate(content: Json) -> Iterator[Reason]:
    """The last gate over every step."""
    for one in (content, *content["steps"]):
        for fault in faults(one, absolute_limits()):
            yield Reason("refused_by_gate", "record/gate", {"fault": fault})


def _seconded(office: Office, record: Record, sha256: str) -> tuple[tuple[str, str], ...]:
    """Who stands behind exactly this content. Raises Broken where the seal of one of them does not hold."""
    behind = [one for one in record.of(Kind.SECONDED) if one.body["sha256"] == sha256]
    for one in behind:
        check_signature(one, office.keys)
    return tuple((one.by.id, one.by.name) for one in behind)


def reasons_to_choose(office: Office) -> tuple[tuple[str, str], ...]:
    """The reason codes for departing from a proposal, with their words."""
    return tuple((one.id, one.text) for one in office.library.texts["signing-reasons"].texts)


def reason_text(office: Office, code: str) -> str:
    return dict(reasons_to_choose(office)).get(code, "")
