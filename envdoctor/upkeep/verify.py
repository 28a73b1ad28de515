"""Asks a matrix everything that can be asked of it without a network."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import NamedTuple

from envdoctor.matrix import Matrix, MatrixError
from envdoctor.upkeep.form import Lines, form, lines_of
from envdoctor.upkeep.invariants import INVARIANTS, Invariant
from envdoctor.upkeep.problems import Problem
from envdoctor.upkeep.schemas import meets_schema
from envdoctor.upkeep.sources import latest_day, sources


class Verified(NamedTuple):
    """`not_asked` says why the invariants between rows were not asked, empty if they were."""

    tables: tuple[str, ...]
    rows: int
    invariants: int
    problems: tuple[Problem, ...]
    not_asked: str = ""


def verify(
    matrix: Matrix,
    tables: Collection[str] = (),
    *,
    today: str | None = None,
    advance: Callable[[], None] = lambda: None,
) -> Verified:
    """Of these tables (all): every problem, in the order of file and line. `today` is an ISO date; `advance` is called
    once for each table and each invariant."""
    chosen = tuple(name for name in matrix.tables if not tables or name in tables)
    problems: list[Problem] = []
    rows = 0
    for name in chosen:
        found = list(_of_table(name, matrix, today or latest_day()))
        problems += [each for each in found if isinstance(each, Problem)]
        rows += sum(each for each in found if isinstance(each, int))
        advance()
    if problems:
        why = "the invariants between rows are asked once the rows meet their schemas and form"
        return Verified(chosen, rows, 0, tuple(problems), why)
    for invariant in INVARIANTS:
        problems += [each for each in ask(invariant, matrix) if each.file.removesuffix(".json") in chosen]
        advance()
    return Verified(chosen, rows, len(INVARIANTS), tuple(problems))


def steps(matrix: Matrix, tables: Collection[str] = ()) -> int:
    """How often `verify` calls `advance` at most, for a progress bar."""
    return len(tables or matrix.tables) + len(INVARIANTS)


def ask(invariant: Invariant, matrix: Matrix) -> list[Problem]:
    """What breaks an invariant. One that other tables are too damaged for is a problem and no crash."""
    name = invariant.__name__.replace("_", "-")
    try:
        return [problem._replace(check=name) for problem in invariant(matrix)]
    except (MatrixError, ValueError, LookupError) as error:
        file = next(iter(matrix.tables))
        return [Problem(name, f"{file}.json", 0, "", "", "", f"this invariant could not be judged: {error}")]


def _of_table(name: str, matrix: Matrix, today: str) -> Iterator[Problem | int]:
    """The problems of one file, and the number of its rows."""
    try:
        lines = lines_of(name, matrix.tables[name].content)
    except MatrixError as error:
        yield Problem("form", f"{name}.json", 1, "", "", "", str(error))
        return
    yield len(lines.rows)
    yield from lines.damaged
    unmet = list(meets_schema(lines))
    yield from unmet
    if not unmet and not lines.damaged:
        yield from _well_formed(lines, today)


def _well_formed(lines: Lines, today: str) -> Iterator[Problem]:
    yield from form(lines)
    yield from sources(lines, today)
