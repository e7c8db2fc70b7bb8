"""The virtual world is what its file says: shares and means of many people, seeds, and a file that is wrong."""

import copy

import numpy as np
import pytest

from tests.cohort.shared import knowledge, rows, task
from titrant.cohort import parameters, shapes
from titrant.cohort.dice import normal, uniform
from titrant.cohort.summing import compared, figure, figures, summed
from titrant.terms.errors import KnowledgeError


def test_dice_are_even_and_belong_to_one_person_and_day():
    drawn = np.array([[uniform(1, i, d, 5) for d in range(40)] for i in range(500)])
    assert abs(drawn.mean() - 0.5) < 0.01
    assert abs(np.corrcoef(drawn[:, 0], drawn[:, 1])[0, 1]) < 0.15
    assert len(np.unique(drawn)) == drawn.size
    z = np.array([normal(1, i, 3, 9) for i in range(20_000)])
    assert abs(z.mean()) < 0.03
    assert abs(z.std() - 1) < 0.03


def test_people_are_as_the_file_says():
    held = rows(people=3000)
    w = task().here.w[0]
    assert abs((held.people["relief"] > 0).mean() - w["r_chance_drug_helps"]) < 0.03
    assert abs(held.people["baseline"].mean() - w["r_baseline_points"]) < 0.15
    assert abs(held.people["dose_taken"].mean() - w["dose_taken"]) < 0.03


def test_nobody_is_helped_in_the_world_without_effect():
    held = rows(people=300, world="no-effect")
    assert (held.people["relief"] == 0).all()
    assert (held.people["true_lowest"] <= 0).all()


def test_more_side_effects_in_the_sensitive_world():
    usual, other = (summed(task(world=name).here, rows(people=1000, world=name, policy="none"))
                    for name in ("usual", "sensitive"))  # fmt: skip
    assert usual["harm_days"].sum() < other["harm_days"].sum()


def test_figures_carry_their_error_and_pairs_cancel_luck():
    values = np.array([0.0, 100.0] * 50 + [np.nan])
    found = figure(values)
    assert found.people == 100
    assert found.mean == 50
    assert found.error == pytest.approx(100 * np.sqrt(0.25 / 99))
    here = task().here
    one, other = (summed(here, rows(policy=name)) for name in ("rules", "none"))
    apart = compared(one, other)["taken_mg"]
    alone = figures(other)["taken_mg"].error + figures(one)["taken_mg"].error
    assert apart.error < alone


def test_a_course_that_ended_gives_no_more_drug():
    held = rows(people=500)
    for i in np.flatnonzero(held.courses["ended"] == shapes.HARM):
        after = held.days["parts"][i, held.courses["ended_on"][i] :]
        assert (after == 0).all()


@pytest.mark.parametrize(
    ("section", "name", "field", "value"),
    [
        ("values", "dose_taken", "value", "1.2"), ("values", "dose_taken", "source", " "),
        ("values", "dose_taken", "spread", "0"), ("worlds", "steep", "changes", {"nothing": 1}),
        ("effects", "shares", "dizziness", "0.9"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_refused(section, name, field, value):
    tree = copy.deepcopy(dict(parameters.read("cohort", "world.yaml")))
    tree[section][name][field] = value
    with pytest.raises(KnowledgeError):
        parameters.world(tree)


def test_every_source_of_the_world_is_known():
    values = parameters.world().values.values()
    assert {one.source for one in values} <= set(knowledge().sources)
