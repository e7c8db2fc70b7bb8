"""Reference pages and editor schemas, made from the knowledge and the commands so that they cannot go stale."""

import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import click
import msgspec

from titrant.clinic.listing import condition_text, values
from titrant.clinic.write_case import case_as_yaml
from titrant.explain.words import rules
from titrant.knowledge.library import SHAPES, SHIPPED, Library
from titrant.knowledge.shapes.common import Rule
from titrant.knowledge.shapes.facts import FactKind, Kind
from titrant.knowledge.shapes.following import CourseRule
from titrant.knowledge.shapes.monitoring import Due
from titrant.knowledge.shapes.triage import Sign
from titrant.pathway.case import Case, Facts, Patient
from titrant.terms.dose import Dose
from titrant.terms.quantity import Quantity
from titrant.terms.reading import read_yaml

NOTE = "*This page is made from the knowledge files by `make fix`; do not edit it.*"


def markdown_table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    head = list(head)
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    return lines + [f"| {' | '.join(cell.replace('|', '/').replace(chr(10), ' ') for cell in row)} |" for row in rows]


def page(title: str, *lines: str) -> str:
    return "\n".join((f"# {title}", "", NOTE, "", *lines)) + "\n"


def facts(library: Library) -> str:
    lines = []
    for kind, title in (
        (Kind.QUANTITY, "Readings"),
        (Kind.PRESSURE, "Pressures"),
        (Kind.WORD, "Answers"),
        (Kind.DERIVED, "Derived"),
    ):
        rows = [_fact_row(name, one) for name, one in library.facts.items() if one.kind is kind]
        lines += [
            "",
            f"## {title}",
            "",
            *markdown_table(("name", "what", "unit or words", "needed", "holds for", "believable", "question"), rows),
        ]
    return page(
        "Facts",
        "A case gives readings under `readings`, answers under `answers`; derived facts are worked out.",
        *lines,
    )


def _fact_row(name: str, one: FactKind) -> tuple[str, ...]:
    needed = "yes" if one.required else f"if {condition_text(one.required_when)}" if one.required_when else ""
    if one.must_be:
        needed += f"; must be {one.must_be}"
    holds = f"{one.holds.value}{one.holds.status.mark}" if one.holds else ""
    believable = f"{one.plausible.lo} to {one.plausible.hi}" if one.plausible else ""
    return f"`{name}`", one.label, one.unit or ", ".join(one.words), needed, holds, believable, one.ask


def conditions(library: Library) -> str:
    rows = []
    for name, one in sorted(library.conditions.items()):
        asked = (
            "always" if one.ask and not one.ask_when else f"if {condition_text(one.ask_when)}" if one.ask_when else "no"
        )
        rules = "; ".join(
            [f"{'/'.join(rule.states)}{_grades(rule.grades)}: {_rule(rule)}" for rule in one.rules]
            + [f"{condition_text(band.when)}: {_rule(band)}" for band in one.bands]
        )
        rows.append((f"`{name}`", one.title, asked, rules))
    return page("Conditions", *markdown_table(("name", "what", "asked", "what follows"), rows))


def _grades(grades: tuple[str, ...]) -> str:
    return f" ({'/'.join(grades)})" if grades else ""


def _rule(rule: Rule) -> str:
    limit = f", at most {rule.limit.share or rule.limit.at_most}" if rule.limit else ""
    return f"**{rule.severity.value}**{limit} ({rule.source}{rule.status.mark})"


def interactions(library: Library) -> str:
    rows = []
    for one in sorted(library.interactions.values(), key=lambda each: each.id):
        oral, iv = one.routes.oral, one.routes.parenteral
        who = ", ".join(
            (*one.drugs, *(f"class {name}" for name in one.classes), *(f"ATC {code}" for code in one.atc_prefixes))
        )
        persists = f"{one.persists.after_stop}{one.persists.status.mark}" if one.persists else ""
        rows.append(
            (
                one.title,
                who,
                f"{oral.direction.value} {oral.auc_ratio}",
                f"{iv.direction.value} {iv.auc_ratio}",
                _rule(one.rule),
                persists,
            )
        )
    return page(
        "Interactions",
        *markdown_table(("what", "drugs", "by mouth", "parenteral", "what follows", "after stopping"), rows),
    )


def _rhythm(due: Due) -> str:
    return ", ".join(map(str, due.at or due.after_dose)) or f"every {due.every}"


def monitoring(library: Library) -> str:
    rows = []
    for one in sorted(library.checks.values(), key=lambda each: each.id):
        base = one.baseline
        first = (
            "no"
            if not base.required
            else f"{base.readings} reading(s)" + (f" within {base.within}" if base.within else "")
        )
        due = "; ".join(f"{due.phase.value}: {_rhythm(due)}{due.status.mark}" for due in one.due)
        bands = "; ".join(f"{condition_text(band.when)}: {_rule(band)}" for band in one.thresholds)
        rows.append((one.title, ", ".join(one.facts), first, due, bands, "yes" if one.blocks_raise.value else "no"))
    return page(
        "Monitoring",
        *markdown_table(("check", "facts", "before a start", "due", "thresholds", "overdue blocks a raise"), rows),
    )


