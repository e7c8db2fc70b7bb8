"""What was simulated: a regimen with its person, in words and as data, so that no figure stands without it."""

from typing import Any

import click

from titrant.pkpd.doses import MANNERS

Asked = dict[str, Any]
_OPTIONS = {
    "over_h": ("--over", "an infusion"), "hold_h": ("--hold", "a troche"),
    "swallowed": ("--swallow/--spit", "a troche"), "sprays": ("--sprays", "a nasal dose"),
    "form": ("--form", "a swallowed dose"),
}  # fmt: skip


def check_meaning(asked: Asked, given: list[str]) -> None:
    """Refuses what would change nothing in silence, or cannot be meant. ``given``: options written on the line."""
    own = MANNERS.get(asked["route"], ())
    for name, (option, what) in _OPTIONS.items():
        if name in given and name not in own:
            raise click.UsageError(f"{option} speaks of {what}, and this dose is {asked['route']}: leave it out.")
    names = [word.partition("=")[0] for word in asked["words"]]
    if len(set(names)) < len(names):
        raise click.UsageError("--covariate: one name stands twice, and only one value can hold. Keep one.")
    if asked["over_h"] > asked["every_h"]:
        times = f"--over {asked['over_h']:g}h is longer than --every {asked['every_h']:g}h"
        raise click.UsageError(f"{times}: two infusions would run at once. Give a shorter one, or a longer interval.")
    if asked["dose_mg"] == 0:
        raise click.UsageError("--dose 0mg is no dose: every level would be 0. Give an amount above 0.")


def asked_data(asked: Asked, n_doses: int) -> Asked:
    """The regimen, the person and the draw; of the manner of giving only what belongs to the route."""
    manner = {name: asked[name] for name in MANNERS.get(asked["route"], ())}
    return {
        "model": asked["model_name"],
        "route": asked["route"],
        "dose_mg": asked["dose_mg"],
        "every_h": asked["every_h"],
        "days": asked["days"],
        "doses": n_doses,
        **manner,
        "age_years": asked["age"],
        "weight_kg": asked["weight_kg"],
        "covariates": list(asked["words"]),
        "liver": asked["liver"],
        "drugs": list(asked["others"]),
        "people": asked["patients"],
        "seed": asked["seed"] if asked["patients"] else None,
    }


def asked_words(asked: Asked, n_doses: int) -> list[str]:
    """The same as sentences: the regimen, the person, and what an injection at once means for its peak."""
    said = [f"{_regimen(asked, n_doses)}{_manner(asked)}.", f"{_people(asked)}; {_state(asked)}."]
    if asked["route"] == "iv" and not asked["over_h"]:
        said.append(
            "An injection at once (a bolus; --over gives a length): its peak is the dose over the model's first "
            "volume at 0 h, before any mixing, and no level that could be measured."
        )
    return said


def _regimen(asked: Asked, n_doses: int) -> str:
    many = f"{n_doses:,} dose{'' if n_doses == 1 else 's'} of {asked['dose_mg']:g} mg {asked['route']}"
    days = f"{asked['days']:g} day{'' if asked['days'] == 1 else 's'}"
    return f"{many} in {days}" + (f", one each {asked['every_h']:g} h" if n_doses > 1 else "")


def _manner(asked: Asked) -> str:
    rest = "swallowed" if asked["swallowed"] else "spat out"
    sprays = f"{asked['sprays']} spray{'' if asked['sprays'] == 1 else 's'} each"
    length = f"over {asked['over_h'] * 60:g} minutes" if asked["over_h"] else "at once"
    return {
        "iv": f", {length}", "troche": f", held for {asked['hold_h'] * 60:g} minutes and the rest {rest}",
        "nasal": f", {sprays}", "oral": f", as a {asked['form']}" + (" dose" if asked["form"] == "solid" else ""),
    }.get(asked["route"], "")  # fmt: skip


def _people(asked: Asked) -> str:
    many = "1 person" if asked["patients"] == 1 else f"{asked['patients'] or 0:,} people"
    who = f"{many} (seed {asked['seed']})" if asked["patients"] else "one typical person"
    return f"{who}, {asked['age']:g} years, {asked['weight_kg']:g} kg" + "".join(f", {one}" for one in asked["words"])


def _state(asked: Asked) -> str:
    return f"other drugs: {', '.join(asked['others']) or 'none'}; liver: {asked['liver'] or 'taken as healthy'}"
