"""Amounts as the pharmacist's pages write them."""

from decimal import Decimal

from django import template

from titrant.terms.numbers import plain as plain_text

register = template.Library()


@register.filter
def plain(value: Decimal | None) -> str:
    """An exact amount without exponent and without trailing zeros."""
    return "" if value is None else plain_text(value)
