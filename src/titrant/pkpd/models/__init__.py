"""Structures: which states there are, which flows join them, where doses enter and what is read. One file for each.

Each module has ``build(p)`` (parameters by name, arrays of one value for each person, to a System) and
``ways(p, dose)`` (the ways in of a dose given in one manner). A structure that knows a liver names in ``LIVER`` how
interactions reach it.
"""

from importlib import import_module
from types import ModuleType

STRUCTURES = ("mammillary", "perez_ruixo", "racemic", "racemic_simple", "simons")


def structure(name: str) -> ModuleType:
    """The module of a structure. Raises KeyError for a name that is not in ``STRUCTURES``."""
    if name not in STRUCTURES:
        raise KeyError(name)
    return import_module(f"titrant.pkpd.models.{name}")
