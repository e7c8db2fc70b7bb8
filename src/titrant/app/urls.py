"""All addresses, made from the policy table: what has no row there cannot be reached."""

from titrant.web.policy import urlpatterns

__all__ = ["urlpatterns"]
handler404 = "titrant.web.errors.not_found"
handler500 = "titrant.web.errors.fault"
handler403 = "titrant.web.errors.not_found"
handler400 = "titrant.web.errors.bad_request"
