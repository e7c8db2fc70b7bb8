"""The protocol pages: read as prose, compare, approve, withdraw, call back, try on virtual people."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from titrant.clinic.acts import protocols as acts
from titrant.clinic.dose_now import dose_now
from titrant.clinic.listing import paths_data
from titrant.clinic.office import Office
from titrant.clinic.reading import NOT_FOLLOWED, compared, not_followed, prose
from titrant.explain.words import rules
from titrant.knowledge.library import Approval, Approvals
from titrant.knowledge.shapes.protocols import Protocol, Standing
from titrant.record.events import Role
from titrant.record.summary import OpenTask, Summary
from titrant.terms.errors import NotAllowed, NotNow, TitrantError
from titrant.web import trials
from titrant.web.access import CLINICAL, PRESCRIBERS, Route, Visitor
from titrant.web.errors import not_found, refused
from titrant.web.reauth import confirmed, why_not
from titrant.web.wired import office

_READERS = CLINICAL | {Role.ADMINISTRATOR, Role.AUDITOR}
_SIGNERS = frozenset({Role.PRESCRIBER, Role.ADMINISTRATOR})


def protocols(request: HttpRequest) -> HttpResponse:
    """Every version that the clinic has, and how it stands."""
    here = office()
    versions = sorted(here.library.versions, key=lambda one: (one.id, -one.version))
    return render(request, "titrant/protocols.html", {"versions": [_standing(here, one) for one in versions]})


def _standing(here: Office, protocol: Protocol) -> dict[str, Any]:
    sha256 = here.library.protocol_sha256(protocol.id, protocol.version)
    return {
        "protocol": protocol,
        "sha256": sha256,
        "standing": here.library.standing(protocol).value,
        "in_use": here.library.in_use(protocol),
        "waiting": acts.waiting(here, protocol),
        "patients": len(here.store.patients_on(sha256)),
        "own": f"protocols/{protocol.id}/{protocol.version}.yaml" in here.library.own,
    }


def protocol(request: HttpRequest, name: str, version: int) -> HttpResponse:
    """One version, whole."""
    return _page(request, name, version)


def newest(request: HttpRequest, name: str) -> HttpResponse:
    """The version in use, else the newest."""
    found = office().library.protocols.get(name)
    return redirect("protocol", name=name, version=found.version) if found else not_found(request)


def _page(request: HttpRequest, name: str, version: int, error: TitrantError | None = None) -> HttpResponse:
    here = office()
    try:
        chosen = acts.version_of(here, name, version)
    except NotNow:
        return not_found(request)
    by = request.visitor.actor  # type: ignore[attr-defined]
    standing = _standing(here, chosen)
    waits, history = standing["waiting"], acts.acts(here, chosen)
    paths = paths_data(name, _as_in_use(here, chosen))
    context = {
        **standing,
        "error": error,
        "sections": prose(chosen),
        "paths": paths | {"starts": [one | {"why": _start_said(here, one)} for one in paths["starts"]]},
        "refusals": [(_said(here, one["code"]), _BARS[one["bars"]], one["source"]) for one in paths["refusals"]],
        "history": list(reversed(history)),
        "others": [one for one in here.library.versions if one.id == name and one.version != version],
        "may_approve": by.role is Role.PRESCRIBER and standing["standing"] != Standing.IN_USE.value and waits is None,
        "may_second": by.role in _SIGNERS and waits is not None and waits.by_id != by.id,
        "may_withdraw": by.role is Role.PRESCRIBER and (standing["standing"] == Standing.IN_USE.value or waits),
        **_touched(here, request.visitor, chosen),  # type: ignore[attr-defined]
        "rules": _rules(here, chosen, standing["sha256"], counted=bool(request.GET.get("counted"))),
        "counted": bool(request.GET.get("counted")),
        "trial": {"fewest": trials.FEWEST, "usual": trials.USUAL, "most": trials.MOST, "weeks": trials.WEEKS},
    }
    return render(request, "titrant/protocol.html", context, status=409 if error else 200)


def _said(here: Office, code: str) -> str:
    """What bars a start, as a sentence; where it speaks of a drug that a person takes, with the drugs it is about."""
    about = next((one.title for one in here.library.interactions.values() if one.rule.code == code), "")
    text = here.desk.words.say(code, {"drug": "it"} if about else {})
    return f"{about}: {text}" if about else text


def _start_said(here: Office, one: dict[str, Any]) -> str:
    """For whom a start is: the condition as the protocol has it, or the finding that limits it, as a sentence."""
    limiting = one["code"] in {rule.code for rule in rules(here.library)}
    return f"{_said(here, one['code'])} ({one['when']})" if limiting else one["when"]


_BARS = {"refuses": "no dose, whatever else is known", "until_settled": "no dose until it is settled"}


def _as_in_use(here: Office, chosen: Protocol) -> Any:
    """The knowledge with this very version as the one of its name, so that its paths can be listed before approval."""
    sha256 = here.library.protocol_sha256(chosen.id, chosen.version)
    approval = Approval(
        protocol=chosen.id, version=chosen.version, sha256=sha256, standing=Standing.IN_USE, approved_by="listing",
        on=here.today,
    )  # fmt: skip
    return here.library.with_approvals(Approvals(clinic="", synthetic=True, approvals=(approval,)))


def _touched(here: Office, visitor: Visitor, chosen: Protocol) -> dict[str, Any]:
    """Everybody whose plan or draft rests on it: one by one where the reader may see the record, else by care team.

    A count for each team is enough to reach everybody: each patient's task stands on the worklist of their own team.
    """
    rows, elsewhere = [], []
    for case in acts.patients_on(here, chosen):
        summary = here.store.summary(case)
        sees = visitor.sees_teams is None or bool(set(visitor.teams) & set(summary.teams))
        (rows if sees and visitor.actor.role is not Role.ADMINISTRATOR else elsewhere).append(summary)
    return {
        "touched": [_person(one, here.today, named=visitor.actor.role in CLINICAL) for one in rows],
        "elsewhere": list(_by_team(elsewhere)), "touched_count": len(rows) + len(elsewhere),
    }  # fmt: skip


def _person(one: Summary, today: date, *, named: bool) -> dict[str, Any]:
    """One patient; who reads every record by its number alone (an auditor) is told no name."""
    return {
        "case": one.case, "named": named, "name": one.person.name if named else "",
        "number": one.person.number if named else "", "state": one.state.value.replace("_", " "),
        "dose": dose_now(one, today).line if named else "", "draft": bool(one.draft),
        "task": next(iter(_recalls(one)), None),
    }  # fmt: skip


def _by_team(those: list[Summary]) -> Iterator[dict[str, Any]]:
    """How many of each other care team; a patient of several teams is counted once, under all their names."""
    teams = sorted({", ".join(sorted(one.teams)) for one in those})
    for team in teams:
        found = [one for one in those if ", ".join(sorted(one.teams)) == team]
        tasks = sum(bool(_recalls(one)) for one in found)
        yield {"team": team or "no care team", "count": len(found), "drafts": sum(bool(one.draft) for one in found),
               "tasks": tasks}  # fmt: skip


def _recalls(one: Summary) -> list[OpenTask]:
    return [task for task in one.tasks.values() if task.code == "protocol_withdrawn"]


def _rules(here: Office, chosen: Protocol, sha256: str, *, counted: bool) -> list[dict[str, Any]]:
    """Its rules of following; counted, which reads every signature, those first that prescribers followed least."""
    counts = not_followed(here.store.events_of(NOT_FOLLOWED), sha256) if counted else {}
    rules = chosen.following.rules if chosen.following else ()
    rows = [{"code": one.code, "action": one.action.value, "overridden": counts.get(one.code, 0)} for one in rules]
    return sorted(rows, key=lambda row: -int(str(row["overridden"])))


def compare(request: HttpRequest, name: str, version: int, other: int) -> HttpResponse:
    """Two versions side by side; what differs is marked."""
    here = office()
    try:
        one, two = acts.version_of(here, name, version), acts.version_of(here, name, other)
    except NotNow:
        return not_found(request)
    rows = compared(one, two)
    everything = bool(request.GET.get("all"))
    context = {
        "one": one, "two": two, "rows": [row for row in rows if row.differs or everything], "everything": everything,
        "differences": sum(row.differs for row in rows), "places": len(rows),
    }  # fmt: skip
    return render(request, "titrant/protocol_compare.html", context)


def protocol_act(request: HttpRequest, name: str, version: int, act: str) -> HttpResponse:
    """Approve, stand behind, withdraw or call back. Each signature asks once more who signs."""
    here, by, post = office(), request.visitor.actor, request.POST  # type: ignore[attr-defined]
    if act not in ("approve", "second", "withdraw", "recall"):
        return not_found(request)
    try:
        if act != "recall" and not confirmed(request):
            raise NotAllowed(
                "signature", why_not(request), "A signature says who signs, at the moment of signing.", "Try again."
            )
        if act == "approve":
            acts.approve(here, name, version, post.get("sha256", ""), by)
            messages.success(request, "Signed. It is in use once a second person stands behind it.", extra_tags="ok")
        elif act == "second":
            acts.second(here, name, version, post.get("sha256", ""), by)
            messages.success(request, "Signed. This version is in use.", extra_tags="ok")
        elif act == "withdraw":
            hold = post.get("hold") == "yes"
            touched = acts.withdraw(here, name, version, post.get("why", ""), by, hold_supplies=hold)
            messages.success(request, f"Withdrawn. {len(touched)} patients called back.", extra_tags="ok")
        else:
            _recall(here, name, version)
    except TitrantError as error:
        return _page(request, name, version, error)
    return redirect("protocol", name=name, version=version)


def _recall(here: Office, name: str, version: int) -> None:
    """Open what an interrupted withdrawal left open."""
    withdrawn = [one for one in acts.acts(here, acts.version_of(here, name, version)) if one.withdrawn]
    if withdrawn:
        acts.call_back(here, withdrawn[-1].number)


# Trials


def try_out(request: HttpRequest, name: str, version: int) -> HttpResponse:
    here = office()
    try:
        chosen = acts.version_of(here, name, version)
        typed = request.POST.get("patients", "")
        patients = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 6 else 0
        trial = trials.start(chosen.id, chosen.version, patients, here.today)
    except TitrantError as error:
        return refused(request, error)
    return redirect("protocol_trial", trial=trial)


# What is shown first of the answer; the rest stands below it.
_FIRST = ("responder_30", "relief_30", "stopped_harm", "taken_mg")


def protocol_trial(request: HttpRequest, trial: str) -> HttpResponse:
    """How a trial stands: progress, then the answer with the limits of the model in its first line."""
    from titrant.cohort.summing import MEASURES

    found = trials.state(trial)
    if found is None:
        return not_found(request)
    context: dict[str, Any] = {**found, "refresh": found["answer"] is None and not found["fault"]}
    if found["answer"]:
        arm = found["answer"]["arms"][0]
        rows = [{"measure": one, **arm["figures"][one.code]} for one in MEASURES]
        context |= {
            "about": found["answer"]["about"], "arm": arm,
            "first": [row for row in rows if row["measure"].code in _FIRST], "rows": rows,
        }  # fmt: skip
    return render(request, "titrant/protocol_trial.html", context)


def trial_chart(request: HttpRequest, trial: str) -> HttpResponse:
    found = trials.chart(trial)
    return HttpResponse(found, content_type="image/svg+xml") if found is not None else not_found(request)


ROUTES = (
    Route("protocols/", protocols, "protocols", _READERS),
    Route("protocols/trials/<slug:trial>/", protocol_trial, "protocol_trial", _READERS),
    Route("protocols/trials/<slug:trial>/chart.svg", trial_chart, "trial_chart", _READERS),
    Route("protocols/<slug:name>/", newest, "protocol_newest", _READERS),
    Route("protocols/<slug:name>/<int:version>/", protocol, "protocol", _READERS),
    Route("protocols/<slug:name>/<int:version>/against/<int:other>/", compare, "protocol_compare", _READERS),
    Route("protocols/<slug:name>/<int:version>/try/", try_out, "protocol_try", PRESCRIBERS, methods=("POST",)),
    Route("protocols/<slug:name>/<int:version>/<slug:act>/", protocol_act, "protocol_act", _SIGNERS, methods=("POST",)),
)
