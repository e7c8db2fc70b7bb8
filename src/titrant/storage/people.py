"""Staff: the first administrator, invitations, roles, teams. Each change and its line in the record are one write."""

import hashlib
import re
import secrets
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from msgspec import Struct

from titrant.clinic.acts.phones import Gone, inviter_gone
from titrant.clinic.office import Office
from titrant.clinic.opening import DEMO_PASSWORD
from titrant.record.events import CLINIC, POWERS, SYSTEM, Actor, Kind, Role, instant_of, instant_text
from titrant.storage.audit import opened_in_emergency
from titrant.storage.devices import Devices
from titrant.storage.models import SetUpCode, Staff, StaffInvitation, TeamMember
from titrant.terms.errors import NotAllowed, NotNow

LINK_HOLDS = timedelta(days=7)
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class PersonAsked(Struct, frozen=True, kw_only=True):
    """What an administrator may set of a member of staff."""

    name: str
    email: str
    role: Role
    registration: str = ""
    teams: tuple[str, ...] = ()
    is_active: bool = True


# First start


@transaction.atomic
def new_set_up_code() -> str | None:
    """A new code for the first administrator, to be shown once; None where there is staff already."""
    if Staff.objects.exists():
        return None
    code = "-".join(secrets.token_hex(3) for _ in range(4))
    SetUpCode.objects.update_or_create(id=1, defaults={"code_sha256": _sha256(code), "used_at": ""})
    return code


def waits_for_first() -> bool:
    """Whether the clinic has no staff yet."""
    return not Staff.objects.exists()


@transaction.atomic
def first_administrator(here: Office, code: str, name: str, email: str, password: str) -> Staff:
    """The one account that a set-up code makes. Raises NotAllowed for a wrong or spent code."""
    row = SetUpCode.objects.select_for_update().filter(id=1, used_at="").first()
    if row is None or Staff.objects.exists() or not secrets.compare_digest(row.code_sha256, _sha256(code.strip())):
        raise NotAllowed(
            "set-up code", "This is not the set-up code.", "The first account may let everybody else in.",
            "Copy the code that the program printed when it started; each start without staff prints a new one.",
        )  # fmt: skip
    staff = Staff(email=email.strip().lower(), name=name.strip(), role=Role.ADMINISTRATOR.value)
    _set_password(staff, password)
    staff.save()
    row.used_at = instant_text(here.now())
    row.save()
    body = {"staff": str(staff.pk), "name": staff.name, "role": staff.role, "by": "set-up code"}
    _append(here, Kind.STAFF_CHANGED, body, SYSTEM)
    return staff


# Invitations


@transaction.atomic
def invite(here: Office, by: Actor, asked: PersonAsked) -> tuple[Staff, str]:
    """A member of staff who cannot sign in yet, and the link with which they choose their password."""
    _check(asked)
    if Staff.objects.filter(email__iexact=asked.email).exists():
        raise NotNow("e-mail address", "Somebody of this clinic has this address.", "One person has one account.",
                     "Open that person's page, or use another address.")  # fmt: skip
    staff = Staff(
        email=asked.email.lower(), name=asked.name, role=asked.role.value, registration=asked.registration,
        is_active=False,
    )  # fmt: skip
    staff.set_unusable_password()
    staff.save()
    _set_teams(staff, asked.teams)
    body = {"staff": str(staff.pk), "name": staff.name, "role": staff.role, "teams": sorted(asked.teams)}
    _append(here, Kind.STAFF_INVITED, body, by)
    return staff, _new_link(staff, here.now())


@transaction.atomic
def new_link(here: Office, by: Actor, staff_id: uuid.UUID) -> str:
    """Another link for somebody who lost theirs, the password or the phone: the old ways in end at once."""
    staff = Staff.objects.select_for_update().get(pk=staff_id)
    _not_oneself(by, staff, "The own way in is changed under “My account”.")
    from allauth.mfa.models import Authenticator

    removed = sorted({one.type for one in Authenticator.objects.filter(user_id=staff.pk)})
    Authenticator.objects.filter(user_id=staff.pk).delete()
    staff.set_unusable_password()
    staff.save()
    StaffInvitation.objects.filter(staff=staff, used_at="").update(used_at=instant_text(here.now()))
    body = {"staff": str(staff.pk), "name": staff.name, "new_link": True, "factors_removed": removed}
    _append(here, Kind.STAFF_CHANGED, body, by)
    return _new_link(staff, here.now())


def invited_by(link: str, now: datetime) -> StaffInvitation | None:
    """The invitation of a link, while it holds."""
    row = StaffInvitation.objects.select_related("staff").filter(link_sha256=_sha256(link), used_at="").first()
    return row if row is not None and now <= instant_of(row.expires_at) else None


@transaction.atomic
def accept(here: Office, link: str, password: str) -> Staff:
    """The invited person chooses a password, once. Raises NotAllowed; ValidationError for a weak password."""
    StaffInvitation.objects.select_for_update().filter(link_sha256=_sha256(link)).first()
    row = invited_by(link, here.now())
    if row is None:
        raise NotAllowed("invitation", "This link holds no more, or was used.", "A link works once, for seven days.",
                         "Ask an administrator of the clinic for a new one.")  # fmt: skip
    staff = row.staff
    _set_password(staff, password)
    staff.is_active = True
    staff.save()
    row.used_at = instant_text(here.now())
    row.save()
    _append(here, Kind.STAFF_CHANGED, {"staff": str(staff.pk), "name": staff.name, "accepted": True}, SYSTEM)
    return staff


