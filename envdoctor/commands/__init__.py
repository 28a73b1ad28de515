"""The commands, one file each with `parser() -> ArgumentParser` and `run(args) -> int` (the exit code), listed here.

To add a command: one file in this package and one line in COMMANDS. A module is imported only when its command runs.
"""

from __future__ import annotations

COMMANDS = {
    "check": "judge workloads (Dockerfiles, images, requirements) against hosts",
    "suggest": "base images and package pins that fit hosts and a need, best first",
    "diff": "what changes from one base image to another, and which hosts drop out",
    "explain": "what a rule means, the error text users see, how to mend it",
    "matrix": "browse and check the curated data: list, show, search, verify",
    "selftest": "inside a container: does the GPU stack that this image needs work, now (HEALTHCHECK)",
    "probe": "what is true of this machine, as an environment document",
    "schema": "the JSON Schemas of the documents that are read and written",
    "completion": "a completion script for bash, zsh or fish",
}
PLANNED = ("inspect",)


class UsageError(ValueError):
    """What the user typed cannot be acted on: one message, exit code 2."""


class OutputError(Exception):
    """The report could not be written: one message, exit code 3 unless something worse was found."""


class InputError(Exception):
    """Something named on the command line could not be read, so that nothing was judged: one message, exit code 3."""
