"""``titrant simulate``, ``titrant fit`` and ``titrant models``: doses to concentrations, and back.

Everything heavy is loaded inside the commands, so that the other commands start as fast as before.
"""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import click

from titrant.pkpd.faults import UnusableNumbers
from titrant.terms.errors import TitrantError
from titrant.terms.quantity import Quantity

_SHOWN_AFTER_S = 2.0


class Amount(click.ParamType):
    """A number with its unit, read exactly and given as a float in ``unit``."""

    def __init__(self, unit: str, example: str) -> None:
        self.unit, self.name = unit, example

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        try:
            return float(Quantity.parse(value).to(self.unit).value)
        except ValueError as error:
            self.fail(f"{error}. Write it such as {self.name}.", param, ctx)


class Times(click.ParamType):
    """Times such as ``0.5h,90min,2days``, in hours."""

    name = "1h,90min,…"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> list[float]:
        if isinstance(value, list):
            return value
        hours = Amount("hours", "2h")
        return [hours.convert(part.strip(), param, ctx) for part in value.split(",")]


class Days(click.ParamType):
    """A number of days, with or without the word."""

    name = "28"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        text = value if not value.replace(".", "", 1).isdigit() else f"{value} days"
        return Amount("days", "28").convert(text, param, ctx)


def _options(function: Callable[..., Any]) -> Callable[..., Any]:
    rows = (
        click.option("--model", "model_name", default="racemic", show_default=True, help="See `titrant models`."),
        click.option("--route", default="oral", show_default=True, help="oral, troche, iv, nasal or film."),
        click.option("--dose", "dose_mg", type=Amount("mg", "50mg"), required=True, help="Each dose, in mg of base."),
        click.option("--every", "every_h", type=Amount("hours", "8h"), default="8h", show_default=True),
        click.option("--days", type=Days(), default="1", show_default=True),
        click.option("--hold", "hold_h", type=Amount("hours", "20min"), default="20min", show_default=True),
        click.option("--swallow/--spit", "swallowed", default=True, help="What happens to a held troche's rest."),
        click.option("--over", "over_h", type=Amount("hours", "40min"), default="0min", help="Length of an infusion."),
        click.option("--sprays", type=int, default=1, help="Nasal sprays that each dose is made of."),
        click.option("--form", default="solid", show_default=True, help="Of an oral dose: solid or solution."),
        click.option("--with", "others", multiple=True, help="Another drug, such as clarithromycin."),
        click.option("--liver", help="child-pugh-a or child-pugh-b."),
        click.option("--patients", type=int, help="Simulate this many people instead of one typical person."),
        click.option("--typical", is_flag=True, help="One typical person (the default without --patients)."),
        click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=20260001, show_default=True),
        click.option("--weight", "weight_kg", type=Amount("kg", "70kg"), default="70kg", show_default=True),
        click.option("--age", type=float, default=50.0, show_default=True, help="In years."),
        click.option("--covariate", "words", multiple=True, help="Such as ancestry=japanese."),
        click.option("--at", "at_h", type=Times(), help="Read at these times only."),
        click.option("--csv", "as_csv", is_flag=True, help="Print the curves as CSV."),
        click.option("--json", "as_json", is_flag=True, help="Print curves and summaries as JSON."),
        click.option("--plot", type=click.Path(dir_okay=False), help="Draw to a .svg, .png or .html file."),
    )
    for row in reversed(rows):
        function = row(function)
    return function


@click.command()
@_options
def simulate(**asked: Any) -> None:
    """Concentrations of ketamine and norketamine after a regimen. A model, not a measurement."""
    if asked["plot"] and not asked["plot"].endswith((".svg", ".png", ".html")):
        raise click.UsageError("--plot takes a file that ends in .svg, .png or .html.")
    if asked["typical"] and asked["patients"]:
        raise click.UsageError("--typical and --patients exclude each other.")
    doses, exposure = _simulated(asked)
    if asked["plot"]:
        _plot(asked, doses, exposure)
    if asked["as_json"]:
        click.echo(json.dumps(_as_json(exposure, bool(asked["patients"]))))
    elif asked["as_csv"]:
        _print_csv(exposure, bool(asked["patients"]))
    elif not asked["plot"]:
        _print_table(exposure, bool(asked["patients"]))


