"""The stock book of the clinic: what came, what was handed out, returned and destroyed, and what must be there.

Lines are events of the clinic's own stream, so no line is ever changed: a wrong one is put right by a new one.
"""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from msgspec import Struct, structs

from titrant.record.events import Event, Kind
from titrant.terms.canonical import Json
from titrant.terms.errors import NotNow
from titrant.terms.numbers import parse_decimal, plain

STOCK_KINDS = (
    Kind.STOCK_RECEIVED, Kind.STOCK_SUPPLIED, Kind.STOCK_RETURNED, Kind.STOCK_WASTED, Kind.STOCK_CORRECTED,
)  # fmt: skip
SHELF, RETURNED = "shelf", "returned"
_SIGN = {Kind.STOCK_RECEIVED: 1, Kind.STOCK_SUPPLIED: -1, Kind.STOCK_RETURNED: 1, Kind.STOCK_WASTED: -1}
_WORDS = {
    Kind.STOCK_RECEIVED: "received", Kind.STOCK_SUPPLIED: "supplied", Kind.STOCK_RETURNED: "returned by a patient",
    Kind.STOCK_WASTED: "destroyed", Kind.STOCK_CORRECTED: "correction",
}  # fmt: skip


class Batch(Struct, frozen=True, order=True):
    """One lot of one product in one strength, on the shelf or among what patients returned."""

    family: str
    strength: str
    content: str  # base or hydrochloride, as labelled
    lot: str
    where: str = SHELF


class Line(Struct, frozen=True, kw_only=True):
    """One line of the book, with the balance of its lot after it."""

    number: int  # of the event
    batch: Batch
    what: str
    change: Decimal
    balance: Decimal
    unit: str
    on: str
    by: str
    witness: str = ""
    note: str = ""
    case: str = ""
    corrects: int = 0


class Holding(Struct, frozen=True, kw_only=True):
    """What must be there of one lot."""

    batch: Batch
    balance: Decimal
    unit: str
    beyond_use: str
    last_on: str


class Book(Struct, frozen=True):
    lines: tuple[Line, ...]  # oldest first
    holdings: tuple[Holding, ...]

    def balance(self, batch: Batch) -> Decimal:
        return next((one.balance for one in self.holdings if one.batch == batch), Decimal(0))

    def beyond_use(self, batch: Batch) -> str:
        """The date of a lot, its number read as people read it: l9 is L9."""
        return next((one.beyond_use for one in self.holdings if _spelt_alike(one.batch, batch)), "")

    def line(self, number: int) -> Line | None:
        return next((one for one in self.lines if one.number == number), None)

    def lots_of(self, family: str, strength: str, content: str, on: date) -> tuple[Holding, ...]:
        """Lots of a product that are on the shelf and within their beyond-use date, the first to expire first."""
        fitting = [
            one
            for one in self.holdings
            if (one.batch.family, one.batch.strength, one.batch.content) == (family, strength, content)
            if one.batch.where == SHELF and one.balance > 0 and on.isoformat() <= one.beyond_use
        ]
        return tuple(sorted(fitting, key=lambda one: (one.beyond_use, one.batch.lot)))


def _spelt_alike(one: Batch, other: Batch) -> bool:
    return structs.replace(one, lot="") == structs.replace(other, lot="") and _plain(one.lot) == _plain(other.lot)


def _plain(lot: str) -> str:
    return "".join(lot.casefold().split())


def book_of(events: Iterable[Event]) -> Book:
    """The book after these events of the clinic's stream."""
    lines: list[Line] = []
    held: dict[Batch, Holding] = {}
    for event in events:
        if event.kind not in STOCK_KINDS:
            continue
        body, batch = event.body, batch_in(event.body)
        change = change_of(event.kind, body)
        before = held.get(batch)
        balance = (before.balance if before else Decimal(0)) + change
        lines.append(Line(
            number=event.number, batch=batch, what=_WORDS[event.kind], change=change, balance=balance,
            unit=body["unit"], on=body["on"], by=event.by.name, witness=body.get("witness", ""),
            note=_note(event), case=body.get("case", ""), corrects=body.get("corrects", 0),
        ))  # fmt: skip
        beyond = _beyond_use(event, before.beyond_use if before else "")
        held[batch] = Holding(batch=batch, balance=balance, unit=body["unit"], beyond_use=beyond, last_on=body["on"])
    return Book(tuple(lines), tuple(held[batch] for batch in sorted(held)))


def _note(event: Event) -> str:
    """Why, where it was written in the book. What was written on a patient's page is read there, by who may see it."""
    if not event.body.get("case"):
        return str(event.body.get("why", ""))
    return "of a supply; the patient's record says why" if event.kind is Kind.STOCK_CORRECTED else ""


def _beyond_use(event: Event, known: str) -> str:
    """One lot has one date, which only a correction changes; of two that were received the earlier holds."""
    said = event.body.get("beyond_use", "")
    if event.kind is Kind.STOCK_CORRECTED:
        return said or known
    return min(filter(None, (known, said)), default="")


def change_of(kind: Kind, body: Json) -> Decimal:
    """By how much a line moves the balance; a correction carries its own sign."""
    amount = parse_decimal(body["quantity"])
    return amount if kind is Kind.STOCK_CORRECTED else _SIGN[kind] * amount


def batch_in(body: Json) -> Batch:
    product = body["product"]
    return Batch(product["family"], product["strength"], product["content"], body["lot"], body.get("where", SHELF))


def check_not_below_zero(book: Book, kind: Kind, body: Json) -> None:
    """Raises NotNow where the line would leave less than nothing in stock."""
    batch = batch_in(body)
    held, after = book.balance(batch), book.balance(batch) + change_of(kind, body)
    if not after >= 0:
        raise NotNow(
            f"stock, lot {batch.lot}",
            f"There are {plain(held)} {body['unit']} of this lot in the book; {plain(-change_of(kind, body))} cannot "
            "leave it.",
            "A stock below zero means that a receipt is missing, or that this is another lot.",
            "Look at the label; enter the receipt first, or correct the line that is wrong by a new one.",
        )
