"""What a pharmacist does: hand out, count, take back, ask the prescriber, hold; and keep the stock book."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

from msgspec import Struct, structs

from titrant.clinic import packs
from titrant.clinic.acts.once import check_first, of_form
from titrant.clinic.earlier_pieces import earlier_pieces, handings, named, product_of, same_product
from titrant.clinic.office import Office, case_in
from titrant.clinic.pharmacy import (
    MaySupply,
    handed_out,
    may_supply,
    rest_of_signed,
    sentence,
    supplied_now,
    unlike_signed,
)
from titrant.clinic.stock import SHELF, STOCK_KINDS, Batch, Book, book_of, check_not_below_zero
from titrant.explain.amounts import quantity_text
from titrant.knowledge.shapes.products import Content
from titrant.pathway.case import ProductChoice
from titrant.pathway.deliver import Supply, supply_of
from titrant.pathway.dispense import signed_levels
from titrant.pathway.reconciling import lasts
from titrant.record.events import CLINIC, Actor, Draft, Event, Kind, Role
from titrant.record.folding import Record
from titrant.record.summary import Summary
from titrant.terms.canonical import Json
from titrant.terms.errors import NotAllowed, NotNow, TitrantError
from titrant.terms.numbers import parse_decimal, plain
from titrant.terms.persons import check_named
from titrant.terms.quantity import Quantity


class Handed(Struct, frozen=True, kw_only=True):
    """What was handed out, as it stands on the container. Amounts as they were typed."""

    family: str
    strength: str
    content: str
    lot: str
    beyond_use: str
    quantity: str
    told: bool  # the patient was told of the dose and of what changed
    from_stock: bool = True  # of the clinic's own stock book
    reasons: Mapping[str, str] = {}  # code of a fault of the pack to the written reason


# Handing out


def supply(office: Office, case: str, handed: Handed, by: Actor, *, expected: int, form: str = "") -> Summary:
    """Hand out a supply: everything is checked again now, the stock line and the case line are one act."""
    record = office.store.open(case)
    check_first(record.events, form)
    answer = may_supply(office, record)
    if not answer.may:
        raise _refused(" ".join(answer.refused) or "There is nothing to supply today.")
    product = _product(office, record, handed)
    wrong = unlike_signed(answer.regimen, product)
    if wrong:
        raise _refused(" ".join(wrong))
    quantity = _quantity(handed.quantity, answer)
    handed = structs.replace(_by_the_book(office, handed), **product_of(product))
    _check_container(handed, answer)
    packs.check_stands(_law(office, answer, handed), answer.pack, "supply")
    body = _supplied(office, record, handed, answer, quantity) | of_form(form)
    batches: list[tuple[str, Sequence[Draft], int | None]] = [(case, [office.draft(Kind.SUPPLIED, body, by)], expected)]
    if handed.from_stock:
        line = _stock_body(office, handed, product, quantity) | {"case": case}
        line |= {"beyond_use": body["beyond_use"]}
        batches.append(_stock_batch(office, [office.draft(Kind.STOCK_SUPPLIED, line, by)]))
    return office.store.append_together(batches)[0]


def _product(office: Office, record: Record, handed: Handed) -> Supply:
    """What the container says, as a product that exists. Raises NotNow where it does not."""
    case = case_in(record, office.today)
    try:
        choice = ProductChoice(
            family=handed.family, strength=Quantity.parse(handed.strength), content=handed.content,  # type: ignore[arg-type]
        )  # fmt: skip
        return supply_of(choice, office.library.protocols[case.protocol], office.library)
    except ValueError as error:
        raise _refused(f"The strength cannot be read: {error}.") from None
    except TitrantError as error:
        raise _refused(error.fault) from None


def _quantity(typed: str, answer: MaySupply) -> Decimal:
    try:
        quantity = parse_decimal(typed.strip())
    except ValueError as error:
        raise _refused(f"The quantity cannot be read: {error}.") from None
    if not quantity > 0:
        raise _refused("The quantity is not above zero.")
    if answer.unit != "mL" and quantity != quantity.to_integral_value():
        raise _refused(f"{plain(quantity)} {answer.unit}s: a pharmacy hands out whole pieces.")
    if not quantity <= answer.most:
        raise _refused(
            f"{plain(quantity)} {answer.unit} is more than may be handed out today, {plain(answer.most)} {answer.unit} "
            f"({answer.arithmetic})."
        )
    return quantity


def _by_the_book(office: Office, handed: Handed) -> Handed:
    """A lot that the stock book knows keeps the book's beyond-use date, whether it is taken off the book or not."""
    known = book(office).beyond_use(Batch(handed.family, handed.strength, handed.content, handed.lot.strip()))
    if not known:
        return handed
    if handed.beyond_use.strip() not in ("", known):
        raise _refused(
            f"The book says {known} for this lot, and {handed.beyond_use.strip()[:20]} was typed. Another date is "
            "another lot, or the line of the book is wrong and is corrected there first."
        )
    return structs.replace(handed, beyond_use=known)


