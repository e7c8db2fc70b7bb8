"""What every page may show: the clinic, who is signed in, and whether the patients are synthetic."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from titrant.web.navigation import navigation


def everywhere(request: HttpRequest) -> dict[str, Any]:
    return {
        "visitor": getattr(request, "visitor", None),
        "navigation": navigation(request),
        "nonce": getattr(request, "nonce", ""),
        "synthetic": settings.PLACE.is_demo,
    }
