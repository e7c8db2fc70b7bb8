"""The patient's own hour for a reminder, and the calendar file that reminds without a network."""

from datetime import timedelta
from zoneinfo import available_timezones

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from titrant.clinic.acts.patient_says import check_hour
from titrant.clinic.acts.reminding import calendar
from titrant.clinic.phone_day import local_now
from titrant.storage.devices import Devices
from titrant.storage.models import Device
from titrant.terms.errors import CaseFileError
from titrant.web.access import PATIENTS, Reach, Route
from titrant.web.phone.own_page import is_own_form, without_token
from titrant.web.phone.pages import form_of_other, patient_of, words_of
from titrant.web.phone.push import offer
from titrant.web.phone.shell import frame
from titrant.web.wired import office

_USUAL = "20:00"


@without_token
def reminder(request: HttpRequest) -> HttpResponse:
    here, patient = office(), patient_of(request)
    assert patient is not None
    said, fault = "", ""
    if request.method == "POST":
        if not is_own_form(request, patient):
            return form_of_other(request)
        hour = "" if "off" in request.POST else request.POST.get("hour", "")
        try:
            Devices().remind(patient.actor.id, *check_hour(hour, request.POST.get("zone", "")))
            if not hour:
                Devices().unsubscribe(patient.actor.id)  # no reminder is none: neither by mail nor on this phone
            said = "reminder_saved"
        except CaseFileError as error:
            fault = error.fault
    one = Device.objects.get(id=patient.actor.id)
    words = words_of(here, patient)
    context = frame(
        words, hour=one.reminder_at or _USUAL, is_on=bool(one.reminder_at), fault=fault,
        zone=one.zone or here.settings.zone, own_zone=bool(one.zone), zones=sorted(available_timezones()),
        said=words.say(said) if said else "", push=offer(patient.actor.id),
        case=patient.case,
    )  # fmt: skip
    return render(request, "titrant/phone/reminder.html", context)


def calendar_file(request: HttpRequest) -> HttpResponse:
    here, patient = office(), patient_of(request)
    assert patient is not None
    one = Device.objects.get(id=patient.actor.id)
    first = local_now(here, patient.case).date() + timedelta(days=1)
    words = words_of(here, patient).say("calendar_word")
    text = calendar(words, one.reminder_at or _USUAL, first, f"diary-{one.id}@titrant.invalid", here.now())
    answer = HttpResponse(text, content_type="text/calendar; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="diary.ics"'
    return answer


ROUTES = (
    Route("p/reminder/", reminder, "phone_reminder", PATIENTS, Reach.OWN, ("GET", "POST")),
    Route("p/reminder/diary.ics", calendar_file, "phone_calendar", PATIENTS, Reach.OWN),
)
