"""Step 4 of 10, simulate: from a plan to the exposure that its levels would give. A forecast, never a permission.

Takes a plan and a model of concentrations with its files. Gives for each level the peaks and areas of a day in steady
use: as planned, after a missed and after a doubled dose, and with an inhibitor added. A refused plan has no levels, so
nothing is forecast for it. The only step that uses the numbers room; the others never load it.
"""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from titrant.knowledge.shapes.interactions import Direction
from titrant.knowledge.shapes.products import Form
from titrant.pathway.interacting import Interacting
from titrant.pathway.plan import Outcome, Plan
from titrant.pkpd import combining, liver
from titrant.pkpd.combining import Together
from titrant.pkpd.effects import EffectBand, bands, why_no_bands
from titrant.pkpd.faults import UnusableNumbers
from titrant.pkpd.levels import LevelExposure, exposure_of_levels
from titrant.pkpd.parameters import ParameterSet
from titrant.pkpd.population import Person
from titrant.terms.calendar import age_in_years
from titrant.terms.quantity import Quantity
from titrant.terms.reason import Facts, Reason, Status
from titrant.terms.regimen import Regimen

_RULE = "simulate"
_ACTS = (Direction.RAISES, Direction.LOWERS, Direction.UNKNOWN)


class Model(Struct, frozen=True):
    """A parameter set, the parsed files of interactions and of effects, and which files are past their review."""

    chosen: ParameterSet
    interactions: dict[str, Any]
    effects: dict[str, Any]
    past_review: tuple[str, ...] = ()


class Asked(Struct, frozen=True):
    """How the forecast is made. ``added`` names the inhibitor to add; empty: the one that the files name."""

    people: int = 1000
    days: int = 7
    seed: int = 20260001
    hold_h: float = 1 / 3
    added: str = ""


class Known(Struct, frozen=True):
    """What the model can be told of the person: the drugs by its own names, the liver's state (empty: healthy)."""

    person: Person
    drugs: tuple[str, ...]
    liver_state: str
    notes: tuple[Reason, ...]


class LevelForecast(Struct, frozen=True):
    """One level of the plan and what it would give."""

    number: int
    regimen: Regimen
    exposure: LevelExposure


class Forecast(Struct, frozen=True, kw_only=True):
    """What the levels of a plan would give; without levels where the plan has none."""

    plan: Plan
    model: ParameterSet
    asked: Asked
    levels: tuple[LevelForecast, ...]
    band: EffectBand  # whose lower edge is counted
    added: str  # the inhibitor of the case "changed"; empty: none was left to add
    notes: tuple[Reason, ...]  # what of the person went in, and what did not
    warnings: tuple[str, ...]
    why_uncounted: str = ""  # why no chance of passing the band is given; empty: it is
    known: Known | None = None  # None where the plan has no levels
    peak_too_low: tuple[str, ...] = ()  # cases whose peaks, and chances, the model is known to give too low

    @property
    def is_proposed(self) -> bool:
        return self.plan.outcome is Outcome.PROPOSED


def simulate(plan: Plan, model: Model, asked: Asked = Asked(), doses: tuple[Regimen, ...] = ()) -> Forecast:  # noqa: B008
    """The forecast of ``plan``. Raises UnusableNumbers for what the model cannot be asked.

    ``doses``: those of a course that runs, signed or proposed, in place of the levels of a plan for a start.
    """
    _check_analyte(model)
    band = next(one for one in bands(model.effects) if one.text == "dissociation")
    regimens = list(enumerate(doses, 1)) or _levels(plan)
    if not regimens:
        return Forecast(plan=plan, model=model.chosen, asked=asked, levels=(), band=band, added="", notes=(),
                        warnings=())  # fmt: skip
    known = _known(plan, model)
    added = _added(known.drugs, model, asked)
    own = _together(model, known.drugs, known.liver_state)
    more = _together(model, (*known.drugs, added), known.liver_state) if added else None
    exposures = _exposures(model, [one for _, one in regimens], band, known.person, asked, plan, own, more)
    late = (_note("forecast_past_review", {"file": name}) for name in model.past_review)
    notes = (*late, *known.notes, *_of_the_giving(plan, regimens[0][1], added, asked))
    return Forecast(
        plan=plan, model=model.chosen, asked=asked, band=band, added=added, notes=notes, known=known,
        levels=tuple(LevelForecast(k, one, found) for (k, one), found in zip(regimens, exposures, strict=True)),
        warnings=tuple(_warnings(exposures, own, more, added)),
        why_uncounted=why_no_bands(model.effects, model.chosen), peak_too_low=tuple(_too_low(own, more)),
    )  # fmt: skip


