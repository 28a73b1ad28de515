"""Faults of a launch script that change a command without an error, found line by line.

A command that is cut short is read on as it was meant: `repaired` gives the script with the missing backslashes, on the
same lines, so that the rest of it is judged as well.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from envdoctor.patterns import lazily
from envdoctor.readers.docker_commands import DockerCommand, docker_command
from envdoctor.readers.docker_words import BUILD, RUN, Options, options, words_of
from envdoctor.readers.secret_values import without_values
from envdoctor.readers.shell import Command, Shell, read_shell

_MAX_PASSES = 4
"""Times that the script is read anew because a command goes on further than it did before."""

_BLANK_AFTER = lazily(r"(?<!\\)(?:\\\\)*(\\[ \t]+(?:#.*)?)$")
_OPTION_LINE = lazily(r"[ \t]*--?[A-Za-z]")
_COMMENT = lazily(r"[ \t]#")
_IMAGE_LINE = lazily(
    r"[ \t]+(?:[a-z0-9][\w.-]*(?::[0-9]+)?(?:/[\w.-]+)*[:/][\w.:@-]+|\"?\$\{?\w*(?:IMAGE|IMG)\w*\}?\"?)(?:\s|$)", re.I
)
_CONTEXT_LINE = lazily(r"[ \t]*(?:\.{1,2}(?:/\S*)?|[\w.-]+/)[ \t]*$")
_MAX_SHOWN = 200


class Line(NamedTuple):
    """A slip of the 0-based line `number`."""

    number: int
    kind: str
    shown: str


class Repaired(NamedTuple):
    shell: Shell
    slips: tuple[Line, ...]


def repaired(text: str) -> Repaired:
    """The script's commands as they were meant, and what is wrong with them as written."""
    lines = text.split("\n")
    found: dict[int, Line] = {}
    for _ in range(_MAX_PASSES):
        shell = read_shell("\n".join(lines), {}, as_written=True)
        new = _slips(shell.commands, lines, found)
        if not new:
            break
        found.update(new)
    else:
        shell = read_shell("\n".join(lines), {}, as_written=True)
    return Repaired(shell, tuple(found[number] for number in sorted(found)))


def _slips(commands: Sequence[Command], lines: list[str], known: dict[int, Line]) -> dict[int, Line]:
    """New slips by the line they stand on. The lines are repaired at once."""
    new: dict[int, Line] = {}
    for number, command in enumerate(commands):
        last = command.end
        goes_on = number + 1 < len(commands) and commands[number + 1].lines[0] == last
        if command.stdin is not None or last in known or last in new or last >= len(lines) or goes_on:
            continue
        docker = docker_command(words_of(command))
        if docker is None or not _ends_there(command, lines[last]):
            continue
        new.update((slip.number, slip) for slip in _empty_lines(command, lines) if slip.number not in known)
        slip = _slip(command, docker, lines)
        while slip is not None:
            new[slip.number] = slip
            slip = _further(slip.number + 1, lines)
    return new


def _ends_there(command: Command, line: str) -> bool:
    """In a payload the lines of a double-quoted word are counted without its continued ones: is it this line?"""
    return not command.scope or command.texts[-1].strip("\"'")[-20:] in line


def _empty_lines(command: Command, lines: list[str]) -> list[Line]:
    """An empty line behind a backslash ends the command; the grammar reads on."""
    starts = sorted({number for number in command.lines if command.lines[0] <= number <= command.end})
    found = []
    for number, following in pairwise(starts):
        between = lines[number + 1 : following]
        if between and not any(line.strip() for line in between) and lines[number].rstrip().endswith("\\"):
            found.append(Line(following - 1, "cut-short", _shown(lines[following])))
    return found


def _further(number: int, lines: list[str]) -> Line | None:
    """The next line of a command that was cut short may be cut short itself."""
    following = _next_line(lines, number + 1) if number < len(lines) else None
    line = lines[number] if number < len(lines) else ""
    if following is None or line.rstrip().endswith("\\") or line.count("'") % 2 or line.count('"') % 2:
        return None
    if not _OPTION_LINE.match(line) or not _OPTION_LINE.match(lines[following]):
        return None
    return _joined(number, following, lines)


def _joined(last: int, following: int, lines: list[str]) -> Line:
    shown = _shown(lines[following])
    if not lines[last].rstrip().endswith("\\"):
        lines[last] = _without_comment(lines[last]).rstrip() + " \\"
    lines[last + 1 : following] = ["\\"] * (following - last - 1)
    return Line(following - 1, "cut-short", shown)


def _slip(command: Command, docker: DockerCommand, lines: list[str]) -> Line | None:
    last = command.end
    following = _next_line(lines, last + 1)
    if following is None:
        return None
    shown = _shown(lines[following])
    is_option = _OPTION_LINE.match(lines[following]) is not None
    found = options(words_of(command, docker.start), BUILD if docker.builds else RUN, mixed=docker.builds)
    blank = _BLANK_AFTER.search(lines[last])
    if (
        blank is not None
        and blank.group(1).strip("\\ \t")
        and command.texts[-1].endswith(blank.group(1).strip("\\ \t"))
    ):
        blank = None  # it is inside a quoted word
    if (
        blank is not None
        and following == last + 1
        and (is_option or _lacks_end(found) or _is_deeper(lines, command, following))
    ):
        lines[last] = lines[last][: blank.start(1)].rstrip() + " \\"
        return Line(last, "blank-after-backslash", shown)
    if lines[last].rstrip().endswith("\\") and following == last + 1:
        return None  # it does go on; of a payload, lines are not known better
    if not is_option and not _ends_on_next(docker, found, lines, last, following):
        return None
    return _joined(last, following, lines)


def _shown(line: str) -> str:
    return without_values(line.strip())[:_MAX_SHOWN]


def _without_comment(line: str) -> str:
    """Without a comment behind the last quote."""
    start = max(line.rfind("'"), line.rfind('"')) + 1
    found = _COMMENT.search(line, start)
    return line[: found.start()] if found else line


def _ends_on_next(docker: DockerCommand, found: Options, lines: list[str], last: int, following: int) -> bool:
    """A command without its image, or a build without its context, whose next line is one."""
    if not _lacks_end(found) or following != last + 1:
        return False
    return (_CONTEXT_LINE if docker.builds else _IMAGE_LINE).match(lines[following]) is not None


def _lacks_end(found: Options) -> bool:
    return not found.rest and not found.unknown


def _is_deeper(lines: list[str], command: Command, following: int) -> bool:
    return _indent(lines[following]) > _indent(lines[min(command.lines[0], len(lines) - 1)])


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))


def _next_line(lines: list[str], start: int) -> int | None:
    """The next line that is neither blank nor a comment."""
    for number in range(start, min(start + 50, len(lines))):
        bare = lines[number].strip()
        if bare and bare != "\\" and not bare.startswith("#"):
            return number
    return None
