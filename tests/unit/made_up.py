"""A made-up protocol, products and salt for counting by hand. The numbers are chosen so that a mix-up shows.

They are no advice: nothing here is a clinical value, and nothing here changes when the shipped knowledge does.
"""

from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from types import SimpleNamespace

from titrant.knowledge.library import shaped
from titrant.knowledge.shapes.products import Product, SaltFactor
from titrant.knowledge.shapes.protocols import Protocol
from titrant.terms.dose import Dose
from titrant.terms.quantity import Quantity
from titrant.terms.reading import read_yaml

HERE = Path(__file__).parent
DAY = date(2026, 11, 21)


@cache
def protocol() -> Protocol:
    return shaped(_tree("made_up_protocol.yaml"), Protocol, "made_up_protocol.yaml")


def products() -> dict[str, Product]:
    return {name: shaped(tree, Product, name) for name, tree in _tree("made_up_products.yaml").items()}


def library() -> SimpleNamespace:
    """As much of a library as the arithmetic of doses asks for: products, and the ratio of the salt to its base."""
    salt = SaltFactor(
        id="salt", title="Salt", reviewed_on=DAY, next_review=DAY, source="made-up", status="proposal",
        base=quantity("3 mg"), hydrochloride=quantity("4 mg"),
    )  # fmt: skip
    return SimpleNamespace(products=products(), salt=salt)


def _tree(name: str) -> dict:
    return read_yaml((HERE / name).read_bytes()).tree


def quantity(text: str) -> Quantity:
    return Quantity.parse(text)


def mg(text: str) -> Dose:
    return Dose(Decimal(text))
