"""The words of papers in the reader's language; what has no translation stands in English and is named."""

import re
from datetime import date
from decimal import Decimal
from functools import lru_cache
from importlib import resources
from typing import Any

from titrant.explain import amounts
from titrant.explain.words import Reader, Words
from titrant.terms.numbers import plain
from titrant.terms.reading import read_yaml

ENGLISH = "en"
LANGUAGES = ("en", "es")
_PLACE = re.compile(r"\{([a-z0-9_.]+)\}")


class Speech:
    """One language for one paper. ``missing`` gathers what had to be left in English."""

    def __init__(self, language: str, words: Words) -> None:
        self.language = language if language in LANGUAGES else ENGLISH
        self.asked = language
        self._words, self._own = words, _file(self.language)
        self.missing: list[str] = []

    def say(self, name: str, **facts: str) -> str:
        """A heading or short sentence with its facts."""
        return _PLACE.sub(lambda place: facts.get(place[1], "—"), self._own["words"][name])

    def text(self, page: str, name: str) -> str:
        """A text of the knowledge for the patient, without facts to fill in."""
        return self.read(self._words.title(page, name), self._words.text(page, name, Reader.PATIENT))

    def read(self, part: str, english: str) -> str:
        """A sentence of the knowledge in this language; where it has no translation, in English, and named as ``part``.

        The English wording itself is the key: where it is changed, no older translation of it is shown.
        """
        if self.language == ENGLISH:
            return english
        found = self._own["texts"].get(" ".join(english.split()))
        if found is None and part not in self.missing:
            self.missing.append(part)
        return found or english

    @property
    def notes(self) -> list[str]:
        """What the reader must be told about the language."""
        if not self.missing:
            return []
        return [self.say("untranslated", parts="; ".join(self.missing))]

    @property
    def weekdays(self) -> list[str]:
        return list(self._own["weekdays"])

    # amounts

    def pieces(self, pieces: Decimal, unit: str) -> str:
        if self.language == "es" and unit != "mL":
            return _pieces_es(pieces, *self._own["units"][unit])
        return amounts.pieces_text(pieces, unit)

    def quantity(self, quantity: Decimal, unit: str) -> str:
        single, many = self._own["units"][unit]
        return f"{plain(quantity)} {single if quantity == 1 else many}"

    def times(self, times_per_day: int, days_per_week: int) -> str:
        if self.language == "es":
            often = "una vez" if times_per_day == 1 else f"{times_per_day} veces"
            when = "todos los días" if days_per_week == 7 else f"{days_per_week} día(s) por semana"
            return f"{often} al día, {when}"
        return amounts.times_text(times_per_day, days_per_week)

    def day(self, iso: str) -> str:
        """``2026-11-21`` as "Sat 21 Nov 2026": the month in letters, so that no two readers read it differently."""
        if not iso:
            return "—"
        day = date.fromisoformat(iso)
        weekday, month = self._own["weekdays"][day.weekday()], self._own["months"][day.month - 1]
        return f"{weekday} {day.day} {month} {day.year}"

    def short_day(self, day: date) -> str:
        return f"{day.day} {self._own['months'][day.month - 1]}"

    def effect(self, name: str) -> str:
        """A side effect of the diary by name."""
        known: dict[str, str] = self._own.get("effects", {})
        return known.get(name, name.replace("_", " "))

    def after(self, what: str, after_dose: str) -> str:
        """A check with how long after the dose it is made."""
        if not after_dose or self.language == ENGLISH:
            return f"{what}{amounts.after_text(after_dose)}"
        return self.say("after-dose", check=what, after=_units_es(after_dose))

    def days(self, lo: int, hi: int) -> str:
        if self.language == "es":
            if hi > 365:
                return f"{lo} días o más"
            return f"{lo} día" + ("" if lo == 1 else "s") if lo == hi else f"{lo} a {hi} días"
        return amounts.days_text(lo, hi)


def _units_es(text: str) -> str:
    if ", " in text:
        return ", ".join(map(_units_es, text.split(", ")))
    number, _, unit = text.partition(" ")
    known = {"minutes": "minuto", "hours": "hora", "days": "día"}
    return f"{number} {known[unit]}{'' if number == '1' else 's'}" if unit in known else text


_PARTS_ES = {Decimal("0.25"): "un cuarto", Decimal("0.5"): "la mitad", Decimal("0.75"): "tres cuartos"}


def _pieces_es(pieces: Decimal, single: str, many: str) -> str:
    whole, part = divmod(pieces, 1)
    if pieces in _PARTS_ES:
        return f"{_PARTS_ES[pieces]} de 1 {single}"
    if part in _PARTS_ES:
        return f"{plain(whole)} {single if whole == 1 else many} y {_PARTS_ES[part]} de otro"
    return f"{plain(pieces)} {single if pieces == 1 else many}"


@lru_cache(maxsize=4)
def _file(language: str) -> dict[str, Any]:
    raw = resources.files("titrant.documents").joinpath(f"words/{language}.yaml").read_bytes()
    tree: dict[str, Any] = read_yaml(raw).tree
    texts = {" ".join(one["en"].split()): " ".join(one[language].split()) for one in tree.get("texts", ())}
    return {**tree, "texts": texts}
