"""Solves a problem and says why: what `envdoctor suggest` prints, whatever the format."""

from __future__ import annotations

from typing import NamedTuple

from envdoctor.matrix import Matrix
from envdoctor.suggest.constraints import Change, Constraint, changes, conflict
from envdoctor.suggest.problem import Problem, Rejection, Suggestion
from envdoctor.suggest.reasons import reasons
from envdoctor.suggest.search import Search


class Answer(NamedTuple):
    """`conflict` and `changes` are filled where nothing fits; `changes` and `rejections` also where asked for."""

    problem: Problem
    suggestions: tuple[Suggestion, ...]
    rejections: tuple[Rejection, ...]
    conflict: tuple[Constraint, ...] = ()
    changes: tuple[Change, ...] = ()


def solve(problem: Problem, matrix: Matrix, count: int, explain: bool = False) -> Answer:
    search = Search(problem, matrix)
    found = search.best(count)
    lost = tuple(search.rejected.values())
    suggestions = tuple(
        Suggestion(candidate, judgement, beside, reasons(candidate, judgement, problem, matrix, lost))
        for candidate, judgement, beside in found
    )
    if suggestions and not explain:
        return Answer(problem, suggestions, lost)
    against = conflict(problem, matrix) if not suggestions else ()
    return Answer(problem, suggestions, lost, against, tuple(changes(problem, matrix, found)))
