"""A record outside the care team, opened in an emergency: with a reason, for four hours, and announced to the team."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from titrant.clinic.acts.people import find_in_emergency, open_in_emergency
from titrant.storage.throttle import Limit, wait_for, was_right
from titrant.terms.errors import TitrantError
from titrant.web.access import CLINICAL, Reach, Route
from titrant.web.forms import shown_error
from titrant.web.reauth import wait_text
from titrant.web.wired import office


class EmergencyForm(forms.Form):
    number = forms.CharField(
        label="Record number", max_length=40, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    birth_date = forms.DateField(label="Day of birth", widget=forms.DateInput(attrs={"type": "date"}))
    reason = forms.CharField(
        label="Why it cannot wait", max_length=500, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="The care team and the auditor read this.",
    )  # fmt: skip


def emergency(request: HttpRequest) -> HttpResponse:
    form = EmergencyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        case = _opened(request, form)
        if case:
            messages.warning(request, "Opened for four hours. The care team is told, with your name and reason.")
            return HttpResponseRedirect(reverse("patient", args=[case]))
    return render(request, "titrant/emergency.html", {"form": form})


def _opened(request: HttpRequest, form: EmergencyForm) -> str:
    here, said, actor = office(), form.cleaned_data, request.visitor.actor  # type: ignore[attr-defined]
    limit = Limit(f"emergency:{actor.id}", free=10)  # nobody leafs through days of birth
    wait = wait_for([limit], here.now())
    if wait.total_seconds() > 0:
        form.add_error(None, f"Too many tries. {wait_text(wait)}")
        return ""
    try:
        case = find_in_emergency(here, said["number"], said["birth_date"].isoformat())
        open_in_emergency(here, actor, case, said["reason"])
    except TitrantError as error:
        shown_error(form, error)
        return ""
    was_right(limit)
    return case


ROUTES = (Route("emergency/", emergency, "emergency", CLINICAL, Reach.NONE, ("GET", "POST")),)
