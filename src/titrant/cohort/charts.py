"""Charts of a cohort: what became of everybody, the doses at the end, and how far the figures of two arms lie apart."""

from typing import Any

import numpy as np

from titrant.cohort.report import Arm
from titrant.cohort.shapes import ENDS
from titrant.cohort.summing import MEASURES, compared, values_of
from titrant.explain.charts import save

_WORDS = {
    "running": "on treatment", "left": "left without a word", "plan_over": "plan ended",
    "no_benefit": "stopped, no benefit", "harm": "stopped for harm", "missed": "stopped, doses missed",
    "not_resumed": "not resumed after a pause", "not_started": "not started",
}  # fmt: skip
_INK, _SECOND, _WIDE, _BIN_MG = "#1f4e79", "#b3541e", 560, 15


def draw(arms: list[Arm], path: str) -> None:
    """Write the picture to a .svg, .png or .html file."""
    import altair as alt

    panels = [_ends(alt, arms), _doses(alt, arms)]
    if len(arms) == 2:
        panels.append(_apart(alt, arms))
    lines = [f"{chr(65 + k)}: {arm.name}, {arm.started:,} started, {arm.question.weeks} weeks, "
             f"world {arm.question.world}" for k, arm in enumerate(arms)]  # fmt: skip
    title = alt.TitleParams(
        "Virtual cohort", subtitle=[*lines, "Assumptions made visible, not evidence."], anchor="start"
    )
    chart = alt.vconcat(*panels, spacing=24).properties(title=title, padding=14)
    save(
        chart.configure_view(stroke="#999").configure_axis(gridColor="#e6e6e6", labelFontSize=11, labelLimit=400), path
    )


def _letter(arms: list[Arm], k: int) -> str:
    return f"{chr(65 + k)} {arms[k].question.policy}" if len(arms) == 2 else arms[k].question.policy


def _ends(alt: Any, arms: list[Arm]) -> Any:
    rows = []
    for k, arm in enumerate(arms):
        started = arm.rows[arm.rows["started"] == 1]
        for place, code in enumerate(ENDS):
            share = 100.0 * float((started["ended"] == place).mean()) if len(started) else 0.0
            if code != "not_started":
                rows.append({"arm": _letter(arms, k), "end": _WORDS[code], "share": round(share, 2)})
    order = [_WORDS[code] for code in ENDS if code != "not_started"]
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        y=alt.Y("end:N", sort=order, title=None), yOffset=alt.YOffset("arm:N"),
        x=alt.X("share:Q", title="share of those started (%)"),
    )  # fmt: skip
    bars = base.mark_bar().encode(color=_colour(alt, arms))
    words = base.mark_text(align="left", dx=3, fontSize=10).encode(text=alt.Text("share:Q", format=".1f"))
    return (bars + words).properties(width=_WIDE, height=alt.Step(16), title="What became of them")


def _colour(alt: Any, arms: list[Arm]) -> Any:
    names = [_letter(arms, k) for k in range(len(arms))]
    scale = alt.Scale(domain=names, range=[_INK, _SECOND][: len(names)])
    return alt.Color("arm:N", scale=scale, title=None, legend=alt.Legend(orient="top") if len(names) > 1 else None)


def _doses(alt: Any, arms: list[Arm]) -> Any:
    rows = []
    for k, arm in enumerate(arms):
        doses = values_of(arm.rows, "final_mg")
        doses = doses[np.isfinite(doses)]
        for place, count in zip(*np.unique(np.ceil(doses / _BIN_MG), return_counts=True), strict=True):
            share = 100.0 * int(count) / max(len(doses), 1)
            rows.append({"arm": _letter(arms, k), "place": int(place), "dose": _bin(int(place)), "share": share})
    order = [_bin(place) for place in sorted({row["place"] for row in rows})]
    title = "daily dose at the end, of those on treatment (mg, up to and with the upper number)"
    return (
        alt.Chart(alt.InlineData(values=rows))
        .mark_bar()
        .encode(
            x=alt.X("dose:N", sort=order, title=title, axis=alt.Axis(labelAngle=0)),
            y=alt.Y("share:Q", title="share (%)"),
            xOffset=alt.XOffset("arm:N"),
            color=_colour(alt, arms),
        )
        .properties(width=_WIDE, height=160, title="Doses")
    )


def _bin(place: int) -> str:
    return "paused" if place == 0 else f"{(place - 1) * _BIN_MG}-{place * _BIN_MG}"


def _apart(alt: Any, arms: list[Arm]) -> Any:
    """Each difference in units of its own Monte Carlo error: which of them are more than chance."""
    found = compared(arms[0].rows, arms[1].rows)
    rows = [
        {"what": one.title, "times": found[one.code].mean / found[one.code].error, "zero": 0.0}
        for one in MEASURES
        if found[one.code].error > 0
    ]
    base = alt.Chart(alt.InlineData(values=rows)).encode(y=alt.Y("what:N", sort=None, title=None))
    x = alt.X("times:Q", title="B less A, in standard errors of this simulation (beyond 2: hardly chance)")
    sticks = base.mark_rule(color=_INK, strokeWidth=2).encode(x=x, x2="zero:Q")
    dots = base.mark_point(color=_INK, filled=True, size=50).encode(x=x)
    edges = alt.Chart(alt.InlineData(values=[{"e": -2}, {"e": 2}])).mark_rule(strokeDash=[4, 4], color=_SECOND)
    return (edges.encode(x="e:Q") + sticks + dots).properties(width=_WIDE, height=alt.Step(18), title="Differences")
