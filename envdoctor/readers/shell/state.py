"""What is known while a shell script is read: variables, commands found so far, and the bounds."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from envdoctor.readers.shell.as_written import Array, agreed_value
from envdoctor.readers.shell.command import Budget, Command
from envdoctor.readers.shell.words import AS_WRITTEN

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_DEPTH = 50
"""Deepest nesting of subshells, functions and payloads that is followed."""

_MAX_VARIABLES = 1_000
_MAX_PROBLEMS = 20


class Problem(NamedTuple):
    """A part of the script that could not be read, with its 0-based line. `text` is what is written there; None where
    a bound was reached, so that anything may have been left out."""

    line: int
    message: str
    text: str | None = None


class Status(Enum):
    """How a command ends. Ordinary programs are taken to succeed, since a failing RUN ends the build."""

    YES = "known true"
    NO = "known false"
    LIKELY = "succeeds, else the build fails"
    UNDECIDED = "asks something that only the build can answer"


class State:
    """`variables` is replaced, never changed, so that the commands found can keep theirs."""

    def __init__(self, variables: dict[str, str | None]) -> None:
        self.variables = variables
        self.commands: list[Command] = []
        self.problems: list[Problem] = []
        self.functions: dict[str, tuple[Node, int]] = {}
        self.called: set[str] = set()
        self.behind: dict[int, list[Node]] = {}  # redirections of a list, by the id of its last command
        self.conditional = False
        self.piped: tuple[str | None, ...] = ()
        self.scope: tuple[int, ...] = ()
        self.shells = 0
        self.depth = 0
        self.budget = Budget()
        self.base = 0

    def block(self, nodes: Sequence[Node]) -> Status:
        """Reads statements one after the other; the status of the last. `flow` knows how."""
        raise NotImplementedError

    def problem(self, line: int, message: str, text: str | None) -> None:
        found = Problem(line, message, text[:2_000] if text is not None else None)
        if len(self.problems) < _MAX_PROBLEMS and found not in self.problems:
            self.problems.append(found)

    def too_deep(self, line: int) -> Status:
        self.problem(line, f"commands are nested more than {MAX_DEPTH} deep", None)
        return Status.UNDECIDED

    def assign(self, name: str, given: str | None) -> None:
        self.budget.command()
        self.budget.word(given or "")
        self.budget.environment(self.variables)
        if isinstance(given, Array):
            name, given = f"{name}[@]", given
        elif f"{name}[@]" in self.variables:
            self.variables = {**self.variables, f"{name}[@]": None}
        if name in self.variables or len(self.variables) < _MAX_VARIABLES:
            self.variables = {**self.variables, name: given}


def status_of(answer: bool | None) -> Status:
    if answer is None:
        return Status.UNDECIDED
    return Status.YES if answer else Status.NO


def agreed(ends: list[dict[str, str | None]]) -> dict[str, str | None]:
    """The variables after one of several ways was taken: a value where all agree, else unknown."""
    first = ends[0]
    if all(end is first for end in ends):
        return first
    keeps = AS_WRITTEN in first
    agreed: dict[str, str | None] = {}
    for end in ends:
        for name in end:
            if name not in agreed:
                given = end[name]
                if all(name in other and other[name] == given for other in ends):
                    agreed[name] = given
                else:
                    agreed[name] = agreed_value([other.get(name) for other in ends], name) if keeps else None
    return agreed
