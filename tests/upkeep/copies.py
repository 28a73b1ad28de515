"""A copy of the shipped matrix with one cell changed, to see that somebody notices."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from envdoctor.matrix import Matrix
from tests.places import DATA

Row = dict[str, Any]
Edit = Callable[[list[Row]], None]


def shipped(name: str) -> bytes:
    return (DATA / name).read_bytes()


def edited(table: str, edit: Edit) -> Matrix:
    """The matrix after `edit` changed the rows of one table in place, written in the same form."""
    head, *lines = shipped(f"{table}.json").decode("utf-8").splitlines()
    rows = [json.loads(line.removesuffix(",")) for line in lines if line.startswith("{")]
    edit(rows)
    body = ",\n".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows)
    return replaced(table, f"{head}\n{body}\n]}}\n".encode())


def replaced(table: str, content: bytes) -> Matrix:
    """The matrix with another file for one table."""
    return Matrix(lambda name: content if name == f"{table}.json" else shipped(name))


def changed(table: str, where: Row, change: Row) -> Matrix:
    """The first row that has all of `where`, with the columns of `change`; None takes a column out."""

    def edit(rows: list[Row]) -> None:
        row = next(row for row in rows if all(row.get(name) == value for name, value in where.items()))
        row.update(change)
        for name in [name for name, value in row.items() if value is None]:
            del row[name]

    return edited(table, edit)
