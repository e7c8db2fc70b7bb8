"""A new patient, step by step to a plan that can be signed: person, questions, plan. Nothing is asked twice."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from titrant.clinic.acts.going_through import NEW_DRUGS, as_shown, listed
from titrant.clinic.acts.likeness import alike
from titrant.clinic.acts.starting import NewPerson, answer, choose, open_case, planned, prepared_supply, questions
from titrant.clinic.office import Office
from titrant.clinic.saying import known_data, plan_data
from titrant.clinic.start_questions import GROUPS, words_of
from titrant.explain.amounts import quantity_text, regimen_text
from titrant.fhir.import_bundle import case_from_bundle
from titrant.knowledge.shapes.protocols import Protocol
from titrant.pathway.case import Case
from titrant.pathway.deliver import Supply
from titrant.pathway.plan import Outcome, Plan
from titrant.pathway.supplying import SignedLevel, first_supply
from titrant.record.folding import Record
from titrant.terms.canonical import Json
from titrant.terms.errors import CaseFileError, NotNow, TitrantError
from titrant.terms.reading import Unreadable, read_json
from titrant.web.access import CARING, Reach, Route
from titrant.web.errors import refused
from titrant.web.wired import office

_BOTH = ("GET", "POST")
STEPS = (("start", "Person"), ("start_screen", "Questions"), ("start_plan", "Plan"), ("sign", "Sign"))
_FAILED_ROWS = tuple("012")
_OPEN_ROWS = 6  # rows for further medicines that are seen at once; the others unfold
_MOST_BYTES = 1_500_000  # of a bundle on a page, which sends it back once more with the person's word


def steps_of(here: str, case: str) -> list[dict[str, Any]]:
    """The steps of the flow for its head; those of a record that is not open yet have no address."""
    done = True
    found = []
    for name, label in STEPS:
        done = done and name != here
        url = reverse(name, args=[case]) if case and name != "start" else ""
        found.append({"label": label, "here": name == here, "done": done, "url": url})
    return found


def number_of(text: str) -> int:
    """The version that a form was shown with; what is no number was shown by no page, and is as old as can be."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 9 else 0


# Step 1: the person


def new_patient(request: HttpRequest) -> HttpResponse:
    here = office()
    visitor = request.visitor  # type: ignore[attr-defined]
    if request.method != "POST":
        return _person_page(request, here, {}, {})
    given = {name: str(value).strip() for name, value in request.POST.items()}
    try:
        imported, person = _imported(request, here, given)
    except TitrantError as error:
        return _person_page(request, here, given, {"bundle": f"{error.fault} {error.repair}"})
    if imported is not None and given.get("do") == "look":
        return _import_page(request, here, given, imported, person)
    new = _new_person(given)
    rows = alike(here, new.name, new.birth_date, new.number, visitor.sees_teams)
    if rows and not given.get("another"):
        fault = {"alike": "There is a record like this one."}
        return _person_page(request, here, given, fault, rows, imported, person)
    if imported is not None and not given.get("same_person") and not _same_name(person.get("name", ""), new.name):
        fault = {"name": f"The record that was handed over says “{person.get('name') or 'no name'}”."}
        return _import_page(request, here, given, imported, person, fault)
    if imported is not None and imported.given.patient.birth_date.isoformat() != new.birth_date:
        fault = {
            "birth_date": f"The record that was handed over is of somebody born {imported.given.patient.birth_date}."
        }
        return _import_page(request, here, given, imported, person, fault)
    team = given.get("team") or (visitor.teams[0] if len(visitor.teams) == 1 else "")
    kept = open_case(here, new, (team,) if team in visitor.teams else (), visitor.actor, imported)
    if kept.summary is None:
        return _person_page(request, here, given, kept.faults, (), imported, person)
    return HttpResponseRedirect(reverse("start_screen", args=[kept.summary.case]))


def _same_name(written: str, typed: str) -> bool:
    """Whether two spellings have the same words, in whatever order."""
    return sorted(written.casefold().replace(",", " ").split()) == sorted(typed.casefold().replace(",", " ").split())


