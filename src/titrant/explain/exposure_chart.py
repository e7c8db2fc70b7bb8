"""Peaks of a forecast by dose and case as one SVG: median, half of the people, nine in ten, and the edge of a band.

Drawn without a renderer. Cases differ by shape; nothing hangs on colour.
"""

import math
from collections.abc import Iterator
from html import escape

from msgspec import Struct

_WIDE, _LEFT, _RIGHT, _ROW, _TOP, _BOTTOM = 860, 330, 24, 24, 30, 34


class Row(Struct, frozen=True):
    """One dose in one case: the 5, 25, 50, 75 and 95 % of the people, and its words."""

    dose: str
    case: str
    quantiles: tuple[float, ...]
    chance: str


class Edge(Struct, frozen=True):
    """The lower edge of a band of effect."""

    lowest: float
    text: str


def exposure_svg(rows: tuple[Row, ...], edge: Edge | None, unit: str, label: str) -> str:
    """The picture of ``rows``; ``label`` is read in its place where nothing is seen."""
    top = _round_above(max([row.quantiles[-1] for row in rows] + ([edge.lowest * 1.1] if edge else [])))
    high = _TOP + _ROW * len(rows) + _BOTTOM

    def x(value: float) -> float:
        return _LEFT + (_WIDE - _LEFT - _RIGHT) * value / top

    parts = [
        f'<svg class="course exposure" viewBox="0 0 {_WIDE} {high}" width="{_WIDE}" height="{high}" role="img" '
        f'aria-label="{escape(label)}">',
        *_axis(top, high, unit),
    ]
    if edge is not None:
        parts.append(f'<path class="step" d="M{x(edge.lowest):.1f} {_TOP - 6}V{high - _BOTTOM}"/>')
        anchor = "end" if x(edge.lowest) > _WIDE * 0.6 else "start"
        parts.append(
            f'<text class="note" x="{x(edge.lowest) + 4:.1f}" y="14" text-anchor="{anchor}">{escape(edge.text)}</text>'
        )
    before = ""
    for place, row in enumerate(rows):
        y = _TOP + _ROW * (place + 0.5)
        if row.dose != before:
            parts.append(f'<text class="name" x="0" y="{y + 4:.1f}">{escape(row.dose)}</text>')
            before = row.dose
        parts += _row(row, y, [x(value) for value in row.quantiles])
    return "".join([*parts, "</svg>"])


def _row(row: Row, y: float, places: list[float]) -> Iterator[str]:
    low, lower, middle, upper, high = places
    yield f'<text class="tick" x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{escape(row.case)}</text>'
    yield f'<path class="people" d="M{low:.1f} {y:.1f}H{high:.1f}"/>'
    yield f'<path class="half" d="M{lower:.1f} {y:.1f}H{upper:.1f}"/>'
    least, _, median, _, most = row.quantiles
    said = f"{row.dose}, {row.case}: median {median:.0f}, nine in ten {least:.0f} to {most:.0f}"
    yield f'<circle class="median" cx="{middle:.1f}" cy="{y:.1f}" r="4.5"><title>{escape(said)}</title></circle>'


def _axis(top: float, high: float, unit: str) -> Iterator[str]:
    for part in range(6):
        value = top * part / 5
        at = _LEFT + (_WIDE - _LEFT - _RIGHT) * part / 5
        yield f'<path class="grid" d="M{at:.1f} {_TOP}V{high - _BOTTOM}"/>'
        yield f'<text class="tick" x="{at:.1f}" y="{high - 18}" text-anchor="middle">{value:g}</text>'
    yield f'<text class="unit" x="{_LEFT}" y="{high - 3}">{escape(unit)}</text>'


def _round_above(value: float) -> float:
    power = 10.0 ** math.floor(math.log10(max(value, 1e-6)))
    return next(power * step for step in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10) if power * step >= value)
