"""First start: a code from the console makes the first administrator; then four questions about the clinic. And the
demo's one-click sign-in, which exists only for made-up staff of a made-up clinic."""

import uuid
from datetime import timedelta
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import perform_login
from allauth.account.models import Login
from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from titrant.clinic.acts.people import PACKS, change_settings
from titrant.storage.people import first_administrator, waits_for_first
from titrant.storage.throttle import Limit, wait_for, was_right
from titrant.terms.errors import TitrantError
from titrant.web.access import ADMINISTRATORS, EVERYBODY, Route
from titrant.web.accounts import demo_staff
from titrant.web.errors import not_found
from titrant.web.forms import password_field, shown_error
from titrant.web.reauth import wait_text
from titrant.web.wired import office


class FirstForm(forms.Form):
    code = forms.CharField(label="Set-up code", max_length=60, help_text="Printed once where the program was started.")
    name = forms.CharField(label="Your name", max_length=200)
    email = forms.EmailField(
        label="Your e-mail address", help_text="With which you sign in.",
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
    )  # fmt: skip
    password = password_field()


class ClinicForm(forms.Form):
    """The four questions: where, when, who, and who signs."""

    pack = forms.ChoiceField(label="1. In which country is the clinic?", choices=list(PACKS.items()))
    zone = forms.CharField(label="2. In which time zone?", help_text="As Europe/London or America/Chicago.")
    name = forms.CharField(label="3. What is the clinic called?", max_length=200)
    phone = forms.CharField(label="And on which number do patients call it?", max_length=40)
    signer = forms.CharField(
        label="4. Who will sign plans?", max_length=200,
        help_text="Name of the prescriber, whom you invite on the next page.",
    )  # fmt: skip


def set_up(request: HttpRequest) -> HttpResponse:
    if not waits_for_first():
        return not_found(request)
    form = FirstForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = _first(form)
        if made is not None:
            return perform_login(request, Login(user=made, redirect_url=reverse("set_up_clinic")))
    return render(request, "titrant/set_up.html", {"form": form})


def _first(form: FirstForm) -> Any:
    here, said, limit = office(), form.cleaned_data, Limit("set-up", free=10)
    wait = wait_for([limit], here.now())
    if wait > timedelta(0):
        form.add_error("code", f"Too many wrong tries. {wait_text(wait)}")
        return None
    try:
        made = first_administrator(here, said["code"], said["name"], said["email"], said["password"])
    except ValidationError as error:
        form.add_error("password", error)
    except TitrantError as error:
        shown_error(form, error)
    else:
        was_right(limit)
        return made
    return None


def set_up_clinic(request: HttpRequest) -> HttpResponse:
    here = office()
    now = {"pack": here.settings.pack, "zone": here.settings.zone, "phone": here.settings.phone}
    form = ClinicForm(request.POST or None, initial=now)
    if request.method == "POST" and form.is_valid():
        said = dict(form.cleaned_data)
        signer = said.pop("signer")
        try:
            change_settings(here, request.visitor.actor, said)  # type: ignore[attr-defined]
        except TitrantError as error:
            shown_error(form, error)
        else:
            request.session["signer"] = signer
            return HttpResponseRedirect(reverse("invite_person"))
    return render(request, "titrant/set_up_clinic.html", {"form": form})


def demo_sign_in(request: HttpRequest, staff: uuid.UUID) -> HttpResponse:
    """One click, for the made-up staff of the demo."""
    found = next((one for one in demo_staff() if one.pk == staff), None)
    if found is None:
        return not_found(request)
    if request.user.is_authenticated:
        get_adapter(request).logout(request)
    return perform_login(request, Login(user=found))


ROUTES = (
    Route("set-up/", set_up, "set_up", EVERYBODY, methods=("GET", "POST")),
    Route("set-up/clinic/", set_up_clinic, "set_up_clinic", ADMINISTRATORS, methods=("GET", "POST")),
    Route("account/demo/<uuid:staff>/", demo_sign_in, "demo_sign_in", EVERYBODY, methods=("POST",)),
)
