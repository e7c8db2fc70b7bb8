"""The pharmacist's question: may I supply, how much, until when. Everything of the answer, from the record alone."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from msgspec import Struct, structs

from titrant.clinic import packs
from titrant.clinic.acts.verifying import verified_plan
from titrant.clinic.dose_now import day_before
from titrant.clinic.earlier_pieces import Earlier, earlier_pieces, house_on, why_not_with_earlier
from titrant.clinic.office import Office, case_in
from titrant.clinic.rules_on_supply import held_back, lowered_meanwhile
from titrant.explain.amounts import quantity_text, regimen_text
from titrant.explain.words import Words
from titrant.knowledge.shapes.jurisdictions import Jurisdiction
from titrant.knowledge.shapes.protocols import Protocol, Standing
from titrant.pathway.case import Case, Supplied
from titrant.pathway.deliver import Supply
from titrant.pathway.dispense import signed_levels
from titrant.pathway.plan import Plan
from titrant.pathway.prescribe import regimen_content
from titrant.pathway.supplying import Dispensing, SignedLevel, level_on, pieces_on
from titrant.record.events import Event, Kind
from titrant.record.folding import Record
from titrant.record.states import State
from titrant.record.summary import GRADES
from titrant.terms.canonical import Json
from titrant.terms.errors import KnowledgeError, TitrantError
from titrant.terms.numbers import parse_decimal, plain

_ONE_DAY = timedelta(days=1)
_MOST_DAYS_SHOWN = 31


class DayRow(Struct, frozen=True):
    """One day of the plan: what is taken, in which pieces, and what should be left at its start."""

    day: date
    dose: str
    times_per_day: int
    pieces: Decimal
    left: Decimal | None


class MaySupply(Struct, frozen=True, kw_only=True):
    """The answer on one day. ``most`` is what may be handed out now; zero where nothing may."""

    may: bool
    refused: tuple[str, ...]  # why not, each a sentence
    warnings: tuple[str, ...]
    version: int  # of the record
    plan: Event | None = None
    regimen: dict[str, str] = {}
    supply: Supply | None = None
    dispensing: Dispensing | None = None
    most: Decimal = Decimal(0)
    unit: str = ""
    until: date | None = None  # the last day that the supply is for
    days: tuple[DayRow, ...] = ()
    arithmetic: str = ""
    house: Decimal | None = None  # what should be left in the patient's hands today
    fills: packs.Fills | None = None
    pack: Jurisdiction
    law: tuple[packs.PlaceFault, ...] = ()
    signed_most: Decimal | None = None  # what is left of the signed quantity; None where none was signed
    earlier: tuple[Earlier, ...] = ()  # what the patient was handed of other products, or under a course that is over


def plan_in_force(office: Office, record: Record) -> Event:
    """The signature in force, checked. Raises NotNow where there is none, Broken where it was altered."""
    return record.event(verified_plan(office, record).number)


def pinned_protocol(office: Office, plan: Event) -> Protocol:
    """The very version under which the plan was signed. Raises KnowledgeError where the clinic has it no more."""
    named = plan.body["content"]["protocol"]
    for one in office.library.versions:
        if one.id == named["id"] and office.library.protocol_sha256(one.id, one.version) == named["sha256"]:
            return one
    raise KnowledgeError(
        f"protocols/{named['id']}/{named['version']}",
        "The protocol version under which this plan was signed is not here any more, or was altered.",
        "Its limits on a supply cannot be checked.",
        "Restore the file, or have the plan signed anew.",
    )


def may_supply(office: Office, record: Record, held: tuple[str, ...] | None = None) -> MaySupply:
    """The answer for ``record`` today. Never raises for a patient who cannot be supplied: that is an answer.

    ``held`` is why the rules of following hold the supply back, where they were asked of this record today already;
    who asked them tells what they lower as well.
    """
    pack = packs.pack_of(office.settings, office.library)
    blocked = MaySupply(may=False, refused=(), warnings=(), version=record.version, pack=pack)
    try:
        plan = plan_in_force(office, record)
        case = case_in(record, office.today)
        decided, dispensing = office.desk.dispense(case, pinned_protocol(office, plan))
        levels = signed_levels(case, decided.supply)
        lowered = lowered_meanwhile(office, record) if held is None else ()
        held = held_back(office, record) if held is None else held
        earlier = earlier_pieces(office, record)
    except TitrantError as error:
        return _replaced(blocked, refused=(f"{error.fault} {error.repair}",), plan=record.plan)
    return _answer(office, record, blocked, _Basis(plan, case, decided, dispensing, levels, held, lowered, earlier))


class _Basis(Struct, frozen=True):
    plan: Event
    case: Case
    decided: Plan
    dispensing: Dispensing | None
    levels: tuple[SignedLevel, ...]
    held: tuple[str, ...]
    lowered: tuple[str, ...]
    earlier: tuple[Earlier, ...]

    @property
    def signed(self) -> Json:
        return self.plan.body["content"]["regimen"]


def _answer(office: Office, record: Record, blocked: MaySupply, basis: _Basis) -> MaySupply:
    pack, today = blocked.pack, office.today
    issued = office.day_of(basis.plan.at)
    fills = packs.fills_of(pack, issued, len(packs.supplies_on(record, basis.plan)))
    dispensing = basis.dispensing
    law = packs.supply_faults(pack, fills, dispensing.days if dispensing else 0, today, {})
    rest = rest_of_signed(record, basis.plan)
    refused = (
        *_standing(record, basis),
        *basis.held,
        *why_not_with_earlier(office, basis.earlier),
        *unlike_signed(basis.signed, basis.decided.supply),
        *(_level_faults(basis, today) if record.summary.state is State.ON_PLAN else ()),
        *_from_the_spine(basis, office.desk.words),
        *(one.text for one in law if one.stands and not one.takes_reason),
        *_of_the_signature(rest, basis),
    )
    most = Decimal(0)
    if dispensing is not None and not refused:
        most = dispensing.quantity if rest is None else min(dispensing.quantity, rest)
    rows = tuple(_days(record, basis, today))
    return _replaced(
        blocked, may=bool(most > 0), refused=refused, law=law, plan=basis.plan, fills=fills,
        warnings=(
            *_open_tasks(record), *_rules_not_asked(office), *_withdrawn(office, basis),
            *basis.lowered,
            *(one.text for one in law if not one.refuses),
        ),
        regimen=basis.signed,
        supply=basis.decided.supply, dispensing=dispensing, most=most, unit=basis.signed["piece_unit"],
        until=_until(dispensing), days=rows, arithmetic=arithmetic(dispensing) if dispensing else "",
        house=_house(basis, today), signed_most=rest, earlier=basis.earlier,
    )  # fmt: skip


def _replaced(answer: MaySupply, **changes: object) -> MaySupply:
    return structs.replace(answer, **changes)


def _standing(record: Record, basis: _Basis) -> Iterator[str]:
    summary = record.summary
    if summary.state is not State.ON_PLAN:
        yield f"The case is {summary.state.value.replace('_', ' ')}; nothing is supplied until a prescriber has acted."
    elif any(one.lifted_on is None for one in basis.case.given.course.suspensions):
        yield "A suspension of the course is open; nothing is supplied until a prescriber has signed."
    for why in summary.holds.values():
        yield f"A hold is placed: {why} Only a prescriber lifts it."


def unlike_signed(signed: Json, supply: Supply) -> tuple[str, ...]:
    """Why a product is not the signed one. Strength, form and what the label counts are part of what was signed."""
    piece = regimen_content_piece(supply)
    if signed["product"] == supply.name and signed["piece_mg"] == piece and signed["piece_unit"] == supply.piece_unit:
        return ()
    unit = "mL" if supply.piece_unit == "mL" else "piece"
    return (
        f"The plan is signed for {signed['product']} ({signed['piece_mg']} mg of base in each {unit}). This is "
        f"{supply.name} ({piece} mg). Another product or strength needs a new signature.",
    )


def regimen_content_piece(supply: Supply) -> str:
    """mg of base in one piece or mL, as a signature writes it."""
    return plain(supply.part_mg / supply.smallest_part)


def _level_faults(basis: _Basis, today: date) -> Iterator[str]:
    """The levels of the record must be those of the signature: a supply is counted from them.

    Before the day on which this signature begins, the one before it holds, which was checked when it was used.
    """
    begins = date.fromisoformat(basis.plan.body["content"]["starts"])
    level = level_on(basis.levels, max(today, begins)) if basis.levels else None
    if level is None:
        yield "The record holds no signed level."
        return
    found = regimen_content(level.regimen, basis.decided.supply, int(basis.signed["supply_days"]))
    steps = [basis.signed, *(one["regimen"] for one in basis.plan.body["content"].get("steps", ()))]
    names = ("dose_mg", "times_per_day", "days_per_week", "pieces_per_dose")
    if not any(all(found[name] == one[name] for name in names) for one in steps):
        yield "The dose levels of the record are not those that were signed. Ask the prescriber to sign again."


def _from_the_spine(basis: _Basis, words: Words) -> Iterator[str]:
    """What holds the supply back by the rules: refusals, open questions, too early, beyond the plan."""
    if basis.dispensing is None:
        for one in basis.decided.reasons:
            yield words.say_rule(one.rule, one.code, one.facts)
        for missing in basis.decided.missing:
            yield f"{words.label(missing.fact, missing.facts)}: {words.say(missing.why, missing.facts)}"
    elif not basis.dispensing.quantity > 0:
        for one in basis.dispensing.limits:
            # The rules name the first day that is not covered; "lasts until" is read as the last one that is.
            lasts = {"until": day_before(one.facts["until"])} if "until" in one.facts else {}
            yield words.say(one.code, {**one.facts, **lasts})


def rest_of_signed(record: Record, plan: Event) -> Decimal | None:
    """What is left of the signed quantity; None where the signature names none."""
    quantity = (plan.body["content"].get("quantity") or {}).get("pieces")
    if not quantity:
        return None
    handed = sum((supplied_now(record, one) for one in packs.supplies_on(record, plan)), Decimal(0))
    return max(parse_decimal(quantity) - handed, Decimal(0))


def supplied_now(record: Record, event: Event) -> Decimal:
    """What a line says after every correction of it."""
    corrections = [one for one in record.of(Kind.SUPPLY_CORRECTED) if one.body["corrects"] == event.number]
    return parse_decimal(corrections[-1].body["pieces"]) if corrections else handed_out(event)


def handed_out(event: Event) -> Decimal:
    """What a line says was handed out, as the case file counts it."""
    lines = (event.body.get("add") or {}).get("course.supplies") or ()
    return sum((parse_decimal(one["pieces"]) for one in lines), Decimal(0))


def _open_tasks(record: Record) -> Iterator[str]:
    for task in sorted(record.summary.tasks.values(), key=lambda one: (GRADES.index(one.grade), one.since)):
        why = sentence(task.why)
        if task.grade == "now":
            yield f"Waits for somebody now: {why} Speak with patient or prescriber before anything is handed out."
        elif task.grade == "today":
            yield f"Open for today: {why} Make sure that it does not concern this supply."


def sentence(text: str) -> str:
    """``text`` with its full stop."""
    return text.strip() if text.strip().endswith((".", "?", "!")) else f"{text.strip()}."


def _rules_not_asked(office: Office) -> Iterator[str]:
    if office.no_proposals:
        yield (
            "Whether the rules of following would stop or pause the course was not checked, because nothing is "
            f"proposed here: {office.no_proposals}"
        )


def _withdrawn(office: Office, basis: _Basis) -> Iterator[str]:
    protocol = basis.decided.protocol
    standing = office.library.standing(protocol)
    if standing is not Standing.IN_USE:
        yield (
            f"The protocol {protocol.title}, version {protocol.version}, is {standing.value} in this clinic. The "
            "signed plan stays in force until a prescriber acts; ask if in doubt."
        )


def _of_the_signature(rest: Decimal | None, basis: _Basis) -> Iterator[str]:
    if rest is not None and not rest > 0:
        quantity = basis.plan.body["content"]["quantity"]
        yield (
            f"The signed quantity, {quantity_text(parse_decimal(quantity['pieces']), quantity['unit'])}, has been "
            "supplied. The signed text allows no repeats; the prescriber signs the next."
        )


def _until(dispensing: Dispensing | None) -> date | None:
    return dispensing.starts + _ONE_DAY * (dispensing.days - 1) if dispensing and dispensing.days else None


def _days(record: Record, basis: _Basis, today: date) -> Iterator[DayRow]:
    """Each day of the supply, or up to the next review where that is later."""
    dispensing = basis.dispensing
    first = dispensing.starts if dispensing else today
    left = dict(dispensing.should_be_left) if dispensing and dispensing.days else _running_down(basis, today)
    contact = record.summary.contact_on
    last = max(_until(dispensing) or max(left, default=first), date.fromisoformat(contact) if contact else first)
    for offset in range(min((last - first).days + 1, _MOST_DAYS_SHOWN)):
        day = first + _ONE_DAY * offset
        level = level_on(basis.levels, day)
        if level is not None:
            pieces = pieces_on(basis.levels, day)
            yield DayRow(day, str(level.regimen.dose), level.regimen.times_per_day, pieces, left.get(day))


def _running_down(basis: _Basis, today: date) -> dict[date, Decimal]:
    """What should be left at the start of each day of what is in the house, until it is used up."""
    left, day, found = _house(basis, today) or Decimal(0), today, {}
    while left > 0 and len(found) < _MOST_DAYS_SHOWN:
        found[day] = left
        left -= pieces_on(basis.levels, day)
        day += _ONE_DAY
    return found


def _house(basis: _Basis, today: date) -> Decimal | None:
    before = basis.case.given.course.supplies
    return house_on(basis.levels, before, today) if before else None


def arithmetic(one: Dispensing) -> str:
    """The sum as a line that can be checked by hand: ``3 days × 3 mL + 4 days × 6 mL = 33 mL``."""
    parts = [
        f"{part.dosing_days} day{'' if part.dosing_days == 1 else 's'} × "
        f"{plain(part.regimen.pieces * part.regimen.times_per_day)}"
        for part in one.stretches
    ]
    if not parts:
        return ""
    line = f"{' + '.join(parts)} = {quantity_text(one.needed, one.unit)}"
    return line if one.needed == one.quantity else f"{line}, handed out as {quantity_text(one.quantity, one.unit)}"


def refill_line(answer: MaySupply, supplies: tuple[Supplied, ...]) -> str:
    """What should be in the house, and until when: ``21 supplied on 2026-11-21, 9 taken since = 12 left today``."""
    if not supplies or answer.house is None:
        return ""
    newest = max(supplies, key=lambda one: one.on)
    counted = f", {newest.left} counted on {newest.counted_on}" if newest.left else ""
    return (
        f"Last supply {quantity_text(parse_decimal(newest.pieces), answer.unit)} on {newest.on}{counted}; by the "
        f"signed plan {quantity_text(answer.house, answer.unit)} should be left today"
    )


def regimen_line(level: SignedLevel) -> str:
    return f"from {level.since}: {regimen_text(level.regimen)}"
