"""People of the clinic: who works here and may do what, invitations, changes, care teams, and the clinic's settings."""

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from titrant.clinic.acts.people import LANGUAGES, PACKS, PAPERS, RED_FLAG_MINUTES, change_settings
from titrant.record.clinic_settings import ClinicSettings
from titrant.record.events import Role
from titrant.storage.audit import changes_of_staff, teams_of_clinic
from titrant.storage.models import Staff
from titrant.storage.people import PersonAsked, accept, change, invite, invited_by, new_link
from titrant.terms.errors import TitrantError
from titrant.web.access import ADMINISTRATORS, EVERYBODY, STAFF, Route
from titrant.web.errors import not_found, refused
from titrant.web.forms import lines_of, password_field, shown_error
from titrant.web.wired import office

MAY = {
    Role.PRESCRIBER: "sees the patients of their teams, drafts and signs plans, stops and suspends, approves protocols",
    Role.NURSE: "sees the patients of their teams, prepares plans, reviews diaries; signs nothing",
    Role.PHARMACIST: "sees the patients of their teams, supplies what is signed, holds and asks back",
    Role.ADMINISTRATOR: "lets people in, sets up the clinic, takes it out as files; opens no patient's page",
    Role.AUDITOR: "reads every line of the record, changes nothing",
}
_ROLES = [(role.value, f"{role.value} — {MAY[role]}") for role in MAY]
_WEEKDAYS = list(enumerate(("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")))


class PersonForm(forms.Form):
    name = forms.CharField(max_length=200, help_text="As it stands on papers.")
    email = forms.EmailField(label="E-mail address", help_text="With which they sign in.")
    role = forms.ChoiceField(choices=_ROLES, widget=forms.RadioSelect)
    registration = forms.CharField(
        label="Registration number",
        required=False,
        max_length=60,
        help_text="Of a prescriber; printed on what they sign.",
    )
    teams = forms.CharField(
        label="Care teams", required=False, widget=forms.Textarea(attrs={"rows": 3}), help_text="One on each line."
    )

    def asked(self, *, is_active: bool = True) -> PersonAsked:
        said = self.cleaned_data
        return PersonAsked(
            name=" ".join(said["name"].split()), email=said["email"], role=Role(said["role"]),
            registration=said["registration"].strip(), teams=lines_of(said["teams"]), is_active=is_active,
        )  # fmt: skip


class ChangeForm(PersonForm):
    is_active = forms.BooleanField(
        label="May sign in", required=False, help_text="Without this mark they are out from this moment on."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].disabled = True


def people(request: HttpRequest) -> HttpResponse:
    context = {
        "staff": Staff.objects.prefetch_related("teams").order_by("-is_active", "name"),
        "roles": MAY, "teams": teams_of_clinic(), "changes": changes_of_staff(30),
        "questions_open": office().settings == ClinicSettings(),
        "may_change": request.visitor.actor.role is Role.ADMINISTRATOR,  # type: ignore[attr-defined]
    }  # fmt: skip
    return render(request, "titrant/people.html", context)


def invite_person(request: HttpRequest) -> HttpResponse:
    signer = request.session.get("signer", "")  # of the four questions at first start
    initial = {"name": signer, "role": Role.PRESCRIBER.value} if signer else {}
    form = PersonForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        request.session.pop("signer", None)
        try:
            staff, link = invite(office(), _actor(request), form.asked())
        except TitrantError as error:
            shown_error(form, error)
        else:
            return _link_page(request, staff, link)
    return render(request, "titrant/person.html", {"form": form, "teams": teams_of_clinic()})


def person(request: HttpRequest, staff: uuid.UUID) -> HttpResponse:
    found = Staff.objects.filter(pk=staff).first()
    if found is None:
        return not_found(request)
    now = {
        "name": found.name, "email": found.email, "role": found.role, "registration": found.registration,
        "is_active": found.is_active, "teams": "\n".join(one.team for one in found.teams.order_by("team")),
    }  # fmt: skip
    form = ChangeForm(request.POST or None, initial=now)
    if request.method == "POST" and form.is_valid():
        try:
            change(office(), _actor(request), staff, form.asked(is_active=form.cleaned_data["is_active"]))
        except TitrantError as error:
            shown_error(form, error)
        else:
            messages.success(request, f"Changed: {found.name}. It holds from now on, and is in the record.")
            return HttpResponseRedirect(reverse("people"))
    return render(request, "titrant/person.html", {"form": form, "person": found, "teams": teams_of_clinic()})


def person_link(request: HttpRequest, staff: uuid.UUID) -> HttpResponse:
    found = Staff.objects.filter(pk=staff).first()
    if found is None:
        return not_found(request)
    try:
        link = new_link(office(), _actor(request), staff)
    except TitrantError as error:
        return refused(request, error)
    return _link_page(request, found, link)


def invitation(request: HttpRequest, link: str) -> HttpResponse:
    """Where an invited person chooses a password; then they sign in with it and set up the second factor."""
    here = office()
    found = invited_by(link, here.now())
    if found is None:
        return render(request, "titrant/link_over.html", status=404)
    form = PasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            accept(here, link, form.cleaned_data["password"])
        except ValidationError as error:
            form.add_error("password", error)
        except TitrantError as error:
            return refused(request, error)
        else:
            messages.success(request, "The password is set. Sign in with it, then set up the second factor.")
            return HttpResponseRedirect(reverse("account_login"))
    return render(request, "titrant/invitation.html", {"form": form, "person": found.staff})