def _new_person(given: dict[str, str]) -> NewPerson:
    return NewPerson(
        name=given.get("name", "")[:200], birth_date=given.get("birth_date", "")[:10],
        number=given.get("number", "")[:40], phone=given.get("phone", "")[:40],
        has_phone=not given.get("no_phone"), language=given.get("language") or "en",
        weight_kg=given.get("weight", "")[:10], indication=given.get("indication", ""), sex=given.get("sex", ""),
    )  # fmt: skip


def _imported(request: HttpRequest, here: Office, given: dict[str, str]) -> tuple[Case | None, dict[str, str]]:
    """The case in a bundle that was handed over, and who its record says that it is."""
    upload = request.FILES.get("bundle")
    text = upload.read(_MOST_BYTES + 1).decode("utf-8", "replace") if upload else given.get("bundle_text", "")
    if not text:
        return None, {}
    if len(text.encode()) > _MOST_BYTES:
        raise CaseFileError(
            "bundle", f"The file has more than {_MOST_BYTES:,} bytes; a page reads no larger one.",
            "While a large record is read, everybody else would wait.",
            "Export the record of one patient and of the years that matter, or use `titrant import` on the machine.",
        )  # fmt: skip
    try:
        tree = read_json(text.encode())
    except Unreadable as error:
        raise CaseFileError("bundle", f"The file cannot be read: {error.fault}.", "", error.repair) from None
    given["bundle_text"] = text
    return case_from_bundle(tree, here.library), _said_of(tree)


def _said_of(tree: Any) -> dict[str, str]:
    """Name and number as the record writes them, for a person to compare; nothing is decided on them."""
    patients = [
        one["resource"] for one in tree.get("entry") or []
        if isinstance(one, dict) and (one.get("resource") or {}).get("resourceType") == "Patient"
    ]  # fmt: skip
    names = (patients[0].get("name") or [{}]) if patients else [{}]
    name = names[0] if isinstance(names[0], dict) else {}
    numbers = (
        [one.get("value") for one in (patients[0].get("identifier") or []) if isinstance(one, dict)] if patients else []
    )
    written = name.get("text") or " ".join([*(name.get("given") or []), name.get("family") or ""])
    return {"name": str(written).strip()[:200], "number": str(next((one for one in numbers if one), ""))[:40]}


def _import_page(
    request: HttpRequest, here: Office, given: dict[str, str], imported: Case, person: dict[str, str],
    faults: dict[str, str] | None = None,
) -> HttpResponse:  # fmt: skip
    """What would be taken over and what would not, before anything is kept."""
    shown = {
        "name": person.get("name", ""), "number": person.get("number", ""),
        "birth_date": imported.given.patient.birth_date.isoformat(),
    } | {name: value for name, value in given.items() if value}  # fmt: skip
    return _person_page(request, here, shown, faults or {}, (), imported, person)


def _person_page(
    request: HttpRequest, here: Office, given: dict[str, str], faults: dict[str, str], rows: Any = (),
    imported: Case | None = None, person: dict[str, str] | None = None,
) -> HttpResponse:  # fmt: skip
    context = {
        "steps": steps_of("start", ""), "given": given, "faults": faults, "rows": rows, "imported": imported,
        "person": person or {}, "taken": _taken(imported), "today": here.today.isoformat(),
        "teams": request.visitor.teams,  # type: ignore[attr-defined]
        "conditions": sorted(
            ((name, one.title) for name, one in here.library.evidence.items()), key=lambda one: one[1]
        ),
    }  # fmt: skip
    return render(request, "titrant/start_person.html", context, status=422 if faults else 200)


