"""What the desk says of a forecast to people: the levels as a table, then what went in, then what is weak."""

import csv
import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

from titrant.explain.pages import bullet, heading, page, paragraph, table
from titrant.explain.words import Words
from titrant.terms.reason import Status

if TYPE_CHECKING:  # the numbers room is loaded by the one who makes a forecast
    from titrant.pathway.simulate import Forecast, LevelForecast

_TITLES = {
    "proposed": "FORECAST of the levels of this plan: a model, not a measurement, and no permission",
    "undecided": "FORECAST of what is NOT A PROPOSAL: answers are still open, no dose is proposed",
    "refused": "REFUSED: no start, so there is nothing to forecast",
}
CASES = {
    "as planned": "as planned",
    "missed": "one dose missed",
    "doubled": "one dose doubled",
    "changed": "with {added} added",
}


def forecast_page(forecast: "Forecast", words: Words, clinic: str) -> str:
    """The whole forecast for a prescriber."""
    plan = forecast.plan
    standing = f"Protocol {plan.protocol.id} version {plan.protocol.version}. {clinic} Decided for {plan.on}."
    lines = [paragraph(plan.assessment.case.scenario), paragraph(standing)]
    if plan.reasons and not forecast.is_proposed:
        lines += [heading("Why not"), *(bullet(words.say(one.code, one.facts)) for one in plan.reasons)]
    if forecast.levels:
        lines += [*_levels(forecast), *_basis(forecast, words)]
    return page(_TITLES[plan.outcome.value], lines)


def _levels(forecast: "Forecast") -> Iterator[str]:
    asked, band = forecast.asked, forecast.band
    if not forecast.is_proposed:
        yield paragraph(
            "The level below is what the plan would be if every open answer were reassuring. "
            f"{len(forecast.plan.missing)} still open: see titrant plan."
        )
    yield heading(f"Day {asked.days} of each level, {asked.people:,} simulated people")
    yield from table([_HEAD, *(row for one in forecast.levels for row in _rows(one, forecast))], right=(2, 3, 4, 5))
    mark = Status(band.status).mark
    yield paragraph(
        "Median (5 % to 95 %) of each one's highest level and of the day's area. Chance: that ketamine's highest level "
        f"passes {band.lowest:g} ng/mL, the lower edge of {band.text} ({band.source}){mark}. "
        "* outside the single doses that the model was made from: an extrapolation."
    )


_HEAD = ("level", "case", "chance", "ketamine peak, ng/mL", "ketamine area, ng·h/mL", "norketamine peak, ng/mL")


def _rows(one: "LevelForecast", forecast: "Forecast") -> Iterator[tuple[str, ...]]:
    found, regimen = one.exposure, one.regimen
    name = f"{one.number}: {regimen.dose} x {regimen.times_per_day} a day{outside_mark(one)}"
    for case in found.peak:
        sizes = [bands.get(case) for bands in (found.peak, found.area, found.norketamine_peak)]
        yield (name, case_name(case, forecast.added), _chance(found.chance_above[case], forecast.asked.people),
               *(_size(one) for one in sizes))  # fmt: skip
        name = ""


def outside_mark(one: "LevelForecast") -> str:
    """A star for a level whose dose lies outside the data of the model."""
    return " *" if one.exposure.is_outside else ""


def case_name(case: str, added: str) -> str:
    """A case in words, such as ``with clarithromycin added``."""
    return CASES[case].format(added=added)


def _chance(share: float, people: int) -> str:
    """In per cent; never "0 %", because some people who were not simulated may pass it."""
    least = 100 / people
    return f"below {least:g} %" if share == 0 else f"{100 * share:.3g} %"


def _size(quantiles: dict[str, float] | None) -> str:
    if quantiles is None:
        return "not in the model"
    low, middle, high = (short(quantiles[level]) for level in ("5", "50", "95"))
    return f"{middle} ({low} to {high})"


def short(value: float) -> str:
    """Three digits, and no exponent."""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def _basis(forecast: "Forecast", words: Words) -> Iterator[str]:
    yield heading("What went in, and what did not")
    yield from (bullet(words.say(one.code, one.facts)) for one in forecast.notes)
    yield heading("Weak points")
    yield from (bullet(line, "!") for line in forecast.warnings)


def forecast_csv(forecast: "Forecast") -> str:
    """One row for each level, case, output and figure; the first columns say what the levels are and which model."""
    out = io.StringIO()
    write = csv.writer(out, lineterminator="\n").writerow
    write(("standing", "model", "status", "level", "dose_mg", "doses_per_day", "case", "output", "figure", "unit",
           "q5", "q25", "q50", "q75", "q95", "chance_above", "above_ng_per_ml"))  # fmt: skip
    chosen, standing = forecast.model, forecast.plan.outcome.value
    for one in forecast.levels:
        found = one.exposure
        figures = (("ketamine", "cmax", "ng/mL", found.peak), ("ketamine", "auc_day", "ng·h/mL", found.area),
                   ("norketamine", "cmax", "ng/mL", found.norketamine_peak),
                   ("norketamine", "auc_day", "ng·h/mL", found.norketamine_area))  # fmt: skip
        head = (standing, chosen.id, chosen.status.value, one.number, f"{found.dose_mg:g}", found.doses_per_day)
        for output, figure, unit, bands in figures:
            for case, quantiles in bands.items():
                chance = (f"{found.chance_above[case]:g}", f"{forecast.band.lowest:g}")
                counted = chance if (output, figure) == ("ketamine", "cmax") else ("", "")
                sizes = (f"{value:.6g}" for value in quantiles.values())
                write((*head, case, output, figure, unit, *sizes, *counted))
    return out.getvalue()
