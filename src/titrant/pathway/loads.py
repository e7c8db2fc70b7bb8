"""Opioid and sedative load, and which drugs came or went since the dose was signed."""

from collections.abc import Iterator
from datetime import date, timedelta

from msgspec import Struct

from titrant.knowledge.library import Library
from titrant.knowledge.shapes.interactions import Counts
from titrant.pathway.assess import Assessment, TakenDrug, opioid_load
from titrant.pathway.interacting import interactions_of
from titrant.pathway.screen import Screening
from titrant.pathway.unseen import Since
from titrant.terms.quantity import Quantity


class Loads(Struct, frozen=True):
    """Loads now and before the first dose, and the drugs that came, were told or went since the dose was signed."""

    opioid_now: Quantity
    opioid_before: Quantity
    sedating: tuple[str, ...]
    new: tuple[str, ...]  # interacting, started or told since
    undated: tuple[str, ...]  # interacting, and nobody says since when
    stopped_inducers: tuple[str, ...]
    stopped_inhibitors: tuple[str, ...]
    lasting: tuple[str, ...]  # stopped, and their effect is not over

    @property
    def opioid_change(self) -> str:
        change = self.opioid_now.value - self.opioid_before.value
        return str(Quantity(change, self.opioid_now.unit))


def loads(assessment: Assessment, screening: Screening, library: Library, since: Since, until: date) -> Loads:
    """Loads on the day of ``assessment``; a drug that ends up to ``until``, the next review, counts as stopped."""
    on, span = assessment.on, (since.looked, until)
    taken = [one for one in screening.interacting if one.drug.taken_on(on)]
    unknown = [drug for drug in assessment.drugs if drug.match is None and drug.taken_on(on)]
    named = [(drug.name, drug.medication) for drug in (*(one.drug for one in taken), *unknown)]
    before = since.begun - timedelta(days=1)
    return Loads(
        opioid_now=opioid_load(_since(assessment.drugs, on), library, on),
        opioid_before=opioid_load(_since(assessment.drugs, before), library, before),
        sedating=tuple(dict.fromkeys(one.drug.name for one in taken if Counts.DEPRESSANT in one.interaction.counts)),
        new=tuple(dict.fromkeys(name for name, one in named if since.newly_told(one.since, one.entered_at))),
        undated=tuple(dict.fromkeys(name for name, one in named if one.since is None)),
        stopped_inducers=tuple(_stopped(assessment, library, span, Counts.INDUCER)),
        stopped_inhibitors=tuple(_stopped(assessment, library, span, Counts.INHIBITOR)),
        lasting=tuple(dict.fromkeys(_lasting(assessment, library))),
    )


def _since(drugs: tuple[TakenDrug, ...], day: date) -> tuple[TakenDrug, ...]:
    """The drugs that had begun by ``day``; one without a beginning is taken for an old one."""
    return tuple(drug for drug in drugs if drug.medication.since is None or drug.medication.since <= day)


def _stopped(assessment: Assessment, library: Library, span: tuple[date, date], kind: Counts) -> Iterator[str]:
    """Drugs of this kind that were stopped since the dose was signed, or will be by the next review."""
    first, last = span
    for drug in assessment.drugs:
        ends = drug.medication.until
        if ends is None or not first <= ends <= last:
            continue
        if any(kind in one.interaction.counts for one in interactions_of(drug, library, ends)):
            yield drug.name


def _lasting(assessment: Assessment, library: Library) -> Iterator[str]:
    """Drugs that were stopped and whose effect on the level of ketamine is not over."""
    for drug in assessment.drugs:
        if not drug.taken_on(assessment.on):
            kinds = {kind for one in interactions_of(drug, library, assessment.on) for kind in one.interaction.counts}
            if kinds & {Counts.INDUCER, Counts.INHIBITOR}:
                yield drug.name
