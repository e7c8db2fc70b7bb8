"""Numbers only: ketamine models as linear systems, populations, and one person from measured levels.

Arrays in, arrays out; names carry units. A first use::

    from titrant import pkpd

    doses = pkpd.every(50.0, 8, 2, "troche", hold_h=1 / 3)
    exposure = pkpd.simulate(pkpd.model("racemic"), doses, pkpd.reading_times(doses, 48), people=500)
    exposure.of("ketamine").max(axis=1)  # highest level of each person, ng/mL
"""

from importlib import import_module
from typing import Any

_WHERE = {
    "Given": "doses", "every": "doses",
    "Person": "population",
    "model": "shipped", "NAMES": "shipped",
    "parameter_set": "parameters", "ParameterSet": "parameters",
    "simulate": "simulation", "reading_times": "simulation", "Exposure": "simulation",
    "in_pieces": "changing", "occasions": "changing", "interaction_days": "changing",
    "steady_amounts": "steady",
    "exposure_of_levels": "levels",
    "Level": "measured", "case": "measured", "doubts": "measured", "fitted": "measured", "forecast": "measured",
    "solve": "engine", "Ways": "engine", "Solution": "engine", "Entries": "schedule", "System": "system",
}  # fmt: skip
__all__ = sorted(_WHERE)


def __getattr__(name: str) -> Any:
    """Public names, each loaded from its module at first use."""
    if name not in _WHERE:
        raise AttributeError(f"titrant.pkpd has no {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module(f"titrant.pkpd.{_WHERE[name]}"), name)
