"""A new patient, from the name to a plan that can be signed: each answer is kept with who gave it and when."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import uuid4

from msgspec import Struct

from titrant.clinic.acts import going_through
from titrant.clinic.acts.offers import start_case
from titrant.clinic.case_tree import tree_of
from titrant.clinic.office import Office
from titrant.clinic.shaping import shape_case
from titrant.clinic.start_questions import Question, open_questions
from titrant.knowledge.shapes.facts import Kind as FactForm
from titrant.pathway.case import Case
from titrant.pathway.deliver import Supply, supply_of
from titrant.pathway.plan import Plan
from titrant.pathway.readings import parse_reading
from titrant.record.appending import check_current
from titrant.record.events import Actor, Kind
from titrant.record.folding import EMPTY_CASE, Record
from titrant.record.summary import Summary
from titrant.terms.canonical import Json
from titrant.terms.dose import Dose
from titrant.terms.errors import CaseFileError, NotNow, TitrantError
from titrant.terms.numbers import parse_decimal, plain
from titrant.terms.trees import differing

_PART = re.compile(
    r"\s*([A-Za-z][A-Za-z0-9 -]*?)[ :=]+"  # name
    r"([0-9][0-9.]*)\s*([^\s();,0-9][^\s();,]*)?\s*"  # value and unit
    r"(?:\(([^()]*)\))?\s*"  # upper limit of the laboratory
)
_LISTED = ("indication", "goals", "failed_treatments", "medications", "allergies", "choice", "peg", "laboratory")
Faults = dict[str, str]


class Kept(Struct, frozen=True):
    """What came of answers: the standing after them, or what is wrong with which field; then nothing was kept."""

    summary: Summary | None
    faults: Faults = {}


class NewPerson(Struct, frozen=True, kw_only=True):
    """What is known of somebody who comes for the first time."""

    name: str
    birth_date: str
    number: str = ""
    phone: str = ""
    has_phone: bool = True
    language: str = "en"
    weight_kg: str = ""
    indication: str = ""
    sex: str = ""


# The person


def open_case(office: Office, new: NewPerson, teams: tuple[str, ...], by: Actor, imported: Case | None = None) -> Kept:
    """Open a record for ``new``; with what an import holds, where there is one."""
    facts = _person_facts(office, new, by)
    tree = differing(EMPTY_CASE, facts)
    faults = dict(_person_faults(office, new, teams))
    if faults:
        return Kept(None, faults)
    person = {
        "name": new.name.strip(), "birth_date": new.birth_date, "number": new.number.strip(),
        "phone": new.phone.strip(), "has_phone": new.has_phone, "language": new.language,
    }  # fmt: skip
    case = str(uuid4())
    drafts = [
        office.draft(Kind.CASE_OPENED, {}, by), office.draft(Kind.TEAMS_SET, {"teams": list(teams)}, by),
        office.draft(Kind.PERSON_RECORDED, {"person": person, "set": _birth(new.birth_date)}, by),
    ]  # fmt: skip
    if imported is not None:
        body = {"set": imported_tree(imported), "skipped": list(imported.left_out)}
        drafts.append(office.draft(Kind.IMPORTED, body, by))
        tree = differing(tree, body["set"])
    own = _given_beside(facts, imported)
    if own:
        drafts.append(office.draft(Kind.FACTS_RECORDED, {"set": {"given": own}}, by))
    return Kept(office.store.append(case, drafts, expected=0))


def _birth(day: str) -> Json:
    return {"given": {"patient": {"birth_date": day}}}


def _person_facts(office: Office, new: NewPerson, by: Actor) -> Json:
    """What was said of the person that a decision rests on."""
    on = office.today.isoformat()
    given: dict[str, Json] = {}
    if new.weight_kg.strip():
        given["readings"] = {"weight": [f"{new.weight_kg.strip()} kg on {on}"]}
    if new.indication:
        given["indication"] = {"condition": new.indication}
    if new.sex:
        given["answers"] = {"sex": {"answer": new.sex, "on": on, "by": by.name}}
    return {"given": given | _birth(new.birth_date)["given"]}


def _given_beside(facts: Json, imported: Case | None) -> Json:
    """What was typed; a weight beside those of an import."""
    given = {name: value for name, value in facts["given"].items() if name != "patient"}
    weights = (given.get("readings") or {}).get("weight")
    before = imported.given.readings.get("weight", ()) if imported else ()
    if weights and before:
        given["readings"] = {"weight": [*([before] if isinstance(before, str) else before), *weights]}
    return given


def _person_faults(office: Office, new: NewPerson, teams: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if not new.name.strip():
        yield "name", "Write the name."
    if not teams:
        yield "team", "Choose the care team; without one nobody would see the record."
    if new.has_phone and not new.phone.strip():
        yield "phone", "Write the number, or choose “no phone”."
    if new.indication and new.indication not in office.library.evidence:
        yield "indication", "Choose one of the list."
    try:
        shape_case(differing(EMPTY_CASE, _birth(new.birth_date)), "birth date")
        age_now = office.today.isoformat() >= new.birth_date
    except CaseFileError as error:
        yield "birth_date", f"{error.fault} Write it as YYYY-MM-DD."
        return
    if not age_now:
        yield "birth_date", "This day has not come yet."
    if new.weight_kg.strip():
        yield from _reading_fault(office, "weight", f"{new.weight_kg.strip()} kg")


def imported_tree(case: Case) -> Json:
    """What an import holds, without whose it is: the record keeps its own id."""
    tree = tree_of(case)
    tree.pop("scenario", None)
    tree["given"].pop("patient", None)
    return tree


# The questions


def planned(office: Office, record: Record) -> Plan:
    """The plan as it stands: proposed, refused, or undecided with its open questions."""
    return office.desk.prescribe(start_case(record))[0]


def questions(office: Office, record: Record) -> tuple[Question, ...]:
    return open_questions(planned(office, record), office.library, office.desk.words)


def answer(office: Office, case: str, given: Mapping[str, str], by: Actor, *, expected: int) -> Kept:
    """Keep answers by the names of their questions. All or none: what is wrong is said for each field."""
    record = office.store.open(case)
    _check_before_plan(record, "Answers of the start")
    check_current(record.summary, expected)  # before a wrong answer brings the form up again, as if it were of now
    changes: Json = {}
    faults: Faults = {}
    for name, part in _parts(office, record, given, by):
        fault = part if isinstance(part, str) else _shape_fault(record, part)
        if fault:
            faults[name] = fault
        elif isinstance(part, dict):
            changes = differing(changes, part)
    if faults or not changes:
        return Kept(None, faults)
    whole = _judged_fault(office, record, changes)
    if whole:
        return Kept(None, {"": whole})
    draft = office.draft(Kind.FACTS_RECORDED, {"set": changes}, by)
    return Kept(office.store.append(case, [draft], expected=expected))


def _check_before_plan(record: Record, what: str) -> None:
    """Raises NotNow while a plan is in force: no form of the start lays its rules and its lists anew."""
    if record.summary.plan:
        raise NotNow(
            "start", f"{what} belong to a plan that is not signed yet, and one is in force.",
            "The next dose would be judged by rules that nobody signed, or without a drug that stood on the list.",
            "Enter results and medicines under Checks; another protocol begins after the plan was stopped.",
        )  # fmt: skip


def _shape_fault(record: Record, part: Json) -> str:
    try:
        shape_case(differing(record.tree, part), "answer")
    except CaseFileError as error:
        return error.fault
    return ""


def _judged_fault(office: Office, record: Record, changes: Json) -> str:
    """What the spine cannot read of the case with these answers in it."""
    try:
        office.desk.prescribe(shape_case(differing(record.tree, changes), "answer"))
    except TitrantError as error:
        return f"{error.fault} {error.repair}"
    return ""


def _parts(office: Office, record: Record, given: Mapping[str, str], by: Actor) -> Iterator[tuple[str, Json | str]]:
    """Each answer as the part of the case that it changes, or as a sentence that says what is wrong with it."""
    on, library = office.today.isoformat(), office.library
    for name, written in given.items():
        value = written.strip()
        if not value or name in _LISTED:
            continue
        if name in library.facts and library.facts[name].kind is FactForm.WORD:
            yield name, {"given": {"answers": {name: {"answer": value, "on": on, "by": by.name}}}}
        elif name in library.facts:
            yield name, _readings(office, record, name, value, on)
        elif name in library.conditions:
            state = {"state": value, "on": on, "by": by.name, "source": "asked"}
            yield name, {"given": {"conditions": {name: state}}}
    yield from _laboratory(office, record, given, on)
    yield from _peg(record, given, on)
    yield from _lists(given, by, on)
    yield from going_through.medicines(record.tree["given"], given, by, on)
    yield from going_through.allergies(record.tree["given"], given, by, on)


def _readings(office: Office, record: Record, name: str, value: str, on: str) -> Json | str:
    """One or more readings of a fact, joined to those that are there."""
    kind = office.library.facts[name]
    unit = "" if any(part.isalpha() for part in value.replace("/", "")) else f" {kind.unit}"
    written = [f"{one.strip()}{unit} on {on}" for one in value.split(",") if one.strip()]
    for text in written:
        try:
            parse_reading(text, kind)
        except ValueError as error:
            return f"{error}."
    before = (record.tree["given"].get("readings") or {}).get(name) or []
    return {"given": {"readings": {name: [*([before] if isinstance(before, str) else before), *written]}}}


def _reading_fault(office: Office, name: str, text: str) -> Iterator[tuple[str, str]]:
    try:
        parse_reading(f"{text} on {office.today}", office.library.facts[name])
    except ValueError as error:
        yield name, f"{error}."


def _laboratory(
    office: Office, record: Record, given: Mapping[str, str], on: str
) -> Iterator[tuple[str, Json | str]]:  # fmt: skip
    """A line of results as a laboratory prints it: ``ALT 22 U/L (limit 40); eGFR 92``. Each is shown back by name."""
    line, day = given.get("laboratory", "").strip(), given.get("laboratory.on", "") or on
    known = {kind.label.casefold(): name for name, kind in office.library.facts.items()}
    for part in (one for one in re.split(r"[;\n]", line) if one.strip()):
        found = _PART.fullmatch(part)
        name = _fact_named(found[1], known, office) if found else ""
        if not found or not name:
            yield "laboratory", f"“{part.strip()[:60]}” was not understood. Write: ALT 22 (limit 40); eGFR 92."
            continue
        kind = office.library.facts[name]
        unit = found[3] or kind.unit
        upper = re.sub(r"[^0-9.]", "", found[4] or "")
        limit = f" (upper limit {upper} {unit})" if upper else ""
        text = f"{found[2]} {unit}{limit} on {day}"
        try:
            parse_reading(text, kind)
        except ValueError as error:
            yield "laboratory", f"{found[1]}: {error}."
            continue
        before = (record.tree["given"].get("readings") or {}).get(name) or []
        joined = [*([before] if isinstance(before, str) else before), text]
        yield "laboratory", {"given": {"readings": {name: joined}}}


def _fact_named(written: str, known: Mapping[str, str], office: Office) -> str:
    plain = written.strip().casefold()
    name = plain.replace(" ", "_").replace("-", "_")
    return name if name in office.library.facts else known.get(plain, "")


def _peg(record: Record, given: Mapping[str, str], on: str) -> Iterator[tuple[str, Json | str]]:
    """The three questions of the PEG, as a form that was filled in."""
    items = {name.removeprefix("peg."): value for name, value in given.items() if name.startswith("peg.") and value}
    if not items:
        return
    if len(items) != 3 or not all(value.isdecimal() for value in items.values()):
        yield "peg", "All three questions are needed; a missing item gives no score."
        return
    form = {"on": on, "answers": {name: int(value) for name, value in items.items()}}
    before = (record.tree["given"].get("questionnaires") or {}).get("peg") or []
    joined = [*([before] if isinstance(before, dict) else before), form]
    yield "peg", {"given": {"questionnaires": {"peg": joined}}}


def _lists(given: Mapping[str, str], by: Actor, on: str) -> Iterator[tuple[str, Json | str]]:
    if given.get("indication"):
        yield "indication", {"given": {"indication": {"condition": given["indication"]}}}
    if given.get("goals", "").strip():
        yield "goals", {"given": {"goals": [given["goals"].strip()]}}
    failed = [
        {"treatment": given[f"failed.{place}"].strip(), "result": given.get(f"failed_result.{place}") or "no_benefit"}
        for place in range(6)
        if given.get(f"failed.{place}", "").strip()
    ]
    if failed:
        yield "failed_treatments", {"given": {"failed_treatments": failed}}
    if given.get("choice", "").strip():
        yield "choice", {"choice": {"reason": given["choice"].strip(), "by": by.name, "on": on}}


# Protocol and product


def choose(
    office: Office, case: str, by: Actor, *, expected: int, protocol: str = "", product: str = "", dose: str = "",
    why: str = "",
) -> Kept:  # fmt: skip
    """Choose the protocol, the product (``family|strength|content``) and, where one asks for another, the dose."""
    record = office.store.open(case)
    if protocol not in ("", record.tree.get("protocol", "oral-guideline")) or dose.strip():
        _check_before_plan(record, "Protocol and dose")
    if record.summary.plan:
        return _prepared(office, record, product, by, expected)
    changes: dict[str, Any] = {}
    if protocol:
        changes["protocol"] = protocol
        if protocol != record.tree.get("protocol", "oral-guideline") and not product:
            changes["product"] = None
    if product:
        changes["product"] = _product(product)
    if why.strip():
        changes["choice"] = {"reason": why.strip(), "by": by.name, "on": office.today.isoformat()}
    if dose.strip():
        changes["asked"] = {"dose": f"{dose.strip()} mg"}
    elif record.tree.get("asked"):
        changes["asked"] = None
    fault = _judged_fault(office, record, changes) if changes else ""
    if fault or differing(record.tree, changes) == record.tree:
        return Kept(None, {"": fault} if fault else {})
    return Kept(office.store.append(case, [office.draft(Kind.FACTS_RECORDED, {"set": changes}, by)], expected=expected))


def _product(written: str) -> Json:
    family, strength, content = (written.split("|") + ["", ""])[:3]
    return {"family": family, "strength": strength, "content": content}


def _prepared(office: Office, record: Record, product: str, by: Actor, expected: int) -> Kept:
    """While a plan is in force another product is prepared for the next signature; what was signed stays as it is."""
    if not product:
        return Kept(None)
    try:
        asked = _supply(office, record, product)
    except TitrantError as error:
        return Kept(None, {"": f"{error.fault} {error.repair}"})
    signed = record.summary.regimen
    made = asked.regimen(Dose(parse_decimal(signed["dose_mg"])), 1, 7)
    if made is None or plain(made.dose.mg) != signed["dose_mg"]:
        fault = f"{asked.name} cannot give the signed {signed['dose_mg']} mg. Choose a strength that can."
        return Kept(None, {"": fault})
    changes = {"next_product": None if asked.name == signed["product"] else _product(product)}
    if differing(record.tree, changes) == record.tree:
        return Kept(None)
    draft = office.draft(Kind.FACTS_RECORDED, {"set": changes}, by)
    return Kept(office.store.append(record.summary.case, [draft], expected=expected))


def prepared_supply(office: Office, record: Record) -> Supply | None:
    """The product that is prepared for the next signature; None where it stays as it is."""
    case = shape_case(record.tree, record.summary.person.name or record.summary.case)
    if case.next_product is None:
        return None
    return supply_of(case.next_product, office.library.protocols[case.protocol], office.library)


def _supply(office: Office, record: Record, product: str) -> Supply:
    """Raises CaseFileError for a product that the protocol of this plan does not use."""
    case = shape_case(differing(record.tree, {"next_product": _product(product)}), "product")
    return supply_of(case.next_product, office.library.protocols[case.protocol], office.library)
