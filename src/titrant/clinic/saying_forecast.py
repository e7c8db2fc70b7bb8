"""What the desk says of a forecast to machines: the levels of a plan with their peaks and areas."""

from typing import TYPE_CHECKING, Any

from titrant.clinic.saying import reason_data, regimen_data
from titrant.clinic.telling_forecast import chance_words, of_the_chance, rounded_chance
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
            "says": of_the_chance(band),
        }
        if not forecast.why_uncounted
        else None,
        "why_not_counted": forecast.why_uncounted or None,
        "added": forecast.added or None,
        "people": asked.people,
        "day": asked.days,
        "seed": asked.seed,
        "asked": _asked_data(forecast),
        "levels": [_level_data(one, forecast) for one in forecast.levels],
    }


def _asked_data(forecast: "Forecast") -> Json | None:
    """What went in of the person, the giving and the draw; null where the plan has no levels."""
    known, asked = forecast.known, forecast.asked
    if known is None:
        return None
    troche = forecast.levels[0].regimen.route == "troche"
    return {
        "age_years": known.person.age,
        "weight_kg": known.person.weight,
        "liver": known.liver_state or None,
        "drugs": list(known.drugs),
        "hold_h": asked.hold_h if troche else None,
        "people": asked.people,
        "day": asked.days,
        "seed": asked.seed,
    }


def _level_data(one: "LevelForecast", forecast: "Forecast") -> Json:
    found = one.exposure
    return {
        "level": one.number,
        "regimen": regimen_data(one.regimen),
        "warnings": list(found.warnings),
        "cases": {
            case: {
                **_chance_data(found.chance_above[case], forecast),
                "peak_too_low": case in forecast.peak_too_low,
                "ketamine": {"cmax": _sizes("ng/mL", found.peak[case]), "auc_day": _sizes("ng·h/mL", found.area[case])},
                "norketamine": _metabolite(one, case),
            }
            for case in found.peak
        },
    }


def _chance_data(share: float, forecast: "Forecast") -> Json:
    """A chance no more exact than is meant: a number from 0 to 1, and its words; null where it is not counted."""
    shown = None if forecast.why_uncounted else rounded_chance(share)
    return {"chance_above": shown, "chance_words": chance_words(share, forecast)}


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
