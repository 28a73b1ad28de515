"""Rows of every table in which all words occur, in any column, sources and notes too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from envdoctor.browse.tables import Record, records
from envdoctor.matrix import Matrix


class Hits(NamedTuple):
    """The hits in one table: at most as many as asked for, and how many more there are."""

    table: str
    rows: tuple[Record, ...]
    left_out: int


def search(matrix: Matrix, words: Sequence[str], most: int) -> tuple[Hits, ...]:
    """Upper and lower case are one. Tables without a hit are left out."""
    wanted = [word.lower() for word in words]
    found: list[Hits] = []
    for name, table in matrix.tables.items():
        hits = [row for row in records(table.rows()) if _has(row, wanted)]
        if hits:
            found.append(Hits(name, tuple(hits[:most]), max(0, len(hits) - most)))
    return tuple(found)


def holding(row: Record, words: Sequence[str]) -> tuple[str, ...]:
    """The columns in which any of the words stands."""
    wanted = [word.lower() for word in words]
    return tuple(name for name, cell in row.items() if any(word in _text(cell) for word in wanted))


def _has(row: Record, wanted: Sequence[str]) -> bool:
    text = "\n".join(_text(cell) for cell in row.values())
    return all(word in text for word in wanted)


def _text(cell: Any) -> str:
    return " ".join(map(str, cell)).lower() if isinstance(cell, tuple) else "" if cell is None else str(cell).lower()