def can_act(staff_id: str, case: str, teams: Sequence[str], now: datetime) -> bool:
    """Whether this person still looks after ``case`` of ``teams``: by role and team, or let in by an emergency."""
    try:
        staff = Staff.objects.filter(pk=uuid.UUID(staff_id), is_active=True).first()
    except ValueError:
        staff = None
    if staff is None or staff.role not in POWERS[Kind.TASK_CLOSED]:
        return False
    of_team = TeamMember.objects.filter(staff=staff, team__in=teams).exists()
    return of_team or case in opened_in_emergency(staff_id, now)


# Changes


def people_by_id(wanted: Sequence[str]) -> dict[str, tuple[bool, frozenset[str]]]:
    """Of members of staff: whether they may sign in, and their care teams."""
    ids = {uuid.UUID(one) for one in wanted if _ID.fullmatch(one)}
    found = Staff.objects.filter(pk__in=ids).prefetch_related("teams")
    return {str(one.pk): (one.is_active, frozenset(each.team for each in one.teams.all())) for one in found}


@transaction.atomic
def change(here: Office, by: Actor, staff_id: uuid.UUID, asked: PersonAsked) -> Staff:
    """Set what an administrator may set of somebody else; it holds from the next request on."""
    _check(asked)
    staff = Staff.objects.select_for_update().get(pk=staff_id)
    before = _standing(staff)
    if (staff.role, staff.is_active) != (asked.role.value, asked.is_active):
        _not_oneself(by, staff, "Another administrator does that.")
        _not_the_last(staff, asked)
    staff.name, staff.role, staff.registration = asked.name, asked.role.value, asked.registration
    staff.is_active = asked.is_active
    staff.save()
    _set_teams(staff, asked.teams)
    after = _standing(staff)
    changes = {key: {"from": before[key], "to": after[key]} for key in after if before[key] != after[key]}
    if changes:
        _append(here, Kind.STAFF_CHANGED, {"staff": str(staff.pk), "name": staff.name, "changes": changes}, by)
    _phones_of(here, staff, before)
    return staff


def _phones_of(here: Office, staff: Staff, before: dict[str, Any]) -> None:
    """A phone that they invited goes on showing the diary when they may not: their former teams are told."""
    lost = frozenset(before["teams"]) - frozenset(_standing(staff)["teams"])
    out = before["active"] and not staff.is_active
    if out or lost:
        teams = frozenset(before["teams"]) - lost
        inviter_gone(here, Devices(), Gone(str(staff.pk), staff.name, teams, None if out else lost))


def _check(asked: PersonAsked) -> None:
    if asked.role not in (Role.PRESCRIBER, Role.NURSE, Role.PHARMACIST, Role.ADMINISTRATOR, Role.AUDITOR):
        raise NotAllowed("role", f"A {asked.role.value} is no member of staff.", "Patients have a way in of their own.",
                         "Choose one of the five roles of staff.")  # fmt: skip
    if asked.role is Role.PRESCRIBER and not asked.registration:
        raise NotNow("registration", "A prescriber needs a registration number.", "It is printed on what they sign.",
                     "Fill in the number by which they are registered.")  # fmt: skip


def _not_oneself(by: Actor, staff: Staff, repair: str) -> None:
    if by.id == str(staff.pk):
        raise NotAllowed("people", "Nobody changes their own role or disables themselves.",
                         "Else an administrator could become a prescriber with nobody knowing.", repair)  # fmt: skip


def _not_the_last(staff: Staff, asked: PersonAsked) -> None:
    stays = asked.role is Role.ADMINISTRATOR and asked.is_active
    others = Staff.objects.filter(role=Role.ADMINISTRATOR.value, is_active=True).exclude(pk=staff.pk)
    if staff.role == Role.ADMINISTRATOR.value and not stays and not others.exists():
        raise NotNow("people", "This is the only administrator.", "A clinic without one cannot let anybody in.",
                     "Invite another administrator first.")  # fmt: skip


def _standing(staff: Staff) -> dict[str, Any]:
    teams = sorted(TeamMember.objects.filter(staff=staff).values_list("team", flat=True))
    return {"name": staff.name, "role": staff.role, "registration": staff.registration, "active": staff.is_active,
            "teams": teams}  # fmt: skip


def _set_teams(staff: Staff, teams: Sequence[str]) -> None:
    TeamMember.objects.filter(staff=staff).exclude(team__in=teams).delete()
    for team in teams:
        TeamMember.objects.get_or_create(staff=staff, team=team)


def _set_password(staff: Staff, password: str) -> None:
    validate_password(password, staff)
    if password == DEMO_PASSWORD:
        raise ValidationError("This password is printed on the demo's sign-in page.")
    staff.set_password(password)


def _new_link(staff: Staff, now: datetime) -> str:
    link = secrets.token_urlsafe(32)
    StaffInvitation.objects.create(staff=staff, link_sha256=_sha256(link), expires_at=instant_text(now + LINK_HOLDS))
    return link


def _append(here: Office, kind: Kind, body: dict[str, Any], by: Actor) -> None:
    here.store.append(CLINIC, [here.draft(kind, body, by)], expected=None)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