def _check_container(handed: Handed, answer: MaySupply) -> None:
    """A lot, a date that outlasts the supply, and somebody who was told."""
    if not handed.lot.strip():
        raise _refused("The lot number is missing.")
    beyond = _day(handed.beyond_use, "beyond-use date")
    if answer.until is not None and not answer.until <= beyond:
        raise _refused(f"The beyond-use date {beyond} comes before the supply ends, {answer.until}.")
    if not handed.told:
        raise _refused("Nobody has ticked that the patient was told of the dose and of what changed.")


def _law(office: Office, answer: MaySupply, handed: Handed) -> tuple[packs.PlaceFault, ...]:
    assert answer.fills is not None
    assert answer.dispensing is not None
    return packs.supply_faults(answer.pack, answer.fills, answer.dispensing.days, office.today, handed.reasons)


def _supplied(office: Office, record: Record, handed: Handed, answer: MaySupply, quantity: Decimal) -> Json:
    assert answer.dispensing is not None
    assert answer.plan is not None
    days = _lasting(record, answer, quantity)
    today, last = office.today.isoformat(), answer.dispensing.starts + timedelta(days=days - 1)
    whole = days == answer.dispensing.days
    return {
        "on": today, "plan": answer.plan.number, "product": _named(handed), "lot": handed.lot.strip(),
        "beyond_use": _day(handed.beyond_use, "beyond-use date").isoformat(), "quantity": plain(quantity),
        "unit": answer.unit, "days": str(days),
        "until": last.isoformat(),
        # What is less than was due may be filled up when it runs out.
        "next_earliest": str((answer.dispensing.next_earliest if whole else None) or last),
        "arithmetic": answer.arithmetic, "told": "yes", "from_stock": "yes" if handed.from_stock else "no",
        "pack": answer.pack.id, "reasons": packs.reasons_given(_law(office, answer, handed)),
        "add": {"course.supplies": [{"on": today, "pieces": plain(quantity)}]},
    }  # fmt: skip


def _lasting(record: Record, answer: MaySupply, quantity: Decimal) -> int:
    """For how many days the quantity is: those that were counted, or fewer where less is handed out."""
    assert answer.dispensing is not None
    assert answer.supply is not None
    if not quantity < answer.dispensing.needed:
        return answer.dispensing.days
    levels = signed_levels(case_in(record), answer.supply)
    return min(answer.dispensing.days, lasts(levels, answer.dispensing.starts, quantity))


def _named(one: "Handed | Returned | Receipt | Batch") -> Json:
    return {"family": one.family, "strength": one.strength, "content": one.content}


