"""What is wrong with a row: file, row, column, value, and why."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from envdoctor.matrix import Matrix
from envdoctor.upkeep import order

Row = TypeVar("Row", bound=tuple[Any, ...])


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
    line = _lines(matrix, table).get(id(row), 0)
    columns: dict[str, Any] = row._asdict()  # type: ignore[attr-defined]
    return Problem("", f"{table}.json", line, order.identity(table, columns), column, shown(columns[column]), message)


@lru_cache(maxsize=64)
def _lines(matrix: Matrix, table: str) -> dict[int, int]:
    """The line of each row of a table, by the row's id(): the matrix keeps its rows as long as this keeps the matrix."""
    found: dict[int, int] = {}
    for number, row in enumerate(matrix.tables[table].rows(), start=2):
        found.setdefault(id(row), number)
    return found


def shown(value: object) -> str:
    """A cell's value for a message."""
    return "not known" if value is None else order.shown(value)
