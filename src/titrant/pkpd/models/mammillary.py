"""One to three compartments after an intravenous dose: disposition alone, no metabolite.

Parameters: ``v1``, ``v2``, ``v3`` L; ``cl``, ``q2``, ``q3`` L/h. A set without a third compartment leaves it out.
"""

from titrant.pkpd.models.parts import NG_PER_ML, Parameters, Way, exchange, system
from titrant.pkpd.system import System

LIVER = None


def build(p: Parameters) -> System:
    states = ["central", "peripheral_1"] + (["peripheral_2"] if "v3" in p else [])
    flows = [
        ("central", "out", p["cl"] / p["v1"]),
        *exchange("central", "peripheral_1", p["q2"], p["v1"], p["v2"]),
    ]
    if "v3" in p:
        flows += exchange("central", "peripheral_2", p["q3"], p["v1"], p["v3"])
    return system(states, flows, {"ketamine": ("central", NG_PER_ML / p["v1"])})


def ways(p: Parameters, dose) -> list[Way]:
    return [Way("central", 1.0 + 0.0 * p["v1"], 0.0, dose.over_h)]