def correct_supply(
    office: Office, case: str, number: int, pieces: str, why: str, by: Actor, *, witness: str = "", form: str = ""
) -> Summary:  # fmt: skip
    """Put a supply line right by a new line; the old one stays. ``pieces`` is what was truly handed out, 0 for none.

    More than is left of the signed quantity is recorded only with a witness; supply is then on hold for the prescriber.
    """
    record = office.store.open(case)
    check_first(record.events, form)
    event = _supply_line(record, number)
    right = _amount(pieces, "quantity", zero=True)
    before = supplied_now(record, event)
    if not why.strip():
        raise _refused("A correction needs its reason.")
    if not right <= handed_out(event):
        raise _refused("More than the line says cannot be handed out by a correction; enter a further supply.")
    if right < before:
        _check_came_not_back(record, event)
    beyond = _beyond_the_signature(record, event, right - before)
    body = {
        "corrects": number, "line": _place(record, number), "pieces": plain(right), "why": why.strip(),
        "on": office.today.isoformat(), **({"witness": _seen_by(witness, by, beyond)} if beyond else {}),
        **of_form(form),
    }  # fmt: skip
    drafts = [office.draft(Kind.SUPPLY_CORRECTED, body, by)]
    if beyond:
        drafts += _asked(office, record, f"{beyond} {why.strip()}", by, holds=True)
    batches: list[tuple[str, Sequence[Draft], int | None]] = [(case, drafts, record.version)]
    if event.body.get("from_stock") == "yes" and right != before:
        line = {
            "product": event.body["product"], "lot": event.body["lot"], "where": SHELF, "unit": event.body["unit"],
            "quantity": plain(before - right), "on": office.today.isoformat(), "case": case,  # which says why
        }  # fmt: skip
        batches.append(_stock_batch(office, [office.draft(Kind.STOCK_CORRECTED, line, by)]))
    return office.store.append_together(batches)[0]


def _check_came_not_back(record: Record, event: Event) -> None:
    """Raises NotNow where pieces of the product came back since: a correction down would shelve them a second time."""
    product = event.body.get("product")
    back = [one for one in record.of(Kind.RETURNED) if event.number < one.number and one.body["product"] == product]
    if back:
        amount = quantity_text(parse_decimal(back[-1].body["quantity"]), back[-1].body["unit"])
        raise _refused(
            f"{amount} of this product came back on {back[-1].body['on']} and wait in the book to be destroyed; what "
            "came back was handed out. Enter a count of what is left with the patient. If the line itself is wrong, "
            "correct the line of the stock book before a witness."
        )


def _beyond_the_signature(record: Record, event: Event, more: Decimal) -> str:
    """What is wrong with ``more`` handed out under the signature of the line ``event``; empty where it was signed."""
    rest = rest_of_signed(record, record.event(event.body["plan"]))
    if rest is None or more <= 0 or more <= rest:
        return ""
    unit = event.body["unit"]
    return (
        f"By this correction {quantity_text(more, unit)} more were handed out, and {quantity_text(rest, unit)} is left "
        "of the signed quantity."
    )


def _seen_by(witness: str, by: Actor, beyond: str) -> str:
    if not witness.strip():
        raise _refused(
            f"{beyond} If it was truly handed out, write the name of a colleague who has looked; the prescriber is "
            "told, and nothing more is supplied until then."
        )
    return _witness(witness, by)


def _supply_line(record: Record, number: int) -> Event:
    found = next((one for one in record.of(Kind.SUPPLIED) if one.number == number), None)
    if found is None:
        raise _refused(f"Line {number} is no supply of this record.")
    return found


def _place(record: Record, number: int) -> int:
    """Where the line of event ``number`` stands among the supplies of the case file."""
    places: list[int] = []
    for event in record.events:
        body = event.body if isinstance(event.body, dict) else {}
        course = ((body.get("set") or {}).get("given") or {}).get("course") or {}
        if "supplies" in course:
            places = [0] * len(course["supplies"] or ())
        places += [event.number if event.kind is Kind.SUPPLIED else 0] * len(
            (body.get("add") or {}).get("course.supplies") or ()
        )
        if event.kind is Kind.SUPPLY_CORRECTED and body["pieces"] == "0":
            places.pop(body["line"])
    if number not in places:
        raise _refused("The line belongs to a course that is over, or was taken back already.")
    return places.index(number)


# Counting and taking back


def count(
    office: Office, case: str, left: str, by: Actor, product: dict[str, str] | None = None, *, form: str = ""
) -> Summary:  # fmt: skip
    """What was counted in the patient's hands today: of ``product`` from before, or of what is supplied now."""
    record = office.store.open(case)
    check_first(record.events, form)
    counted = _counted(office, record, left, by, product)
    counted = structs.replace(counted, body=counted.body | of_form(form))
    return office.store.append(case, [counted], expected=record.version)


