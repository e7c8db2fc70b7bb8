"""What the response model says, as plain data and in a few lines for people. Its numbers are text with two decimals."""

from collections.abc import Iterator, Mapping
from functools import cache, partial
from typing import Any

from titrant.clinic.model import ModelSays
from titrant.clinic.saying import regimen_data
from titrant.explain.pages import bullet, heading
from titrant.explain.words import Words
from titrant.pathway.adjust import Adjustment
from titrant.terms.canonical import sha256_of
from titrant.terms.reason import Reason

Json = dict[str, Any]
_SAYS = {"lower": "try less", "hold": "hold", "none": "nothing against what the rules allow"}
_WARNING = "model_warning"


# For machines


def model_data(model: ModelSays, words: Words, by_rules: Adjustment | None = None) -> Json:
    """The ``model`` object of a review, or of an adjustment beside what the rules alone say (docs/case-file.md)."""
    said = {
        "outcome": model.outcome,
        "why": _reason(model.why, words) if model.why else None,
        "says": model.advice.say.value if model.advice else None,
        "reasons": [_reason(one, words) for one in (model.opinion.reason, *model.opinion.notes) if one],
        "rules_alone": _rules_alone(by_rules) if by_rules else None,
        "status": "proposal",
        "warning": {"code": _WARNING, "text": words.say(_WARNING, {})},
    }
    if model.found is None:
        return said
    return {**said, "numbers": _numbers(model.found), "diagnostics": _diagnostics(model.found), **_made_with()}


def _reason(one: Reason, words: Words) -> Json:
    return {
        "code": one.code, "rule": one.rule, "facts": one.facts, "source": one.source, "status": one.status.value,
        "text": words.say(one.code, one.facts),
    }  # fmt: skip


def _rules_alone(by_rules: Adjustment) -> Json:
    return {
        "outcome": by_rules.outcome.value,
        "action": by_rules.action.value if by_rules.action else None,
        "regimen": regimen_data(by_rules.regimen),
    }


def _numbers(found: Any) -> Json | None:
    """Every answer with its 90 % interval; None where there is none."""
    one, waiting = found.answers, found.waiting
    if one is None:
        return None
    return {
        "telling": one.telling.value,
        "chance_real": _text(one.chance_real),
        "chance_clear": _text(one.chance_clear),
        "relief_points": _estimate(one.relief_settled_points),
        "relief_now_points": _estimate(one.relief_now_points),
        "other_relief_points": _estimate(one.other_relief_points),
        "swing_points": _estimate(one.swing_points),
        "harm_days": _estimate(one.harm_days),
        "severe_chance": _text(one.severe_chance),
        "step": _step(one.step) if one.step else None,
        "lowest_dose": {
            "daily_mg": f"{one.lowest.daily_mg:g}",
            "chance": _text(one.lowest.chance),
            "learned": _text(one.lowest.learned),
        },
        "enough_data": {
            "in_days": waiting.days,
            "stopped": waiting.stopped,
            "share_telling": {str(day): _text(share) for day, share in waiting.share_telling.items()},
        },
    }


def _step(step: Any) -> Json:
    return {
        "daily_mg": f"{step.daily_mg:g}", "gain_points": _estimate(step.gain_points),
        "chance_of_gain": _text(step.chance_of_gain), "added_harm_days": _estimate(step.added_harm_days),
        "severe_chance": _text(step.severe_chance),
    }  # fmt: skip


def _diagnostics(found: Any) -> Json:
    """Of both halves of the model; what was not worked out is None."""
    posterior = found.posterior
    halves = {"pain": posterior.pain, "harm": posterior.harm}
    return {
        "stopped": posterior.stopped,
        "days": len(posterior.diary.pain_points),
        "scored_days": int(sum(pain == pain for pain in posterior.diary.pain_points)),
        "beyond": list(posterior.beyond),
        **{name: _half(draws) if draws else None for name, draws in halves.items()},
    }


def _half(draws: Any) -> Json:
    return {
        "method": draws.method, "usable": draws.usable, "pareto_k": _text(draws.pareto_k),
        "rhat": _text(draws.rhat), "effective_draws": f"{draws.effective:.0f}",
    }  # fmt: skip


