"""Checking the knowledge before anybody relies on it: references resolve, bounds are in order, codes fit.

Each fault says where, what, why and what to do. An empty list is the only good answer.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from importlib import resources
from typing import Any

from titrant.knowledge.codes import loinc_is_valid, snomed_is_valid
from titrant.knowledge.library import SHAPES, Library, shaped
from titrant.knowledge.own_files import review_date
from titrant.knowledge.own_rules import own_faults
from titrant.knowledge.shapes.common import Rule, Sourced, When
from titrant.knowledge.shapes.conditions import ConditionState
from titrant.knowledge.shapes.facts import Kind
from titrant.knowledge.shapes.jurisdictions import Point
from titrant.knowledge.shapes.phone import PLACE, TEMPLATE
from titrant.knowledge.shapes.products import Form
from titrant.knowledge.shapes.protocols import Protocol, TotalBounds
from titrant.terms.calendar import whole_days
from titrant.terms.errors import KnowledgeError
from titrant.terms.quantity import UNITS, Quantity
from titrant.terms.reason import Status

Faults = Iterator[str]


def faults(library: Library, on: date) -> list[str]:
    """Everything that is wrong with ``library`` on ``on``."""
    past = [*library.past_review(on, SHAPES), *_numbers_past_review(library, on)]
    return faults_of_form(library) + [_fault(path, "Its review date has passed.", "Review it.") for path in past]


def _numbers_past_review(library: Library, on: date) -> Iterator[str]:
    for path, tree in library.numbers.items():
        if not on <= review_date(tree, path):
            yield path


def faults_of_form(library: Library) -> list[str]:
    """Everything that is wrong with ``library`` on any day."""
    found: list[str] = []
    for path, tree in library.trees.items():
        try:
            shaped(tree, SHAPES[path.split("/")[0]], path)
        except KnowledgeError as error:
            found.append(_fault(error.place, error.fault, error.repair))
    found = found or list(_names(library))
    if found:
        return found  # what does not fit its shape, or is not found by its name, cannot be checked further
    checks: tuple[Callable[[Library], Faults], ...] = (
        _sources, _facts, _conditions_of_rules, _codes, _drug_codes, _interactions, _opioids, _rule_codes,
        _protocols, _following, _triage, _texts, _phone, _products, _numbers, _jurisdictions, own_faults,
    )  # fmt: skip
    for check in checks:
        found += check(library)
    return found


def _fault(place: str, fault: str, repair: str) -> str:
    return f"{place}: {fault} {repair}"


def _names(library: Library) -> Faults:
    """A file is called what its id says, and no id stands twice in one kind."""
    seen: Counter[tuple[str, str]] = Counter()
    for path, tree in library.trees.items():
        kind, _, rest = path.partition("/")
        name = rest.removesuffix(".yaml")
        expected = f"{tree['id']}/{tree['version']}" if kind == "protocols" else tree["id"]
        if name != expected and kind not in _ONE_FILE:
            yield _fault(path, f"Its id is {expected}.", "Name the file after its id.")
        seen[kind, str(expected)] += 1
    for (kind, name), number in seen.items():
        if number > 1:
            yield _fault(f"{kind}/{name}", f"{number} files have this id.", "Keep one.")


# Kinds of which one file holds everything; its name is free.
_ONE_FILE = ("drugs", "opioids", "wording")


def _sources(library: Library) -> Faults:
    """Every ``source`` and ``sources`` names a listed source; every clinical value has one, and a known status."""
    for path, tree in {**library.trees, **library.numbers}.items():
        for place, entry in _entries(tree, path):
            for name in [entry.get("source"), *(entry.get("sources") or [])] if "sources" not in path else []:
                if isinstance(name, str) and name.split("#")[0] not in library.sources:
                    yield _fault(place, f"The source {name!r} is not listed.", "Add it to sources/sources.yaml.")
            if entry.get("status") == "proposal" and "value" in entry and not entry.get("note"):
                yield _fault(place, "A proposal gives no reasoning.", "Say in 'note' why this value.")


def _entries(tree: Any, place: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(tree, dict):
        yield place, tree
        for key, value in tree.items():
            yield from _entries(value, f"{place}: {key}" if place.endswith(".yaml") else f"{place}.{key}")
    elif isinstance(tree, list):
        for number, value in enumerate(tree):
            yield from _entries(value, f"{place}[{number}]")


def _facts(library: Library) -> Faults:
    for name, kind in library.facts.items():
        place = f"facts: {name}"
        if kind.kind is Kind.WORD and not kind.words:
            yield _fault(place, "It lists no words.", "List every word that may be answered.")
        for word in filter(None, (kind.reassuring, kind.must_be)):
            if kind.words and word not in kind.words:
                yield _fault(place, f"{word!r} is not one of its words.", "Use a listed word.")
        if kind.unit and kind.unit not in UNITS:
            yield _fault(place, f"The unit {kind.unit!r} is not known.", "Use a unit of terms/quantity.py.")
        if kind.required and not kind.ask and kind.kind is not Kind.DERIVED:
            yield _fault(place, "It is required and has no question.", "Write 'ask'.")


def _whens(library: Library) -> Iterator[tuple[str, When]]:
    for name, condition in library.conditions.items():
        if condition.ask_when:
            yield f"conditions/{name}: ask_when", condition.ask_when
        for band in condition.bands:
            yield f"conditions/{name}: {band.code}", band.when
    for name, row in library.checks.items():
        for band in row.thresholds:
            yield f"monitoring/{name}: {band.code}", band.when
        for when in (row.baseline.when, *(due.when for due in row.due)):
            if when:
                yield f"monitoring/{name}", when
    for name, kind in library.facts.items():
        if kind.required_when:
            yield f"facts: {name}", kind.required_when
    for protocol in library.versions:
        for reduction in protocol.start.reductions:
            yield f"protocols/{protocol.id}/{protocol.version}: {reduction.code}", reduction.when
        for rule in protocol.following.rules if protocol.following else ():
            if rule.when:
                yield f"protocols/{protocol.id}/{protocol.version}: {rule.code}", rule.when


def _conditions_of_rules(library: Library) -> Faults:
    for place, when in _whens(library):
        for one in _comparisons(when):
            yield from _comparison(library, place, one)
    for name, row in library.checks.items():
        for fact in row.facts:
            if fact not in library.facts:
                yield _fault(f"monitoring/{name}", f"There is no fact {fact!r}.", "Use a listed fact.")


def _comparisons(when: When) -> Iterator[When]:
    if when.fact:
        yield when
    for part in (*when.all, *when.any):
        yield from _comparisons(part)


def _comparison(library: Library, place: str, one: When) -> Faults:
    kind = library.facts.get(one.fact)
    if kind is None:
        if not _worked_out_by_the_screen(library, one):
            yield _fault(place, f"There is no fact {one.fact!r}.", "Use a fact of facts/.")
        return
    if one.comparison in ("equals", "one_of"):
        for word in one.values or (one.value,):
            if kind.words and word not in kind.words:
                yield _fault(place, f"{one.fact} is never {word!r}.", f"Use one of {', '.join(kind.words)}.")
        return
    try:
        quantity = Quantity.parse(one.value)
    except ValueError as error:
        yield _fault(place, f"{error}.", "Write number and unit.")
        return
    if kind.unit and UNITS[kind.unit].dimension != quantity.dimension:
        yield _fault(
            place, f"{one.fact} is in {kind.unit}; {one.value} is a {quantity.dimension}.", "Correct the unit."
        )


def _worked_out_by_the_screen(library: Library, one: When) -> bool:
    """``condition.NAME`` takes a state, ``taking.INTERACTION`` takes yes or no."""
    kind, _, name = one.fact.partition(".")
    words = set(one.values or (one.value,))
    if kind == "condition":
        return name in library.conditions and words <= set(ConditionState)
    return kind == "taking" and name in library.interactions and words <= {"yes", "no"}


def _codes(library: Library) -> Faults:
    """LOINC mod-10 and SNOMED Verhoeff, wherever a code stands."""
    for name, kind in library.facts.items():
        yield from (_loinc(f"facts: {name}", code.code) for code in kind.loinc if not loinc_is_valid(code.code))
    for name, condition in library.conditions.items():
        for code in (*condition.coding.snomed, *condition.coding.snomed_past):
            if not snomed_is_valid(code.code):
                yield _snomed(f"conditions/{name}", code.code)
    for name, evidence in library.evidence.items():
        yield from (_snomed(f"evidence/{name}", one.code) for one in evidence.snomed if not snomed_is_valid(one.code))
    for name, product in library.products.items():
        if product.dose_form and not snomed_is_valid(product.dose_form.code):
            yield _snomed(f"products/{name}", product.dose_form.code)
    for name, form in library.questionnaires.items():
        codes = [form.panel, form.total, *(item.loinc for item in form.items)]
        yield from (_loinc(f"questionnaires/{name}", one.code) for one in codes if one and not loinc_is_valid(one.code))


def _loinc(place: str, code: str) -> str:
    return _fault(place, f"LOINC {code} fails its check digit.", "Look the code up.")


def _snomed(place: str, code: str) -> str:
    return _fault(place, f"SNOMED CT {code} fails its check digit.", "Look the code up.")


_ATC = re.compile(r"[A-Z]\d\d[A-Z]{2}\d\d")


def _drug_codes(library: Library) -> Faults:
    """No code names two drugs, and each has the form of its system."""
    by_code: dict[str, str] = {}
    for drug in library.drugs.drugs.values():
        for code in filter(None, (drug.rxcui, *drug.atc)):
            if by_code.setdefault(code, drug.name) != drug.name:
                yield _fault("drugs", f"The code {code} names {by_code[code]} and {drug.name}.", "Correct the table.")
            if not (code.isdigit() or _ATC.fullmatch(code)):
                yield _fault("drugs", f"{code} of {drug.name} is neither RxNorm nor ATC.", "Correct the table.")


def _interactions(library: Library) -> Faults:
    """Every class of the table is spoken of, and every name in an interaction file is in the table."""
    spoken = {name for one in library.interactions.values() for name in one.classes}
    for name in {name for drug in library.drugs.drugs.values() for name in drug.classes} - spoken - {"index-drug"}:
        yield _fault("interactions", f"No file speaks of the class {name!r}.", "Write one, even if it says none.")
    for one in library.interactions.values():
        for drug in one.drugs:
            if drug not in library.drugs.drugs:
                yield _fault(f"interactions/{one.id}", f"{drug!r} is not in the drug table.", "Correct the name.")
        for replaced in one.replaces:
            if replaced not in library.interactions:
                yield _fault(f"interactions/{one.id}", f"There is no file {replaced!r} to replace.", "Correct it.")


def _numbers(library: Library) -> Faults:
    """The files of the numbers room: their own shapes, a known status at every source, and ties that lead somewhere."""
    for path, tree in library.numbers.items():
        for place, entry in _entries(tree, path):
            gives_number = not set(entry) <= {"id", "source", "why"}
            if "source" in entry and gives_number and entry.get("status") not in tuple(Status):
                yield _fault(place, f"The status is {entry.get('status')!r}.", f"Use one of {', '.join(Status)}.")
        if "parameters" in tree:
            yield from _parameter_faults(path, tree)
    tree = library.numbers.get("pk/interactions.yaml", {})
    for name, number in Counter(row.get("interaction") for row in tree.get("drugs", {}).values()).items():
        if name not in library.interactions or number > 1:
            yield _fault("pk/interactions.yaml", f"{name!r} is no interaction file, or stands twice.", "Correct it.")
    for name in tree.get("added_in_forecast", {}).get("drugs", ()):
        if name not in tree["drugs"]:
            yield _fault("pk/interactions.yaml: added_in_forecast", f"{name!r} has no size here.", "Correct it.")


def _parameter_faults(path: str, tree: dict[str, Any]) -> Faults:
    from titrant.pkpd.parameters import parameter_set

    try:
        parameter_set(tree, path)
    except KnowledgeError as error:
        yield _fault(error.place, error.fault, error.repair)


def _opioids(library: Library) -> Faults:
    for factor in library.opioids.factors:
        if factor.drug not in library.drugs.drugs:
            yield _fault("opioids", f"{factor.drug!r} is not in the drug table.", "Correct the name.")


def _rules(library: Library) -> Iterator[Rule]:
    for condition in library.conditions.values():
        yield from (*condition.rules, *condition.bands)
    for row in library.checks.values():
        yield from row.thresholds
    for one in library.interactions.values():
        yield one.rule
    for combination in library.combinations.values():
        yield combination.rule


def _rule_codes(library: Library) -> Faults:
    for code, number in Counter(rule.code for rule in _rules(library)).items():
        if number > 1:
            yield _fault(code, f"{number} rules have this code.", "Give each rule its own.")


def _protocols(library: Library) -> Faults:
    for protocol in library.versions:
        place = f"protocols/{protocol.id}/{protocol.version}"
        wrong = [*_units(protocol)] or [*_order(protocol), *_within_the_limits(protocol)]
        yield from (_fault(place, fault, "Correct the numbers.") for fault in wrong)
        yield from (_fault(place, fault, "Correct the list.") for fault in _links(protocol, library))


def _units(protocol: Protocol) -> Iterator[str]:
    """Bounds are compared with each other and with doses, so each is written in the one unit of its kind."""
    bounds, start, step = protocol.bounds, protocol.start, protocol.step
    single = (bounds.single.usual, bounds.single.hard_home, bounds.single.hard_observed)
    masses = (*single, start.fixed, start.at_most, start.warn_at, step.by, step.by_when_reduced)
    written = [("mg", [one.value for one in masses if one] + [one.at_most for one in start.reductions])]
    written.append(("mg/kg", [one.value for one in (start.by_weight, start.at_most_by_weight) if one]))
    for unit, total in (("mg/day", bounds.daily), ("mg/week", bounds.weekly)):
        written.append((unit, [one.value for one in _rising(total)]))
    for unit, quantities in written:
        for quantity in quantities:
            if quantity.unit != unit or not quantity.value > 0:
                yield f"{quantity} stands where a number above 0 in {unit} is needed."
    supply = protocol.supply
    for one in (step.interval, step.interval_with_daily_contact, supply.titration, supply.maintenance):
        if one.value.dimension not in ("time", "calendar"):
            yield f"{one.value} stands where a length of time is needed."


def _rising(total: TotalBounds) -> list[Sourced[Quantity]]:
    return [total.usual, total.second_prescriber_above, total.hard, total.hard_with_specialist]


def _within_the_limits(protocol: Protocol) -> Iterator[str]:
    """No protocol may allow what no person may pass; the limits are part of the release."""
    bounds, supply, limits = protocol.bounds, protocol.supply, absolute_limits()
    allowed = (
        ("hard bound of a single dose at home", bounds.single.hard_home.value.value, "single_mg"),
        ("hard bound of an observed dose", bounds.single.hard_observed.value.value, "single_mg"),
        ("hard bound of a day", bounds.daily.hard_with_specialist.value.value, "daily_mg"),
        ("hard bound of a week", bounds.weekly.hard_with_specialist.value.value, "weekly_mg"),
        ("number of doses a day", bounds.times_per_day.value, "times_per_day"),
        ("supply during titration, in days,", whole_days(supply.titration.value), "supply_days"),
        ("supply afterwards, in days,", whole_days(supply.maintenance.value), "supply_days"),
    )
    for name, value, limit in allowed:
        if not 0 < value <= limits[limit]:
            yield f"The {name} is {value}; the release allows {limits[limit]}."


def absolute_limits() -> dict[str, Decimal]:
    """The limits that the last gate enforces, read as they lie in the release."""
    written = json.loads(resources.files("titrant.record").joinpath("absolute_limits.json").read_bytes())
    return {name: Decimal(one["value"]) for name, one in written.items() if isinstance(one, dict)}


def _products(library: Library) -> Faults:
    limits = absolute_limits()
    for name, product in library.products.items():
        most = limits["ml" if product.form is Form.SOLUTION else "pieces"]
        if not product.most_pieces.value <= most:
            yield _fault(f"products/{name}", f"'most_pieces' is above {most}, which the release allows.", "Lower it.")


def _order(protocol: Protocol) -> Iterator[str]:
    """Bounds nest, steps rise, the missed-dose ladder has neither gap nor overlap."""
    bounds, start = protocol.bounds, protocol.start
    single = [*([start.fixed] if start.fixed else []), start.at_most, bounds.single.hard_home]
    rising = [("single dose", [bounds.single.usual, bounds.single.hard_home]), ("start", single)]
    rising += [("day", _rising(bounds.daily)), ("week", _rising(bounds.weekly))]
    for name, values in rising:
        numbers = [one.value.value for one in values]
        if numbers != sorted(numbers):
            yield f"The bounds of a {name} do not rise: {', '.join(str(one.value) for one in values)}."
    if not 0 < start.times_per_day.value <= bounds.times_per_day.value:
        yield "The start has more doses a day than the protocol allows, or none."
    if any(not reduction.at_most.value <= start.at_most.value.value for reduction in start.reductions):
        yield "A reduction is above the start itself."
    if not whole_days(protocol.step.interval_with_daily_contact.value) <= whole_days(protocol.step.interval.value):
        yield "The interval with daily contact is longer than the one without."
    expected = 1
    for rung in protocol.missed_doses:
        lo, hi = rung.days_missed
        if lo != expected or not lo <= hi:
            yield f"The missed-dose ladder has a gap or an overlap at day {expected}."
        expected = hi + 1
    if sum(one.proposed for one in protocol.conversions) != (1 if protocol.from_parenteral else 0):
        yield "Exactly one conversion is proposed where clinic sessions set the start, none elsewhere."


def _links(protocol: Protocol, library: Library) -> Iterator[str]:
    for name in protocol.products:
        if name not in library.products:
            yield f"There is no product {name!r}."
        elif library.products[name].route != protocol.route:
            yield f"The product {name} is not taken by the route {protocol.route}."
    if protocol.default_product not in protocol.products:
        yield f"The default product {protocol.default_product!r} is not one of its products."
    elif protocol.default_strength not in library.products[protocol.default_product].strengths.values:
        yield f"The default strength {protocol.default_strength} is not made."
    for name in (*protocol.warnings, *(one for tier in protocol.tiers for one in tier.warnings)):
        if name not in library.disagreements.disagreements:
            yield f"There is no disagreement {name!r}."


def _following(library: Library) -> Faults:
    """Rules of following: each code once, and only findings that can be found."""
    known = {rule.code for rule in _rules(library)}
    for protocol in library.protocols.values():
        place = f"protocols/{protocol.id}/{protocol.version}"
        rules = protocol.following.rules if protocol.following else ()
        for code, number in Counter(rule.code for rule in rules).items():
            if number > 1:
                yield _fault(place, f"{number} rules of following have the code {code}.", "Give each its own.")
        for code in {code for rule in rules if rule.found for code in rule.found.codes} - known:
            yield _fault(place, f"No rule finds {code!r}.", "Correct the code.")


def _jurisdictions(library: Library) -> Faults:
    """Each point of law once, with what it needs to be judged, and no pack without a review within the year."""
    for name, pack in library.jurisdictions.items():
        place = f"jurisdictions/{name}"
        for code, number in Counter(rule.code for rule in pack.rules).items():
            if number > 1:
                yield _fault(place, f"{number} rules speak of {code}.", "Keep one.")
        for rule in pack.rules:
            dimensions = _POINTS.get(rule.code)
            if dimensions and (rule.value is None or UNITS[rule.value.unit].dimension not in dimensions):
                yield _fault(place, f"{rule.code} has no value in {' or '.join(dimensions)}.", "Give one.")
            if rule.code in (Point.PAPER_FIELDS, Point.PLAIN_DIRECTIONS) and not rule.words:
                yield _fault(place, f"{rule.code} lists no words.", "List them.")
            if rule.status is not Status.SOURCED and not rule.note:
                yield _fault(place, f"{rule.code} is {rule.status} without a note.", "Say in 'note' what is not sure.")


_POINTS = {
    Point.REFILLS: ("count",),
    Point.FILL_WITHIN: ("time", "calendar"),
    Point.SUPPLY_ADVISED: ("time",),
    Point.MONITORING_CHECK: ("time",),
}


def _phone(library: Library) -> Faults:
    """Every language of the phone has every word, with the same places to fill in, and none of its own."""
    whole = library.phone.by_id[TEMPLATE].words
    for name, language in library.phone.by_id.items():
        for word in sorted(whole.keys() ^ language.words.keys()):
            yield _fault(f"phone/{name}", f"The word {word!r} stands in one language only.", "Write it in each.")
        for word in sorted(whole.keys() & language.words.keys()):
            if set(PLACE.findall(whole[word])) != set(PLACE.findall(language.words[word])):
                yield _fault(f"phone/{name}: {word}", f"{TEMPLATE} fills in other facts.", "Use the same ones.")
            if not language.words[word].strip():
                yield _fault(f"phone/{name}: {word}", "It says nothing.", "Write it.")


def _triage(library: Library) -> Faults:
    """What the triage names is there: rules, findings, bands of pressure, lines that an outcome opens."""
    triage = library.triage
    rules = {rule.code for one in library.versions if one.following for rule in one.following.rules}
    bands = {band.code for band in library.conditions["blood_pressure"].bands}
    findings = {band.code for check in library.checks.values() for band in check.thresholds}
    findings |= {rule.code for one in library.conditions.values() for rule in (*one.bands, *one.rules)}
    for sign in triage.signs:
        for names, known in ((sign.covers, rules), (sign.bands, bands), (sign.findings, findings)):
            for name in set(names) - known:
                yield _fault(f"triage: {sign.code}", f"{name!r} is not there.", "Name a code that exists.")
    for outcome in triage.outcomes:
        if outcome.opens and outcome.opens not in {one.code for one in triage.lines}:
            yield _fault(f"triage: {outcome.code}", f"It opens {outcome.opens!r}, no line.", "Name a line.")
    for code, number in Counter(one.code for one in (*triage.signs, *triage.lines)).items():
        if number > 1:
            yield _fault(f"triage: {code}", f"{number} signs or lines have this code.", "Give each its own.")


def _texts(library: Library) -> Faults:
    names = Counter(one.id for page in library.texts.values() for one in page.texts)
    for name, number in names.items():
        if number > 1:
            yield _fault("texts", f"{number} texts are called {name!r}.", "Give each its own id.")
    for protocol in library.versions:
        if protocol.administration not in names:
            yield _fault(f"protocols/{protocol.id}", f"There is no text {protocol.administration!r}.", "Write it.")
    for product in library.products.values():
        if product.how_to and product.how_to not in names:
            yield _fault(f"products/{product.id}", f"There is no text {product.how_to!r}.", "Write it.")
