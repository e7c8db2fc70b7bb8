"""The protocol as the second part of the letter: what a doctor needs who is asked to take over or to stand in."""

from typing import Any

from titrant.documents.shown import sections, shown
from titrant.explain.amounts import days_text
from titrant.explain.words import Reader, Words
from titrant.knowledge.shapes.common import Sourced
from titrant.knowledge.shapes.protocols import Protocol
from titrant.terms.canonical import Json


def protocol_sections(protocol: Protocol, words: Words, sha256: str) -> list[Json]:
    """Doses, steps, bounds, missed doses, stop rules and supply, each with the mark of its standing."""
    step, bounds, supply, taper = protocol.step, protocol.bounds, protocol.supply, protocol.taper

    return sections(
        (f"Attached: {shown(protocol.title, 120)}, version {protocol.version}", [f"Content {sha256}."]),
        (
            "Steps and bounds",
            [
                f"Step: {_of(step.by)} in each dose, at most {_of(step.percent)} of the dose",
                f"Not sooner than {_of(step.interval)}, after a review and a signature",
                f"Each dose: usually up to {_of(bounds.single.usual)}, never above {_of(bounds.single.hard_home)}",
                f"A day: usually up to {_of(bounds.daily.usual)}, never above {_of(bounds.daily.hard)}",
                f"A second prescriber signs too above {_of(bounds.daily.second_prescriber_above)}",
                f"Lowering: by {_of(taper.by)} every {_of(taper.every)}",
            ],
        ),
        (
            "Missed doses",
            [f"{days_text(*one.days_missed)}: {shown(one.clinician, 600)}" for one in protocol.missed_doses],
        ),
        ("Stop", [shown(words.say(one.code, {}, Reader.CLINICIAN), 600) for one in protocol.stop_rules]),
        (
            "Supply",
            [f"While titrating for {_of(supply.titration)}", f"Later for {_of(supply.maintenance)}"],
        ),
        ("Marks", ["A value with a mark was not read in a source: the mark says how far it may be trusted."]),
    )  # fmt: skip


def _of(one: Sourced[Any]) -> str:
    return f"{one.value}{one.status.mark}"
