"""The commands, one file each with `parser() -> ArgumentParser` and `run(args) -> int` (the exit code), listed here.

To add a command: one file in this package and one line in COMMANDS. A module is imported only when its command runs.
"""

from __future__ import annotations

COMMANDS = {
    "check": "judge workloads (Dockerfiles, images, requirements) against hosts",
    "explain": "what a rule means, the error text users see, how to mend it",
    "probe": "what is true of this machine, as an environment document",
    "schema": "the JSON Schemas of the documents that are read and written",
    "completion": "a completion script for bash, zsh or fish",
}
PLANNED = ("selftest", "suggest", "inspect", "matrix", "diff")


class UsageError(ValueError):
    """What the user typed cannot be acted on: one message, exit code 2."""


class OutputError(Exception):
    """The report could not be written: one message, exit code 3 unless something worse was found."""


class InputError(Exception):
    """Something named on the command line could not be read, so that nothing was judged: one message, exit code 3."""
