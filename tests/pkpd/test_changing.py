"""Parameters that change with time, and the exposure of a plan's levels."""

import numpy as np
import pytest

from titrant.pkpd import liver, population
from titrant.pkpd.changing import in_pieces, interaction_days, occasions
from titrant.pkpd.doses import Given, every
from titrant.pkpd.effects import acting, bands, dissociation_share, pressure_rise, slow_effect
from titrant.pkpd.levels import exposure_of_levels
from titrant.pkpd.population import Person
from titrant.pkpd.shipped import model, tree
from titrant.pkpd.simulation import simulate

TIMES = np.arange(0.0, 48.25, 0.25)


@pytest.mark.parametrize("cut", [8.1, 12.0, 24.35])
@pytest.mark.parametrize(
    ("name", "route"), [("racemic", "troche"), ("simons-2022", "film"), ("perez-ruixo-2021", "oral")]
)
def test_pieces_that_do_not_change_are_one_piece(name, route, cut):
    """Also where a cut falls into a dose that is still entering."""
    chosen = model(name)
    doses = every(50.0, 8, 2, route)
    p = population.drawn(chosen, Person(), 1, 0, 8)
    whole = in_pieces(chosen, doses, TIMES, [(0.0, p)])
    cut_up = in_pieces(chosen, doses, TIMES, [(0.0, p), (cut, p), (30.0, p)])
    assert cut_up.values == pytest.approx(whole.values, rel=1e-9, abs=1e-12)


def test_one_piece_is_the_plain_simulation():
    doses = every(50.0, 8, 2, "troche")
    p = population.typical(model("racemic"), Person())
    assert in_pieces(model("racemic"), doses, TIMES, [(0.0, p)]).values == pytest.approx(
        simulate(model("racemic"), doses, TIMES).values, rel=1e-10
    )


def test_occasions_keep_the_person_and_change_the_day():
    chosen = model("simons-2022")
    first, second = (p for _, p in occasions(chosen, Person(), 3, 20, [0.0, 24.0]))
    assert (first["clk1"] == second["clk1"]).all()
    assert (first["f1"] != second["f1"]).all()


def test_an_inhibitor_acts_from_its_day_and_wears_off():
    chosen = model("racemic")
    doses = every(25.0, 8, 20, "oral")
    times = np.arange(0.0, 480.5, 0.5)
    p = population.typical(chosen, Person())
    inhibitor = liver.interactions(tree("interactions.yaml"))["clarithromycin"]
    pieces = interaction_days(chosen, p, inhibitor, on_h=5 * 24, off_h=10 * 24, until_h=480)
    level = in_pieces(chosen, doses, times, pieces).of("ketamine")[0]
    day = [level[(times >= d * 24) & (times < (d + 1) * 24)].mean() for d in (4, 9, 19)]
    assert day[1] / day[0] == pytest.approx(2.6, rel=0.08)
    assert day[2] / day[0] == pytest.approx(1.0, rel=0.1)


def test_levels_of_a_plan():
    chosen = model("racemic")
    levels = [(10.0, 3), (50.0, 3), (100.0, 3)]
    change = liver.factors(chosen, liver.interactions(tree("interactions.yaml"))["clarithromycin"])
    found = exposure_of_levels(
        chosen, levels, "troche", 100.0, people=300, added=lambda p: liver.apply(chosen, p, change)
    )
    assert [row.dose_mg for row in found] == [10, 50, 100]
    chances = [row.chance_above["as planned"] for row in found]
    assert chances == sorted(chances)
    assert chances[0] < 0.01 < 0.5 < chances[2]
    one = found[1].peak
    assert one["missed"]["50"] <= one["as planned"]["50"] < one["changed"]["50"] < one["doubled"]["95"]
    again = simulate(chosen, every(50.0, 8, 7, "troche"), 144 + np.arange(241) * 0.1, people=300)
    assert one["as planned"]["50"] == pytest.approx(np.median(again.of("ketamine").max(axis=1)), rel=1e-9)
    area = np.trapezoid(again.of("norketamine"), again.times_h, axis=1)
    assert found[1].norketamine_area["as planned"]["50"] == pytest.approx(np.median(area), rel=1e-4)
    assert found[1].area["missed"]["50"] < found[1].area["as planned"]["50"] < found[1].area["doubled"]["50"]
    own = exposure_of_levels(
        chosen, levels, "troche", 100.0, people=300, change=lambda p: liver.apply(chosen, p, change)
    )
    assert own[1].peak["as planned"] == one["changed"], "what the person takes already acts in every case"


def test_effects_follow_their_sources():
    effects = tree("effects.yaml")
    low, high = dissociation_share(effects, np.array([0.0, 100.0, 200.0, 400.0]))
    assert low == pytest.approx([0, 0.185, 0.37, 0.37])
    assert high == pytest.approx([0, 0.445, 0.89, 0.89])
    assert pressure_rise(effects, np.array(185.0)) == pytest.approx((20, 13))
    assert acting(effects, np.array(10.0), np.array(30.0), "for_benefit") == 10
    assert acting(effects, np.array(10.0), np.array(30.0), "for_risk") == pytest.approx(19.9)
    assert {band.text for band in bands(effects) if band.shown} >= {"dissociation"}


def test_slow_effect_builds_up_with_its_half_life():
    days = np.arange(0, 29)
    effect = slow_effect(tree("effects.yaml"), days * 24.0, np.full((1, 29), 100.0))[0]
    site = 10.5 * effect / (1 - effect)
    assert site[[7, 14, 28]] / 100 == pytest.approx([0.36, 0.59, 0.83], abs=0.006)


def test_a_bolus_at_the_begin_of_a_piece_enters_once():
    p = population.typical(model("kamp-2020"), Person())
    doses = [Given(0.0, 10.0, "iv"), Given(24.0, 10.0, "iv")]
    said = in_pieces(model("kamp-2020"), doses, np.array([0.0, 24.0]), [(0.0, p), (24.0, p)]).of("ketamine")[0]
    assert said[0] == pytest.approx(400.0)
    assert 400.0 < said[1] < 410.0
