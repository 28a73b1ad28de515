"""Holds a document to the schema that ships: what it does not allow becomes null, with the reason.

A driver, a file or a variable may say anything; the document must be readable by `check` all the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from envdoctor.readers.environment import schema
from envdoctor.readers.json_document import shown
from envdoctor.readers.shape import Problem, check

_MOST_ROUNDS = 50


def fitted(document: dict[str, Any], reasons: dict[str, str]) -> dict[str, Any]:
    root = schema()
    for _ in range(_MOST_ROUNDS):
        problems = [found for found in check(document, root, root) if isinstance(found, Problem)]
        if not problems:
            return document
        for problem in problems:
            reasons.setdefault(problem.where, f"{problem} was seen"[:300])
            _forget(document, problem.where)
    return {"schema": document["schema"]}


def _forget(document: dict[str, Any], where: str) -> None:
    """Sets what lies there to null; if it is null and may not be, its key goes, or the list that holds it becomes null."""
    for holder, key in list(_places(document, where, "")):
        if holder[key] is not None:
            holder[key] = None
        elif isinstance(holder, dict):
            del holder[key]
        else:
            _forget(document, where.rpartition("[")[0])


def _places(value: Any, where: str, path: str) -> Iterator[tuple[Any, Any]]:
    """Every holder and key that the problem's path can mean: names that are no plain words are written as JSON and
    shortened there, so the path is followed by writing each name likewise."""
    for key, item, here in _children(value, path):
        if here == where:
            yield value, key
        elif where.startswith((f"{here}.", f"{here}[")):
            yield from _places(item, where, here)


def _children(value: Any, path: str) -> Iterator[tuple[Any, Any, str]]:
    if isinstance(value, dict):
        for name, item in value.items():
            written = name if re.fullmatch(r"[A-Za-z0-9_-]{1,60}", name) else shown(name)
            yield name, item, f"{path}.{written}" if path else written
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield index, item, f"{path}[{index}]"
