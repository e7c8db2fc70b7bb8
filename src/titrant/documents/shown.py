"""Words from people, made fit to print: shown as they are, unable to do anything else, and never cut in silence."""

import unicodedata
from typing import Any

from titrant.terms.canonical import Json

UNSHOWN = "�"
_BREAK = "​"  # a place where a line may break, of no width
_UNBROKEN = 24  # letters of one word before it may be broken
_CONTINUED = " … (continued in the record)"
# Marks that turn the reading direction: with them "10" can be made to read as "01".
_TURNING = frozenset("‪‫‬‭‮⁦⁧⁨⁩‎‏؜")
# Letters that the built-in fonts surely have; used only after a strict printing failed.
_SURE = ((0x20, 0x7E), (0xA0, 0x17F), (0x391, 0x3C9), (0x410, 0x44F), (0x2010, 0x2027), (0xFFFD, 0xFFFD))


def shown(text: str, most: int = 600) -> str:
    """``text`` with unprintable signs as a visible sign, long words breakable, and a loud end where it is too long."""
    clean = "".join(_sign(one) for one in unicodedata.normalize("NFC", text.replace("\r\n", "\n")))
    if len(clean) > most:
        clean = clean[: max(most - len(_CONTINUED), 0)].rstrip() + _CONTINUED
    return "".join(_breakable(clean))


def line(text: str, most: int = 80) -> str:
    """The same in one line."""
    return shown(" ".join(text.split()), most)


def _sign(one: str) -> str:
    if one == "\n":
        return one
    if one == "\t":
        return " "
    if one in _TURNING or unicodedata.category(one) in ("Cc", "Cs", "Co", "Cn", "Zl", "Zp"):
        return UNSHOWN
    return one


def _breakable(text: str) -> list[str]:
    found, run = [], 0
    for one in text:
        # A dash is followed by no break that would part a sign from its number.
        run = 0 if one.isspace() else run + 1
        found.append(one)
        if run == _UNBROKEN:
            found.append(_BREAK)
            run = 0
    return found


def with_sure_letters(data: Any) -> Any:
    """``data`` with every letter that the fonts may lack as a visible sign."""
    if isinstance(data, str):
        return "".join(one if _is_sure(one) else UNSHOWN for one in data)
    if isinstance(data, dict):
        return {key: with_sure_letters(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [with_sure_letters(one) for one in data]
    return data


def _is_sure(one: str) -> bool:
    return one in ("\n", _BREAK) or any(lo <= ord(one) <= hi for lo, hi in _SURE)


def sections(*those: tuple[str, tuple[str, ...] | list[str]]) -> list[Json]:
    """Headings with their lines, without those that have none."""
    return [{"heading": heading, "lines": [*lines]} for heading, lines in those if lines]
