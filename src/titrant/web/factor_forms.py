"""The library's forms for codes, with our own count of wrong tries and each code taken once by all workers."""

from datetime import timedelta
from typing import Any

from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.account.forms import ChangePasswordForm, LoginForm
from allauth.account.forms import ReauthenticateForm as ReauthenticatePasswordForm
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from django.core.exceptions import ValidationError

from titrant.storage.throttle import Limit, wait_for, was_right
from titrant.web.reauth import wait_text
from titrant.web.second_factor import matching_step, use_code
from titrant.web.wired import office


class _Code:
    """A code of the app, or one of the recovery codes."""

    user: Any
    cleaned_data: dict[str, Any]
    counted_as = "code"

    def clean_code(self) -> str:
        now, code = office().now(), self.cleaned_data["code"]
        limit = Limit(f"{self.counted_as}:{self.user.pk}")
        wait = wait_for([limit], now)
        if wait > timedelta(0):
            raise ValidationError(f"Too many wrong tries. {wait_text(wait)} A passkey works at once.")
        kind = Authenticator.Type.TOTP if use_code(self.user, code, now) else self._recovery(code)
        if kind is None:
            raise get_adapter().validation_error("incorrect_code")
        was_right(limit)
        self.authenticator = Authenticator.objects.get(user_id=self.user.pk, type=kind)
        return str(code)

    def _recovery(self, code: str) -> Any:
        row = Authenticator.objects.filter(user_id=self.user.pk, type=Authenticator.Type.RECOVERY_CODES).first()
        return row.type if row is not None and row.wrap().validate_code(code) else None


class _Plain:
    """No link to a reset by mail, which does not exist here: an administrator gives a new link."""

    fields: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.help_text = ""
            field.widget.attrs.pop("placeholder", None)


class SignInPassword(_Plain, LoginForm):
    pass


class ConfirmingPassword(_Plain, ReauthenticatePasswordForm):
    pass


class NewPassword(_Plain, ChangePasswordForm):
    """The old password is asked for, and counted like any other confirmation."""

    def clean_oldpassword(self) -> str:
        typed = str(self.cleaned_data["oldpassword"])
        if not get_account_adapter().reauthenticate(self.user, typed):
            raise ValidationError("That is not the present password.")
        return typed


class SignInCode(_Code, AuthenticateForm):
    pass


class ConfirmingCode(_Code, ReauthenticateForm):
    counted_as = "confirm"


class FirstCode(ActivateTOTPForm):
    """The first code of a new app; a phone's clock may be half a minute off."""

    def clean_code(self) -> str:
        code = str(self.cleaned_data["code"])
        if matching_step(self.secret, code, office().now()) is None:
            raise ValidationError("This code does not fit. Look at the clock of the phone, and type the newest code.")
        return code