@cache
def _made_with() -> Mapping[str, Json]:
    """What else the numbers rest on: the same diary gives the same bytes with the same of these."""
    from importlib.metadata import version

    from titrant.pkpd.shipped import tree

    file = tree("response.yaml", "response")
    return {
        "parameters": {"id": file["id"], "sha256": sha256_of(file)},
        "made_with": {name: version(name) for name in ("numpy", "scipy", "numba")},
    }


def _estimate(one: Any) -> Json:
    return {"mean": _text(one.mean), "low": _text(one.low), "high": _text(one.high)}


def _text(number: float) -> str | None:
    """Two decimals; None for what is no number. Minus nothing is nothing."""
    return None if number != number else f"{round(number, 2) + 0.0:.2f}"


# For people


def model_lines(model: ModelSays, words: Words, by_rules: Adjustment | None = None) -> Iterator[str]:
    """One short block. Nothing where the model was left out by choice."""
    if model.outcome == "left_out":
        return
    yield heading("The response model's opinion [proposal]")
    if model.outcome == "answered":
        yield bullet(words.say(_WARNING, {}), "!")
    if model.why is not None:
        yield bullet(words.say(model.why.code, model.why.facts))
    if model.advice is not None:
        yield bullet(f"It says: {_SAYS[model.advice.say.value]}. {_alone(by_rules)}".rstrip())
    if model.found is not None:
        yield from (bullet(text) for text in _sentences(model.found))


def _alone(by_rules: Adjustment | None) -> str:
    if by_rules is None or by_rules.action is None or by_rules.regimen is None:
        return ""
    return f"The rules alone: {by_rules.action.value.replace('_', ' ')}, {by_rules.regimen.dose} in each dose."


def _sentences(found: Any) -> Iterator[str]:
    one = found.answers
    if one is not None:
        asked = partial(_question, found.posterior.chosen)
        yield (
            f"Chance that this dose is a real response, and not swing, placebo or natural course: "
            f"{_percent(one.chance_real)} ({_TELLING[one.telling.value]}). Relief from the drug, kept up: "
            f"{_span(one.relief_settled_points)} points; own swing {one.swing_points.mean:.1f}."
        )
        if one.step is not None:
            yield (
                f"One more step, to {one.step.daily_mg:g} mg a day: gain {_span(one.step.gain_points)} points; added "
                f"days with a side effect of grade {asked('harm_grade'):g} or more in {asked('harm_window_days'):g} "
                f"days: {_span(one.step.added_harm_days)}; chance of one of grade {asked('severe_grade'):g} then "
                f"{_percent(one.step.severe_chance)}, now {_percent(one.severe_chance)}."
            )
        yield (
            f"Lowest dose that keeps {_percent(asked('benefit_kept'))} of the benefit: {one.lowest.daily_mg:g} mg a "
            f"day, with a chance of {_percent(one.lowest.chance)}; {_percent(one.lowest.learned)} of this was learned "
            "from the diary, the rest is assumed."
        )
        yield f"Enough data to tell: {_waiting(found.waiting)}."
    if found.posterior.pain is not None:
        yield _diagnosed(found)


def _question(chosen: Any, name: str) -> float:
    number: float = chosen["questions", name]
    return number


_TELLING = {"real": "real", "not_real": "not real", "not_yet": "cannot be told yet"}


def _waiting(waiting: Any) -> str:
    if waiting.days == 0:
        return "now"
    longest = max(waiting.share_telling, default=0)
    return f"not within {longest} days" if waiting.days is None else f"in about {waiting.days} days at this dose"


def _diagnosed(found: Any) -> str:
    halves = []
    for name, draws in (("pain", found.posterior.pain), ("side effects", found.posterior.harm)):
        if draws is not None:
            measure = f"Pareto k {_text(draws.pareto_k)}" if draws.rhat != draws.rhat else f"R-hat {draws.rhat:.3f}"
            halves.append(f"{name}: {draws.method}, {measure}, {draws.effective:.0f} effective draws")
    return f"Diagnostics: {'; '.join(halves)}. Stopped: {found.posterior.stopped}."


def _span(one: Any) -> str:
    low, mean, high = (round(value, 1) + 0.0 for value in (one.low, one.mean, one.high))
    return f"{mean:.1f} ({low:.1f} to {high:.1f})"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
