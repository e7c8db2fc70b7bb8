"""Amounts as the command line takes them: always with a unit, read exactly."""

from datetime import date
from typing import Any

import click

from titrant.terms.quantity import Quantity


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


class Day(click.ParamType[date]):
    """A calendar day, YYYY-MM-DD."""

    name = "YYYY-MM-DD"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        try:
            if len(value) == 10:
                return date.fromisoformat(value)
        except ValueError:
            pass
        return self.fail(f"{value!r} is not a day; write YYYY-MM-DD, such as 2026-11-21.", param, ctx)


def covariate(text: str) -> tuple[str, str]:
    """``name=value`` as a pair."""
    name, equals, value = text.partition("=")
    if not equals or not name or not value:
        raise click.UsageError(f"--covariate {text!r}: write name=value, such as ancestry=japanese.")
    return name, value
