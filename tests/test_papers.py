"""The papers of a start: they speak of the product in hand, the card fits one page, and nothing is said twice."""

import pytest
from msgspec import structs

from tests.bad_input.door import DEMO
from titrant.clinic.desk import Desk
from titrant.clinic.opening import case_of, open_document
from titrant.clinic.telling import paper_text
from titrant.pathway.case import Choice, ProductChoice
from titrant.terms.quantity import Quantity

SCENARIOS = DEMO.parents[1] / "tests" / "scenarios"
CARD_LINES, PLAN_LINES = 20, 100  # a wallet card on one side; a plan on two sheets


def papers_of(desk, protocol, product):
    name = "everything-known-troche" if protocol.startswith("troche") else "everything-known"
    case = case_of(open_document(SCENARIOS / f"{name}.yaml"))
    chosen = Choice(reason="asked for", by="Dr Demo (synthetic)", on=desk.on)
    decided, papers = desk.report(structs.replace(case, protocol=protocol, product=product, choice=chosen))
    return decided, {one.kind: paper_text(one) for one in papers}


FORMS = [
    ("oral-guideline", "oral-solution-10", "10 mg/mL", "syringe", ("troche", "Troche", "capsule")),
    ("oral-guideline", "capsule", "5 mg", "Swallow them whole", ("troche", "Troche", "syringe", "liquid")),
    ("troche-guideline", "troche-quarters", "20 mg", "Put the troche in your cheek", ("syringe", "capsule", "liquid")),
]


def _day():
    return case_of(open_document(DEMO)).on


@pytest.mark.parametrize("protocol", ["oral-guideline", "troche-guideline", "oral-article", "troche-article"])
def test_the_card_fits_one_side_and_the_plan_two_sheets(protocol, library):
    decided, papers = papers_of(Desk(library, _day()), protocol, None)
    assert decided.outcome.value == "proposed"
    assert len(papers["card"].splitlines()) <= CARD_LINES
    assert len(papers["plan"].splitlines()) <= PLAN_LINES


def test_days_with_the_same_checks_stand_in_one_line(library):
    _, papers = papers_of(Desk(library, _day()), "oral-guideline", None)
    checks = papers["plan"].partition("CHECKS\n")[2]
    lines = [line.partition(": ")[2] for line in checks.split("\n- ")]
    assert len(lines) == len(set(lines))


@pytest.mark.parametrize(("protocol", "family", "strength", "how", "foreign"), FORMS, ids=[one[1] for one in FORMS])
def test_the_plan_speaks_of_the_product_in_hand(protocol, family, strength, how, foreign, library):
    product = ProductChoice(family=family, strength=Quantity.parse(strength))
    decided, papers = papers_of(Desk(library, _day()), protocol, product)
    text = " ".join(papers["plan"].split())
    assert decided.outcome.value == "proposed"
    assert how in text
    assert not [word for word in foreign if word in text]
    assert ("minutes, then I:" in papers["card"]) == (family.startswith("troche"))
