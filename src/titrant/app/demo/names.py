"""Names for synthetic patients, each marked as such."""

import random
from datetime import date, timedelta
from typing import Any

_GIVEN = (
    "Alba", "Benno", "Cleo", "Darius", "Edda", "Felix", "Gala", "Hugo", "Ines", "Jarek", "Kaya", "Luis", "Mira", "Nils",
    "Odile", "Pablo", "Quinn", "Rosa", "Stefan", "Tara", "Ugo", "Vera", "Walt", "Xenia", "Yara", "Zeno",
)  # fmt: skip
_FAMILY = (
    "Alder", "Birch", "Cedar", "Dogwood", "Elm", "Fir", "Ginkgo", "Hazel", "Ivy", "Juniper", "Larch", "Maple", "Oak",
    "Pine", "Rowan", "Spruce", "Teak", "Willow", "Yew",
)  # fmt: skip


def person(number: int, like: dict[str, Any]) -> dict[str, Any]:
    """Somebody new, of the same decade as the person of the story."""
    chance = random.Random(f"person {number}")  # noqa: S311 - the same names each time, no secret
    birth = date.fromisoformat(like["birth_date"]) + timedelta(days=chance.randrange(-1500, 1500))
    name = f"{chance.choice(_GIVEN)} {chance.choice(_FAMILY)} {number} (synthetic)"
    return like | {"name": name, "birth_date": birth.isoformat()}