def _simulated(asked: dict[str, Any]) -> tuple[list, Any]:
    from titrant.pkpd.doses import every
    from titrant.pkpd.population import Person
    from titrant.pkpd.shipped import model
    from titrant.pkpd.simulation import reading_times
    from titrant.pkpd.simulation import simulate as run

    chosen = model(asked["model_name"])
    manner = {name: asked[name] for name in ("over_h", "hold_h", "swallowed", "sprays", "form")}
    doses = every(asked["dose_mg"], asked["every_h"], asked["days"], asked["route"], **manner)
    person = Person(asked["age"], asked["weight_kg"], dict(_word(text) for text in asked["words"]))
    times = _times(asked["at_h"]) if asked["at_h"] else reading_times(doses, max(asked["days"] * 24, 24.0))
    change = _change(chosen, asked["others"], asked["liver"])
    bar = _Progress()
    exposure = run(chosen, doses, times, person, asked["patients"], asked["seed"], change, bar.show)
    bar.finish()
    return doses, exposure


def _word(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name or not value:
        raise click.UsageError(f"--covariate {text!r}: write name=value, such as ancestry=japanese.")
    return name, value


def _times(at_h: list[float]) -> Any:
    import numpy as np

    return np.array(at_h)


def _change(chosen: Any, others: tuple[str, ...], liver_state: str | None) -> Callable[[dict], dict] | None:
    from titrant.pkpd import liver
    from titrant.pkpd.shipped import tree

    found = []
    if others:
        known = liver.interactions(tree("interactions.yaml"))
        found = [liver.factors(chosen, liver.named(known, name)) for name in others]
    if liver_state:
        states = tree("interactions.yaml")["liver"]
        if liver_state not in states:
            raise UnusableNumbers(
                f"--liver {liver_state}", "no size of this impairment is known", "Guessing it could overdose.",
                f"Known are: {', '.join(states)}.",
            )  # fmt: skip
        found.append(liver.Factors(liver=float(str(states[liver_state]["intrinsic"]))))
    if len(found) > 1:
        raise UnusableNumbers(
            "several changes at once",
            "their joint size was never measured",
            "Sizes may add, cancel or multiply.",
            "Ask for one at a time.",
        )
    return (lambda p: liver.apply(chosen, p, found[0])) if found else None


class _Progress:
    """A bar on the error stream, shown only when a run takes longer than two seconds."""

    def __init__(self) -> None:
        self.began, self.shown = time.monotonic(), False

    def show(self, done: int, of: int) -> None:
        if self.shown or (time.monotonic() - self.began > _SHOWN_AFTER_S and done < of):
            self.shown = True
            filled = int(30 * done / of)
            click.echo(f"\r[{'#' * filled}{'.' * (30 - filled)}] {done:,} of {of:,} people", nl=False, err=True)

    def finish(self) -> None:
        if self.shown:
            click.echo("", err=True)


def _as_json(exposure: Any, many: bool) -> dict[str, Any]:
    outputs = {}
    for number, output in enumerate(exposure.outputs):
        summary = {name: values[:, number] for name, values in exposure.summaries.items()}
        row: dict[str, Any] = {"unit": "ng/mL", "times_h": exposure.times_h.tolist()}
        if many:
            from titrant.pkpd.quantiles import LEVELS, curve_bands, figure_bands

            bands = curve_bands(exposure.values[:, number])
            row["quantiles"] = {str(level): band.tolist() for level, band in zip(LEVELS, bands, strict=True)}
            spread = {name: {k: _known(v) for k, v in figure_bands(values).items()} for name, values in summary.items()}
            row["summary"] = {name: levels["50"] for name, levels in spread.items()}
            row["summary_quantiles"] = spread
        else:
            row["typical"] = exposure.values[0, number].tolist()
            row["summary"] = {name: _known(float(values[0])) for name, values in summary.items()}
        outputs[output] = row
    chosen = exposure.model
    return {
        "model": chosen.id, "status": chosen.status.value, "warnings": list(exposure.warnings), "outputs": outputs
    }  # fmt: skip


def _known(value: float) -> float | None:
    return value if value == value else None


def _print_csv(exposure: Any, many: bool) -> None:
    from titrant.pkpd.quantiles import LEVELS, curve_bands

    click.echo(
        "output,time_h," + (",".join(f"q{level}_ng_per_ml" for level in LEVELS) if many else "typical_ng_per_ml")
    )
    for number, output in enumerate(exposure.outputs):
        rows = curve_bands(exposure.values[:, number]) if many else exposure.values[:1, number]
        for k, at in enumerate(exposure.times_h):
            click.echo(f"{output},{at:.6g}," + ",".join(f"{row[k]:.6g}" for row in rows))


_NAMES = {
    "cmax": ("highest level", "ng/mL"), "tmax_h": ("time of it", "h"), "auc_0_24": ("area 0-24 h", "ng·h/mL"),
    "auc_0_t": ("area to the end", "ng·h/mL"), "auc_inf": ("area to infinity", "ng·h/mL"),
}  # fmt: skip


def _print_table(exposure: Any, many: bool) -> None:
    import numpy as np

    chosen = exposure.model
    click.echo(f"{chosen.title}  ({chosen.id}, {chosen.status.value}; {chosen.analyte}; {chosen.sampling})")
    click.echo(f"{'':18}" + "".join(f"{output:>36}" for output in exposure.outputs))
    for name, (words, unit) in _NAMES.items():
        cells = []
        for number in range(len(exposure.outputs)):
            values = exposure.summaries[name][:, number]
            low, middle, high = (_short(float(v)) for v in np.quantile(values, (0.05, 0.5, 0.95)))
            cells.append(
                "not read" if np.isnan(values).all() else middle + (f" ({low} to {high})" if many else "") + f" {unit}"
            )
        click.echo(f"{words:18}" + "".join(f"{cell:>36}" for cell in cells))
    if many:
        click.echo(f"median (5 % to 95 %) of {len(exposure.values):,} simulated people")
    for line in exposure.warnings:
        click.echo(f"! {line}")


def _short(value: float) -> str:
    """Three digits, and no exponent."""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def _plot(asked: dict[str, Any], doses: list, exposure: Any) -> None:
    from titrant.explain.charts import exposure_chart, save
    from titrant.pkpd import effects
    from titrant.pkpd.shipped import tree

    bands = [b for b in effects.bands(tree("effects.yaml")) if b.shown]
    save(exposure_chart(picture_of(_regimen_words(asked), doses, exposure, bands)), asked["plot"])
    click.echo(f"drawn to {asked['plot']}", err=True)


def _regimen_words(asked: dict[str, Any]) -> str:
    who = f"{asked['patients']:,} people" if asked["patients"] else "one typical person"
    plus = "".join(f", with {name}" for name in (*asked["others"], *filter(None, [asked["liver"]])))
    days = "1 day" if asked["days"] == 1 else f"{asked['days']:g} days"
    return f"{asked['dose_mg']:g} mg {asked['route']} every {asked['every_h']:g} h, {days}{plus}: {who}"


def picture_of(title: str, doses: list, exposure: Any, bands: list) -> Any:
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
    caption = [f"{said}: a model, not a measurement. {shown}Ticks: doses.", *chosen.weak_points[:2]]
    ticks = [dose.at_h for dose in doses if dose.at_h <= times[-1]]
    named = [Band(b.lowest, b.highest, f"{b.text} {b.lowest:g}-{b.highest:g} ({b.source})") for b in bands]
    return Picture(title, caption, curves, ticks, named)


@click.command()
@click.option("--json", "as_json", is_flag=True)
def models(as_json: bool) -> None:
    """The models that can be simulated: what of, from whom, by which routes, and how sure."""
    from titrant.pkpd.shipped import NAMES, model

    rows = [model(name) for name in NAMES]
    if as_json:
        click.echo(json.dumps([_about(chosen) for chosen in rows]))
        return
    for chosen in rows:
        routes = ", ".join(f"{name} {r.lowest_mg:g}-{r.highest_mg:g} mg" for name, r in chosen.routes.items())
        click.echo(f"{chosen.id:18} {chosen.title}")
        click.echo(f"{'':18} {chosen.analyte}; {chosen.sampling}; {routes}; {chosen.status.value}; {chosen.source}")


def _about(chosen: Any) -> dict[str, Any]:
    return {
        "model": chosen.id,
        "title": chosen.title,
        "analyte": chosen.analyte,
        "sampling": chosen.sampling,
        "population": chosen.population,
        "status": chosen.status.value,
        "source": chosen.source,
        "doi": chosen.doi,
        "routes": {name: {"lowest_mg": r.lowest_mg, "highest_mg": r.highest_mg} for name, r in chosen.routes.items()},
        "weak_points": list(chosen.weak_points),
    }


@click.command()
@click.argument("data", type=click.Path(exists=True, dir_okay=False))
@click.option("--model", "model_name", default="racemic", show_default=True)
@click.option("--weight", "weight_kg", type=Amount("kg", "70kg"), default="70kg", show_default=True)
@click.option("--age", type=float, default=50.0, show_default=True)
@click.option("--covariate", "words", multiple=True, help="Such as ancestry=japanese.")
@click.option("--flatten", "flattened", type=float, default=1.0, help="Widen the prior by this factor, up to 10.")
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=20260001, show_default=True)
@click.option("--despite-doubt", is_flag=True, help="Use levels that the model finds all but impossible.")
@click.option("--json", "as_json", is_flag=True)
def fit(data: str, model_name: str, as_json: bool, despite_doubt: bool, seed: int, **asked: Any) -> None:
    """The most probable parameters of one person, and what else is possible, from measured levels.

    DATA is a CSV file with the columns time_h, dose_mg, route, level_ng_per_ml, and where needed output, over_min,
    hold_min: one row for each dose taken or level measured.
    """
    from titrant.cli.levels_csv import read_levels
    from titrant.pkpd import measured
    from titrant.pkpd.population import Person
    from titrant.pkpd.shipped import model

    chosen = model(model_name)
    doses, levels = read_levels(data)
    person = Person(asked["age"], asked["weight_kg"], dict(_word(text) for text in asked["words"]))
    case = measured.case(chosen, doses, levels, person, asked["flattened"])
    doubts = measured.doubts(case, seed)
    for doubt in doubts:
        click.echo(f"? {doubt.question}", err=True)
    if doubts and not despite_doubt:
        raise UnusableNumbers(
            data, "a level is outside 99.9 % of what the model expects", "Used unasked, it would bend every forecast.",
            "Check it; --despite-doubt uses it as it stands.",
        )  # fmt: skip
    answer = _fit_answer(case, measured.fitted(case, seed))
    if as_json:
        click.echo(json.dumps(answer))
    else:
        _print_fit(answer)


