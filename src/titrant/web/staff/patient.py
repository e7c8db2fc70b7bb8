"""All pages of one patient for staff, as rows of the policy table."""

from titrant.web.access import Route
from titrant.web.staff import checks, patient_page

ROUTES: tuple[Route, ...] = (*patient_page.ROUTES, *checks.ROUTES)
