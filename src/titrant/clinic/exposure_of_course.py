"""The exposure that doses would give: those of the plan before a start, the signed and the proposed one after it."""

from typing import TYPE_CHECKING

from titrant.clinic.kept import Kept
from titrant.clinic.office import Office
from titrant.clinic.standing import Standing
from titrant.clinic.telling_forecast import case_name, chance_words, outside_mark
from titrant.explain.exposure_chart import Edge, Row
from titrant.terms.regimen import Regimen

if TYPE_CHECKING:  # the numbers room is loaded by the one who makes a forecast
    from titrant.pathway.simulate import Forecast

_MOST_KEPT = 32


def doses_of(standing: Standing) -> tuple[Regimen, ...]:
    """The signed dose and the proposed one of a running course; empty before a start."""
    if standing.followed is None:
        return ()
    decided = standing.followed.decided
    doses = (decided.review.level.regimen, decided.regimen)
    return tuple(dict.fromkeys(one for one in doses if one is not None))


class ForecastsKept:
    """Forecasts by everything that they rest on: the same record on the same day is not simulated twice."""

    def __init__(self) -> None:
        self._kept: Kept[tuple[Forecast | None]] = Kept(_MOST_KEPT)

    def of(self, office: Office, standing: Standing) -> "Forecast | None":
        """The forecast; None where the record has no case to forecast, or no dose."""
        record = standing.record
        key = (record.summary.case, record.version, standing.on, office.library, office.settings)
        found = self._kept.get(key) or self._kept.keep(key, (_made(office, standing),))
        return found[0]


def _made(office: Office, standing: Standing) -> "Forecast | None":
    from titrant.pathway.simulate import Asked

    doses = doses_of(standing)
    if standing.case is None or (standing.runs and not doses):
        return None
    minutes = standing.record.summary.person.hold_minutes
    asked = Asked(hold_h=minutes / 60) if minutes else Asked()
    found = office.desk.simulate(standing.case, asked, doses=doses)
    return found if found.levels else None


def rows_of(forecast: "Forecast") -> tuple[Row, ...]:
    """The peaks of ketamine of every dose and case."""
    return tuple(
        Row(
            f"{one.regimen.dose} × {one.regimen.times_per_day}{outside_mark(one)}",
            case_name(case, forecast),
            tuple(quantiles.values()),
            chance_words(one.exposure.chance_above[case], forecast),
        )
        for one in forecast.levels
        for case, quantiles in one.exposure.peak.items()
    )


def edge_of(forecast: "Forecast") -> Edge | None:
    """The edge that is counted; None where the model gives no levels that could be held against it."""
    band = forecast.band
    return None if forecast.why_uncounted else Edge(band.lowest, f"{band.text} from {band.lowest:g} ({band.source})")
