"""The office that the application has opened: pages get store, knowledge, keys and clock from here, and only here."""

from typing import cast

from django.conf import settings
from django.utils.module_loading import import_string

from titrant.clinic.office import Office


def office() -> Office:
    """The office as it stands for this request: settings and approvals are those of this moment."""
    return cast(Office, import_string(settings.TITRANT_OFFICE)())
