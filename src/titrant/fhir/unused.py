"""The list of what an import did not use, so that nothing is left out in silence."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date

_SHOWN = 2
_DIGITS = re.compile(r"[0-9][0-9.]*")


class Unused:
    """Collects lines for people. The order in which they were said does not matter."""

    def __init__(self) -> None:
        self._lines: Counter[str] = Counter()
        self._series: dict[tuple[str, str], set[tuple[str, str]]] = {}
        self._kinds: dict[str, Counter[str]] = {}

    def say(self, what: str, why: str, on: date | None = None) -> None:
        """One thing that was not used, and why. Of a dated series with one reason only the newest are told in full."""
        if on is None:
            self._lines[f"{what}: {why}"] += 1
        else:
            self._series.setdefault((what, _DIGITS.sub("0", why)), set()).add((on.isoformat(), why))

    def count(self, heading: str, kind: str) -> None:
        """One of many of a kind that is not read; told as one line under ``heading``."""
        self._kinds.setdefault(heading, Counter())[kind] += 1

    def lines(self) -> tuple[str, ...]:
        """Single things first, then the kinds, each in order."""
        single = (line if often == 1 else f"{line} ({often} times)" for line, often in self._lines.items())
        series = (line for (what, _), found in self._series.items() for line in _series(what, found))
        return (
            *sorted([*single, *series]),
            *(_kinds(heading, kinds) for heading, kinds in sorted(self._kinds.items())),
        )


def _series(what: str, found: set[tuple[str, str]]) -> Iterator[str]:
    newest = sorted(found, reverse=True)
    for on, why in newest[:_SHOWN]:
        yield f"{what} of {on}: {why}"
    if newest[_SHOWN:]:
        yield f"{what}, {len(newest) - _SHOWN} older: left out for the same reason"


def _kinds(heading: str, kinds: Counter[str]) -> str:
    often_first: Iterable[tuple[str, int]] = sorted(kinds.items(), key=lambda item: (-item[1], item[0]))
    listed = ", ".join(f"{kind} {often}" for kind, often in often_first)
    return f"{kinds.total()} {heading}: {listed}"
