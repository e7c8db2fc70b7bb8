"""Which rows of a drug list were told only after the newest signature, where the list is written anew as a whole.

A list that is gone through, or completed by an end or a check by hand, is written with all its rows. Most of them were
there when it was signed. Newly told is a drug that the list did not have, that had ended and is taken again, that was
said to begin only later, or of which there is more now.
"""

from decimal import Decimal

from titrant.terms.canonical import Json
from titrant.terms.numbers import parse_decimal
from titrant.terms.quantity import Quantity


def drugs_told(before: list[Json], rows: list[Json], since: str, at: str) -> list[Json]:
    """``rows`` in place of ``before``, with the instant ``at`` in those of before ``since`` that are newly told."""
    held: dict[int, Json] = {}
    left = [one for one in before if isinstance(one, dict)]
    # Each row of before stands for one row: a second one of the same drug is more of it.
    for stands_for in (_same, _goes_on):
        for place, row in enumerate(rows):
            found = [one for one in left if place not in held and isinstance(row, dict) and stands_for(one, row, at)]
            if found:
                held[place] = found[0]
                left.remove(found[0])
    return [_told(row, held.get(place), since, at) for place, row in enumerate(rows)]


def drug_told(row: Json, since: str, at: str) -> Json:
    """A row that is put at the end of the list: always newly told."""
    return _told(row, None, since, at)


def _told(row: Json, old: Json, since: str, at: str) -> Json:
    if not isinstance(row, dict):
        return row
    plain = _plain(row)
    if old is not None and old.get("entered"):
        return plain | {"entered": old["entered"]}
    # Where the day was moved back from after the signature, nobody saw the drug as one that was taken by then.
    newly = old is None or not _before(old, since)
    return plain | {"entered": at} if newly and _before(row, since) else plain


def _before(row: Json, since: str) -> bool:
    """Whether by its day alone the drug would be taken as seen, or as one of nobody knows when."""
    return str(row.get("since") or "") < since


def _plain(row: Json) -> Json:
    return {name: value for name, value in row.items() if name != "entered"}


def _same(old: Json, row: Json, at: str) -> bool:  # noqa: ARG001 - one of two ways to tell
    return bool(_plain(old) == _plain(row))


def _goes_on(old: Json, row: Json, at: str) -> bool:
    """Whether ``row`` is the drug of ``old``, and no more of it."""
    called = _name(old) == _name(row) or (bool(old.get("rxnorm")) and bool(old["rxnorm"] == row.get("rxnorm")))
    return called and not _taken_again(old, row, at) and not _more(old, row)


def _name(row: Json) -> str:
    return " ".join(str(row.get("name", "")).casefold().split())


def _taken_again(old: Json, row: Json, at: str) -> bool:
    """Whether it had ended when ``row`` was written, and ends later now or not at all."""
    ended, ends = str(old.get("until") or ""), str(row.get("until") or "")
    return ended != "" and ended <= at[: len(ended)] and (ends == "" or ended < ends)


def _more(old: Json, row: Json) -> bool:
    """Whether there is more of it a day, as far as both say how much; what cannot be compared may be more."""
    try:
        return _exceeds(old, row)
    except (ValueError, ArithmeticError):
        return True


def _exceeds(old: Json, row: Json) -> bool:
    was, now, often, oftener = _dose(old), _dose(row), _times(old), _times(row)
    one, other = (was.value, now.to(was.unit).value) if was and now else (Decimal(1), Decimal(1))
    # Where one row does not say how often, each dose is compared by itself.
    return one * often < other * oftener if often and oftener else one < other


def _dose(row: Json) -> Quantity | None:
    return Quantity.parse(str(row["dose"])) if row.get("dose") else None


def _times(row: Json) -> Decimal | None:
    return parse_decimal(str(row["times_per_day"])) if row.get("times_per_day") else None
