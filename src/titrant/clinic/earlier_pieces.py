"""Pieces that a patient may still hold from before: of a course that is over, or of another product than is signed now.

A signature that begins a course, or changes the product, begins a new list of supplies in the case file, so that the
spine never counts pieces of one product as those of another. What was handed out before is told here, from the events.
"""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from msgspec import Struct, convert, structs

from titrant.clinic.office import Office, case_in
from titrant.explain.amounts import quantity_text
from titrant.knowledge.library import decode
from titrant.pathway.case import ProductChoice, Supplied
from titrant.pathway.deliver import Supply, supply_of
from titrant.pathway.dispense import signed_levels
from titrant.pathway.supplying import SignedLevel, in_the_house, on_hand
from titrant.record.events import Event, Kind
from titrant.record.folding import Record, fold
from titrant.terms.canonical import Json
from titrant.terms.errors import TitrantError
from titrant.terms.numbers import parse_decimal

_NAMES = ("family", "strength", "content")


class Handing(Struct, frozen=True):
    """Pieces that were handed out at one time. What nobody wrote of the product is empty."""

    number: int  # of the event
    on: date
    pieces: Decimal
    product: dict[str, str]


class Earlier(Struct, frozen=True):
    """One product from before, and how many pieces of it should still be with the patient."""

    product: dict[str, str]
    unit: str
    left: Decimal
    last: Handing


def handings(record: Record) -> tuple[Handing, ...]:
    """Everything that was handed out, by this clinic or before the case came here, oldest first."""
    product, found = dict.fromkeys(_NAMES, ""), list[Handing]()
    for event in record.events:
        laid = event.body.get("set") or {}
        product |= {name: text for name, text in (laid.get("product") or {}).items() if text}
        told = ((laid.get("given") or {}).get("course") or {}).get("supplies") or ()
        lines = (*told, *((event.body.get("add") or {}).get("course.supplies") or ()))
        said = (event.body.get("product") if event.kind is Kind.SUPPLIED else None) or product
        if told:  # the whole list as it was told before; what this clinic handed out has events of its own
            found = [one for one in found if record.event(one.number).kind is Kind.SUPPLIED]
        for line in lines:
            on = date.fromisoformat(str(line["on"])[:10])
            found.append(Handing(event.number, on, parse_decimal(line["pieces"]), _names_of(said)))
    right = {one.body["corrects"]: parse_decimal(one.body["pieces"]) for one in record.of(Kind.SUPPLY_CORRECTED)}
    return tuple(structs.replace(one, pieces=right.get(one.number, one.pieces)) for one in found)


def _names_of(product: Json) -> dict[str, str]:
    return {name: str(product.get(name) or "") for name in _NAMES}


def product_of(supply: Supply) -> dict[str, str]:
    """A product as records name it."""
    return {"family": supply.product.id, "strength": str(supply.strength), "content": supply.content.value}


def same_product(one: dict[str, str], other: dict[str, str]) -> bool:
    """Whether it may be one product: what nobody wrote of it differs from nothing."""
    return all(one[name] == other[name] or not (one[name] and other[name]) for name in _NAMES)


def is_of_another_product(record: Record, product: dict[str, str]) -> bool:
    """Whether the list of supplies of the case file holds pieces of another product than ``product``."""
    begun = max((one.number for one in record.events if _begins_a_list(one)), default=0)
    return any(begun < one.number and not same_product(one.product, product) for one in handings(record))


def earlier_pieces(office: Office, record: Record) -> tuple[Earlier, ...]:
    """What was handed out before the list of supplies that runs now, by product, with what should be left of it."""
    found: list[Earlier] = []
    begun, handed = 0, handings(record)
    for event in record.events:
        if _begins_a_list(event):
            own = [one for one in handed if begun < one.number < event.number and one.pieces > 0]
            begun = event.number
            found = _with_list(office, record, found, own, event) if own else found
        elif begun and event.kind in (Kind.COUNTED, Kind.RETURNED) and "product" in event.body:
            found = [_after(one, event) if same_product(one.product, event.body["product"]) else one for one in found]
    return tuple(found)


