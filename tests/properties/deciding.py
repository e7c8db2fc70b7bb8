"""The program under test, as the laws see it: a case goes in, a plan or a refusal to read comes out."""

from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache

from msgspec import Struct

import titrant
from tests.cases.generate import Maker
from tests.reference.files import Files
from titrant.cli.opened import DEMO_CLINIC
from titrant.knowledge.library import SHIPPED, Library, load
from titrant.pathway.case import Case
from titrant.pathway.plan import Outcome, Plan, plan_case
from titrant.terms.errors import CaseFileError

NOTHING = Decimal(0)
# Refusals that speak of the request and not of the person: without a sensible request there is no dose to compare.
OF_REQUEST = ("asked_", "tier_")


class Decided(Struct, frozen=True):
    """What became of a case. ``error`` is set where it could not be read."""

    plan: Plan | None
    error: CaseFileError | None = None

    @property
    def proposed(self) -> bool:
        return self.plan is not None and self.plan.outcome is Outcome.PROPOSED

    @property
    def start_mg(self) -> Decimal:
        """The dose of the proposed start in mg; nothing where nothing is proposed."""
        return self.plan.regimen.dose.mg if self.plan and self.proposed and self.plan.regimen else NOTHING

    @property
    def highest_mg(self) -> Decimal:
        """The dose of the highest level of the ladder."""
        return self.plan.ladder[-1].regimen.dose.mg if self.plan and self.plan.ladder else NOTHING

    @property
    def daily_mg(self) -> Decimal:
        return self.plan.regimen.daily.mg if self.plan and self.proposed and self.plan.regimen else NOTHING

    @property
    def refused_request(self) -> bool:
        return self.plan is not None and any(one.code.startswith(OF_REQUEST) for one in self.plan.reasons)

    @property
    def said(self) -> list[str]:
        """Every code with which the program says why not, for people and machines."""
        if self.plan is None:
            return [self.error.place] if self.error else []
        return [*(one.code for one in self.plan.reasons), *(one.why for one in self.plan.missing)]


@lru_cache(maxsize=1)
def library() -> Library:
    """The shipped knowledge, with the approvals of the demo clinic. What it says of a day is kept once worked out."""
    found = load(clinic=DEMO_CLINIC)
    found.past_review = lru_cache(found.past_review)  # type: ignore[method-assign]
    return found


@lru_cache(maxsize=1)
def maker() -> Maker:
    return Maker(library())


@lru_cache(maxsize=1)
def files() -> Files:
    return Files(SHIPPED)


def decide(case: Case, knowledge: Library | None = None) -> Decided:
    """The plan for ``case`` on its own day. A case that cannot be read allows nothing."""
    assert case.on is not None
    try:
        return Decided(plan_case(case, knowledge or library(), case.on))
    except CaseFileError as error:
        return Decided(None, error)


Change = Callable[[Case], Case]
VERSION = titrant.__version__
