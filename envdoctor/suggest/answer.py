"""Solves a problem and says why: what `envdoctor suggest` prints, whatever the format."""

from __future__ import annotations

from typing import NamedTuple

from envdoctor.matrix import Matrix
from envdoctor.suggest.boards import advice
from envdoctor.suggest.constraints import Change, Constraint, changes, conflict
from envdoctor.suggest.judge import Memory
from envdoctor.suggest.problem import Problem, Rejection, Suggestion
from envdoctor.suggest.reasons import reasons
from envdoctor.suggest.search import Search


class Answer(NamedTuple):
    """`conflict`, `changes` and `advice` are filled where nothing fits; `changes` and `rejections` also where asked for."""

    problem: Problem
    suggestions: tuple[Suggestion, ...]
    rejections: tuple[Rejection, ...]
    conflict: tuple[Constraint, ...] = ()
    changes: tuple[Change, ...] = ()
    advice: tuple[str, ...] = ()  # where to go on, for what the matrix knows nothing of
    ended: bool = False  # the search was given up before its end


def solve(problem: Problem, matrix: Matrix, count: int, explain: bool = False) -> Answer:
    memory = Memory()
    search = Search(problem, matrix, memory)
    found = search.best(count)
    lost = tuple(search.rejected.values())
    suggestions = tuple(
        Suggestion(candidate, judgement, beside, reasons(candidate, judgement, problem, matrix, lost))
        for candidate, judgement, beside in found
    )
    if suggestions and not explain:
        return Answer(problem, suggestions, lost, ended=search.ended)
    against = conflict(problem, matrix, memory) if not suggestions else ()
    elsewhere = advice(problem) if not suggestions else ()
    return Answer(
        problem, suggestions, lost, against, tuple(changes(problem, matrix, found, memory)), elsewhere, search.ended
    )
