"""A drug as a person writes it, to the name under which its measured size stands in the interactions of the model."""

from pathlib import Path


def recognised(names: tuple[str, ...], clinic: Path | None = None) -> tuple[str, ...]:
    """``names`` as the interactions file has them: by its own names, else by the drug table's names and spellings.

    A name that leads nowhere is left as it is; whoever uses it refuses it and says what is known.
    """
    from titrant.pkpd.shipped import tree

    rows = tree("interactions.yaml")["drugs"]
    return tuple(name if name in rows else _looked_up(name, rows, clinic) for name in names)


def _looked_up(name: str, rows: dict, clinic: Path | None) -> str:
    from titrant.cli.opened import library

    known = library(clinic)
    match = known.drugs.named(name)
    acting = [one.id for one in known.interactions.values() if match and match.drug.name in one.drugs]
    return next((own for own, row in rows.items() if row["interaction"] in acting), name)
