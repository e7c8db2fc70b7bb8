"""An exposure as JSON, CSV, a table for people or a picture; each says its model, its status and its weak points."""

from typing import Any

import click


def as_json(exposure: Any, many: bool) -> dict[str, Any]:
    outputs = {}
    for number, output in enumerate(exposure.outputs):
        summary = {name: values[:, number] for name, values in exposure.summaries.items()}
        row: dict[str, Any] = {"unit": "ng/mL", "times_h": exposure.times_h.tolist()}
        if many:
            from titrant.pkpd.quantiles import LEVELS, curve_bands, figure_bands

            bands = curve_bands(exposure.values[:, number])
            row["quantiles"] = {str(level): band.tolist() for level, band in zip(LEVELS, bands, strict=True)}
            spread = {name: {k: known(v) for k, v in figure_bands(values).items()} for name, values in summary.items()}
            row["summary"] = {name: levels["50"] for name, levels in spread.items()}
            row["summary_quantiles"] = spread
        else:
            row["typical"] = exposure.values[0, number].tolist()
            row["summary"] = {name: known(float(values[0])) for name, values in summary.items()}
        outputs[output] = row
    chosen = exposure.model
    return {
        "model": chosen.id, "status": chosen.status.value, "warnings": list(exposure.warnings), "outputs": outputs
    }  # fmt: skip


def known(value: float) -> float | None:
    return value if value == value else None


def print_csv(exposure: Any, many: bool, asked: str) -> None:
    """One row for each output and time; the last columns say which model, and what was asked. Warnings go to stderr."""
    from titrant.pkpd.quantiles import LEVELS, curve_bands

    levels = ",".join(f"q{level}_ng_per_ml" for level in LEVELS) if many else "typical_ng_per_ml"
    end = f',{exposure.model.id},{exposure.model.status.value},"{asked.replace(chr(34), chr(39))}"'
    click.echo(f"output,time_h,{levels},model,status,asked")
    for number, output in enumerate(exposure.outputs):
        rows = curve_bands(exposure.values[:, number]) if many else exposure.values[:1, number]
        for k, at in enumerate(exposure.times_h):
            click.echo(f"{output},{at:.6g}," + ",".join(f"{row[k]:.6g}" for row in rows) + end)
    for line in exposure.warnings:
        click.echo(f"! {line}", err=True)


_NAMES = {
    "cmax": ("highest level", "ng/mL"), "tmax_h": ("time of it", "h"), "auc_0_24": ("area 0-24 h", "ng·h/mL"),
    "auc_0_t": ("area to the end", "ng·h/mL"), "auc_inf": ("area to infinity", "ng·h/mL"),
}  # fmt: skip


def print_table(exposure: Any, many: bool, asked: list[str], at_only: bool) -> None:
    import numpy as np

    chosen = exposure.model
    click.echo(f"{chosen.title}  ({chosen.id}, {chosen.status.value}; {chosen.analyte}; {chosen.sampling})")
    for line in asked:
        click.echo(line)
    click.echo(f"{'':18}" + "".join(f"{output:>36}" for output in exposure.outputs))
    names = {**_NAMES, "cmax": ("highest of --at", "ng/mL")} if at_only else _NAMES
    for name, (words, unit) in names.items():
        cells = []
        for number in range(len(exposure.outputs)):
            values = exposure.summaries[name][:, number]
            low, middle, high = (_short(float(v)) for v in np.quantile(values, (0.05, 0.5, 0.95)))
            cells.append(
                "not read" if np.isnan(values).all() else middle + (f" ({low} to {high})" if many else "") + f" {unit}"
            )
        click.echo(f"{words:18}" + "".join(f"{cell:>36}" for cell in cells))
    if many:
        people = "1 simulated person" if len(exposure.values) == 1 else f"{len(exposure.values):,} simulated people"
        click.echo(f"median (5 % to 95 %) of {people}")
    for line in exposure.warnings:
        click.echo(f"! {line}")


def _short(value: float) -> str:
    """Three digits, and no exponent."""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def plot(asked: dict[str, Any], doses: list, exposure: Any) -> None:
    from titrant.cli.exposure_asked import asked_words
    from titrant.explain.charts import exposure_chart, save
    from titrant.pkpd import effects
    from titrant.pkpd.shipped import tree

    known = tree("effects.yaml")
    bands = [b for b in effects.bands(known) if b.shown and not effects.why_no_bands(known, exposure.model)]
    words = asked_words(asked, len(doses))
    save(exposure_chart(picture_of(regimen_words(asked), words, doses, exposure, bands)), asked["plot"])
    click.echo(f"drawn to {asked['plot']}", err=True)


def regimen_words(asked: dict[str, Any]) -> str:
    who = f"{asked['patients']:,} people" if asked["patients"] else "one typical person"
    plus = "".join(f", with {name}" for name in (*asked["others"], *filter(None, [asked["liver"]])))
    days = "1 day" if asked["days"] == 1 else f"{asked['days']:g} days"
    return f"{asked['dose_mg']:g} mg {asked['route']} every {asked['every_h']:g} h, {days}{plus}: {who}"


def picture_of(title: str, asked: list[str], doses: list, exposure: Any, bands: list) -> Any:
    """The picture of an exposure: ketamine and norketamine, bands of effect, doses as ticks, the model's status."""
    from titrant.explain.charts import Band, Curve, Picture
    from titrant.pkpd.quantiles import curve_bands

    times, curves = exposure.times_h.tolist(), []
    for number, output in enumerate(exposure.outputs):
        values = exposure.values[:, number]
        if len(values) == 1:
            curves.append(Curve(output, "ng/mL", times, values[0].tolist()))
        else:
            low, lower, middle, upper, high = (row.tolist() for row in curve_bands(values))
            curves.append(Curve(output, "ng/mL", times, middle, (lower, upper), (low, high)))
    chosen = exposure.model
    shown = "Line: median; dark band: half of the people; light band: 90 %. " if len(exposure.values) > 1 else ""
    said = f"Model {chosen.id} ({chosen.analyte}, {chosen.sampling}), status {chosen.status.value}"
    caption = [f"{said}: a model, not a measurement. {shown}Ticks: doses.", *asked]
    caption += [line for line in exposure.warnings[1:] if line not in chosen.weak_points]
    caption += chosen.weak_points[:2]  # what is weak of this route and these drugs comes first
    ticks = [dose.at_h for dose in doses if dose.at_h <= times[-1]]
    named = [Band(b.lowest, b.highest, f"{b.text} {b.lowest:g}-{b.highest:g} ({_cited(b)})") for b in bands]
    return Picture(title, caption, curves, ticks, named)


def _cited(band: Any) -> str:
    return band.source if band.status == "sourced" else f"{band.source}, {band.status}"