def _fit_answer(case: Any, found: Any) -> dict[str, Any]:
    import numpy as np

    mode = {name: float(v[0]) for name, v in case.parameters(found.mode.effects[:1]).items()}
    draws = case.parameters(found.equal(1, 2000))
    rows = {}
    for number, name in enumerate(case.problem.names):
        low, middle, high = (float(v) for v in np.quantile(draws[name], (0.05, 0.5, 0.95)))
        rows[name] = {"prior": case.chosen.parameters[name].value, "most_probable": mode[name]}
        rows[name] |= {"5": low, "50": middle, "95": high, "shift_sd": float(found.mode.effects[0, number])}
    numbers = {name: _known(float(getattr(found, name))) for name in ("pareto_k", "rhat", "effective")}
    return {
        "model": case.chosen.id,
        "status": case.chosen.status.value,
        "warnings": list(case.chosen.weak_points),
        "usable": found.usable,
        "diagnostic": {"method": found.method, **numbers},
        "parameters": rows,
        "levels": [
            {
                "time_h": level.at_h,
                "output": level.output,
                "measured": level.ng_per_ml,
                "most_probable": float(said),
            }
            for level, said in zip(case.levels, case.problem.predict(found.mode.effects)[0], strict=True)
        ],
    }


def _print_fit(answer: dict[str, Any]) -> None:
    click.echo(f"{answer['model']} ({answer['status']}), one person: a model, not a measurement")
    click.echo(f"{'':14}{'prior':>10}{'probable':>10}{'5 %':>10}{'50 %':>10}{'95 %':>10}")
    for name, row in answer["parameters"].items():
        cells = (row["prior"], row["most_probable"], row["5"], row["50"], row["95"])
        click.echo(f"{name:14}" + "".join(f"{cell:>10.3g}" for cell in cells))
    for row in answer["levels"]:
        said = f"measured {row['measured']:g}, fitted {row['most_probable']:.3g} ng/mL"
        click.echo(f"{row['output']} at {row['time_h']:g} h: {said}")
    how = answer["diagnostic"]
    numbers = ", ".join(
        f"{name.replace('_', ' ')} {value:.3g}" for name, value in how.items() if isinstance(value, float)
    )
    click.echo(f"diagnostic: {how['method']}, {numbers}")
    if not answer["usable"]:
        click.echo("! The diagnostic does not allow any use of this fit. The rules decide alone.")


class Numbers(click.Group):
    """The three commands alone; errors that a person can act on become a message and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except TitrantError as error:
            click.echo(f"titrant: {error}", err=True)
            ctx.exit(error.exit_code)


@click.group(cls=Numbers)
def exposure_group() -> None:
    """Doses to concentrations, and back."""


for _command in (simulate, fit, models):
    exposure_group.add_command(_command)

if __name__ == "__main__":
    sys.exit(exposure_group())
