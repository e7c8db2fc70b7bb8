"""The published models against their own papers, and algebra that must hold in each."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from tests.pkpd.shared import worst
from titrant.pkpd import liver, population
from titrant.pkpd.doses import Given, every
from titrant.pkpd.models import STRUCTURES, structure
from titrant.pkpd.parameters import parameter_set
from titrant.pkpd.population import Person
from titrant.pkpd.shipped import NAMES, model, tree
from titrant.pkpd.simulation import prepared, simulate
from titrant.terms.errors import KnowledgeError

DAY = np.arange(0, 24 * 60 + 1) / 60


@pytest.mark.parametrize(
    "row", model("perez-ruixo-2021").check_values, ids=lambda r: f"{r['dose_mg']}-{r['ancestry']}-{r['age']}"
)
def test_perez_ruixo_table_4(row):
    person = Person(age=row["age"], words={"ancestry": row["ancestry"]})
    given = Given(0.0, float(row["dose_mg"]), "nasal", sprays=int(row["sprays"]))
    found = simulate(model("perez-ruixo-2021"), [given], DAY, person).summaries
    share = {
        f"{output}_{name}": float(found[name][0, k]) / float(row[f"{output}_{name}"])
        for k, output in enumerate(("ketamine", "norketamine"))
        for name in ("cmax", "auc_0_24")
    }
    assert 1.00 <= share["ketamine_cmax"] <= 1.08
    assert 0.99 <= share["ketamine_auc_0_24"] <= 1.01
    assert 0.98 <= share["norketamine_cmax"] <= 1.01
    assert 1.38 <= share["norketamine_auc_0_24"] <= 1.56, "the known flaw of the published model, kept in sight"


def test_the_peak_of_public_code_is_that_of_a_swallowed_part_without_its_release():
    chosen = model("perez-ruixo-2021")
    at_once = replace(chosen.parameters["d_swallowed"], value=0.0)
    other = replace(chosen, parameters={**chosen.parameters, "d_swallowed": at_once})
    for row in (row for row in chosen.check_values if row["ancestry"] == "caucasian"):
        given = Given(0.0, float(row["dose_mg"]), "nasal", sprays=int(row["sprays"]))
        ketamine, norketamine = simulate(other, [given], DAY, Person(age=row["age"])).summaries["cmax"][0]
        assert 1.04 <= ketamine / float(row["ketamine_cmax"]) <= 1.08
        assert 0.98 <= norketamine / float(row["norketamine_cmax"]) <= 0.99


def test_perez_ruixo_algebra():
    p = model("perez-ruixo-2021").typical()
    extraction = p["vh"] * (p["kel"] + p["kmet"]) / (p["qh"] + p["vh"] * (p["kel"] + p["kmet"]))
    assert extraction == pytest.approx(0.722, abs=5e-4)
    oral, iv = (
        simulate(model("perez-ruixo-2021"), [Given(0.0, 28.0, route)], DAY).summaries["auc_inf"][0, 0]
        for route in ("oral", "iv")
    )
    assert oral / iv == pytest.approx(p["fgut"] * (1 - extraction), rel=1e-10)
    assert oral / iv == pytest.approx(0.178, abs=5e-4)


def test_simons_typical_person_of_73_kg():
    times = np.arange(0, 3601) / 600
    found = simulate(model("simons-2022"), [Given(0.0, 50.0, "film")], times, Person(weight=73)).summaries
    cmax, tmax, area = (found[name][0] for name in ("cmax", "tmax_h", "auc_0_t"))
    assert cmax[:2] == pytest.approx([83.0, 242.7], abs=0.06)
    assert tmax[:2] * 60 == pytest.approx([17.4, 61.7], abs=0.11)
    assert area[:2] * 60 == pytest.approx([7218, 35010], abs=1)


def test_working_models_give_the_printed_predictions():
    times = np.arange(0, 481) / 60
    for name, given, cmax in (
        ("racemic-k1", Given(0.0, 35.0, "iv", over_h=40 / 60), 253),
        ("racemic-k2", Given(0.0, 35.0, "iv", over_h=40 / 60), 177),
        ("racemic-k1", Given(0.0, 10.0, "iv", over_h=2 / 60), 326),
        ("racemic-k2", Given(0.0, 10.0, "iv", over_h=2 / 60), 79),
        ("racemic-k1", Given(0.0, 25.0, "troche"), 27.5),
        ("racemic-k2", Given(0.0, 25.0, "troche"), 22.9),
    ):
        assert simulate(model(name), [given], times).summaries["cmax"][0, 0] == pytest.approx(cmax, rel=0.005)


@pytest.mark.parametrize("name", NAMES)
def test_each_set_names_where_every_number_comes_from(name):
    chosen = model(name)
    assert chosen.structure in STRUCTURES
    assert chosen.weak_points
    assert all(p.source and p.status for p in chosen.parameters.values())
    assert set(chosen.residuals) <= set(structure(chosen.structure).build(population.typical(chosen, Person())).outputs)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("compiled", [True, False])
def test_every_model_keeps_its_mass(name, compiled):
    """What leaves by all ways, computed from the areas of the states, is what entered less what is left."""
    from titrant.pkpd import areas
    from titrant.pkpd.engine import solve
    from titrant.pkpd.system import OUT, System

    chosen = model(name)
    route = next(iter(chosen.routes))
    p = population.drawn(chosen, Person(), 5, 0, 20)
    system, ways, entries = prepared(chosen, p, every(20.0, 8, 1, route))
    n = len(system.states)
    watched = System(
        system.states,
        system.sources,
        system.targets,
        system.rates_per_h,
        system.states,
        np.arange(n),
        np.ones((n, 20)),
    )
    end = solve(watched, ways, entries, np.array([24.0]), start_h=0.0, compiled=compiled)
    entered = areas.entered_mg(system, ways, entries, -1, 24.0)
    left = end.amounts_mg[:, -1]
    area = areas.area(areas.weights(watched), entered, 0 * entered, left)
    gone = sum(
        rate * area[:, source]
        for source, target, rate in zip(system.sources, system.targets, system.rates_per_h, strict=True)
        if target == OUT
    )
    assert worst(gone + left.sum(axis=1), entered.sum(axis=1)) < 1e-10


def _under(chosen, change, p):
    return liver.apply(chosen, p, change)


def test_measured_interactions_are_met_in_each_model_with_a_liver():
    known = liver.interactions(tree("interactions.yaml"))
    for name in ("racemic", "perez-ruixo-2021"):
        chosen = model(name)
        for measured in known.values():
            change = liver.factors(chosen, measured)
            ratio = {}
            for route in ("oral", "iv"):
                plain, changed = (
                    simulate(chosen, [Given(0.0, 28.0, route)], DAY, change=how).summaries["auc_inf"][0, 0]
                    for how in (None, partial(_under, chosen, change))
                )
                ratio[route] = changed / plain
            assert ratio["oral"] == pytest.approx(measured.oral, rel=0.005), measured.name
            if measured.iv:
                assert ratio["iv"] == pytest.approx(measured.iv, rel=0.005)
            if measured.oral != 1:
                assert abs(np.log(ratio["iv"])) < abs(np.log(ratio["oral"])), "weaker on an intravenous dose"


def test_an_interaction_comes_and_goes_over_days():
    rifampicin = liver.interactions(tree("interactions.yaml"))["rifampicin"]
    assert rifampicin.strength(0) == 0
    assert rifampicin.strength(28) > 0.99
    assert rifampicin.strength(28, 14) < 0.1


def test_people_are_the_same_whoever_else_is_drawn():
    many, few = population.normals(7, 0, 5000, 3), population.normals(7, 1500, 700, 3)
    assert (many[1500:2200] == few).all()
    assert (population.normals(8, 0, 10, 3) != many[:10]).all()


def test_age_and_ancestry_act_as_published():
    chosen = model("perez-ruixo-2021")
    old, young = (population.typical(chosen, Person(age=age))["qh"][0] for age in (75, 60))
    assert (young, old) == pytest.approx((151, 151 - 15 * 2.19))
    asian = population.typical(chosen, Person(words={"ancestry": "asian"}))
    assert asian["kel"][0] == pytest.approx(0.36 * 1.11)
    assert asian["fr_nasal"][0] == pytest.approx(0.54)


def test_holding_longer_gives_more_and_spitting_less():
    chosen = model("racemic")
    ways = {
        "short": Given(0.0, 50.0, "troche", hold_h=1 / 6),
        "long": Given(0.0, 50.0, "troche", hold_h=0.5),
        "spat": Given(0.0, 50.0, "troche", hold_h=0.5, swallowed=False),
    }
    area = {name: simulate(chosen, [given], DAY).summaries["auc_inf"][0] for name, given in ways.items()}
    assert area["long"][0] > area["short"][0]
    assert area["spat"][0] < area["long"][0]
    assert area["spat"][1] < 0.5 * area["long"][1]


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("parameters", "v1", "unit"), "gallon", "not a unit"),
        (("parameters", "v1", "value"), "1e3", "plain decimal"),
        (("parameters", "v1", "value"), "-4", "negative"),
        (("parameters", "v1", "source"), None, "missing"),
        (("parameters", "v1", "status"), "guess", "sourced, unverified or proposal"),
        (("status",), "certain", "sourced, unverified or proposal"),
        (("colour",), "red", "not known"),
    ],
)
def test_a_wrong_parameter_file_is_refused_with_its_place(path, value, words):
    import copy

    broken = copy.deepcopy(tree("racemic.yaml"))
    place = broken
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    with pytest.raises(KnowledgeError, match=words):
        parameter_set(broken, "racemic.yaml")


@pytest.mark.release
def test_the_validation_page_is_what_the_code_gives():
    from tools import validate_pk

    assert (validate_pk.DOCS / "validation.md").read_text(encoding="utf-8") == validate_pk.page()
