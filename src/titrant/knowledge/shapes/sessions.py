"""What may be believed of the dose of a clinic session, and what is looked at twice before it is written down."""

from titrant.knowledge.shapes.common import Header, Sourced
from titrant.terms.quantity import Quantity


class SessionAmounts(Header, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Two ranges of the ketamine given in 24 hours, both inclusive: guards against slips, no limits of dosing."""

    believable_from: Sourced[Quantity]
    believable_to: Sourced[Quantity]
    usual_from: Sourced[Quantity]
    usual_to: Sourced[Quantity]

    def __post_init__(self) -> None:
        bounds = (self.believable_from, self.usual_from, self.usual_to, self.believable_to)
        mg = [one.value.to("mg").value for one in bounds]
        if mg != sorted(mg) or not mg[0] > 0:
            raise ValueError("the usual range lies within the believable one, and both are more than nothing")