def protocols(library: Library) -> str:
    lines = []
    for name, one in sorted(library.protocols.items()):
        lines += ["", f"## {one.title} (`{name}` version {one.version})", "", one.about, ""]
        lines += markdown_table(("place", "value", "source"), values(one))
        lines += [
            "",
            "Smaller starts: "
            + "; ".join(
                f"{condition_text(cut.when)}: {cut.at_most} ({cut.source}{cut.status.mark})"
                for cut in one.start.reductions
            )
            + ".",
        ]
        rules = one.following.rules if one.following else ()
        lines += ["", "Rules of following, safest action first:", ""]
        lines += markdown_table(("action", "rule", "applies", "source"), (_course_rule_row(rule) for rule in rules))
    return page("Protocols", *lines)


def _course_rule_row(rule: CourseRule) -> tuple[str, ...]:
    found = rule.found
    applies = condition_text(rule.when) if rule.when else ""
    if found is not None:
        applies = f"a finding: {', '.join(found.codes) or found.severity or found.bar}"
    return rule.action.value, f"`{rule.code}`", applies, f"{rule.source}{rule.status.mark}"


def indications(library: Library) -> str:
    rows = [(f"`{name}`", one.title, one.banner) for name, one in sorted(library.evidence.items())]
    return page(
        "Indications",
        "For `indication.condition`; else `other` with `words`.",
        "",
        *markdown_table(("name", "what", "evidence"), rows),
    )


def products(library: Library) -> str:
    rows = [
        (
            f"`{name}`",
            one.title,
            ", ".join(map(str, one.strengths.values)),
            one.smallest_part.value,
            one.content.value.value,
            one.warning,
        )
        for name, one in sorted(library.products.items())
    ]
    return page(
        "Products", *markdown_table(("family", "what", "strengths", "smallest part", "label counts", "warning"), rows)
    )


def questionnaires(library: Library) -> str:
    rows = [
        (
            f"`{name}`",
            one.title,
            one.scoring.value,
            f"`{one.score}`",
            ", ".join(f"`{item.id}` {item.lo}-{item.hi}" for item in one.items) or "total only",
            one.licence,
        )
        for name, one in sorted(library.questionnaires.items())
    ]
    return page("Questionnaires", *markdown_table(("name", "what", "scoring", "gives", "items", "licence"), rows))


def findings(library: Library) -> str:
    """Every finding code, for ``reviews``."""
    rows = [
        (f"`{rule.code}`", rule.severity.value, rule.bars.value.replace("_", " "), rule.clinician)
        for rule in sorted(rules(library), key=lambda one: one.code)
    ]
    head = "A review settles a `specialist` finding that bars `until settled`; nothing else is lifted by an opinion."
    return page("Findings", head, "", *markdown_table(("code", "grade", "bars a dose", "what"), rows))


def triage(library: Library) -> str:
    one = library.triage
    said = lambda of: f"{of.source}{of.status.mark}"  # noqa: E731
    waits = {f"answered within, {grade}": value for grade, value in one.answer_within.items()} | {
        name.replace("_", " "): getattr(one, name)
        for name in ("silent_after", "silent_long_after", "undelivered_after", "plan_ending_before")
    }
    signs = (
        (f"`{sign.code}`", sign.grade, sign.once_seen or "no line", sign.words, _sign_of(sign), said(sign), sign.note)
        for sign in one.signs
    )
    lines = ((f"`{line.code}`", line.grade, line.once_seen or "no line", line.words, said(line)) for line in one.lines)
    outcomes = (
        (f"`{each.code}`", each.words, "yes" if each.settles else "no", str(each.again_after or ""), each.note)
        for each in one.outcomes
    )
    return page(
        "Triage", one.about, "", "## Waiting times", "",
        *markdown_table(("what", "value", "source", "why"), ((k, str(v.value), said(v), v.note) for k, v in waits.items())),
        "", "## Signs in an entry", "", "A task is opened in the same moment as the entry is kept.", "",
        *markdown_table(("sign", "grade", "once seen", "words", "what", "source", "why"), signs),
        "", "## Lines", "",
        *markdown_table(("line", "grade", "once seen", "words", "source"), lines),
        "", "## Outcomes of a contact", "",
        *markdown_table(("outcome", "words", "settles", "try again after", "why"), outcomes),
    )  # fmt: skip


def _sign_of(sign: Sign) -> str:
    if sign.grade_from is not None:
        return f"{', '.join(sign.effects) or 'any side effect'} from {sign.grade_from}"
    return ", ".join((*sign.flags, *sign.bands, *(f"{dose} dose" for dose in sign.doses)))


