"""What is wrong with a row: file, row, column, value, and why."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeVar

from envdoctor.matrix import Matrix
from envdoctor.upkeep.order import identity

Row = TypeVar("Row", bound=tuple[Any, ...])
_LONGEST = 120  # characters of a value in a message


class Problem(NamedTuple):
    """`check` is the invariant's name, or schema, form, order, source, checked. `line` counts from 1, 0: the whole file."""

    check: str
    file: str  # "toolkits.json"
    line: int
    row: str  # what identifies it, 'cuda 12.4.1'
    column: str
    value: str
    message: str


def every(matrix: Matrix, table: str, kind: type[Row]) -> tuple[Row, ...]:
    """The rows of a table as their type."""
    found: Any = matrix.tables[table].rows()
    return tuple(row for row in found if isinstance(row, kind))


def of_row(matrix: Matrix, table: str, row: tuple[Any, ...], column: str, message: str) -> Problem:
    """The problem of one cell, for an invariant, whose name `verify` adds. `row` is the table's own object."""
    listed = matrix.tables[table].rows()
    line = next((number for number, each in enumerate(listed, start=2) if each is row), 0)
    columns: dict[str, Any] = row._asdict()  # type: ignore[attr-defined]
    return Problem("", f"{table}.json", line, identity(table, columns), column, shown(columns[column]), message)


def shown(value: object) -> str:
    """A cell's value for a message."""
    if value is None:
        return "not known"
    text = " ".join(map(str, value)) if isinstance(value, (tuple, list)) else str(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
