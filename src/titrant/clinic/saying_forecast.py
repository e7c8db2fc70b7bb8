"""What the desk says of a forecast to machines: the levels of a plan with their peaks and areas."""

from typing import TYPE_CHECKING, Any

from titrant.clinic.saying import reason_data, regimen_data
from titrant.explain.words import Words

if TYPE_CHECKING:  # the numbers room is loaded by the one who makes a forecast
    from titrant.pathway.simulate import Forecast, LevelForecast

Json = dict[str, Any]
STANDING = {"proposed": "proposed", "undecided": "would_be", "refused": "none"}


def forecast_data(forecast: "Forecast", words: Words) -> Json:
    """The whole forecast. ``standing`` says what the levels are: proposed, would_be, or none."""
    band, asked, plan = forecast.band, forecast.asked, forecast.plan
    return {
        "outcome": plan.outcome.value,
        "standing": STANDING[plan.outcome.value],
        "permission": False,
        "on": plan.on.isoformat(),
        "model": forecast.model.id,
        "status": forecast.model.status.value,
        "warnings": list(forecast.warnings),
        "notes": [reason_data(one, words) for one in forecast.notes],
        "reasons": [reason_data(one, words) for one in plan.reasons],
        "missing": [one.fact for one in plan.missing],
        "counted": {
            "what": "chance_above",
            "band": band.text,
            "above_ng_per_ml": band.lowest,
            "source": band.source,
            "status": band.status,
        },
        "added": forecast.added or None,
        "people": asked.people,
        "day": asked.days,
        "seed": asked.seed,
        "levels": [_level_data(one) for one in forecast.levels],
    }


def _level_data(one: "LevelForecast") -> Json:
    found = one.exposure
    return {
        "level": one.number,
        "regimen": regimen_data(one.regimen),
        "warnings": list(found.warnings),
        "cases": {
            case: {
                "chance_above": found.chance_above[case],
                "ketamine": {"cmax": _sizes("ng/mL", found.peak[case]), "auc_day": _sizes("ng·h/mL", found.area[case])},
                "norketamine": _metabolite(one, case),
            }
            for case in found.peak
        },
    }


def _metabolite(one: "LevelForecast", case: str) -> Json | None:
    found = one.exposure
    if case not in found.norketamine_peak:
        return None
    return {
        "cmax": _sizes("ng/mL", found.norketamine_peak[case]),
        "auc_day": _sizes("ng·h/mL", found.norketamine_area[case]),
    }


def _sizes(unit: str, quantiles: dict[str, float]) -> Json:
    return {"unit": unit, "quantiles": quantiles}