def _check_analyte(model: Model) -> None:
    """The doses of a plan are racemic; a model of one enantiomer would read each milligram as another substance."""
    chosen, planned = model.chosen, model.effects["bands_of"]["analyte"]
    if chosen.analyte != planned:
        raise UnusableNumbers(
            f"model {chosen.id}", f"it is of {chosen.analyte}, and the doses of a plan are {planned} ketamine",
            "A milligram of the one is not a milligram of the other, and its levels mean something else.",
            "Use racemic.",
        )  # fmt: skip


def _too_low(own: Together | None, more: Together | None) -> Iterator[str]:
    """The cases whose peaks are known to come out too low, because of a drug in them."""
    if own and own.peak_too_low:
        yield from ("as planned", "missed", "doubled")
    if more and more.peak_too_low:
        yield "changed"


def _levels(plan: Plan) -> list[tuple[int, Regimen]]:
    """The ladder of a proposal; what an undecided plan would be, alone; nothing of a refused one."""
    if plan.outcome is Outcome.PROPOSED:
        return [(level.number, level.regimen) for level in plan.ladder]
    return [(1, plan.would_be)] if plan.outcome is Outcome.UNDECIDED and plan.would_be else []


def _exposures(
    model: Model, regimens: list[Regimen], band: EffectBand, person: Person, asked: Asked, plan: Plan,
    own: Together | None, more: Together | None,
) -> list[LevelExposure]:  # fmt: skip
    form = "solution" if plan.supply.product.form is Form.SOLUTION else "solid"
    levels = [(float(one.dose.mg), one.times_per_day) for one in regimens]
    return exposure_of_levels(
        model.chosen, levels, regimens[0].route, band.lowest, person, asked.people, asked.days, asked.seed,
        _change(model, own), _change(model, more), form=form, hold_h=asked.hold_h,
    )  # fmt: skip


def _together(model: Model, drugs: tuple[str, ...], liver_state: str) -> Together | None:
    return combining.together(combining.parts(model.chosen, model.interactions, drugs, liver_state))


def _change(model: Model, found: Together | None) -> Any:
    return (lambda p: liver.apply(model.chosen, p, found.factors)) if found else None


def _added(taken: tuple[str, ...], model: Model, asked: Asked) -> str:
    if asked.added in taken and asked.added:
        raise UnusableNumbers(
            f"with {asked.added!r}", "the person takes it already", "It is in every figure of the forecast.",
            "Name another drug, or none.",
        )  # fmt: skip
    if asked.added:
        return liver.named(liver.interactions(model.interactions), asked.added).name
    if not liver.can_change(model.chosen):
        return ""
    return next((name for name in model.interactions["added_in_forecast"]["drugs"] if name not in taken), "")


# What of the person goes in


def _known(plan: Plan, model: Model) -> Known:
    assessment = plan.assessment
    age = age_in_years(assessment.case.given.patient.birth_date, plan.on)
    weight, notes = _weight(plan)
    liver_state, of_liver = _liver(plan, model)
    drugs, of_drugs = _drugs(plan, model)
    went_in = _note("forecast_person", {"age": str(age), "weight": f"{weight:g} kg"})
    return Known(Person(float(age), weight), drugs, liver_state, (went_in, *notes, *of_liver, *of_drugs))