def _counted(office: Office, record: Record, left: str, by: Actor, product: dict[str, str] | None = None) -> Draft:
    supplies = (record.tree["given"].get("course") or {}).get("supplies") or []
    earlier = earlier_pieces(office, record)
    if product is None and not supplies and len(earlier) == 1:
        product = earlier[0].product
    body: Json = {"left": plain(_amount(left, "count", zero=True)), "on": office.today.isoformat()}
    if product is not None:
        of = next((one for one in earlier if same_product(one.product, product)), None)
        if of is None:
            raise _refused(f"Nothing of {named(office, product)} was handed out before the plan that is signed now.")
        return office.draft(Kind.COUNTED, body | {"product": of.product, "unit": of.unit}, by)
    if not supplies:
        raise _refused(
            "Say which of the products was counted." if earlier else
            "Nothing was supplied yet, so there is nothing to count."
        )  # fmt: skip
    return office.draft(Kind.COUNTED, body, by)


class Returned(Struct, frozen=True, kw_only=True):
    family: str
    strength: str
    content: str
    lot: str
    quantity: str
    witness: str
    left: str = ""  # what the patient still holds
    why: str = ""


def take_back(office: Office, case: str, returned: Returned, by: Actor, *, form: str = "") -> Summary:
    """Take pieces back from a patient, before a witness. They wait apart from the shelf until they are destroyed.

    The reason stays on the patient's record: the book is read by people who may not see that record.
    """
    record = office.store.open(case)
    check_first(record.events, form)
    quantity = _amount(returned.quantity, "quantity")
    witness = _witness(returned.witness, by)
    _check_label(office, returned)
    _check_was_handed_out(record, returned, quantity)
    body = {
        "product": _named(returned), "lot": returned.lot.strip() or "not known", "quantity": plain(quantity),
        "unit": _unit_of(office, returned.family), "witness": witness,  # its own, whatever the plan is signed for
        "on": office.today.isoformat(),
    }  # fmt: skip
    drafts = [office.draft(Kind.RETURNED, body | {"why": returned.why.strip()} | of_form(form), by)]
    if returned.left.strip():
        drafts.append(_counted(office, record, returned.left, by, _earlier_product(office, record, returned)))
    line = office.draft(Kind.STOCK_RETURNED, body | {"where": "returned", "case": case}, by)
    return office.store.append_together([(case, drafts, record.version), _stock_batch(office, [line])])[0]


def _earlier_product(office: Office, record: Record, returned: Returned) -> dict[str, str] | None:
    """The product of what comes back, where it is of those from before; None where it is of what is supplied now."""
    product = _named(returned)
    supplies = (record.tree["given"].get("course") or {}).get("supplies")
    if supplies and same_product(handings(record)[-1].product, product):
        return None
    return product if any(same_product(one.product, product) for one in earlier_pieces(office, record)) else None


def _check_label(office: Office, one: "Returned | Receipt") -> None:
    """Raises NotNow for what no container of this clinic says; it would stand in the book as something that is not."""
    product = office.library.products.get(one.family)
    if product is None or one.strength not in {str(strength) for strength in product.strengths.values}:
        raise _refused(f"{one.family[:40]} {one.strength[:20]} is no product of this clinic.")
    if one.content not in set(Content):
        raise _refused(f"{one.content[:20]!r} is not what a label counts: {' or '.join(Content)}.")


def _check_was_handed_out(record: Record, returned: Returned, quantity: Decimal) -> None:
    """More than was handed out, less what came back already, is a slip, unless somebody says where it came from."""
    product = {"family": returned.family, "strength": returned.strength, "content": returned.content}
    supplied, came = (
        [one for one in record.of(kind) if one.body.get("product") == product]
        for kind in (Kind.SUPPLIED, Kind.RETURNED)
    )
    handed = sum((supplied_now(record, one) for one in supplied), _brought_along(record))
    most = handed - sum((parse_decimal(one.body["quantity"]) for one in came), Decimal(0))
    if not quantity <= most and not returned.why.strip():
        raise _refused(
            f"{plain(quantity)} cannot come back: by this record the patient was handed {plain(handed)} of "
            f"{returned.family}, {returned.strength}, and {plain(max(most, Decimal(0)))} can still be there. Count "
            "again; if it was handed out elsewhere, write so under why."
        )


