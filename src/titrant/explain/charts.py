"""Pictures of exposure: lists of plain numbers in, one chart definition out, readable in black and white.

A chart says what model it comes from and how sure that model is. Altair is loaded only when a picture is made.
"""

import math
from dataclasses import dataclass, field
from typing import Any

_INK, _SECOND = "#1b1b1b", "#7a4100"
_WIDE, _HIGH = 640, 220
_LONGEST_CAPTION, _LONGEST_TITLE = 126, 88
_SHAPES = ["circle", "triangle-down", "triangle-up", "square"]


@dataclass(frozen=True)
class Curve:
    """One output over time: typical line, or median with 50 % and 90 % bands. Values in ``unit``."""

    name: str
    unit: str
    times_h: list[float]
    middle: list[float]
    inner: tuple[list[float], list[float]] | None = None
    outer: tuple[list[float], list[float]] | None = None


@dataclass(frozen=True)
class Band:
    """A band of effect behind a curve, with its words."""

    lowest: float
    highest: float
    text: str


@dataclass(frozen=True)
class Picture:
    """What one exposure chart shows. ``bands`` belong to the output named first."""

    title: str
    caption: list[str]
    curves: list[Curve]
    dose_times_h: list[float] = field(default_factory=list)
    bands: list[Band] = field(default_factory=list)


def exposure_chart(picture: Picture) -> Any:
    """The Altair chart of ``picture``: one panel for each output, time in hours or days below."""
    import altair as alt

    end_h = max(curve.times_h[-1] for curve in picture.curves)
    scale, unit = (24.0, "days") if end_h > 72 else (1.0, "h")
    panels = [
        _panel(alt, curve, picture, scale, f"time ({unit})", first=number == 0)
        for number, curve in enumerate(picture.curves)
    ]
    title = alt.TitleParams(
        _title(picture.title),
        subtitle=_wrapped(picture.caption),
        anchor="start",
        fontSize=14,
        subtitleFontSize=10.5,
        subtitleColor="#333",
    )
    chart = alt.vconcat(*panels, spacing=14).properties(title=title, padding=12)
    return chart.configure_view(stroke="#999").configure_axis(gridColor="#e6e6e6", labelFontSize=11, titleFontSize=11)


@dataclass(frozen=True)
class Spread:
    """The highest levels of people at one level of a plan, in one case: 5, 25, 50, 75 and 95 % of them."""

    output: str
    level: str
    case: str
    quantiles: list[float]


@dataclass(frozen=True)
class LevelsPicture:
    """What one chart of a plan's levels shows. ``bands`` belong to the output named first."""

    title: str
    caption: list[str]
    unit: str
    spreads: list[Spread]
    bands: list[Band] = field(default_factory=list)


def levels_chart(picture: LevelsPicture) -> Any:
    """The Altair chart of a plan's levels: a panel for each output, a group for each level, a mark for each case."""
    import altair as alt

    outputs = list(dict.fromkeys(one.output for one in picture.spreads))
    panels = [_levels_panel(alt, output, picture, picture.bands if output == outputs[0] else []) for output in outputs]
    title = alt.TitleParams(
        _title(picture.title), subtitle=_wrapped(picture.caption), anchor="start", fontSize=14, subtitleFontSize=10.5,
        subtitleColor="#333",
    )  # fmt: skip
    chart = alt.vconcat(*panels, spacing=14).properties(title=title, padding=12)
    return chart.configure_view(stroke="#999").configure_axis(gridColor="#e6e6e6", labelFontSize=11, titleFontSize=11)


def _levels_panel(alt: Any, output: str, picture: LevelsPicture, bands: list[Band]) -> Any:
    """Thin line: 90 % of the people; thick line: half of them; shape: the median, one shape for each case."""
    own = [one for one in picture.spreads if one.output == output]
    levels, cases = (list(dict.fromkeys(getattr(one, name) for one in own)) for name in ("level", "case"))
    rows = [{"level": one.level, "case": one.case, **dict(zip("abmcd", one.quantiles, strict=True))} for one in own]
    top = _round_above(max(one.quantiles[-1] for one in own) * 1.05)
    x = alt.X("level:N", title="level", sort=levels, axis=alt.Axis(labelAngle=0), scale=alt.Scale(paddingInner=0.25))
    beside = alt.XOffset("case:N", sort=cases, scale=alt.Scale(paddingOuter=0.3))
    place = {"x": x, "xOffset": beside}
    y = alt.Scale(domain=[0, top], nice=False)
    title = f"{output}, highest level ({picture.unit})"
    marks = alt.Scale(domain=cases, range=_SHAPES[: len(cases)])
    shape = alt.Shape("case:N", sort=cases, title=None, legend=alt.Legend(orient="bottom", labelLimit=0), scale=marks)
    of_people = _of(alt, rows)
    layers = [
        *_edges_across(alt, bands, top),
        of_people.mark_rule(color=_INK, strokeWidth=1).encode(y=alt.Y("a:Q", title=title, scale=y), y2="d:Q", **place),
        of_people.mark_rule(color=_INK, strokeWidth=4, opacity=0.45).encode(y="b:Q", y2="c:Q", **place),
        of_people.mark_point(color=_INK, fill="white", size=45, opacity=1).encode(y="m:Q", shape=shape, **place),
        *_words_across(alt, bands, top),
    ]
    return alt.layer(*layers).properties(width=_WIDE, height=_HIGH)


