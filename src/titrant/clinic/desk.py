"""Deciding at the desk: the spine run to one of its steps, with the knowledge of this clinic. Nothing is stored."""

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from msgspec import structs

from titrant import __version__
from titrant.explain.words import words_of
from titrant.knowledge.library import Library
from titrant.knowledge.own_files import review_date
from titrant.knowledge.shapes.protocols import Protocol
from titrant.pathway.assess import Assessment, assess
from titrant.pathway.case import Case
from titrant.pathway.dispense import dispense_case, level_faults, product_faults, signed_levels
from titrant.pathway.plan import Outcome, Plan, plan_case
from titrant.pathway.prescribe import Draft, prescribe
from titrant.pathway.report import Paper, report
from titrant.pathway.screen import Screening, screen
from titrant.pathway.supplying import Dispensing
from titrant.record.appending import absolute_limits
from titrant.record.gate import faults
from titrant.terms.reason import Missing, Reason
from titrant.terms.regimen import Regimen

if TYPE_CHECKING:
    from titrant.pathway.simulate import Asked, Forecast


class Desk:
    """A clinic's desk on one day: the same case and day always give the same answer."""

    def __init__(self, library: Library, on: date, degraded: tuple[str, ...] = ()) -> None:
        self.library, self.on, self.degraded = library, on, degraded
        self.words = words_of(library)

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

    @property
    def unfit(self) -> tuple[Reason, ...]:
        """Why this machine proposes no dose and no higher one (safety.md, rule 17)."""
        return tuple(Reason("machine_unfit", "app/doctor", {"fault": fault}) for fault in self.degraded)

    def plan(self, case: Case) -> Plan:
        """The plan, after the last gate: what the gate refuses is never shown as a proposal."""
        return self.prescribe(case)[0]

    def prescribe(self, case: Case) -> tuple[Plan, Draft | None, list[str]]:
        """The plan, its draft if there is one, and what the last gate says against it."""
        decided = plan_case(case, self.library, self.on)
        draft = prescribe(decided, __version__)
        refused = [] if draft is None else faults(draft.content, absolute_limits())
        reasons = tuple(Reason("refused_by_gate", "record/gate", {"fault": fault}) for fault in refused)
        if draft is not None and self.degraded:
            reasons, refused = self.unfit, [*refused, *self.degraded]
        if refused:
            decided = structs.replace(
                decided, outcome=Outcome.REFUSED, regimen=None, reasons=reasons, ladder=(), ladder_end=None
            )
        return decided, None if refused else draft, refused

    def simulate(
        self, case: Case, asked: "Asked | None" = None, model_name: str = "", doses: tuple[Regimen, ...] = ()
    ) -> "Forecast":
        """What the levels of the plan, or ``doses`` of a running course, would give. Only this loads the numbers room.

        A plan has passed the last gate before; doses must have, whoever hands them in.
        """
        from titrant.pathway import simulate
        from titrant.pkpd import shipped

        chosen = shipped.model(model_name or shipped.NAMES[0])
        files = {name: shipped.tree(name) for name in (f"{chosen.id}.yaml", "interactions.yaml", "effects.yaml")}
        past = tuple(name for name, tree in files.items() if not self.on <= review_date(tree, name))
        model = simulate.Model(chosen, files["interactions.yaml"], files["effects.yaml"], past)
        return simulate.simulate(self.plan(case), model, asked or simulate.Asked(), doses)

    def dispense(self, case: Case, pinned: Protocol | None = None) -> tuple[Plan, Dispensing | None]:
        """What may be supplied: for the signed levels of a running course, else for the start that is proposed.

        Whatever refuses a dose, or is still open, holds back the supply too, whoever signed what before. With
        ``pinned``, the version under which the levels were signed, its own limits hold, and that the clinic has since
        withdrawn it or put another in use changes nothing of a plan that is in force.
        """
        decided, _, _ = self.prescribe(case)
        if pinned is not None:
            left = tuple(one for one in decided.reasons if one.code != "protocol_not_in_use")
            decided = structs.replace(decided, protocol=pinned, reasons=left)
        if not case.given.course.levels:
            found = dispense_case(case, decided.protocol, decided.supply, decided.regimen, self.on, decided.ends)
            return decided, found
        against = [one for one in decided.reasons if one.code != "course_already_running"]
        against += product_faults(case, decided.supply, self.on)
        if any(one.code == "signed_for_other_product" for one in against):
            return structs.replace(decided, reasons=tuple(against)), None
        against += level_faults(signed_levels(case, decided.supply), decided.protocol)
        still_open = tuple(_still_open(decided))
        if against or still_open:
            return structs.replace(decided, reasons=tuple(against), missing=still_open), None
        return decided, dispense_case(case, decided.protocol, decided.supply, None, self.on, None)

    def report(self, case: Case) -> tuple[Plan, tuple[Paper, ...]]:
        decided, draft, _ = self.prescribe(case)
        return decided, report(decided, draft, self.words)


def _still_open(plan: Plan) -> Iterator[Missing]:
    """What holds back the supply of a running course: all that was never known or is not settled.

    What has merely grown old is a matter for the next review, which it keeps from raising the dose.
    """
    given = plan.assessment.case.given
    listed = {"medications": given.medications, "allergies": given.allergies}
    for one in plan.screening.missing:
        reviewed_once = getattr(listed.get(one.fact), "reviewed_on", None) is not None
        if one.why not in ("fact_too_old", "condition_answer_too_old") and not reviewed_once:
            yield one
