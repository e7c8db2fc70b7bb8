"""Cells of a CSV file that no spreadsheet takes for a formula (safety.md, H36)."""

import csv
import io
from collections.abc import Iterable, Sequence

_STARTS = ("=", "+", "-", "@", "|", "%", "\uff1d", "\uff0b", "\uff0d", "\uff20")
# Signs below the blank that are not seen either.
_UNSEEN = "".join(map(chr, range(32)))
_BLANKS = " \t\r\n\v\f\u00a0\u2000\u2001\u2002\u2003\u2007\u2009\u202f\u205f\u3000\ufeff\u200b\u200c\u200d\u2060\u00ad"


def safe(text: str) -> str:
    """``text`` with ' before every line that a spreadsheet could run. A plain number stays a number."""
    return "\n".join(_safe_line(one) for one in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))


def _safe_line(text: str) -> str:
    bare = text.lstrip(_BLANKS + _UNSEEN)
    if not bare.startswith(_STARTS) or _is_number(bare):
        return text.replace("\0", "")
    return "'" + text.replace("\0", "")


def _is_number(text: str) -> bool:
    body = text[1:] if text[:1] == "-" else text
    return body.replace(".", "", 1).isascii() and body.replace(".", "", 1).isdigit()


def csv_text(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A CSV file as text: every cell made safe, every line ended alike."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([safe(one) for one in head])
    writer.writerows([safe(str(cell)) for cell in row] for row in rows)
    return out.getvalue()