def why_not_with_earlier(office: Office, earlier: Iterable[Earlier]) -> tuple[str, ...]:
    """Why nothing is supplied beside what the patient may still hold, and the two ways on."""
    return tuple(
        f"{quantity_text(one.last.pieces, one.unit)} of {named(office, one.product)} were handed out on {one.last.on}, "
        f"before the plan that is signed now; {quantity_text(one.left, one.unit)} of it should still be with the "
        "patient. Nothing more is supplied until that has come back (enter the return), or somebody has counted that "
        "nothing is left of it (enter the count of that product)."
        for one in earlier
        if one.left > 0
    )


def named(office: Office, product: dict[str, str]) -> str:
    """A product as people name it."""
    known = office.library.products.get(product["family"])
    title = known.title if known else product["family"] or "a product that nobody named"
    strength = "" if product["strength"] in title else f" {product['strength']}"
    return f"{title}{strength}{' as hydrochloride' if product['content'] == 'hydrochloride' else ''}"


def house_on(levels: tuple[SignedLevel, ...], lines: tuple[Supplied, ...], day: date) -> Decimal:
    """What should be in the patient's hands on ``day``; a count of that day says it, with what came after it."""
    return on_hand(lines, day, in_the_house(levels, lines, day))


def _begins_a_list(event: Event) -> bool:
    if event.kind is not Kind.SIGNED:
        return False
    return "supplies" in (((event.body.get("set") or {}).get("given") or {}).get("course") or {})


def _with_list(
    office: Office, record: Record, found: list[Earlier], own: list[Handing], event: Event
) -> list[Earlier]:  # fmt: skip
    """``found`` with the list of supplies that ``event`` closed."""
    last = own[-1]
    before = [one for one in found if same_product(one.product, last.product)]
    others = [one for one in found if one not in before]
    left = sum((one.left for one in before), _left(office, record, own, event))
    return [*others, Earlier(last.product, _unit(office, record, last), left, last)]


def _left(office: Office, record: Record, own: list[Handing], event: Event) -> Decimal:
    """What should have been left when ``event`` closed the list: what was handed out, less what was signed to be taken.

    Where that cannot be worked out, it is all that was handed out: a count says better.
    """
    ended = [one for one in record.of(Kind.STOPPED, Kind.WITHDRAWN) if own[-1].number < one.number < event.number]
    until = office.day_of(ended[0].at) if ended else date.fromisoformat(event.body["content"]["starts"])
    counts = [
        one
        for one in record.of(Kind.COUNTED)
        if own[0].number < one.number < event.number and "product" not in one.body
    ]
    if counts and until.isoformat() <= counts[-1].body["on"]:
        later = sum((one.pieces for one in own if counts[-1].number < one.number), Decimal(0))
        left = parse_decimal(counts[-1].body["left"]) + later
    else:
        left = _by_the_levels(office, fold(record.summary.case, record.events[: event.number - 1]), own, until)
    since = counts[-1].number if counts else own[0].number
    back = [
        parse_decimal(one.body["quantity"])
        for one in record.of(Kind.RETURNED)
        if since < one.number < event.number and same_product(one.body["product"], own[-1].product)
    ]
    return max(left - sum(back, Decimal(0)), Decimal(0))


def _by_the_levels(office: Office, then: Record, own: list[Handing], until: date) -> Decimal:
    try:
        case = case_in(then, until)
        choice = convert({name: text for name, text in own[-1].product.items() if text}, ProductChoice, dec_hook=decode)
        supply = supply_of(choice, office.library.protocols[case.protocol], office.library)
        course = case.given.course
        levels = tuple(one for one in course.levels if one.product in ("", supply.name))
        given = structs.replace(case.given, course=structs.replace(course, levels=levels))
        return house_on(signed_levels(structs.replace(case, given=given), supply), course.supplies, until)
    except (TitrantError, ValueError, LookupError):
        return sum((one.pieces for one in own), Decimal(0))


def _after(one: Earlier, event: Event) -> Earlier:
    """What is left after a count or a return."""
    if event.kind is Kind.COUNTED:
        return structs.replace(one, left=parse_decimal(event.body["left"]))
    return structs.replace(one, left=max(one.left - parse_decimal(event.body["quantity"]), Decimal(0)))


def _unit(office: Office, record: Record, last: Handing) -> str:
    unit = record.event(last.number).body.get("unit")
    known = office.library.products.get(last.product["family"])
    return unit or ("mL" if known is None or known.form.value == "oral solution" else known.form.value)
