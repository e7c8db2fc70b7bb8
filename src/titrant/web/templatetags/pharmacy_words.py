"""Amounts as the pharmacist's pages write them."""

from decimal import Decimal

from django import template

from titrant.terms.numbers import plain as plain_text

register = template.Library()


@register.filter
def plain(value: Decimal | None) -> str:
    """An exact amount without exponent and without trailing zeros."""
    return "" if value is None else plain_text(value)


@register.filter
def of(value: Decimal | str | None, unit: str) -> str:
    """An amount with its unit: 1 troche, 14 troches, 42 mL."""
    many = value if isinstance(value, str) else plain(value)
    return f"{many} {unit if unit in ('', 'mL') or many == '1' else f'{unit}s'}".strip()


@register.filter
def counted_in(unit: str) -> str:
    """What a label says after its field is named: in what it is counted, or that it depends on the product chosen."""
    if not unit:
        return ", in mL, or in pieces"
    return f", {unit}" if unit == "mL" else f", {unit}s"