def _taken(imported: Case | None) -> list[tuple[str, str]]:
    """What an import holds, for a person to read."""
    if imported is None:
        return []
    given = imported.given
    readings = {name: one if isinstance(one, str) else one[-1] for name, one in given.readings.items()}
    drugs = given.medications.drugs if given.medications else ()
    allergies = given.allergies.allergies if given.allergies else ()
    return [
        *((words_of(name), text) for name, text in sorted(readings.items())),
        *(("Medicine", one.name) for one in drugs), *(("Allergy", one.substance) for one in allergies),
        *(("Condition", words_of(name)) for name in sorted(given.conditions)),
    ]  # fmt: skip


# Step 2: the questions


def screen(request: HttpRequest, case: UUID) -> HttpResponse:
    here = office()
    faults: dict[str, str] = {}
    given: dict[str, str] = {}
    if request.method == "POST":
        given = {name: str(value) for name, value in request.POST.items()}
        try:
            expected = number_of(given.get("expected", ""))
            kept = answer(here, str(case), given, request.visitor.actor, expected=expected)  # type: ignore[attr-defined]
        except TitrantError as error:
            return refused(request, error)
        if not kept.faults:
            left = questions(here, here.store.open(str(case)))
            return HttpResponseRedirect(reverse("start_screen" if left else "start_plan", args=[case]))
        faults = kept.faults
    record = here.store.open(str(case))
    try:
        context = _screen_context(here, record, faults, given)
    except TitrantError as error:
        return refused(request, error)
    return render(request, "titrant/start_screen.html", context, status=422 if faults else 200)


def _screen_context(here: Office, record: Record, faults: dict[str, str], given: dict[str, str]) -> dict[str, Any]:
    plan = planned(here, record)
    open_ones = questions(here, record)
    groups = [
        {"code": code, "title": title, "questions": [one for one in open_ones if one.group == code]}
        for code, title in GROUPS
    ]
    return {
        **_common(here, record, "start_screen"), "groups": [one for one in groups if one["questions"]],
        "left": len(open_ones), "faults": faults, "given": given, "plan": plan_data(plan, here.desk.words),
        "stops": _stops(here, plan), "answered": _answered(here, plan),
        "drugs": sorted(here.library.drugs.drugs), "failed_rows": _FAILED_ROWS, **_lists(record.tree["given"], given),
    }  # fmt: skip


def _lists(held: Json, given: dict[str, str]) -> dict[str, Any]:
    """The drug list and the allergies as they stand, to be gone through row by row, and rows for what is new."""
    seen = {name: given.get(f"{name}.shown") == as_shown(held, name) for name in ("medications", "allergies")}
    drugs = [
        _drug_row(place, one, given if seen["medications"] else {})
        for place, one in enumerate(listed(held, "medications"))
    ]
    rows = [str(place) for place in range(NEW_DRUGS)]
    return {
        "shown": {name: as_shown(held, name) for name in seen}, "listed_drugs": drugs,
        "listed_allergies": [
            one | {"place": place, "off": seen["allergies"] and given.get(f"allergy_off.{place}")}
            for place, one in enumerate(listed(held, "allergies"))
        ],
        "ticked": {name: seen[name] and given.get(f"{name}.reviewed") for name in seen},
        "drug_rows": rows[:_OPEN_ROWS], "more_drug_rows": rows[_OPEN_ROWS:],
        "more_open": any(given.get(f"drug.{place}") for place in rows[_OPEN_ROWS:]),
    }  # fmt: skip


def _drug_row(place: int, one: dict[str, Any], given: dict[str, str]) -> dict[str, Any]:
    """A listed drug with what was typed in its row, or as it stands."""
    check = one.get("checked_by_hand")
    about = (
        one.get("route", ""), f"since {one['since']}" if one.get("since") else "",
        f"RxNorm {one['rxnorm']}" if one.get("rxnorm") else "", f"ATC {one['atc']}" if one.get("atc") else "",
        one.get("matched", ""), f"checked by hand: {check['by']}, {check['on']}" if check else "",
    )  # fmt: skip
    return {
        "place": place, "name": one["name"], "about": " · ".join(part for part in about if part),
        "dose": given.get(f"listed_dose.{place}", one.get("dose", "")),
        "times": given.get(f"listed_times.{place}", one.get("times_per_day", "")),
        "until": given.get(f"listed_until.{place}", one.get("until", "")), "off": given.get(f"listed_off.{place}"),
    }  # fmt: skip


