"""The hand-set working models of racemic ketamine: a fixed share of what is swallowed reaches the blood (eight states).

The mouth empties at ``k_mouth``; of it ``f_mucosa`` passes the mucosa, the rest is swallowed and absorbed with lag and
``ka``, ``f_oral`` of it reaching the blood. ``fm`` of the first-pass loss and of systemic clearance forms norketamine.
"""

from titrant.pkpd.models.parts import NG_PER_ML, NORKETAMINE_MASS, Parameters, Way, exchange, system
from titrant.pkpd.system import System

STATES = (
    "mucosa",
    "mouth",
    "gut",
    "ketamine",
    "peripheral_1",
    "peripheral_2",
    "norketamine",
    "norketamine_2",
)
LIVER = None


def build(p: Parameters) -> System:
    third = p if "v3" in p else p | {"q3": 0.0 * p["v1"], "v3": 1.0 + 0.0 * p["v1"]}
    flows = [
        ("mucosa", "ketamine", p["k_mouth"]),
        ("mouth", "gut", p["k_mouth"]),
        ("gut", "ketamine", p["ka"] * p["f_oral"]),
        ("gut", "norketamine", p["ka"] * (1 - p["f_oral"]) * p["fm"]),
        ("gut", "out", p["ka"] * (1 - p["f_oral"]) * (1 - p["fm"])),
        ("ketamine", "norketamine", p["cl"] / p["v1"] * p["fm"]),
        ("ketamine", "out", p["cl"] / p["v1"] * (1 - p["fm"])),
        *exchange("ketamine", "peripheral_1", p["q2"], p["v1"], p["v2"]),
        *exchange("ketamine", "peripheral_2", third["q3"], p["v1"], third["v3"]),
        ("norketamine", "out", p["cln"] / p["vn1"]),
        *exchange("norketamine", "norketamine_2", p["qn"], p["vn1"], p["vn2"]),
    ]
    outputs = {
        "ketamine": ("ketamine", NG_PER_ML / p["v1"]),
        "norketamine": ("norketamine", NG_PER_ML * NORKETAMINE_MASS / p["vn1"]),
    }
    return system(STATES, flows, outputs)


def ways(p: Parameters, dose) -> list[Way]:
    """A troche's hold time is not a part of these models; spat out, the share for the gut is lost."""
    one = 1.0 + 0.0 * p["v1"]
    if dose.route == "iv":
        return [Way("ketamine", one, 0.0, dose.over_h)]
    if dose.route == "oral":
        return [Way("gut", one, p["lag"])]
    return [Way("mucosa", p["f_mucosa"]), Way("mouth", (1 - p["f_mucosa"]) * float(dose.swallowed))]
