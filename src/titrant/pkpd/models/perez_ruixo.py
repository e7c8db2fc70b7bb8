"""Esketamine and noresketamine, nasal, oral and intravenous, with the liver as a compartment (nine states).

Source: Perez-Ruixo et al., Clin Pharmacokinet 2021;60:501-516, doi:10.1007/s40262-020-00953-4. Symbols as there.
"""

from titrant.pkpd.models.parts import NG_PER_ML, Parameters, Way, exchange, system
from titrant.pkpd.system import System

STATES = (
    "nasal", "swallowed", "oral", "central", "peripheral_1", "peripheral_2", "liver", "metabolite", "metabolite_2",
)  # fmt: skip
LIVER = {"intrinsic": ("kel", "kmet"), "gut": "fgut", "metabolite": "kmet"}


def build(p: Parameters) -> System:
    flows = [
        ("nasal", "central", p["ka_nasal"]),
        ("swallowed", "liver", p["ka_swallowed"]),
        ("oral", "liver", p["ka_oral"]),
        *exchange("central", "peripheral_1", p["q1"], p["vc"], p["vp1"]),
        *exchange("central", "peripheral_2", p["q2"], p["vc"], p["vp2"]),
        *exchange("central", "liver", p["qh"], p["vc"], p["vh"]),
        ("liver", "out", p["kel"]),
        ("liver", "metabolite", p["kmet"]),
        ("metabolite", "out", p["cln"] / p["vcn"]),
        *exchange("metabolite", "metabolite_2", p["q3"], p["vcn"], p["vpn"]),
    ]
    outputs = {
        "ketamine": ("central", NG_PER_ML / p["vc"]),
        "norketamine": ("metabolite", NG_PER_ML / p["vcn"]),
    }
    return system(STATES, flows, outputs)


def ways(p: Parameters, dose) -> list[Way]:
    """Later sprays of one nasal dose are absorbed less: FRn (1 + r (N - 1)) / N for N sprays."""
    if dose.route == "iv":
        return [Way("central", 1.0 + 0.0 * p["vc"], 0.0, dose.over_h)]
    if dose.route == "oral":
        return [Way("oral", p["fgut"], 0.0, p["d_oral"])]
    nasal = p["fr_nasal"] * (1 + p["later_sprays"] * (dose.sprays - 1)) / dose.sprays
    return [Way("nasal", nasal), Way("swallowed", (1 - nasal) * p["fgut"], 0.0, p["d_swallowed"])]
