"""Rows as text: tables fitted to a width, cells escaped (a stranger's --data may hold anything)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from envdoctor.formatters.layout import cells, wrapped
from envdoctor.formatters.visible import visible

_GAP = 2  # blanks between columns
_NARROWEST = 10  # cells that a column is shortened to, before columns at the end are left out


class Fitted(NamedTuple):
    """`left_out` are the headings of columns that had no room."""

    text: str
    left_out: tuple[str, ...]


def cell(value: object) -> str:
    """ "" for what is not known."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return visible(" ".join(map(str, value))) or "none"
    return visible(str(value))


def table(headings: Sequence[str], rows: Sequence[Sequence[str]], width: int | None) -> Fitted:
    """Columns side by side. `width` None: as wide as they are."""
    natural = [max([cells(heading), *(cells(row[at]) for row in rows)]) for at, heading in enumerate(headings)]
    widths = natural if width is None else _shrunk(natural, width)
    lines = [_line(row, widths) for row in (headings, *rows)]
    return Fitted("".join(f"{line}\n" for line in lines), tuple(headings[len(widths) :]))


def _shrunk(natural: Sequence[int], width: int) -> list[int]:
    """The widest columns give first; then the last ones go. The first column always stays."""
    for count in range(len(natural), 0, -1):
        room = width - _GAP * (count - 1)
        if sum(min(each, _NARROWEST) for each in natural[:count]) <= room:
            return _within(natural[:count], room)
    return [min(natural[0], width)]


def _within(natural: Sequence[int], room: int) -> list[int]:
    most = max(natural)
    while sum(min(each, most) for each in natural) > room:
        most -= 1
    return [min(each, most) for each in natural]


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    shown = (_padded(text, width) for text, width in zip(row, widths))  # noqa: B905  # columns left out at the end
    return (" " * _GAP).join(shown).rstrip()


def _padded(text: str, width: int) -> str:
    if cells(text) > width:
        text = text[: width - 1] + "…"
        while cells(text) > width:  # letters that take two cells
            text = text[:-2] + "…"
    return text + " " * (width - cells(text))


def paragraph(text: str, width: int | None, first: str, rest: str) -> str:
    """Wrapped at blanks. `width` None: one line."""
    shown = visible(text)
    if width is None:
        return f"{first}{shown}\n"
    return "".join(f"{line.text.rstrip()}\n" for line in wrapped(shown, width, first, rest))