def _weight(plan: Plan) -> tuple[float, list[Reason]]:
    known = plan.assessment.facts.get("weight")
    if known is None or not isinstance(known.value, Quantity):
        default = Person().weight
        return default, [_note("forecast_weight_assumed", {"weight": f"{default:g} kg"})]
    old = [] if known.fresh else [_note("forecast_weight_old", {"on": str(known.on)})]
    return float(known.value.to("kg").value), old


def _liver(plan: Plan, model: Model) -> tuple[str, list[Reason]]:
    known = plan.assessment.facts.get("child_pugh")
    if known is None or not known.fresh:
        return "", [_note("forecast_liver_unknown")]
    if known.value == "none":
        return "", []
    state = f"child-pugh-{str(known.value).lower()}"
    facts = {"class": str(known.value)}
    if state not in model.interactions["liver"]:
        return "", [_note("forecast_liver_not_in_model", facts)]
    return state, [_note("forecast_liver", facts)]


def _drugs(plan: Plan, model: Model) -> tuple[tuple[str, ...], list[Reason]]:
    """The drugs that the model knows, by its names, and what must be said of all that act or may act."""
    of_file = {row["interaction"]: name for name, row in model.interactions["drugs"].items()}
    acting = [one for one in plan.screening.interacting if one.interaction.routes.oral.direction in _ACTS
              or one.interaction.id in of_file]  # fmt: skip
    drugs = tuple(dict.fromkeys(of_file[one.interaction.id] for one in acting if one.interaction.id in of_file))
    notes = [_of_drug(one, of_file) for one in acting]
    return drugs, [*_unique(notes), *_not_checked(plan)]


def _of_drug(one: Interacting, of_file: dict[str, str]) -> Reason:
    facts = {"drug": one.drug.name}
    if one.interaction.id not in of_file:
        return _note("forecast_drug_not_in_model", {**facts, "direction": one.interaction.routes.oral.direction.value})
    if one.recheck_on is not None:
        return _note("forecast_drug_wearing_off", {**facts, "until": one.recheck_on.isoformat()})
    return _note("forecast_drug", facts)


def _unique(notes: list[Reason]) -> Iterator[Reason]:
    seen: list[Reason] = []
    for one in notes:
        if one not in seen:
            seen.append(one)
            yield one


def _not_checked(plan: Plan) -> Iterator[Reason]:
    assessment = plan.assessment
    if not assessment.drugs_known:
        yield _note("forecast_drugs_not_reconciled")
    for drug in assessment.drugs:
        if drug.match is None and drug.medication.checked_by_hand is None and drug.taken_on(plan.on):
            yield _note("forecast_drug_unknown", {"drug": drug.name})


def _of_the_giving(plan: Plan, regimen: Regimen, added: str, asked: Asked) -> Iterator[Reason]:
    """What was assumed of how the doses are taken, and what no model here knows."""
    if regimen.route == "troche":
        yield _note("forecast_hold", {"minutes": f"{asked.hold_h * 60:g}"})
    if regimen.days_per_week < 7:
        yield _note("forecast_every_day", {"days": str(regimen.days_per_week)})
    if plan.protocol.from_parenteral:
        yield _note("forecast_session_not_in_model")
    yield _note("forecast_added", {"drug": added}) if added else _note("forecast_none_added")
    yield _note("forecast_not_in_model")


def _warnings(exposures: list[LevelExposure], own: Together | None, more: Together | None, added: str) -> Iterator[str]:
    said = [line for one in exposures for line in one.warnings]
    said += own.said if own else ()
    said += [f"If {added} is added: {line}" for line in (more.said if more else ()) if not own or line not in own.said]
    yield from dict.fromkeys(said)


def _note(code: str, facts: Facts | None = None) -> Reason:
    return Reason(code, _RULE, facts or {}, "titrant-proposal", Status.PROPOSAL)
