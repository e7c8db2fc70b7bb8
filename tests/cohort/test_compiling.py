"""What the walk cannot follow is refused when the protocol is compiled; what it can, it reads as the spine does."""

import msgspec
import numpy as np
import pytest

from tests.cohort.shared import ON, knowledge, task
from titrant.cohort import compiling, judging
from titrant.cohort.compiling import SLOTS, Compiler, _sometimes
from titrant.cohort.setting import setting
from titrant.knowledge.judging import judge
from titrant.knowledge.shapes.common import When
from titrant.pathway.review import review
from titrant.terms.errors import KnowledgeError
from titrant.terms.quantity import Quantity


def ordinary():
    here = task().here
    from datetime import timedelta
    from decimal import Decimal

    case = here.writer.ordinary(0, Decimal(10), here.times)
    return review(case, knowledge(), ON + timedelta(days=7))


def leaf(fact: str, how: str, value: str = "", values: tuple[str, ...] = ()) -> When:
    return When(fact=fact, comparison=how, value=value, values=values)


GRADE = leaf("worst_effect", "at_least", "2 points")
MET = leaf("benefit", "equals", "met")
PROGRAMS = (
    GRADE,
    MET,
    leaf("missed_rung", "one_of", values=("lower", "restart")),
    When(all=(GRADE, MET)),
    When(any=(GRADE, MET)),
    When(any=(When(all=(GRADE, MET)), leaf("frail", "equals", "no"))),
    When(all=(leaf("frail", "equals", "yes"), GRADE)),
)


@pytest.mark.parametrize("when", PROGRAMS)
def test_a_program_answers_as_the_spine_judges(when):
    """Every mix of known and unknown facts; true, false and cannot be told."""
    maker = Compiler(ordinary(), knowledge())
    first, end = maker.program(when)
    for grade in (None, 0, 2, 3):
        for met in (None, "met", "not_met"):
            for rung in (None, "none", "lower", "restart"):
                facts, v = {"frail": maker.known["frail"]}, np.full(len(SLOTS), np.nan)
                if grade is not None:
                    facts["worst_effect"], v[SLOTS.index("worst_effect")] = Quantity.parse(f"{grade} points"), grade
                for name, word in (("benefit", met), ("missed_rung", rung)):
                    if word is not None:
                        facts[name], v[SLOTS.index(name)] = word, compiling.word(word)
                code = np.array(maker.code, dtype=np.int64)
                said = judging.program(code, np.array(maker.against), first, end, v, np.empty(64, np.int64))
                assert said == {True: 1, False: 0, None: -1}[judge(when, facts)]


def test_a_number_compared_with_words_is_refused():
    with pytest.raises(KnowledgeError, match="cannot walk this"):
        Compiler(ordinary(), knowledge()).program(leaf("worst_effect", "equals", "2 points"))


def test_a_check_that_may_become_needed_on_the_way_must_be_there():
    """Without an ECG on record a pressure of 140 on the way would leave the spine undecided: not walked."""
    found = ordinary()
    held = {name: one for name, one in found.assessment.facts.items() if name not in ("ecg", "qtc")}
    bare = msgspec.structs.replace(found, assessment=msgspec.structs.replace(found.assessment, facts=held))
    assert list(_sometimes(found, knowledge())) == []
    assert "ecg" in list(_sometimes(bare, knowledge()))


def test_an_unknown_protocol_is_told_which_there_are():
    from titrant.terms.errors import CaseFileError

    with pytest.raises(CaseFileError, match="oral-guideline"):
        setting(knowledge(), "mine", "usual", ON)
