"""Holds a document to the schema that ships: what it does not allow becomes null, with the reason.

A driver, a file or a variable may say anything; the document must be readable by `check` all the same.
"""

from __future__ import annotations

import re
from typing import Any

from envdoctor.readers.environment import schema
from envdoctor.readers.shape import Problem, check

_STEP = re.compile(r"\.?([A-Za-z0-9_-]+)|\[([0-9]+)\]")
_MOST_ROUNDS = 50


def fitted(document: dict[str, Any], reasons: dict[str, str]) -> dict[str, Any]:
    root = schema()
    for _ in range(_MOST_ROUNDS):
        problems = [found for found in check(document, root, root) if isinstance(found, Problem)]
        if not problems:
            return document
        for problem in problems:
            reasons[problem.where] = f"{problem} was seen"[:300]
            _forget(document, problem.where)
    return {"schema": document["schema"]}


def _forget(document: dict[str, Any], where: str) -> None:
    """Sets what lies there to null; where the path cannot be followed, the part of the document that holds it."""
    steps = _steps(where)
    if not steps:
        document[where.partition(".")[0].partition("[")[0]] = None
        return
    value: Any = document
    for step in steps[:-1]:
        value = value[step]
    value[steps[-1]] = None


def _steps(where: str) -> list[str | int]:
    """ "host.gpus[0].name" -> ["host", "gpus", 0, "name"]; empty if it holds a name that is written otherwise."""
    steps: list[str | int] = []
    position = 0
    while position < len(where):
        match = _STEP.match(where, position)
        if match is None:
            return []
        steps.append(match.group(1) if match.group(1) is not None else int(match.group(2)))
        position = match.end()
    return steps