def _brought_along(record: Record) -> Decimal:
    """Supplies that a case file brought with it; they name no product."""
    bodies = [one.body for one in record.of(Kind.FACTS_RECORDED, Kind.IMPORTED)]
    lines = [
        line
        for body in bodies
        for found in (((body.get("set") or {}).get("given") or {}).get("course"), body.get("add"))
        for line in (found or {}).get("supplies") or (found or {}).get("course.supplies") or ()
    ]
    return sum((parse_decimal(one["pieces"]) for one in lines), Decimal(0))


def _unit_of(office: Office, family: str) -> str:
    product = office.library.products.get(family)
    if product is None:
        raise _refused(f"{family[:40]!r} is no product of this clinic.")
    return "mL" if product.form.value == "oral solution" else product.form.value


# Asking and holding


def ask(office: Office, case: str, question: str, by: Actor, *, holds: bool) -> Summary:
    """Ask the prescriber. With ``holds`` nothing is supplied, by anybody, until a prescriber has lifted it."""
    record = office.store.open(case)
    if not question.strip():
        raise _refused("There is no question.")
    return office.store.append(case, _asked(office, record, question, by, holds=holds), expected=record.version)


def _asked(office: Office, record: Record, question: str, by: Actor, *, holds: bool) -> list[Draft]:
    name = f"query-{record.version + 1}"
    task = {
        "id": name, "grade": "now" if holds else "today", "code": "pharmacist_query", "for": Role.PRESCRIBER.value,
        "why": f"{by.name} (pharmacy) asks the prescriber: {question.strip()}",
    }  # fmt: skip
    drafts = [office.draft(Kind.TASK_OPENED, task, by)]
    if holds:
        drafts.append(office.draft(Kind.HOLD_PLACED, {"id": name, "why": sentence(question)}, by))
    return drafts


def hold(office: Office, case: str, why: str, by: Actor) -> Summary:
    """Let nothing be supplied until a prescriber lifts it."""
    record = office.store.open(case)
    if not why.strip():
        raise _refused("A hold needs its reason.")
    body = {"id": f"hold-{record.version + 1}", "why": sentence(why)}
    return office.store.append(case, [office.draft(Kind.HOLD_PLACED, body, by)], expected=record.version)


def lift(office: Office, case: str, name: str, why: str, by: Actor) -> Summary:
    """A prescriber lifts a hold, with the reason; the question that came with it is answered by it."""
    record = office.store.open(case)
    if not why.strip():
        raise _refused("Lifting a hold needs its reason.")
    drafts = [office.draft(Kind.HOLD_LIFTED, {"id": name, "why": why.strip()}, by)]
    if name in record.summary.tasks:
        drafts.append(office.draft(Kind.TASK_CLOSED, {"id": name, "outcome": why.strip(), "answers": True}, by))
    return office.store.append(case, drafts, expected=record.version)


# The stock book


class Receipt(Struct, frozen=True, kw_only=True):
    family: str
    strength: str
    content: str
    lot: str
    beyond_use: str
    quantity: str
    source: str = ""  # where it came from


def receive(office: Office, receipt: Receipt, by: Actor, *, form: str = "") -> Summary:
    """Enter what came in."""
    _check_label(office, receipt)
    if not receipt.lot.strip():
        raise _refused("The lot number is missing.")
    beyond = _day(receipt.beyond_use, "beyond-use date")
    if not office.today <= beyond:
        raise _refused(f"The beyond-use date {beyond} has passed.")
    known = book(office).beyond_use(Batch(receipt.family, receipt.strength, receipt.content, receipt.lot.strip()))
    if known not in ("", beyond.isoformat()):
        raise _refused(
            f"The book says that lot {receipt.lot.strip()[:40]} of this product is to be used by {known}, and {beyond} "
            "was typed: one lot has one date. If the book is wrong, correct the date in the line of its receipt first."
        )
    body = {
        "product": _named(receipt), "lot": receipt.lot.strip(), "unit": _unit_of(office, receipt.family),
        "quantity": plain(_amount(receipt.quantity, "quantity")), "beyond_use": beyond.isoformat(), "where": SHELF,
        "on": office.today.isoformat(), "why": receipt.source.strip(), **of_form(form),
    }  # fmt: skip
    return _on_the_book(office, [office.draft(Kind.STOCK_RECEIVED, body, by)])


