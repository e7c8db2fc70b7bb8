"""Words from people, made fit to print: shown as they are, unable to do anything else, and never cut in silence."""

import re
import unicodedata
from typing import Any

from titrant.terms.canonical import Json

UNSHOWN = "\ufffd"
_BREAK = "\u200b"  # a place where a line may break, of no width
_NO_LETTERS = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
_UNBROKEN = 40  # letters of one word before it may be broken: an id or a short address stays whole
_WIDE = 20  # capitals, or signs as wide, in one word
_WORD = re.compile(r"\S+")
_CONTINUED = " … (continued in the record)"
# Marks that turn the reading direction: with them "10" can be made to read as "01".
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")
_JOINING = frozenset("\u200b\u200c\u200d\u2060\u00ad")  # parts of writing that are not seen
# Letters that the built-in fonts surely have; used only after a strict printing failed.
_SURE = ((0x20, 0x7E), (0xA0, 0x17F), (0x391, 0x3C9), (0x410, 0x44F), (0x2010, 0x2027), (0xFFFD, 0xFFFD))


def shown(text: str, most: int = 600, unbroken: int = _UNBROKEN) -> str:
    """``text`` with unprintable signs as a visible sign, long words breakable, and a loud end where it is too long.

    Words up to ``unbroken`` letters stay whole, so that a number or an address can be searched for and copied.
    """
    clean = "".join(_sign(one) for one in unicodedata.normalize("NFC", text.replace("\r\n", "\n")))
    if len(clean) > most:
        clean = clean[: max(most - len(_CONTINUED), 0)].rstrip() + _CONTINUED
    return _WORD.sub(lambda word: _breakable(word[0], unbroken), clean)


def line(text: str, most: int = 80, unbroken: int = _UNBROKEN) -> str:
    """The same in one line."""
    return shown(" ".join(text.split()), most, unbroken)


def _sign(one: str) -> str:
    if one == "\n":
        return one
    if one == "\t":
        return " "
    if one in _TURNING or (unicodedata.category(one) in _NO_LETTERS and one not in _JOINING):
        return UNSHOWN
    return one


def _breakable(word: str, unbroken: int) -> str:
    wide = sum(one.isupper() or unicodedata.east_asian_width(one) in "WF" for one in word)
    if len(word) <= unbroken and wide <= _WIDE:
        return word
    piece = min(unbroken, _WIDE)
    return _BREAK.join(word[start : start + piece] for start in range(0, len(word), piece))


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