def _edges_across(alt: Any, bands: list[Band], top: float) -> list[Any]:
    """The lower edge of each band that is near, dashed."""
    rows = [{"y": band.lowest} for band in bands if band.lowest < top]
    return [_of(alt, rows).mark_rule(color=_SECOND, strokeDash=[5, 4]).encode(y="y:Q")] if rows else []


def _words_across(alt: Any, bands: list[Band], top: float) -> list[Any]:
    """The bands' words at the left above their edges, on a white rim so that nothing behind them hides them."""
    rows = [{"y": band.lowest, "text": band.text} for band in bands if band.lowest < top]
    place = {"align": "left", "dx": 6, "dy": -8, "baseline": "middle", "fontSize": 10.5}
    rim = _of(alt, rows).mark_text(stroke="white", strokeWidth=4, strokeJoin="round", color="white", **place)
    ink = _of(alt, rows).mark_text(color=_SECOND, **place)
    return [layer.encode(x=alt.value(0), y="y:Q", text="text:N") for layer in (rim, ink)] if rows else []


def save(chart: Any, path: str) -> None:
    """Writes ``chart`` to a .svg, .png or .html file; no network is used."""
    import vl_convert as vlc

    if path.endswith(".svg"):
        content: bytes = vlc.vegalite_to_svg(chart.to_json()).encode()
    elif path.endswith(".png"):
        content = vlc.vegalite_to_png(chart.to_json(), scale=2)
    else:
        content = vlc.vegalite_to_html(chart.to_json(), bundle=True).encode()
    with open(path, "wb") as file:
        file.write(content)


def _panel(alt: Any, curve: Curve, picture: Picture, scale: float, time_title: str, first: bool) -> Any:
    top = _round_above(max(max(curve.outer[1] if curve.outer else curve.middle), 1e-9) * 1.05)
    x = alt.X("t:Q", title=time_title, scale=alt.Scale(nice=False))
    y_axis = alt.Y("y:Q", title=f"{curve.name} ({curve.unit})", scale=alt.Scale(domain=[0, top], nice=False))
    layers = _bands(alt, picture.bands, top, curve.times_h[-1] / scale) if first else []
    for pair, opacity in ((curve.outer, 0.18), (curve.inner, 0.32)):
        if pair:
            data = [{"t": t / scale, "y": a, "y2": b} for t, a, b in zip(curve.times_h, *pair, strict=True)]
            layers.append(_of(alt, data).mark_area(color=_INK, opacity=opacity).encode(x=x, y=y_axis, y2="y2:Q"))
    line = [{"t": t / scale, "y": y} for t, y in zip(curve.times_h, curve.middle, strict=True)]
    layers.append(_of(alt, line).mark_line(color=_INK, strokeWidth=1.6).encode(x=x, y=y_axis))
    ticks = [{"t": t / scale} for t in picture.dose_times_h]
    if ticks:
        mark = _of(alt, ticks).mark_tick(color=_SECOND, orient="vertical", size=9, thickness=1.4, yOffset=-5)
        layers.append(mark.encode(x="t:Q", y=alt.value(_HIGH)))
    if first and picture.bands:
        layers += _band_words(alt, picture.bands, top, curve.times_h[-1] / scale)
    return alt.layer(*layers).properties(width=_WIDE, height=_HIGH)


def _round_above(value: float) -> float:
    """The next of 1, 1.5, 2, 3, 4, 5, 6, 8 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(power * step for step in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10) if power * step >= value)


def _bands(alt: Any, bands: list[Band], top: float, end: float) -> list[Any]:
    """Bands of effect that the curve comes near, with a dashed edge and words, so that no colour is needed."""
    near = [band for band in bands if band.lowest < top]
    if not near:
        return []
    rows = [{"x": 0.0, "x2": end, "y": b.lowest, "y2": min(b.highest, top)} for b in near]
    areas = _of(alt, rows).mark_rect(color="#d9c7a8", opacity=0.3).encode(x="x:Q", x2="x2:Q", y="y:Q", y2="y2:Q")
    edges = _of(alt, rows).mark_rule(color=_SECOND, strokeDash=[5, 4]).encode(y="y:Q")
    return [areas, edges]


def _band_words(alt: Any, bands: list[Band], top: float, end: float) -> list[Any]:
    """The bands' words over everything else, on a white rim so that a curve behind them does not hide them."""
    rows = [{"x": end, "y": b.lowest, "text": b.text} for b in bands if b.lowest < top]
    if not rows:
        return []
    place = {"align": "right", "dx": -6, "dy": -8, "baseline": "middle", "fontSize": 10.5}
    rim = _of(alt, rows).mark_text(stroke="white", strokeWidth=4, strokeJoin="round", color="white", **place)
    ink = _of(alt, rows).mark_text(color=_SECOND, **place)
    return [layer.encode(x="x:Q", y="y:Q", text="text:N") for layer in (rim, ink)]


def _of(alt: Any, rows: list[dict[str, Any]]) -> Any:
    return alt.Chart(alt.InlineData(values=rows))


def _title(text: str) -> list[str]:
    """In lines that the chart is wide enough for."""
    import textwrap

    return textwrap.wrap(text, _LONGEST_TITLE)


def _wrapped(lines: list[str]) -> list[str]:
    import textwrap

    return [part for line in lines for part in textwrap.wrap(line, _LONGEST_CAPTION)]
