"""What is known of one thing: the rows that hold it, by table, and what follows from them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

Row = tuple[Any, ...]


class Rows(NamedTuple):
    table: str
    rows: tuple[Row, ...]


class Conclusion(NamedTuple):
    """A sentence that no row holds but several together do, or `judging` derives from them."""

    text: str
    sources: tuple[str, ...] = ()


class Thing(NamedTuple):
    """`title` says what it was understood as: "GPU RTX 5090". With neither
    rows nor conclusions it is not in the matrix, and `nearest` is what is."""

    title: str
    groups: tuple[Rows, ...] = ()
    conclusions: tuple[Conclusion, ...] = ()
    nearest: tuple[str, ...] = ()

    @property
    def is_known(self) -> bool:
        return bool(self.groups or self.conclusions)


def groups(*found: tuple[str, Iterable[Row]]) -> tuple[Rows, ...]:
    """Those that are not empty."""
    listed = ((table, tuple(rows)) for table, rows in found)
    return tuple(Rows(table, rows) for table, rows in listed if rows)