class PasswordForm(forms.Form):
    password = password_field()


_AS_TYPED = "Patients see this, in every language as you type it here."


class SettingsForm(forms.Form):
    name = forms.CharField(label="Name of the clinic", max_length=200)
    address = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 2}), max_length=400)
    phone = forms.CharField(required=False, max_length=40, help_text="Patients call it in working hours.")
    emergency_phone = forms.CharField(
        label="Emergency number", required=False, max_length=40,
        help_text="What a patient calls at once; empty: the number of the jurisdiction pack.",
    )  # fmt: skip
    on_call = forms.CharField(
        label="On call", required=False, max_length=100,
        help_text="Who answers outside hours, with the number. Patients see it beside the emergency number.",
    )  # fmt: skip
    zone = forms.CharField(
        label="Time zone", help_text="As Europe/London or America/Chicago. The clinic's day ends by it."
    )
    pack = forms.ChoiceField(
        label="Jurisdiction pack",
        choices=list(PACKS.items()),
        help_text="What is shown, logged and refused by law.",
    )
    manufacturer = forms.CharField(
        required=False, max_length=200,
        help_text="Of this software as a medical device, where the pack asks for one before anything is proposed.",
    )  # fmt: skip
    certificate = forms.CharField(label="Certificate", required=False, max_length=100, help_text="Its number.")
    check_monitoring = forms.BooleanField(
        label="Prescription monitoring is checked before signing",
        required=False,
        help_text="Without this mark an old check is only warned of, where the pack speaks of it.",
    )
    language = forms.ChoiceField(label="Language", choices=list(LANGUAGES.items()))
    paper = forms.ChoiceField(label="Paper", choices=[(one, one) for one in PAPERS])
    read_by = forms.CharField(label="Who reads diary entries", max_length=200, help_text=_AS_TYPED)
    read_when = forms.CharField(label="When they are read", max_length=200, help_text=_AS_TYPED)
    red_flag_to = forms.CharField(
        label="Red flags go to", required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="E-mail addresses, one on each line, in the order in which they are tried.",
    )  # fmt: skip
    red_flag_minutes = forms.IntegerField(
        label="Minutes to the next address", min_value=RED_FLAG_MINUTES[0], max_value=RED_FLAG_MINUTES[1],
        help_text="For how long one address has time to take a red flag before the next is tried: whole minutes, "
        f"{RED_FLAG_MINUTES[0]} to {RED_FLAG_MINUTES[1]} (a bound of this software).",
    )  # fmt: skip
    heads_to = forms.EmailField(
        label="Head of the record goes to", required=False, max_length=200,
        help_text="An e-mail address outside the clinic that keeps the daily head of the chain: only a head "
        "that was kept elsewhere shows that the record was cut off.",
    )  # fmt: skip
    closed_weekdays = forms.TypedMultipleChoiceField(
        label="Closed on", required=False, coerce=int, choices=_WEEKDAYS, widget=forms.CheckboxSelectMultiple,
        help_text="Patients see it beside when entries are read.",
    )  # fmt: skip
    engine_on = forms.BooleanField(
        label="Titrant proposes doses",
        required=False,
        help_text="Without this mark it is a recorder: it proposes nothing.",
    )

    def asked(self) -> dict[str, Any]:
        said = dict(self.cleaned_data)
        return said | {"red_flag_to": list(lines_of(said["red_flag_to"]))}


def clinic_settings(request: HttpRequest) -> HttpResponse:
    here = office()
    now = {name: getattr(here.settings, name) for name in SettingsForm.base_fields}
    form = SettingsForm(request.POST or None, initial=now | {"red_flag_to": "\n".join(here.settings.red_flag_to)})
    if request.method == "POST" and form.is_valid():
        try:
            change_settings(here, _actor(request), form.asked())
        except TitrantError as error:
            shown_error(form, error)
        else:
            messages.success(request, "Saved. It holds from the next page on, and is in the record.")
            return HttpResponseRedirect(reverse("clinic_settings"))
    return render(request, "titrant/clinic_settings.html", {"form": form})


def _link_page(request: HttpRequest, staff: Staff, link: str) -> HttpResponse:
    address = request.build_absolute_uri(reverse("invitation", args=[link]))
    return render(request, "titrant/link.html", {"person": staff, "address": address})


def _actor(request: HttpRequest) -> Any:
    return request.visitor.actor  # type: ignore[attr-defined]


_FORM = ("GET", "POST")
ROUTES = (
    Route("people/", people, "people", STAFF),
    Route("people/invite/", invite_person, "invite_person", ADMINISTRATORS, methods=_FORM),
    Route("people/<uuid:staff>/", person, "person", ADMINISTRATORS, methods=_FORM),
    Route("people/<uuid:staff>/link/", person_link, "person_link", ADMINISTRATORS, methods=("POST",)),
    Route("clinic/", clinic_settings, "clinic_settings", ADMINISTRATORS, methods=_FORM),
    Route("invitation/<str:link>/", invitation, "invitation", EVERYBODY, methods=_FORM),
)
