"""Joining and leaving: the link and the short code that enrol a phone, and signing out."""

import logging
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from titrant.clinic.acts.enrolling import enrol, revoke
from titrant.clinic.acts.phones import Phone, not_mine, phones_in, told_not_mine
from titrant.clinic.office import Office
from titrant.knowledge.shapes.phone import PhoneWords
from titrant.record.events import instant_text
from titrant.record.ports import NotFound
from titrant.storage.devices import Devices
from titrant.storage.throttle import Limit, tries_of, wait_for, was_right
from titrant.web.access import EVERYBODY, PATIENTS, Reach, Route
from titrant.web.accounts import network_of, wider_of
from titrant.web.phone.cookie import drop_cookie, set_cookie
from titrant.web.phone.own_page import is_own_form, without_token
from titrant.web.phone.pages import form_of_other, patient_of, wanted, words_of
from titrant.web.phone.shell import frame
from titrant.web.wired import office

# Guessing is hopeless, and no total shuts anybody out. There are 31 ** 8 = 8.5e11 codes, and one lives for a day. In
# that day an address has some 250 tries (5 free, then one in six minutes), a network of 256 addresses some 275 (30
# free). From 10,000 such networks that is 2.8 million tries: at 100 open codes, 1 : 3,000 that one is hit. Of a million
# addresses that are used once each, 1 : 8,500. While so many wrong codes come, an address has one free try in place of
# five: who types the right code at an address and in a network where nobody guesses gets in at once.
_FREE, _FREE_WHILE_MANY, _FREE_AROUND = 5, 1, 30
_MANY = 200  # wrong codes within an hour of the clock, wherever they come from
_NEVER = 1_000_000_000  # counted, and refused to nobody
_log = logging.getLogger("titrant.web")


def by_link(request: HttpRequest, token: str) -> HttpResponse:
    """One tap enrols. Looking at the page uses nothing up, because mail programs look at links."""
    here = office()
    words = wanted(here, request)
    if request.method == "POST":
        try:
            return _let_in(request, here, link=token)
        except NotFound:
            pass
    good = Devices().invited(link=token, now=instant_text(here.now())) is not None
    context = frame(words, good=good, hello=words.say("enrol_hello", clinic=here.settings.name))
    return render(request, "titrant/phone/enrol.html", context, status=200 if good else 404)


def by_code(request: HttpRequest) -> HttpResponse:
    """The short code of the letter; wrong ones are counted for the address and around it, and the wait grows."""
    here = office()
    words = wanted(here, request)
    limits = _limits(network_of(request), here.now())
    wait = wait_for(limits, here.now())
    if wait > timedelta(0):
        minutes = -(-int(wait.total_seconds()) // 60)
        return _welcome(request, here, words.say("enrol_wait", minutes=minutes), 429)
    try:
        answer = _let_in(request, here, code=request.POST.get("code", ""))
    except NotFound:
        return _welcome(request, here, words.say("enrol_bad"), 404)
    was_right(*limits)
    return answer


def _limits(network: str, now: datetime) -> list[Limit]:
    everybody = Limit(f"code:* {now:%Y-%m-%d %H}", _NEVER)
    tried = tries_of(everybody.key)
    if tried == _MANY:
        _log.warning("many wrong codes are typed: somebody may be guessing")
    free = _FREE_WHILE_MANY if tried >= _MANY else _FREE
    return [Limit(f"code:{network}", free), Limit(f"code:around:{wider_of(network)}", _FREE_AROUND), everybody]


def _let_in(request: HttpRequest, here: Office, *, link: str = "", code: str = "") -> HttpResponse:
    made = enrol(here, Devices(), link=link, code=code, label=request.headers.get("User-Agent", ""))
    answer = redirect("phone")
    set_cookie(answer, made.token)
    return answer


def _welcome(request: HttpRequest, here: Office, fault: str, status: int) -> HttpResponse:
    context = frame(wanted(here, request), clinic=here.settings.name, fault=fault)
    return render(request, "titrant/phone/welcome.html", context, status=status)


def this_phone(request: HttpRequest) -> HttpResponse:
    return _this_phone(request)


def _this_phone(request: HttpRequest, fault: str = "") -> HttpResponse:
    here, patient = office(), patient_of(request)
    assert patient is not None
    words = words_of(here, patient)
    found = phones_in(here, Devices(), patient.case)
    count = words.say("phone_count_one") if len(found) == 1 else words.say("phone_count_many", n=len(found))
    told = told_not_mine(here.store.summary(patient.case))
    phones = [_told(words, one, patient.actor.id, told) for one in found]
    context = frame(words, count=count, phones=phones, case=patient.case, fault=words.say(fault) if fault else "")
    return render(request, "titrant/phone/phone.html", context)


def _told(words: PhoneWords, phone: Phone, own: str, told: frozenset[str]) -> dict[str, Any]:
    day, other = words.date(phone.since[:10]), phone.id != own
    name = phone.invited_by.name if phone.invited_by else words.say("phone_clinic")
    text = words.say("phone_other_one", day=day, name=name) if other else words.say("phone_this_one", day=day)
    return {"id": phone.id, "other": other, "text": text, "told": other and phone.id in told}


@without_token
def stranger(request: HttpRequest, device: UUID) -> HttpResponse:
    """The patient says that another phone is not theirs; the page then says that the clinic was told."""
    patient = patient_of(request)
    assert patient is not None
    if not is_own_form(request, patient):
        return form_of_other(request)
    not_mine(office(), Devices(), patient.case, str(device), patient.actor)
    return redirect("phone_this")


@without_token
def out(request: HttpRequest) -> HttpResponse:
    """The patient lets this phone out; the page has wiped it before.

    An old page lets nobody else out: it is answered by the page of today, on which one more tap does.
    """
    here, patient = office(), patient_of(request)
    assert patient is not None
    if not is_own_form(request, patient):
        return _this_phone(request, "form_other")
    words = words_of(here, patient)
    revoke(here, Devices(), patient.case, patient.actor.id, patient.actor, "the patient signed out")
    answer = render(request, "titrant/phone/welcome.html", frame(words, out=True))
    drop_cookie(answer)
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


ROUTES = (
    Route("p/enrol/<str:token>/", by_link, "phone_enrol", EVERYBODY, methods=("GET", "POST")),
    Route("p/code/", by_code, "phone_code", EVERYBODY, methods=("POST",)),
    Route("p/phone/", this_phone, "phone_this", PATIENTS, Reach.OWN),
    Route("p/phone/<uuid:device>/not-mine/", stranger, "phone_not_mine", PATIENTS, Reach.OWN, ("POST",)),
    Route("p/out/", out, "phone_out", PATIENTS, Reach.OWN, ("POST",)),
)
