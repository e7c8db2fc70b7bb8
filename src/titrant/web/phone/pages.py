"""The pages of the patient's phone: the diary, and beside it plan, course, messages, reminder and the phone itself."""

import uuid
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from msgspec import Struct
from msgspec.structs import replace

from titrant.clinic.acts import messages as said_to
from titrant.clinic.acts import patient_says
from titrant.clinic.acts.diary import keep_entry
from titrant.clinic.acts.harm import keep_harm
from titrant.clinic.acts.phones import added_text
from titrant.clinic.office import Office
from titrant.clinic.phone_day import local_day, local_now, phone_state, readers, signed_steps, zone_of
from titrant.knowledge.shapes.phone import PhoneWords
from titrant.record.events import Role
from titrant.record.ports import Conflict, Receipt, TooMany
from titrant.storage.devices import Devices
from titrant.terms.canonical import Json
from titrant.terms.errors import CaseFileError, NotNow
from titrant.web.access import EVERYBODY, PATIENTS, Reach, Route, Visitor
from titrant.web.phone.cookie import keep_cookie
from titrant.web.phone.own_page import is_own_form, without_token
from titrant.web.phone.plain_form import calls_of, entry_of, form_of, help_of, not_asked_today, plan_changed
from titrant.web.phone.shell import diary_page, frame
from titrant.web.phone.trend import trend_of
from titrant.web.wired import office


def patient_of(request: HttpRequest) -> Visitor | None:
    """The patient of the phone that asks; None for staff and for strangers."""
    visitor: Visitor | None = request.visitor  # type: ignore[attr-defined]
    return visitor if visitor is not None and visitor.actor.role is Role.PATIENT else None


def diary(request: HttpRequest) -> HttpResponse:
    """Today. A phone that nobody enrolled is told how to join."""
    here, patient = office(), patient_of(request)
    if patient is None:
        words = wanted(here, request)
        return render(request, "titrant/phone/welcome.html", frame(words, clinic=here.settings.name))
    Devices().seen(patient.actor.id, here.today.isoformat())
    state, words = _state(here, patient), words_of(here, patient)
    answer = diary_page(request, words, state, plain=form_of(words, state, local_now(here, patient.case)))
    keep_cookie(request, answer)
    return answer


def wanted(here: Office, request: HttpRequest) -> PhoneWords:
    """The language of the phone, where nobody is known yet."""
    for part in request.headers.get("Accept-Language", "").split(","):
        name = part.partition(";")[0].strip().partition("-")[0]
        if name in here.library.phone.by_id:
            return here.library.phone.by_id[name]
    return here.library.phone.of(here.settings.language)


def words_of(here: Office, patient: Visitor) -> PhoneWords:
    return here.library.phone.of(here.store.summary(patient.case).person.language)


def state(request: HttpRequest) -> HttpResponse:
    """What the phone keeps, encrypted: the signed doses of the next days, and what was written of the last."""
    patient = patient_of(request)
    assert patient is not None  # the policy lets nobody else in
    return JsonResponse(_state(office(), patient))


def _state(here: Office, patient: Visitor) -> Json:
    added = added_text(here, Devices(), patient.case, patient.actor.id, words_of(here, patient))
    return {**phone_state(here, patient.case), "phone_added": added}


def _page(request: HttpRequest, template: str, **more: Any) -> HttpResponse:
    here, patient = office(), patient_of(request)
    assert patient is not None
    words = words_of(here, patient)
    who, when = readers(here.settings, words)
    read_by = words.say("messages_not_urgent", who=who, when=when)
    return render(request, f"titrant/phone/{template}.html", frame(words, read_by=read_by, case=patient.case, **more))


def not_taken(request: HttpRequest) -> HttpResponse:
    """The answer to a form that may come from elsewhere: in the reader's language, with what to do in danger."""
    here, patient = office(), patient_of(request)
    words = words_of(here, patient) if patient else wanted(here, request)
    context = frame(words, fault=words.say("form_old"), help=help_of(words, entry_of(request.POST), ()))
    if patient:
        context |= {"case": patient.case, "calls": calls_of(words, phone_state(here, patient.case)["clinic"])}
    return render(request, "titrant/phone/kept.html", context, status=403)


def form_of_other(request: HttpRequest) -> HttpResponse:
    here, patient = office(), patient_of(request)
    assert patient is not None  # the policy lets nobody else in
    return _page(request, "kept", fault=words_of(here, patient).say("form_other"))