def _common(here: Office, record: Record, step: str) -> dict[str, Any]:
    summary = record.summary
    return {
        "case": summary.case, "summary": summary, "person": summary.person, "version": record.version,
        "today": here.today.isoformat(), "steps": steps_of(step, summary.case),
    }  # fmt: skip


def _stops(here: Office, plan: Plan) -> list[str]:
    """What refuses a start already, whatever is answered further."""
    if plan.outcome is not Outcome.REFUSED:
        return []
    return [here.desk.words.say(one.code, one.facts) for one in plan.reasons]


def _answered(here: Office, plan: Plan) -> list[dict[str, str]]:
    """What is known already, and of which day, so that it is not asked again."""
    facts, rows = here.library.facts, []
    for name, known in sorted(plan.assessment.facts.items()):
        data = known_data(known)
        if known.on and name in facts:
            rows.append({"label": facts[name].label, "value": data["value"], "on": str(data["on"])})
    for name, one in sorted(plan.assessment.conditions.items()):
        row = here.library.conditions.get(name)
        rows.append({"label": row.title if row else words_of(name), "value": one.state.value, "on": str(one.on or "")})
    return rows


# Steps 3 to 5: protocol, product, calendar


def _nothing_planned(why: str) -> NotNow:
    return NotNow(
        "plan", why, "A dose shown here would be a proposal.", "The record, the questions and the diary work as always."
    )


def plan_page(request: HttpRequest, case: UUID) -> HttpResponse:
    here = office()
    faults: dict[str, str] = {}
    if here.no_proposals:
        return refused(request, _nothing_planned(here.no_proposals))
    if request.method == "POST":
        given = {name: str(value) for name, value in request.POST.items()}
        try:
            kept = choose(
                here, str(case), request.visitor.actor, expected=number_of(given.get("expected", "")),  # type: ignore[attr-defined]
                protocol=given.get("protocol", ""), product=given.get("product", ""), dose=given.get("dose", ""),
                why=given.get("why", ""),
            )  # fmt: skip
        except TitrantError as error:
            return refused(request, error)
        if not kept.faults:
            return HttpResponseRedirect(reverse("start_plan", args=[case]))
        faults = kept.faults
    record = here.store.open(str(case))
    try:
        context = _plan_context(here, record) | {"faults": faults}
    except TitrantError as error:
        return refused(request, error)
    return render(request, "titrant/start_plan.html", context, status=422 if faults else 200)


def _plan_context(here: Office, record: Record) -> dict[str, Any]:
    plan = planned(here, record)
    protocol, regimen = plan.protocol, plan.regimen or plan.would_be
    data, prepared = plan_data(plan, here.desk.words), prepared_supply(here, record)
    supply = first_supply(SignedLevel(plan.on, regimen), protocol, plan.on, plan.ends) if regimen else None
    return {
        **_common(here, record, "start_plan"), "plan": data, "protocol": protocol,
        "protocols": [
            {"id": one.id, "title": one.title, "chosen": one.id == protocol.id, "standing": one.status.value}
            for one in here.library.protocols.values()
        ],
        "products": _products(here, plan, prepared or plan.supply), "prepared": prepared,
        "in_force": record.summary.regimen, "regimen_text": regimen_text(regimen) if regimen else "",
        "bounds": _bounds(protocol), "numbers": _numbers(protocol),
        "supply": quantity_text(supply.quantity, supply.unit) if supply else "",
        "supply_days": supply.days if supply else 0, "ladder": data["ladder"],
        "due": _due_days(data),
        "risk": _risk(data), "asked": (record.tree.get("asked") or {}).get("dose", "").removesuffix(" mg"),
        "ready": plan.outcome is Outcome.PROPOSED, "left": len(plan.missing), "needs_choice": protocol.explicit_choice,
        "choice": (record.tree.get("choice") or {}).get("reason", ""),
    }  # fmt: skip


