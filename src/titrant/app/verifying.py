"""Reading the whole record again: chains, seals, rows and receipts, and what does not agree with what."""

from collections.abc import Iterator

import msgspec
from msgspec import Struct

from titrant.clinic.acts.verifying import check_signature, verified_plan
from titrant.clinic.office import Office
from titrant.record.events import Kind, instant_of, instant_text
from titrant.record.folding import Record
from titrant.storage.audit import check_reads
from titrant.storage.models import CaseRow, EntryReceipt, Fact
from titrant.terms.errors import TitrantError


class Verified(Struct, frozen=True, kw_only=True):
    """What was read, and what is wrong with it."""

    facts: int
    head: str
    cases: int
    seals: int
    receipts: int
    faults: tuple[str, ...]


def verify(office: Office, head: str = "") -> Verified:
    """Read everything again. ``head``: a head of the chain that was kept elsewhere."""
    faults = [*office.store.check_chain(head), *check_reads()]
    cases = seals = 0
    for case in list(office.store.cases()):
        try:
            record = office.store.open(case)
        except (TitrantError, ValueError, KeyError, msgspec.ValidationError):
            faults.append(f"Record {case} cannot be folded from its facts.")
            continue
        cases, seals = cases + 1, seals + sum("seal" in event.body for event in record.events)
        faults += _case_faults(office, record)
    receipts, wrong = _receipts()
    length, newest = office.store.head()
    return Verified(
        facts=length, head=newest, cases=cases, seals=seals, receipts=receipts, faults=(*faults, *wrong)
    )  # fmt: skip


def _case_faults(office: Office, record: Record) -> Iterator[str]:
    case = record.summary.case
    for event in record.events:
        if event.kind is not Kind.SIGNED and "seal" not in event.body:
            continue
        try:
            check_signature(event, office.keys)
        except (TitrantError, KeyError, TypeError):
            yield f"Record {case}: the seal of number {event.number} does not hold."
    if record.summary.plan:
        try:
            verified_plan(office, record)
        except TitrantError as error:
            yield f"Record {case}: {error.fault}"
    if office.store.summary(case) != record.summary:
        yield f"Record {case}: the standing kept beside it is not that of its facts."


def _receipts() -> tuple[int, list[str]]:
    """Each receipt names a fact of its record, made at its time, by the patient or a member of staff."""
    faults, count = [], 0
    known = {
        (case, number): at
        for case, number, at in Fact.objects.filter(case__in=EntryReceipt.objects.values("case")).values_list(
            "case", "number", "at"
        )
    }
    for case, number, at in EntryReceipt.objects.values_list("case", "number", "at"):
        count += 1
        if known.get((case, number)) != at:
            faults.append(f"Record {case}: a receipt names number {number} of {at}, and there is no such fact.")
    return count, faults


def counts() -> dict[str, str]:
    """How much there is, to be compared after a restore."""
    newest = Fact.objects.order_by("-seq").values_list("at", flat=True).first()
    return {
        "facts": str(Fact.objects.count()), "cases": str(CaseRow.objects.count()),
        "receipts": str(EntryReceipt.objects.count()), "newest": instant_text(instant_of(newest)) if newest else "",
    }  # fmt: skip
