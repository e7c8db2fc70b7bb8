"""``titrant simulate CASE``: what the levels of the plan for a case would give."""

import json
from typing import Any

import click

from titrant.cli.opened import Opening
from titrant.cli.recognised import recognised


def show_forecast(asked: dict[str, Any]) -> None:
    """Print, or draw, the forecast for the case that ``asked`` names."""
    from titrant.clinic import saying_forecast, telling_forecast

    asked = {**asked, "others": recognised(asked["others"], asked["clinic"])}
    opening = Opening(asked["case"], asked["answers"], asked["on"], asked["protocol"], asked["clinic"])
    desk, case = opening.open()
    forecast = desk.simulate(case, _asked(asked), asked["model_name"])
    if asked["is_hold_given"] and any(one.regimen.route != "troche" for one in forecast.levels):
        raise click.UsageError("--hold speaks of a troche, and the plan's doses are not held: leave it out.")
    if asked["plot"]:
        _plot(forecast, asked["plot"])
    if asked["as_json"]:
        click.echo(json.dumps(saying_forecast.forecast_data(forecast, desk.words), indent=2, ensure_ascii=False))
    elif asked["as_csv"]:
        click.echo(telling_forecast.forecast_csv(forecast), nl=False)
    else:
        click.echo(telling_forecast.forecast_page(forecast, desk.words, desk.clinic), nl=False)


def _asked(asked: dict[str, Any]) -> Any:
    from titrant.pathway.simulate import Asked

    if len(asked["others"]) > 1:
        raise click.UsageError("--with beside a CASE names one drug to add; what the person takes stands in the case.")
    days = float(Asked().days) if asked["days"] is None else asked["days"]
    people = Asked().people if asked["patients"] is None else asked["patients"]
    if days != int(days) or not 1 <= days <= 366:
        raise click.UsageError(f"--days {days:g}: each level of a case is simulated for 1 to 366 whole days.")
    if not 1 <= people <= 20_000:
        raise click.UsageError(f"--patients {people}: a case is simulated with 1 to 20,000 people.")
    return Asked(people, int(days), asked["seed"], asked["hold_h"], "".join(asked["others"]))


def _plot(forecast: Any, path: str) -> None:
    if not forecast.levels:
        click.echo("nothing is drawn: the plan has no level", err=True)
        return
    from titrant.explain.charts import levels_chart, save

    save(levels_chart(picture_of(forecast)), path)
    click.echo(f"drawn to {path}", err=True)


def picture_of(forecast: Any) -> Any:
    """The picture of a forecast: peaks by level and case, the band that is counted, and the standing of the levels."""
    from titrant.clinic.telling_forecast import TOO_LOW_MEANS, case_name, outside_mark, went_in
    from titrant.explain.charts import Band, LevelsPicture, Spread

    spreads = [
        Spread(output, f"{one.number}: {one.regimen.dose} x {one.regimen.times_per_day}{outside_mark(one)}",
               case_name(case, forecast), list(quantiles.values()))
        for one in forecast.levels
        for output, bands in (("ketamine", one.exposure.peak), ("norketamine", one.exposure.norketamine_peak))
        for case, quantiles in bands.items()
    ]  # fmt: skip
    chosen, asked, band = forecast.model, forecast.asked, forecast.band
    standing = "the levels of the plan" if forecast.is_proposed else "NOT A PROPOSAL: answers are still open"
    caption = [
        f"Model {chosen.id} ({chosen.analyte}, {chosen.sampling}), status {chosen.status.value}: a model, not a "
        "measurement, and no permission. Shape: median; thick line: half of the people; thin line: 90 %.",
        went_in(forecast),
        *chosen.weak_points[:1],
        *(
            ["* outside the single doses that the model was made from."]
            if any(map(outside_mark, forecast.levels))
            else []
        ),
        *([f"Peak too low: {TOO_LOW_MEANS}"] if forecast.peak_too_low else []),
        *filter(None, [forecast.why_uncounted]),
    ]
    edge = Band(band.lowest, band.highest, f"{band.text} from {band.lowest:g} ({band.source}, {band.status})")
    title = f"Forecast for day {asked.days} of each level, {asked.people:,} people: {standing}"
    return LevelsPicture(title, caption, "ng/mL", spreads, [] if forecast.why_uncounted else [edge])
