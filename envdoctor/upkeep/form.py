"""The form of a table's file: one row per line, compact, in canonical order, each row once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from envdoctor.upkeep.order import identifying, identity, sort_key
from envdoctor.upkeep.problems import Problem, shown


class Lines(NamedTuple):
    """A table's file taken apart. `rows` are (line number, text without the comma, the parsed row)."""

    table: str
    head: Mapping[str, Any]
    rows: tuple[tuple[int, str, dict[str, Any]], ...]
    damaged: tuple[Problem, ...]

    def problem(self, check: str, at: int, column: str, message: str) -> Problem:
        """Of the row with that index."""
        number, _, row = self.rows[at]
        value = shown(row.get(column)) if column else ""
        return Problem(check, f"{self.table}.json", number, identity(self.table, row), column, value, message)


def lines_of(table: str, content: bytes) -> Lines:
    """The head is this table's: `Table.content` has looked."""
    text = content.decode("utf-8", "replace")
    first, *lines = text.split("\n")
    head: dict[str, Any] = json.loads(first.rstrip() + "]}")
    damaged = [] if text.endswith("\n]}\n") else [_of_file(table, len(lines) + 1, 'the file does not end with "]}"')]
    rows: list[tuple[int, str, dict[str, Any]]] = []
    for number, line in enumerate(lines, start=2):
        if line in ("", "]}"):
            continue
        try:
            row = json.loads(line.removesuffix(","))
        except (ValueError, RecursionError) as error:
            damaged.append(_of_file(table, number, f"not a JSON object on a line of its own ({error})"))
            continue
        if isinstance(row, dict) and row:
            rows.append((number, line, row))
        else:
            damaged.append(_of_file(table, number, "not a JSON object with columns"))
    return Lines(table, head, tuple(rows), tuple(damaged))


def _of_file(table: str, line: int, message: str) -> Problem:
    return Problem("form", f"{table}.json", line, "", "", "", message)


def form(lines: Lines) -> Iterator[Problem]:
    last = len(lines.rows) - 1
    for at, (_, line, row) in enumerate(lines.rows):
        compact = json.dumps(row, ensure_ascii=False, separators=(",", ":"))
        if line.removesuffix(",") != compact:
            yield lines.problem("form", at, "", f"the line is not compact JSON without blanks; expected {compact[:90]}")
        if line.endswith(",") != (at < last):
            yield lines.problem("form", at, "", "every line but the last row's ends with a comma")
    yield from _order(lines)


def _order(lines: Lines) -> Iterator[Problem]:
    keys = [sort_key(lines.table, row) for _, _, row in lines.rows]
    seen: dict[str, int] = {}
    for at, key in enumerate(keys):
        column = identifying(lines.table, lines.rows[at][2])[0]
        if repr(key) in seen:
            first = lines.rows[seen[repr(key)]][0]
            yield lines.problem("order", at, column, f"this row is there twice: line {first} has the same key")
        elif at and key < keys[at - 1]:
            before = identity(lines.table, lines.rows[at - 1][2])
            yield lines.problem("order", at, column, f"the row stands after {before}, which sorts behind it")
        seen.setdefault(repr(key), at)
