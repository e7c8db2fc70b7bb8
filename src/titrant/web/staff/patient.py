"""All pages of one patient for staff, as rows of the policy table."""

from titrant.web.access import Route
from titrant.web.staff import checks, exposure, patient_diary, patient_page, sessions, timeline

ROUTES: tuple[Route, ...] = (
    *patient_page.ROUTES, *checks.ROUTES, *sessions.ROUTES, *patient_diary.ROUTES, *timeline.ROUTES,
    *exposure.ROUTES,
)  # fmt: skip
