"""Following at the desk: review and adjust on a case, with the last gate over every dose that is proposed."""

from msgspec import Struct, structs

from titrant.clinic.desk import Desk
from titrant.clinic.model import LEFT_OUT, ModelSays, model_on
from titrant.knowledge.shapes.following import Action
from titrant.pathway.adjust import Adjustment, Opinion, adjust
from titrant.pathway.case import Case
from titrant.pathway.plan import Outcome
from titrant.pathway.prescribe import regimen_content
from titrant.pathway.review import Review, review
from titrant.record.appending import absolute_limits
from titrant.record.gate import faults
from titrant.terms.calendar import whole_days
from titrant.terms.canonical import Json
from titrant.terms.reason import Reason
from titrant.terms.regimen import Regimen


class Followed(Struct, frozen=True):
    """An adjustment with what the rules alone say, and what the response model says beside them."""

    decided: Adjustment
    by_rules: Adjustment
    model: ModelSays


def review_at(desk: Desk, case: Case) -> Review:
    return review(case, desk.library, desk.on)


def adjust_at(desk: Desk, case: Case, opinion: Opinion | None = None) -> Adjustment:
    """The adjustment by the rules, and by ``opinion`` where one is given, after the last gate."""
    return _decided(desk, review_at(desk, case), opinion)


def follow_at(desk: Desk, case: Case, *, rules_only: bool = False) -> Followed:
    """The adjustment with the opinion of the response model, after the last gate."""
    found = review_at(desk, case)
    by_rules = _decided(desk, found, None)
    if rules_only:
        return Followed(by_rules, by_rules, LEFT_OUT)
    model = model_on(found, by_rules)
    return Followed(_decided(desk, found, model.opinion), by_rules, model)


def _decided(desk: Desk, found: Review, opinion: Opinion | None) -> Adjustment:
    """What the last gate refuses is refused, whatever proposed it."""
    decided = adjust(found, desk.library, opinion)
    if decided.outcome is not Outcome.PROPOSED or decided.regimen is None:
        return decided
    refused = faults({"regimen": gate_content(decided, decided.regimen)}, absolute_limits())
    why = tuple(Reason("refused_by_gate", "gate", {"fault": fault}) for fault in refused)
    if decided.action is Action.RAISE:
        why = (*why, *desk.unfit)
    if not why:
        return decided
    return structs.replace(
        decided, outcome=Outcome.REFUSED, action=None, regimen=None, limited=None, reasons=(*why, *decided.reasons)
    )


def gate_content(decided: Adjustment, regimen: Regimen) -> Json:
    """The regimen as a start would write it, so that the last gate reads one form only."""
    found = decided.review
    return regimen_content(regimen, found.supply, whole_days(found.protocol.supply.titration.value))