def jurisdictions(library: Library) -> str:
    """The packs: what to show, to log and to refuse in each place."""
    lines = []
    for name, pack in sorted(library.jurisdictions.items()):
        lines += ["", f"## {pack.title} (`{name}`)", "", pack.about, ""]
        given = (("Schedule", pack.schedule), ("Emergency number", pack.emergency_phone), ("Proposals", pack.proposals))
        lines += markdown_table(("", "", "source"), ((title, str(one.value) or "the clinic's own",
                                 f"{one.source}{one.status.mark}") for title, one in given))  # fmt: skip
        rows = ((one.title + (f" (until {one.until})" if one.until else ""), one.show, one.log, one.refuse,
                 f"{one.source}{one.status.mark}") for one in pack.areas)  # fmt: skip
        lines += [
            "",
            *markdown_table(("area", "show", "log", "refuse", "source"), rows),
            "",
            "What the program judges:",
            "",
        ]
        judged = ((f"`{one.code}`", one.act + (", lifted by a written reason" if one.takes_reason else ""),
                   " ".join(filter(None, (str(one.value or ""), ", ".join(one.words), str(one.until or "")))),
                   one.clinician, f"{one.source}{one.status.mark}") for one in pack.rules)  # fmt: skip
        lines += markdown_table(("point", "act", "value", "what is said", "source"), judged)
    head = "Not legal advice: a clinic confirms each line for its own place. What is marked was not read at its source."
    return page("Jurisdiction packs", head, *lines)


def disagreements(library: Library) -> str:
    rows = [
        (name, one.article, one.literature, one.shown, ", ".join(one.sources))
        for name, one in library.disagreements.disagreements.items()
    ]
    return page(
        "Where web articles and the literature disagree",
        *markdown_table(("", "an article says", "the literature says", "here", "sources"), rows),
    )


def commands(group: click.Group) -> str:
    lines = []
    for name in sorted(group.commands):
        command = group.commands[name]
        with click.Context(command, info_name=f"titrant {name}", terminal_width=100) as context:
            lines += ["", f"## titrant {name}", "", "```", command.get_help(context), "```"]
    return page(
        "Commands",
        "Exit codes: 0 an answer, 2 usage, 10 knowledge wrong, 11 case file wrong, 12 not allowed, 13 not now, "
        "14 changed meanwhile, 1 a bug.",
        *lines,
    )


def virtual_world() -> str:
    """Every assumption of the virtual cohort, from its own file."""
    tree = read_yaml((SHIPPED / "cohort" / "world.yaml").read_bytes()).tree
    rows = (
        (name, f"{one['value']} {one['unit']}", f"{one['spread']} ({one['on']})" if "spread" in one else "",
         one["status"], one["source"], one["note"])
        for name, one in tree["values"].items()
    )  # fmt: skip
    effects = ((name, share) for name, share in tree["effects"]["shares"].items())
    worlds = (
        (name, ", ".join(f"{key} {value}" for key, value in one["changes"].items()), one["about"])
        for name, one in tree["worlds"].items()
    )
    return page(
        "The virtual world", tree["about"], "",
        *markdown_table(("name", "value", "spread between people (scale)", "status", "source", "note"), rows),
        "", "## Worlds", "", *markdown_table(("world", "changes", "what it is"), worlds),
        "", "## How side effects are named", "", tree["effects"]["about"], "", *markdown_table(("side effect", "share"), effects),
    )  # fmt: skip


def schemas() -> list[tuple[str, str]]:
    """JSON Schemas for editors: the case file and every kind of knowledge file."""
    shapes: dict[str, Any] = {"case": Case, **SHAPES}
    made = []
    for name, shape in shapes.items():
        schema = msgspec.json.schema(shape, schema_hook=_as_text)
        made.append((f"{name}.json", json.dumps(schema, indent=1, sort_keys=True) + "\n"))
    return made


def asked_of(library: Library) -> dict[str, str]:
    """Every question that may be asked before a start."""
    asked = {name: one.ask for name, one in library.facts.items() if one.ask and (one.required or one.required_when)}
    return asked | {name: one.ask for name, one in library.conditions.items() if one.ask}


def _as_text(kind: type) -> dict[str, Any]:
    if kind is object:
        return {"description": "what a scenario test expects"}
    if kind in (Quantity, Dose):
        return {"type": "string", "examples": ["10 mg", "70 kg", "7 days"]}
    raise NotImplementedError(kind)


def pages(library: Library, group: click.Group, docs: Path) -> list[tuple[Path, str]]:
    made = {
        "facts.md": facts(library), "conditions.md": conditions(library), "interactions.md": interactions(library),
        "monitoring.md": monitoring(library), "protocols.md": protocols(library), "commands.md": commands(group),
        "indications.md": indications(library), "products.md": products(library), "findings.md": findings(library),
        "questionnaires.md": questionnaires(library), "disagreements.md": disagreements(library),
        "virtual-world.md": virtual_world(), "triage.md": triage(library),
        "jurisdictions.md": jurisdictions(library),
    }  # fmt: skip
    blank = Case(
        scenario="One sentence that says what this case is about",
        given=Facts(patient=Patient(birth_date=date(1970, 1, 1))),
    )
    written = (
        docs / "blank-case.yaml",
        case_as_yaml(msgspec.structs.replace(blank, questions=asked_of(library)), library),
    )
    return (
        [written]
        + [(docs / "reference" / name, text) for name, text in made.items()]
        + [(docs / "schemas" / name, text) for name, text in schemas()]
    )
