"""The exposure forecast, on an address of its own: it takes longer than the page that shows it."""

from typing import TYPE_CHECKING
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString, mark_safe

from titrant.clinic.exposure_of_course import ForecastsKept, edge_of, rows_of
from titrant.clinic.telling_forecast import of_the_chance, went_in
from titrant.explain.exposure_chart import Row, exposure_svg
from titrant.terms.errors import TitrantError
from titrant.web.access import CLINICAL, Reach, Route
from titrant.web.staff import patient_page
from titrant.web.wired import office

if TYPE_CHECKING:  # the numbers room is loaded by the one who makes a forecast
    from titrant.pathway.simulate import Forecast

_KEPT = ForecastsKept()


def exposure(request: HttpRequest, case: UUID) -> HttpResponse:
    """A page of its own, or with ``part`` the piece that the patient page takes in."""
    here = office()
    standing = patient_page.standing_now(here, case)
    context = {**patient_page.head(here, standing, "course"), "fault": None, "forecast": None}
    try:
        forecast = _KEPT.of(here, standing) if here.settings.engine_on else None
    except (TitrantError, ImportError) as error:
        forecast, context["fault"] = None, error
    if forecast is not None:
        rows = rows_of(forecast)
        context |= {
            "forecast": forecast,
            "rows": rows,
            "chart": _picture(rows, forecast),
            "went_in": went_in(forecast),
            "of_the_chance": forecast.why_uncounted or of_the_chance(forecast.band),
            "notes": [here.desk.words.say(one.code, one.facts) for one in forecast.notes],
        }
    page = "titrant/_exposure.html" if request.GET.get("part") else "titrant/exposure.html"
    return render(request, page, context)


def _picture(rows: tuple[Row, ...], forecast: "Forecast") -> SafeString:
    """Made by our own drawing alone, which escapes every word that it is given."""
    said = "Forecast of the highest levels; the same as a table below."
    return mark_safe(exposure_svg(rows, edge_of(forecast), "highest ketamine level, ng/mL", said))  # noqa: S308


ROUTES: tuple[Route, ...] = (
    Route("patients/<uuid:case>/exposure/", exposure, "exposure", CLINICAL, Reach.TEAM, in_emergency=("GET",)),
)
