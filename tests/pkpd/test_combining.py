"""Several changes of clearance at once: never less exposure than the worst of them alone, and nothing left unsaid."""

from itertools import combinations

import numpy as np
import pytest

from titrant.pkpd import liver
from titrant.pkpd.combining import Part, parts, together
from titrant.pkpd.doses import Given
from titrant.pkpd.faults import UnusableNumbers
from titrant.pkpd.liver import Factors
from titrant.pkpd.shipped import model, tree
from titrant.pkpd.simulation import simulate

DAY = np.arange(0, 49) / 2
RACEMIC = model("racemic")
KNOWN = tree("interactions.yaml")


def area(factors: Factors, route: str = "oral") -> float:
    changed = simulate(RACEMIC, [Given(0.0, 50.0, route)], DAY, change=lambda p: liver.apply(RACEMIC, p, factors))
    return float(changed.summaries["auc_inf"][0, 0])


def of(*names: str, state: str = "") -> list[Part]:
    return parts(RACEMIC, KNOWN, names, state)


CHANGING = [name for name, row in KNOWN["drugs"].items() if float(row["oral"]) != 1]


@pytest.mark.parametrize("pair", list(combinations(CHANGING, 2)))
@pytest.mark.parametrize("route", ["oral", "troche"])
def test_two_drugs_never_give_less_than_the_one_that_gives_more(pair, route):
    joined = together(of(*pair))
    assert area(joined.factors, route) >= 0.999 * max(area(one.factors, route) for one in of(*pair))
    assert joined.said


def test_a_liver_and_an_inhibitor_multiply():
    joined = together(of("clarithromycin", state="child-pugh-b"))
    assert joined.factors.liver == pytest.approx(
        np.prod([one.factors.liver for one in of("clarithromycin", state="child-pugh-b")])
    )
    assert joined.counted == ("clarithromycin", "child-pugh-b")
    assert any("never measured" in line for line in joined.said)


def test_an_inducer_does_not_hide_an_inhibitor():
    joined = together(of("rifampicin", "grapefruit"))
    assert joined.factors == of("grapefruit")[0].factors
    assert joined.left_out == ("rifampicin",)
    assert any("rifampicin: left out" in line for line in joined.said)


def test_no_change_is_neutral_and_a_drug_counts_once():
    assert together(of("itraconazole", "rifampicin")).factors == of("rifampicin")[0].factors
    assert len(of("clarithromycin", "clarithromycin")) == 1
    assert together([]) is None


def test_what_is_not_measured_is_refused():
    with pytest.raises(UnusableNumbers, match="no measured size"):
        of("kale")
    with pytest.raises(UnusableNumbers, match="no size of this impairment"):
        of(state="child-pugh-c")


def test_the_reason_for_leaving_out_is_that_of_the_rule():
    lowering = together(of("rifampicin", "st-johns-wort")).said
    assert any("only the weakest counts" in line for line in lowering)
    assert not any("must not hide it" in line for line in lowering)
    assert any("must not hide it" in line for line in together(of("rifampicin", "clarithromycin")).said)


def test_that_norketamine_is_left_alone_is_said_where_nothing_measured_changes_it():
    words = "norketamine's own elimination is left unchanged"
    assert any(words in line for line in together(of("ticlopidine")).said)
    assert not any(words in line for line in together(of("st-johns-wort")).said)
