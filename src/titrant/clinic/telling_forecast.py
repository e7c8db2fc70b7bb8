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
    from titrant.pkpd.effects import EffectBand

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
    elif plan.outcome.value == "undecided":
        lines.append(paragraph(f"No level can be shown. {len(plan.missing)} answers are open: see titrant plan."))
    return page(_TITLES[plan.outcome.value], lines)


def _levels(forecast: "Forecast") -> Iterator[str]:
    asked, band = forecast.asked, forecast.band
    if not forecast.is_proposed:
        yield paragraph(
            "The level below is what the plan would be if every open answer were reassuring. "
            f"{len(forecast.plan.missing)} still open: see titrant plan."
        )
    people = "1 simulated person" if asked.people == 1 else f"{asked.people:,} simulated people"
    yield heading(f"Day {asked.days} of each level, {people}")
    yield paragraph(went_in(forecast))
    yield from table([_HEAD, *(row for one in forecast.levels for row in _rows(one, forecast))], right=(2, 3, 4, 5))
    yield paragraph(
        "Median (5 % to 95 %) of each one's highest level and of the day's area. "
        "* outside the single doses that the model was made from: an extrapolation."
    )
    yield paragraph(forecast.why_uncounted or of_the_chance(band))
    if forecast.peak_too_low:
        yield paragraph(f"{_TOO_LOW.strip(', ').capitalize()}: {TOO_LOW_MEANS}")


def went_in(forecast: "Forecast") -> str:
    """The person, the giving and the draw in one line; the notes say the same and what is missing."""
    known, asked = forecast.known, forecast.asked
    if known is None:
        return ""
    person, route = known.person, forecast.levels[0].regimen.route
    held = f", held for {asked.hold_h * 60:g} minutes, the rest swallowed" if route == "troche" else ""
    return (
        f"{route.capitalize()}{held}; {person.age:g} years, {person.weight:g} kg; "
        f"other drugs: {', '.join(known.drugs) or 'none that the model knows'}; "
        f"liver: {known.liver_state or 'taken as healthy'}; seed {asked.seed}."
    )


def of_the_chance(band: "EffectBand") -> str:
    """What the chance counts, and what it leaves out."""
    return (
        f"Chance: that ketamine's highest level passes {band.lowest:g} ng/mL, the lower edge of {band.text} "
        f"({band.source}){Status(band.status).mark}. It counts how people differ and nothing else: that the model "
        "itself may be wrong (see the weak points) is not in it, so the true chance may be much higher or lower."
    )


_TOO_LOW = ", peak too low"
TOO_LOW_MEANS = (
    "a measured rise of the peak is larger than the one the model gives, so the true peaks and chances are higher."
)
_HEAD = ("level", "case", "chance", "ketamine peak, ng/mL", "ketamine area, ng·h/mL", "norketamine peak, ng/mL")


def _rows(one: "LevelForecast", forecast: "Forecast") -> Iterator[tuple[str, ...]]:
    found, regimen = one.exposure, one.regimen
    name = f"{one.number}: {regimen.dose} x {regimen.times_per_day} a day{outside_mark(one)}"
    for case in found.peak:
        sizes = [bands.get(case) for bands in (found.peak, found.area, found.norketamine_peak)]
        yield (name, case_name(case, forecast), chance_words(found.chance_above[case], forecast),
               *(_size(one) for one in sizes))  # fmt: skip
        name = ""


def outside_mark(one: "LevelForecast") -> str:
    """A star for a level whose dose lies outside the data of the model."""
    return " *" if one.exposure.is_outside else ""


def case_name(case: str, forecast: "Forecast") -> str:
    """A case in words, such as ``with clarithromycin added``, marked where its peak is known to be too low."""
    return CASES[case].format(added=forecast.added) + (_TOO_LOW if case in forecast.peak_too_low else "")


def rounded_chance(share: float) -> float:
    """As exact as a model of this kind can be meant: whole per cent up to ten, then steps of five; from 0 to 1."""
    per_cent = 100 * share
    return (round(per_cent) if per_cent < 10 else 5 * round(per_cent / 5)) / 100


def chance_words(share: float, forecast: "Forecast") -> str:
    """In per cent; never 0 % or 100 %, because people who were not simulated may differ."""
    if forecast.why_uncounted:
        return "not counted"
    least = max(1.0, 100 / forecast.asked.people)  # one person of few is no fine step
    shown = 100 * rounded_chance(share)
    if shown < least:
        return f"below {least:g} %"
    return f"above {100 - least:g} %" if shown > 100 - least else f"about {shown:g} %"


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
           "q5", "q25", "q50", "q75", "q95", "chance_above", "above_ng_per_ml", "peak_too_low"))  # fmt: skip
    chosen, standing = forecast.model, forecast.plan.outcome.value
    for one in forecast.levels:
        found = one.exposure
        figures = (("ketamine", "cmax", "ng/mL", found.peak), ("ketamine", "auc_day", "ng·h/mL", found.area),
                   ("norketamine", "cmax", "ng/mL", found.norketamine_peak),
                   ("norketamine", "auc_day", "ng·h/mL", found.norketamine_area))  # fmt: skip
        head = (standing, chosen.id, chosen.status.value, one.number, f"{found.dose_mg:g}", found.doses_per_day)
        for output, figure, unit, bands in figures:
            for case, quantiles in bands.items():
                chance = (f"{rounded_chance(found.chance_above[case]):g}", f"{forecast.band.lowest:g}")
                is_counted = (output, figure) == ("ketamine", "cmax") and not forecast.why_uncounted
                sizes = (f"{value:.6g}" for value in quantiles.values())
                low = "yes" if figure == "cmax" and case in forecast.peak_too_low else "no"
                write((*head, case, output, figure, unit, *sizes, *(chance if is_counted else ("", "")), low))
    return out.getvalue()
