"""Every simple command of a shell script, in order, as far as it can be told without running anything.

`tree-sitter-bash` gives the syntax; this module follows the control flow: what certainly runs, what may run, and with
which variables. A condition that known values decide is decided, a `for` over known words is unrolled, a function is
followed where it is called, and `bash -c "…"` is read like the script around it. A part that cannot be parsed is a
problem, and the rest is read all the same. `grammar` parses; `words`, `expansion` and `substitution`
work out what a word becomes; `flow` follows the statements, with `conditions`; `simple` reads the commands in them, and
`wrappers` knows sudo and its like.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from envdoctor.readers.shell.command import Command, Redirect, TooMuch
from envdoctor.readers.shell.flow import ScriptReader
from envdoctor.readers.shell.state import Problem
from envdoctor.readers.shell.words import AS_WRITTEN, unmarked_source

__all__ = ["Command", "Problem", "Redirect", "Shell", "commands", "read_shell"]


class Shell(NamedTuple):
    commands: tuple[Command, ...]
    problems: tuple[Problem, ...] = ()


def commands(script: str, variables: Mapping[str, str | None]) -> list[Command]:
    """The commands of `read_shell`, for those who have no use for its problems."""
    return list(read_shell(script, variables).commands)


def read_shell(script: str, variables: Mapping[str, str | None], *, as_written: bool = False) -> Shell:
    """`variables`: the environment the script starts in; None is a value not known. Never raises for bad input.

    `as_written`: for scripts that are not run by a build. What is known only at run time stays in `texts` as it is
    written, bash arrays and `$(…)` are followed, and functions that nothing calls are read as well."""
    if as_written:
        script, variables = unmarked_source(script), {**variables, AS_WRITTEN: ""}
    reader = ScriptReader(dict(variables))
    try:
        reader.script(script, 0)
        if as_written:
            reader.uncalled()
    except TooMuch as error:
        reader.problem(0, str(error), None)
    return Shell(tuple(reader.commands), tuple(reader.problems))
