"""Django's name for the pages."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "titrant.web"
    label = "web"

    def ready(self) -> None:
        """Listen for sign-ins, and let nothing start while an address has no row in the policy table."""
        from titrant.web import checks, sessions

        del checks, sessions