def waste(
    office: Office, batch: Batch, quantity: str, witness: str, why: str, by: Actor, *, form: str = ""
) -> Summary:  # fmt: skip
    """Destroy pieces of a lot before a witness."""
    if not why.strip():
        raise _refused("The reason why it is destroyed is missing.")
    body = _line(office, batch, plain(_amount(quantity, "quantity")), why) | {"witness": _witness(witness, by)}
    body |= of_form(form)
    return _on_the_book(office, [office.draft(Kind.STOCK_WASTED, body, by)])


def correct_stock(
    office: Office, number: int, change: str, witness: str, why: str, by: Actor, *, beyond_use: str = "", form: str = ""
) -> Summary:  # fmt: skip
    """Put a line of the book right by a new one: ``change`` is added to the balance of its lot (-2, or 3).

    With ``beyond_use`` the lot has that date from now on.
    """
    line = book(office).line(number)
    if line is None:
        raise _refused(f"There is no line {number} in the stock book.")
    if not why.strip():
        raise _refused("A correction needs its reason.")
    right = _day(beyond_use, "beyond-use date").isoformat() if beyond_use.strip() else ""
    try:
        amount = parse_decimal(change.strip() or ("0" if right else ""))
    except ValueError as error:
        raise _refused(f"The correction cannot be read: {error}.") from None
    if amount == 0 and right in ("", book(office).beyond_use(line.batch)):
        raise _refused("A correction of nothing changes nothing.")
    body = _line(office, line.batch, plain(amount), why) | {"witness": _witness(witness, by), "corrects": number}
    body |= ({"beyond_use": right} if right else {}) | of_form(form)
    return _on_the_book(office, [office.draft(Kind.STOCK_CORRECTED, body, by)])


def book(office: Office) -> Book:
    return book_of(office.store.events(CLINIC, STOCK_KINDS))


def _line(office: Office, batch: Batch, quantity: str, why: str) -> Json:
    return {
        "product": _named(batch), "lot": batch.lot, "where": batch.where, "quantity": quantity,
        "unit": _unit_of(office, batch.family), "on": office.today.isoformat(), "why": why.strip(),
    }  # fmt: skip


def _stock_body(office: Office, handed: Handed, product: Supply, quantity: Decimal) -> Json:
    return {
        "product": _named(handed), "lot": handed.lot.strip(), "where": SHELF, "quantity": plain(quantity),
        "unit": product.piece_unit, "on": office.today.isoformat(),
    }  # fmt: skip


def _stock_batch(office: Office, drafts: Sequence[Draft]) -> tuple[str, Sequence[Draft], int | None]:
    """Lines for the book, none of which may leave less than nothing. Nobody else writes between look and line."""
    version = office.store.clinic_version()
    events = office.store.events(CLINIC, STOCK_KINDS)
    held = book_of(events)
    for draft in drafts:
        check_first(events, draft.body.get("form", ""))
        check_not_below_zero(held, draft.kind, draft.body)
    return CLINIC, drafts, version


def _on_the_book(office: Office, drafts: Sequence[Draft]) -> Summary:
    return office.store.append_together([_stock_batch(office, drafts)])[0]


# Small checks


def _amount(typed: str, what: str, *, zero: bool = False) -> Decimal:
    try:
        found = parse_decimal(typed.strip())
    except ValueError as error:
        raise _refused(f"The {what} cannot be read: {error}.") from None
    if not (found >= 0 if zero else found > 0):
        raise _refused(f"The {what} is {plain(found)}; it must be {'zero or more' if zero else 'more than zero'}.")
    return found


def _day(typed: str, what: str) -> date:
    try:
        return date.fromisoformat(typed.strip())
    except ValueError:
        raise _refused(f"The {what} is no day of the calendar; write YYYY-MM-DD.") from None


def _witness(name: str, by: Actor) -> str:
    try:
        check_named(name, "witness", "watched")
    except ValueError as error:
        raise _refused(f"{error}.") from None
    if not name.strip() or name.strip().casefold() == by.name.casefold():
        raise NotAllowed(
            "witness", "A second person must have watched, by name.", "One pair of eyes is not enough for this drug.",
            "Write the name of the colleague who watched.",
        )  # fmt: skip
    return name.strip()


def _refused(fault: str) -> NotNow:
    return NotNow("supply", fault, "Nothing was entered.", "Look at the container and the plan, then try again.")