@without_token
def plan(request: HttpRequest) -> HttpResponse:
    here, patient = office(), patient_of(request)
    assert patient is not None
    if request.method == "POST":
        if not is_own_form(request, patient):
            return form_of_other(request)
        number = request.POST.get("plan", "")
        if number.isdecimal() and len(number) < 9:
            patient_says.confirm_plan(here, patient.case, int(number), patient.actor)
        return redirect("phone_plan")
    said = phone_state(here, patient.case)
    words = words_of(here, patient)
    shown = said["plan"]
    dates = {}
    if shown:
        ends = words.say("plan_ends", day=words.date(shown["ends"])) if shown["ends"] else ""
        dates = {"from_text": words.say("plan_from", day=words.date(shown["starts"])), "ends_text": ends}
    return _page(request, "plan", said=said, plan=shown, not_asked=not_asked_today(said), **dates)


def trend(request: HttpRequest) -> HttpResponse:
    here, patient = office(), patient_of(request)
    assert patient is not None
    record = here.store.open(patient.case)
    today = local_day(here, record.summary.person)
    found = trend_of(record.tree["given"].get("diary") or [], signed_steps(here, record), today)
    return _page(request, "trend", trend=found, unread=False)


@without_token
def messages(request: HttpRequest) -> HttpResponse:
    here, patient = office(), patient_of(request)
    assert patient is not None
    fault = text = ""
    if request.method == "POST":
        sent, text = request.POST.get("id", ""), request.POST.get("text", "")
        if not is_own_form(request, patient):
            return form_of_other(request)
        try:
            said_to.send(here, patient.actor, patient.case, text, str(uuid.UUID(sent)))
            return redirect("phone_messages")
        except TooMany:
            fault = "messages_too_many"
        except (NotNow, ValueError):
            fault = "messages_wrong"
    said_to.read_by_patient(here, patient.case, patient.actor)
    record = here.store.open(patient.case)
    zone = zone_of(here, record.summary.person)
    thread = [
        (one, f"{datetime.fromisoformat(one.at).astimezone(zone):%Y-%m-%d %H:%M}") for one in said_to.thread(record)
    ]
    said = words_of(here, patient).say(fault) if fault else ""
    return _page(request, "messages", thread=thread, id=str(uuid.uuid4()), fault=said, text=text)


@without_token
def plain(request: HttpRequest) -> HttpResponse:
    """A whole day written on one plain form, for a browser without scripts."""
    here, patient = office(), patient_of(request)
    assert patient is not None
    words, said = words_of(here, patient), phone_state(here, patient.case)
    entry = entry_of(request.POST)
    # Whoever wrote it: what to do at once is shown with any answer.
    danger = {
        "help": help_of(words, entry, said["asks"]["pressure_limits"]), "calls": calls_of(words, said["clinic"]),
    }  # fmt: skip
    if not is_own_form(request, patient):
        return _page(request, "kept", fault=words.say("form_other"), **danger)
    done = _keep_plain(here, patient, entry, request.POST.get("id", ""))
    receipt_text = words.say("receipt", number=done.receipt.number) if done.receipt else ""
    return _page(
        request, "kept", receipt_text=receipt_text, fault=words.say(done.fault, why=done.why) if done.fault else "",
        again=done.pressure_again, entry=entry, **danger, changed=plan_changed(request.POST, said),
        standing=said["status_text"] or not_asked_today(said),
        id=str(uuid.uuid4()),
    )  # fmt: skip


class _Done(Struct, frozen=True):
    """What became of a form: what is kept, what was wrong (as a word of the wording files), what is asked once more."""

    receipt: Receipt | None = None
    fault: str = ""
    why: str = ""
    pressure_again: bool = False


def _keep_plain(here: Office, patient: Visitor, entry: Json, client_id: str) -> _Done:
    """Keep a form; where it cannot be kept, what it says of harm. A wrong pressure is asked again and holds up nothing.

    A form that the browser showed once more is refused aloud: kept anew, its doses would be counted twice.
    """
    to = {"by": patient.actor, "received_at": here.now()}
    fault, why = "form_again", ""
    try:
        return _Done(keep_entry(here, patient.case, entry, client_id, **to))
    except Conflict:
        pass
    except NotNow:
        fault = "form_too_many"
    except CaseFileError as error:
        if error.place.startswith("diary entry: blood_pressure"):
            rest = {name: one for name, one in entry.items() if name != "blood_pressure"}
            kept = _keep_plain(here, patient, rest, client_id) if rest.keys() - {"day", "entered"} else _Done()
            return replace(kept, pressure_again=True)
        fault, why = "form_wrong", error.fault
    return _Done(keep_harm(here, patient.case, entry, client_id, **to), fault, why)


ROUTES = (
    Route("p/", diary, "phone", EVERYBODY),
    Route("p/state/", state, "phone_state", PATIENTS, Reach.OWN),
    Route("p/plan/", plan, "phone_plan", PATIENTS, Reach.OWN, ("GET", "POST")),
    Route("p/trend/", trend, "phone_trend", PATIENTS, Reach.OWN),
    Route("p/messages/", messages, "phone_messages", PATIENTS, Reach.OWN, ("GET", "POST")),
    Route("p/write/", plain, "phone_plain", PATIENTS, Reach.OWN, ("POST",)),
)
