"""Plain-text pages: headings, wrapped lines, aligned columns. Reads well on a terminal and on paper."""

from collections.abc import Iterable, Sequence
from textwrap import fill

WIDTH = 92


def heading(text: str) -> str:
    return f"\n{text.upper()}"


def bullet(text: str, mark: str = "-") -> str:
    indent = " " * (len(mark) + 1)
    return fill(text, WIDTH, initial_indent=f"{mark} ", subsequent_indent=indent, break_on_hyphens=False)


def paragraph(text: str, indent: str = "") -> str:
    return fill(text, WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)


def table(rows: Sequence[Sequence[str]], right: Iterable[int] = ()) -> list[str]:
    """Rows in aligned columns; the columns named in ``right`` are aligned on the right."""
    if not rows:
        return []
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    to_right = set(right)
    return [
        "  ".join(
            cell.rjust(widths[column]) if column in to_right else cell.ljust(widths[column])
            for column, cell in enumerate(row)
        ).rstrip()
        for row in rows
    ]


def page(title: str, lines: Iterable[str]) -> str:
    return "\n".join((title, "=" * min(len(title), WIDTH), *lines)).rstrip() + "\n"
