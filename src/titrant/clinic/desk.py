"""Deciding at the desk: the spine run to one of its steps, with the knowledge of this clinic. Nothing is stored."""

from datetime import date
from importlib import resources

from titrant import __version__
from titrant.explain.words import Words
from titrant.knowledge.library import Library
from titrant.pathway.assess import Assessment, assess
from titrant.pathway.case import Case
from titrant.pathway.dispense import dispense_case
from titrant.pathway.plan import Plan, plan_case
from titrant.pathway.prescribe import Draft, prescribe
from titrant.pathway.report import Paper, report
from titrant.pathway.screen import Screening, screen
from titrant.pathway.supplying import Dispensing
from titrant.record.gate import faults
from titrant.terms.reason import Bar


class Desk:
    """A clinic's desk on one day: the same case and day always give the same answer."""

    def __init__(self, library: Library, on: date) -> None:
        self.library, self.on = library, on
        self.words = Words(library)

    @property
    def clinic(self) -> str:
        """In whose name the protocols are in use."""
        approvals = self.library.approvals
        if approvals is None:
            return "No clinic has put this protocol in use."
        made_up = "synthetic clinic, synthetic approval: not for patients" if approvals.synthetic else "approved here"
        return f"{approvals.clinic} ({made_up})."

    def assess(self, case: Case) -> tuple[Assessment, Screening]:
        assessment = assess(case, self.library, self.on)
        return assessment, screen(assessment, self.library)

    def plan(self, case: Case) -> Plan:
        return plan_case(case, self.library, self.on)

    def prescribe(self, case: Case) -> tuple[Plan, Draft | None, list[str]]:
        """The plan, its draft if there is one, and what the last gate says against it."""
        decided = self.plan(case)
        draft = prescribe(decided, __version__)
        return decided, draft, [] if draft is None else faults(draft.content, absolute_limits())

    def dispense(self, case: Case) -> tuple[Plan, Dispensing | None]:
        """What may be supplied: for the signed levels of a running course, else for the start that is proposed.

        A finding that refuses a dose refuses the supply too, whoever signed what before.
        """
        decided, _, refused = self.prescribe(case)
        running = bool(case.given.course.levels)
        barred = running and bool(decided.screening.barred(Bar.REFUSES))
        if refused or barred or not decided.screening.ledger.complete:
            return decided, None
        regimen = None if running else decided.regimen
        ends = None if running else decided.ends
        return decided, dispense_case(case, decided.protocol, decided.supply, regimen, self.on, ends)

    def report(self, case: Case) -> tuple[Plan, tuple[Paper, ...]]:
        decided, draft, refused = self.prescribe(case)
        return decided, report(decided, None if refused else draft, self.words)


def absolute_limits() -> bytes:
    """The limits of this release, for the last gate to read by its own rules."""
    return resources.files("titrant.record").joinpath("absolute_limits.json").read_bytes()
