"""The figures of docs/cohort-figures.md: every shipped protocol, every world, and the rules with and without the model.

python -m tools.cohort_figures               writes docs/cohort-figures.md and the pictures beside it
python -m tools.cohort_figures --patients N  fewer people (20,000 without it); --with-model N beside the model
python -m tools.cohort_figures --keep FOLDER keeps finished people there, to go on after an interruption
"""

import os
import sys
from datetime import date
from pathlib import Path

from titrant.cli.opened import DEMO_CLINIC
from titrant.cohort import parameters
from titrant.cohort.charts import draw
from titrant.cohort.checkpoint import Checkpoint
from titrant.cohort.report import Arm, page, shown
from titrant.cohort.running import MODEL_SIGNED, Question, run
from titrant.cohort.summing import MEASURES, figures
from titrant.knowledge.library import Library, load

DOCS = Path(__file__).parent.parent / "docs"
PROTOCOLS = ("oral-guideline", "troche-guideline", "oral-article", "troche-article", "iv-then-oral")
SEED, WEEKS, ON = 20260001, 12, date(2026, 11, 22)


def option(name: str, default: str) -> str:
    return sys.argv[sys.argv.index(name) + 1] if name in sys.argv else default


def arm(library: Library, protocol: str, policy: str, world: str, patients: int, keep: str) -> Arm:
    question = Question(protocol, policy, patients, WEEKS, SEED, world, ON)
    kept = None
    if keep:
        kept = Checkpoint(Path(keep) / f"{protocol}-{policy}-{world}-{patients}", question.sha256(library))
    following = library.protocols[protocol].following
    assert following is not None
    codes = tuple(rule.code for rule in following.rules)
    return Arm(question, run(question, library, os.cpu_count() or 1, checkpoint=kept), codes)


def table(arms: dict[str, Arm]) -> list[str]:
    found = {name: figures(one.rows) for name, one in arms.items()}
    lines = [f"| | {' | '.join(found)} |", "|---|" + "---|" * len(found)]
    for one in MEASURES:
        cells = " | ".join(shown(column[one.code], one) for column in found.values())
        lines.append(f"| {one.title} ({one.unit}) | {cells} |")
    breaches = " | ".join(str(int(one.rows["breaches"].sum())) for one in arms.values())
    started = " | ".join(f"{one.started:,}" for one in arms.values())
    return [*lines, f"| Started | {started} |", f"| Hard-limit breaches | {breaches} |"]


def main() -> int:
    patients, keep = int(option("--patients", "20000")), option("--keep", "")
    weighed, signed = int(option("--with-model", str(patients))), int(option("--signed", "6000"))
    library = load(clinic=DEMO_CLINIC)
    worlds = tuple(parameters.world().worlds)
    by_protocol = {name: arm(library, name, "rules", "usual", patients, keep) for name in PROTOCOLS}
    by_world = {name: arm(library, "oral-guideline", "rules", name, patients, keep) for name in worlds}
    pair = [arm(library, "oral-guideline", policy, "usual", weighed, keep) for policy in ("rules", "rules+model")]
    silent = [arm(library, "oral-guideline", policy, "usual", signed, keep) for policy in ("rules", MODEL_SIGNED)]
    nobody = [by_protocol["oral-guideline"], arm(library, "oral-guideline", "none", "usual", patients, keep)]
    (DOCS / "cohort").mkdir(exist_ok=True)
    draw(pair, str(DOCS / "cohort" / "rules-and-model.svg"))
    draw(silent, str(DOCS / "cohort" / "rules-and-model-signed.svg"))
    draw(nobody, str(DOCS / "cohort" / "rules-and-nobody.svg"))
    clinic = "Demo clinic (synthetic clinic, synthetic approval: not for patients)."
    lines = [
        "# Figures of the virtual cohort", "",
        f"Made by `python -m tools.cohort_figures --patients {patients} --with-model {weighed} --signed {signed}`; do not",
        "edit. Virtual patients: assumptions made visible, not evidence. Intervals are those of chance in this simulation",
        "(95 %).", "",
        "## The shipped protocols under the rules, world `usual`", "", *table(by_protocol), "",
        "## `oral-guideline` under the rules, in every world", "", *table(by_world), "",
        "## The rules with and without the model", "", "```", page(pair, clinic).rstrip(), "```", "",
        "![Rules and rules with the model](cohort/rules-and-model.svg)", "",
        "## The same, where a silent day counts as signed", "", "```", page(silent, clinic).rstrip(), "```", "",
        "![Rules and rules with the model, silent days as signed](cohort/rules-and-model-signed.svg)", "",
        "## The rules, and nobody", "", "```", page(nobody, clinic).rstrip(), "```", "",
        "![Rules and nobody](cohort/rules-and-nobody.svg)",
    ]  # fmt: skip
    (DOCS / "cohort-figures.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
