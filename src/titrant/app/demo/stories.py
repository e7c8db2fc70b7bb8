"""The stories of the demo: case files whose days are moved so that the clinic's today is the real today."""

import re
from datetime import UTC, date, datetime, time, timedelta
from importlib import resources
from typing import Any

from msgspec import Struct, field

from titrant.clinic.opening import differing
from titrant.clinic.shaping import shape_case
from titrant.pathway.case import Case
from titrant.terms.canonical import Json
from titrant.terms.reading import read_yaml

WRITTEN_ON = date(2026, 11, 21)  # the today of the story files
_DAY = re.compile(r"\b20\d\d-\d\d-\d\d\b")
_FOLDER = resources.files("titrant.app.demo") / "stories"


class Story(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One patient of the demo: who, the case as it stands today, and what was learned or done on the way."""

    id: str
    title: str
    person: dict[str, Any]
    tree: Json
    expects: dict[str, str] = field(default_factory=dict)
    later: tuple[Json, ...] = ()  # facts that came during the course: on, set, add
    also: tuple[Json, ...] = ()  # other events: on, at, kind, by, body
    drafted: str = ""  # the day on which a nurse drafted the first plan
    contact: str = ""  # the day of the next contact; empty: within two weeks; none: nobody has planned one
    filler: bool = False  # repeated with other names until the clinic has as many patients as asked for

    @property
    def case(self) -> Case:
        """The case as the story tells it, for the spine."""
        tree = self.tree
        for one in self.later:
            tree = laid(tree, one)
        return shape_case(tree, self.id)


def laid(tree: Json, change: Json) -> Json:
    from titrant.terms.trees import added

    given = tree["given"]
    for path, values in (change.get("add") or {}).items():
        given = added(given, path, values)
    return differing(tree | {"given": given}, change.get("set") or {})


def stories(today: date) -> list[Story]:
    """All stories, as of ``today``."""
    base = _read("base.yaml")
    names = sorted(one.name for one in _FOLDER.iterdir() if one.name.endswith(".yaml") and one.name != "base.yaml")
    return [_story(name, base, today - WRITTEN_ON) for name in names]


def base_tree(today: date) -> Json:
    """A case in which everything is known and nothing is alarming, as of ``today``."""
    return moved(_read("base.yaml"), today - WRITTEN_ON)


def _read(name: str) -> Json:
    return read_yaml((_FOLDER / name).read_bytes()).tree


def _story(name: str, base: Json, by: timedelta) -> Story:
    raw = _read(name)
    birth = raw["person"]["birth_date"]
    own = {"scenario": raw["title"], "given": {"patient": {"birth_date": birth}}}
    tree = differing(differing(base, own), raw.pop("case", {}))
    tree, later, also = (moved(one, by) for one in (tree, raw.pop("later", []), raw.pop("also", [])))
    tree["given"]["patient"]["birth_date"] = birth
    return Story(
        id=name.removesuffix(".yaml"), title=raw["title"], person=raw["person"], tree=tree,
        expects=raw.get("expects", {}), later=tuple(later), also=tuple(also), filler=raw.get("filler") == "yes",
        contact=moved(raw.get("contact", ""), by), drafted=moved(raw.get("drafted", ""), by),
    )  # fmt: skip


def moved(tree: Any, by: timedelta) -> Any:
    """``tree`` with every day in it moved."""
    if isinstance(tree, dict):
        return {key: moved(value, by) for key, value in tree.items()}
    if isinstance(tree, list):
        return [moved(one, by) for one in tree]
    if isinstance(tree, str):
        return _DAY.sub(lambda day: (date.fromisoformat(day[0]) + by).isoformat(), tree)
    return tree


def at(day: date | str, hour: int, minute: int = 0) -> datetime:
    """An instant of a day of the demo; its clinic lives in UTC."""
    known = date.fromisoformat(day) if isinstance(day, str) else day
    return datetime.combine(known, time(hour, minute), UTC)
