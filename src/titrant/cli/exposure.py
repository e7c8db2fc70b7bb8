"""``titrant simulate`` and ``titrant models``: doses, or the levels of a case's plan, to concentrations.

Everything heavy is loaded inside the commands, so that the other commands start as fast as before.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from titrant.cli import exposure_shown
from titrant.cli.amounts import Amount, Day, Days, Times, covariate
from titrant.cli.exposure_asked import asked_data, asked_words, check_meaning
from titrant.cli.fitting import fit
from titrant.cli.forecast import show_forecast
from titrant.cli.recognised import recognised
from titrant.terms.errors import TitrantError

_SHOWN_AFTER_S = 2.0
_FILE = click.Path(path_type=Path, dir_okay=False)
_READ_ONLY = "Read at the times of --at alone: the highest level may lie between them."
# Options that speak of a regimen written out, and those that speak of a case; each is refused beside the other.
_OF_REGIMEN = ("route", "dose_mg", "every_h", "swallowed", "over_h", "sprays", "form", "liver", "typical", "weight_kg",
               "age", "words", "at_h")  # fmt: skip
_OF_CASE = ("answers", "on", "protocol", "clinic")


def _options(function: Callable[..., Any]) -> Callable[..., Any]:
    rows = (
        click.argument("case", type=_FILE, required=False),
        click.option("--model", "model_name", default="racemic", show_default=True, help="See `titrant models`."),
        click.option("--route", default="oral", show_default=True, help="oral, troche, iv, nasal or film."),
        click.option("--dose", "dose_mg", type=Amount("mg", "50mg"), help="Each dose, in mg of base."),
        click.option("--every", "every_h", type=Amount("hours", "8h"), default="8h", show_default=True),
        click.option("--days", type=Days(), help="Of the regimen (1), or of each level of a case's plan (7)."),
        click.option("--hold", "hold_h", type=Amount("hours", "20min"), default="20min", show_default=True),
        click.option("--swallow/--spit", "swallowed", default=True, help="What happens to a held troche's rest."),
        click.option("--over", "over_h", type=Amount("hours", "40min"), default="0min", help="Length of an infusion."),
        click.option("--sprays", type=int, default=1, help="Nasal sprays that each dose is made of."),
        click.option("--form", default="solid", show_default=True, help="Of an oral dose: solid or solution."),
        click.option("--with", "others", multiple=True, help="Another drug, such as clarithromycin; may be repeated. "
                     "Of a case: the one drug to add."),
        click.option("--liver", help="child-pugh-a or child-pugh-b."),
        click.option("--patients", type=int, help="Simulate this many people; without it one typical person, or 1,000 "
                     "for a case."),
        click.option("--typical", is_flag=True, help="One typical person (the default without --patients)."),
        click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=20260001, show_default=True),
        click.option("--weight", "weight_kg", type=Amount("kg", "70kg"), default="70kg", show_default=True),
        click.option("--age", type=float, default=50.0, show_default=True, help="In years."),
        click.option("--covariate", "words", multiple=True, help="Such as ancestry=japanese."),
        click.option("--at", "at_h", type=Times(), help="Read at these times only."),
        click.option("--answers", type=_FILE, multiple=True, help="A further case file with answers to CASE."),
        click.option("--on", type=Day(), help="The day to decide for; else that of the case, or today."),
        click.option("--protocol", help="Use this protocol instead of the case's own."),
        click.option("--clinic", type=click.Path(path_type=Path, file_okay=False), envvar="TITRANT_CLINIC",
                     help="The clinic's own folder. Without it: the synthetic demo clinic."),
        click.option("--csv", "as_csv", is_flag=True, help="Print the figures as CSV."),
        click.option("--json", "as_json", is_flag=True, help="The same content for machines."),
        click.option("--plot", type=click.Path(dir_okay=False), help="Draw to a .svg, .png or .html file."),
    )  # fmt: skip
    for row in reversed(rows):
        function = row(function)
    return function


@click.command()
@_options
@click.pass_context
def simulate(ctx: click.Context, **asked: Any) -> None:
    """Concentrations of ketamine and norketamine: of a regimen, or of the levels of the plan for CASE.

    CASE is a case file or a FHIR R4 bundle. Without it the regimen is given by --route, --dose, --every and --days. A
    model, not a measurement, and never a permission: what may be given is a matter of the plan and of the prescriber.
    """
    _check_forms(asked)
    given = [one for one in ctx.params if ctx.get_parameter_source(one) is ParameterSource.COMMANDLINE]
    wrong = [one for one in given if one in (_OF_REGIMEN if asked["case"] else _OF_CASE)]
    if wrong:
        option = next(p.opts[0] for p in ctx.command.params if p.name == wrong[0])
        beside = "a CASE brings its own" if asked["case"] else "it needs a CASE"
        raise click.UsageError(f"{option} cannot be used here: {beside}.")
    if asked["case"]:
        show_forecast({**asked, "is_hold_given": "hold_h" in given})
    elif asked["dose_mg"] is None:
        raise click.UsageError("Give a CASE, or a regimen with --dose such as 50mg.")
    else:
        check_meaning(asked, given)
        _show_regimen(
            {**asked, "others": recognised(asked["others"]), "days": 1.0 if asked["days"] is None else asked["days"]}
        )


def _check_forms(asked: dict[str, Any]) -> None:
    if asked["plot"] and not asked["plot"].endswith((".svg", ".png", ".html")):
        raise click.UsageError("--plot takes a file that ends in .svg, .png or .html.")
    if asked["plot"] and not os.access(Path(asked["plot"]).parent, os.W_OK):
        raise click.UsageError(
            f"--plot {asked['plot']}: its folder does not exist, or cannot be written. Name another."
        )
    if asked["typical"] and asked["patients"]:
        raise click.UsageError("--typical and --patients exclude each other.")
    if asked["as_json"] and asked["as_csv"]:
        raise click.UsageError("--json and --csv exclude each other.")


def _show_regimen(asked: dict[str, Any]) -> None:
    doses, exposure = _simulated(asked)
    many = bool(asked["patients"])
    if asked["plot"]:
        exposure_shown.plot(asked, doses, exposure)
    if asked["as_json"]:
        said = {"asked": asked_data(asked, len(doses)), **exposure_shown.as_json(exposure, many)}
        click.echo(json.dumps(said))
    elif asked["as_csv"]:
        exposure_shown.print_csv(exposure, many, " ".join(asked_words(asked, len(doses))))
    else:
        exposure_shown.print_table(exposure, many, asked_words(asked, len(doses)), bool(asked["at_h"]))


def _simulated(asked: dict[str, Any]) -> tuple[list, Any]:
    import numpy as np

    from titrant.pkpd.doses import every
    from titrant.pkpd.population import Person
    from titrant.pkpd.shipped import model
    from titrant.pkpd.simulation import reading_times
    from titrant.pkpd.simulation import simulate as run

    chosen = model(asked["model_name"])
    manner = {name: asked[name] for name in ("over_h", "hold_h", "swallowed", "sprays", "form")}
    doses = every(asked["dose_mg"], asked["every_h"], asked["days"], asked["route"], **manner)
    person = Person(asked["age"], asked["weight_kg"], dict(covariate(text) for text in asked["words"]))
    times = np.array(asked["at_h"]) if asked["at_h"] else reading_times(doses, max(asked["days"] * 24, 24.0))
    change, of_change = _change(chosen, asked["others"], asked["liver"])
    said = (*filter(None, [_why_no_bands(chosen), _READ_ONLY if asked["at_h"] else ""]), *of_change)
    bar = _Progress()
    exposure = run(chosen, doses, times, person, asked["patients"], asked["seed"], change, bar.show, said)
    bar.finish()
    return doses, exposure


def _why_no_bands(chosen: Any) -> str:
    from titrant.pkpd.effects import why_no_bands
    from titrant.pkpd.shipped import tree

    return why_no_bands(tree("effects.yaml"), chosen)


def _change(chosen: Any, others: tuple[str, ...], state: str | None) -> tuple[Callable[[dict], dict] | None, tuple]:
    """What other drugs and the liver do together, and what must be said of it."""
    from titrant.pkpd import combining, liver
    from titrant.pkpd.shipped import tree

    found = combining.together(combining.parts(chosen, tree("interactions.yaml"), others, state or ""))
    return ((lambda p: liver.apply(chosen, p, found.factors)), found.said) if found else (None, ())


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
