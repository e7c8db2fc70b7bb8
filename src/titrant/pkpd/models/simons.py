"""S-ketamine film with S-norketamine and S-hydroxynorketamine (14 states, in mg of S-ketamine).

The swallowed part never reaches systemic ketamine in this model; it feeds the metabolites only.

Source: Simons et al., Front Pain Res 2022;3:946486, doi:10.3389/fpain.2022.946486. Symbols as there.
"""

from titrant.pkpd.models.parts import (
    HYDROXY_MASS,
    NG_PER_ML,
    NORKETAMINE_MASS,
    Parameters,
    Way,
    exchange,
    system,
)
from titrant.pkpd.system import System

STATES = (
    "mucosa", "gut", "gut_transit", "central", "peripheral_1", "peripheral_2", "forming_1", "forming_2",
    "norketamine", "norketamine_2", "hydroxylating_1", "hydroxylating_2", "hydroxynorketamine", "hydroxynorketamine_2",
)  # fmt: skip
LIVER = None


def build(p: Parameters) -> System:
    forming, hydroxylating = 2 / p["mtt_n"], 2 / p["mtt_h"]
    flows = [
        ("mucosa", "central", p["ka1"]),
        ("gut", "gut_transit", p["ka2"]),
        ("gut_transit", "forming_1", 1 / p["mtt_gut"]),
        ("central", "forming_1", p["clk1"] / p["vk1"]),
        *exchange("central", "peripheral_1", p["clk2"], p["vk1"], p["vk2"]),
        *exchange("central", "peripheral_2", p["clk3"], p["vk1"], p["vk3"]),
        ("forming_1", "forming_2", forming),
        ("forming_2", "norketamine", forming * p["fn"]),
        ("forming_2", "out", forming * (1 - p["fn"])),
        *exchange("norketamine", "norketamine_2", p["cln2"], p["vk1"], p["vn2"]),
        ("norketamine", "hydroxylating_1", p["cln1"] / p["vk1"]),
        ("hydroxylating_1", "hydroxylating_2", hydroxylating),
        ("hydroxylating_2", "hydroxynorketamine", hydroxylating * p["fh"]),
        ("hydroxylating_2", "out", hydroxylating * (1 - p["fh"])),
        *exchange("hydroxynorketamine", "hydroxynorketamine_2", p["clh2"], p["vh1"], p["vh2"]),
        ("hydroxynorketamine", "out", p["clh1"] / p["vh1"]),
    ]
    outputs = {
        "ketamine": ("central", NG_PER_ML / p["vk1"]),
        "norketamine": ("norketamine", NG_PER_ML * NORKETAMINE_MASS / p["vk1"]),
        "hydroxynorketamine": ("hydroxynorketamine", NG_PER_ML * HYDROXY_MASS / p["vh1"]),
    }
    return system(STATES, flows, outputs)


def ways(p: Parameters, dose) -> list[Way]:
    if dose.route == "iv":
        return [Way("central", 1.0 + 0.0 * p["vk1"], 0.0, dose.over_h)]
    return [Way("mucosa", p["f1"], 0.0, p["d1"]), Way("gut", p["f2"], 0.0, p["d2"])]
