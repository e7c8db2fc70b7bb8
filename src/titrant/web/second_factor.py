"""Six-digit codes of an authenticator app: each is taken once, by whichever worker sees it first."""

from datetime import datetime

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.db import transaction
from django.utils.crypto import constant_time_compare

from titrant.storage.models import Staff

_STEP_S = 30
_LAST = "last_step"  # in the data of the authenticator: codes of this step and before are spent


def has_second_factor(staff: Staff) -> bool:
    kinds = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
    return Authenticator.objects.filter(user_id=staff.pk, type__in=kinds).exists()


@transaction.atomic
def use_code(staff: Staff, code: str, now: datetime) -> bool:
    """Whether ``code`` is one of this half minute (or of a neighbour, for slow hands) that was not used before."""
    rows = Authenticator.objects.filter(user_id=staff.pk, type=Authenticator.Type.TOTP)
    row = rows.select_for_update().first()
    step = None if row is None else matching_step(get_adapter().decrypt(row.data["secret"]), code, now)
    if row is None or step is None or not row.data.get(_LAST, -1) < step:
        return False
    row.data[_LAST] = step
    row.save(update_fields=["data"])
    return True


def matching_step(secret: str, code: str, now: datetime) -> int | None:
    typed, middle = "".join(code.split()), int(now.timestamp()) // _STEP_S
    fitting = (s for s in (middle, middle - 1, middle + 1) if constant_time_compare(code_at(secret, s), typed))
    return next(fitting, None)


def code_at(secret: str, step: int) -> str:
    return format_hotp_value(hotp_value(secret, step))


def spend_steps(row: Authenticator, now: datetime) -> None:
    """Codes up to this half minute are spent: the one that set the app up does not sign in as well."""
    row.data[_LAST] = int(now.timestamp()) // _STEP_S
    row.save(update_fields=["data"])
