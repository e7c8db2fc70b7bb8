"""``titrant fit``: one person's parameters from measured levels."""

import json
from typing import Any

import click

from titrant.cli.amounts import Amount, covariate
from titrant.cli.exposure_shown import known
from titrant.pkpd.faults import UnusableNumbers

_INFORMED = 0.9  # share of the spread between people that is left; above it the levels told little


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

    DATA is a CSV file with the columns time_h, dose_mg, route, level_ng_per_ml: one row for each dose taken or level
    measured. Where needed, columns more: output (ketamine or norketamine, of a level); of a dose over_min (iv; at
    once), hold_min (troche; 20 minutes are assumed), swallowed (troche; yes or no, yes is assumed), form (oral; solid
    is assumed, or solution), sprays (nasal; 1 is assumed).
    """
    from titrant.cli.levels_csv import placed, read_levels
    from titrant.pkpd import measured
    from titrant.pkpd.population import Person
    from titrant.pkpd.shipped import model

    chosen = model(model_name)
    doses, levels, lines = read_levels(data)
    person = Person(asked["age"], asked["weight_kg"], dict(covariate(text) for text in asked["words"]))
    try:
        case = measured.case(chosen, doses, levels, person, asked["flattened"])
    except UnusableNumbers as error:
        raise placed(error, data, lines) from None
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

    from titrant.pkpd import measured
    from titrant.pkpd.simulation import warnings_of

    mode = {name: float(v[0]) for name, v in case.parameters(found.mode.effects[:1]).items()}
    effects = found.equal(1, 2000)
    draws, left = case.parameters(effects), effects.std(axis=0)
    rows = {}
    for number, name in enumerate(case.problem.names):
        low, middle, high = (float(v) for v in np.quantile(draws[name], (0.05, 0.5, 0.95)))
        known_before = case.chosen.parameters[name]
        rows[name] = {"unit": known_before.unit, "prior": known_before.value, "most_probable": mode[name]}
        rows[name] |= {"spread_left": float(left[number]), "informed": bool(left[number] < _INFORMED)}
        rows[name] |= {"5": low, "50": middle, "95": high, "shift_sd": float(found.mode.effects[0, number])}
    numbers = {name: known(float(getattr(found, name))) for name in ("pareto_k", "rhat", "effective")}
    return {
        "model": case.chosen.id,
        "status": case.chosen.status.value,
        "warnings": list(warnings_of(case.chosen, case.doses, case.person)),
        "remarks": [one.question for one in measured.far(case, found)],
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
    click.echo(f"{'':14}{'unit':6}{'prior':>10}{'probable':>10}{'5 %':>10}{'50 %':>10}{'95 %':>10}")
    for name, row in answer["parameters"].items():
        cells = (row["prior"], row["most_probable"], row["5"], row["50"], row["95"])
        mark = "" if row["informed"] else "  not informed"
        click.echo(f"{name:14}{row['unit']:6}" + "".join(f"{cell:>10.3g}" for cell in cells) + mark)
    click.echo("not informed: these levels narrow it little; it is mostly what was supposed before.")
    for row in answer["levels"]:
        said = f"measured {row['measured']:g}, fitted {row['most_probable']:.3g} ng/mL"
        click.echo(f"{row['output']} at {row['time_h']:g} h: {said}")
    how = answer["diagnostic"]
    numbers = ", ".join(
        f"{name.replace('_', ' ')} {value:.3g}" for name, value in how.items() if isinstance(value, float)
    )
    click.echo(f"diagnostic: {how['method']}, {numbers}")
    for line in (*answer["remarks"], *answer["warnings"]):
        click.echo(f"! {line}")
    if answer["usable"]:
        click.echo("The draws stand well enough for what this model finds possible; that it may be wrong is not in it.")
    else:
        click.echo("! The diagnostic does not allow any use of this fit. The rules decide alone.")
