"""The cookie by which the clinic knows a phone: for the phone's own pages, out of reach of scripts and other sites."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from titrant.web.middleware import DEVICE_COOKIE, PHONE_PATH

_AGE = 400 * 24 * 60 * 60  # the longest that browsers keep one; each visit begins it anew


def set_cookie(answer: HttpResponse, token: str) -> None:
    answer.set_cookie(
        DEVICE_COOKIE, token, max_age=_AGE, path=PHONE_PATH, httponly=True, samesite="Strict",
        secure=settings.BEHIND_PROXY,
    )  # fmt: skip


def keep_cookie(request: HttpRequest, answer: HttpResponse) -> None:
    set_cookie(answer, request.COOKIES[DEVICE_COOKIE])


def drop_cookie(answer: HttpResponse) -> None:
    answer.delete_cookie(DEVICE_COOKIE, path=PHONE_PATH, samesite="Strict")