def _products(here: Office, plan: Plan, chosen: Supply) -> list[dict[str, Any]]:
    """Every product and strength of the protocol, with the start as it comes out of each."""
    from titrant.pathway.case import ProductChoice
    from titrant.pathway.deliver import supply_of

    wanted = plan.start.value if plan.start else None
    regimen = plan.regimen or plan.would_be
    rows = []
    for family in plan.protocol.products:
        for strength in here.library.products[family].strengths.values:
            supply = supply_of(ProductChoice(family=family, strength=strength), plan.protocol, here.library)
            dose = wanted if wanted is not None else regimen.dose if regimen else None
            made = supply.regimen(dose, regimen.times_per_day, regimen.days_per_week) if dose and regimen else None
            fits = made is not None and not supply.too_many(made.pieces)
            rows.append({
                "value": f"{family}|{strength}|", "name": supply.name, "chosen": supply.name == chosen.name,
                "gives": regimen_text(made) if made and fits else "", "fits": fits,
            })  # fmt: skip
    return rows


def _numbers(protocol: Protocol) -> list[dict[str, str]]:
    """The protocol's own numbers, each with its source."""
    start, step, trial = protocol.start, protocol.step, protocol.trial
    basis = start.fixed or start.by_weight
    return [
        {"label": label, "value": str(one.value), "source": one.source, "status": one.status.value}
        for label, one in (
            ("Start, each dose", basis), ("Times a day", start.times_per_day), ("Step, at most", step.by),
            ("Interval between steps", step.interval), ("Target: fall in pain", trial.benefit),
            ("Trial at a tolerated dose", trial.length), ("The plan ends after", trial.plan_ends_after),
        )
        if one is not None
    ]  # fmt: skip


def _bounds(protocol: Protocol) -> list[dict[str, str]]:
    """The two levels of limits: beyond the usual one a reason is asked, beyond the hard one the answer is no."""
    bounds = protocol.bounds
    return [
        {"what": "one dose at home", "usual": str(bounds.single.usual.value), "second": "",
         "hard": str(bounds.single.hard_home.value), "source": bounds.single.hard_home.source},
        *({"what": name, "usual": str(one.usual.value), "second": str(one.second_prescriber_above.value),
           "hard": str(one.hard.value), "source": one.hard.source}
          for name, one in (("a day", bounds.daily), ("a week", bounds.weekly))),
    ]  # fmt: skip


_GRADES = (
    ("stop", "stop", "stops"), ("specialist", "for a specialist", "for a specialist"),
    ("caution", "caution", "cautions"), ("not_checked", "not checked", "not checked"), ("note", "note", "notes"),
)  # fmt: skip


def _risk(data: dict[str, Any]) -> str:
    """The findings in one line, gravest first; what was not found is not said to be absent."""
    counts = [(sum(one["severity"] == grade for one in data["findings"]), one, many) for grade, one, many in _GRADES]
    said = ", ".join(f"{count} {one if count == 1 else many}" for count, one, many in counts if count)
    grave = any(count for count, one, _ in counts if one != "note")
    return f"{said}{'' if grave else '; the checks that ran found nothing graver'}" if said else "nothing was found"


def _due_days(data: dict[str, Any]) -> list[tuple[str, str]]:
    """The checks of the next weeks, those of one day on one line."""
    days: dict[str, dict[str, None]] = {}
    for one in data["monitoring"]:
        if one["phase"] != "baseline":
            days.setdefault(one["due"], {})[one["title"]] = None
    return [(day, ", ".join(titles)) for day, titles in list(days.items())[:8]]


ROUTES = (
    Route("patients/new/", new_patient, "start", CARING, methods=_BOTH),
    Route("patients/<uuid:case>/start/", screen, "start_screen", CARING, Reach.TEAM, _BOTH),
    Route("patients/<uuid:case>/start/plan/", plan_page, "start_plan", CARING, Reach.TEAM, _BOTH),
)
