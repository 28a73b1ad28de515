"""Where a Dockerfile's variables get their values, and which of them to change so that a text comes out as wanted.

`FROM nvidia/cuda:${CUDA_TAG}` keeps its variable, so that --build-arg still decides; its default changes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from envdoctor.readers.dockerfile import Dockerfile, Instruction
from envdoctor.suggest.edits import Edit

_REFERENCE = re.compile(r"\$(?:(?P<name>\w+)|\{(?P<braced>\w+)(?P<fallback>:?-[^}$]*)?\})", re.ASCII)
_DEPTH = 5  # defaults that are made of other variables
_MOST = 5  # variables in one text


class Place(NamedTuple):
    """Where NAME=value stands: the value's characters without its quotes, in line `line` (0-based)."""

    line: int
    start: int
    end: int
    value: str


class Defaults:
    def __init__(self, dockerfile: Dockerfile, lines: Sequence[str]) -> None:
        self.lines = lines
        self._stages: list[list[Instruction]] = [[]]  # the first holds the ARGs before the first FROM
        self._names: dict[str, int] = {}
        for instruction in dockerfile.instructions:
            if instruction.keyword == "FROM":
                self._stages.append([])
                if len(instruction.words) == 3:
                    self._names[instruction.words[2].lower()] = len(self._stages) - 1
            self._stages[-1].append(instruction)

    def place(self, name: str, line: int) -> Place | None:
        """Of the value that the variable has at a line (0-based): the last ARG or ENV with one before it, in the stage
        and in those that it is built on, else before the first FROM."""
        for instruction in self._before(line):
            found = self._assigned(instruction, name)
            if found is not None:
                return found
        return None

    def _before(self, line: int) -> Iterator[Instruction]:
        here = next((number for number, stage in enumerate(self._stages) if _holds(stage, line)), 0)
        from_line = bool(self._stages[here]) and self._stages[here][0].keyword == "FROM"
        seen: set[int] = set()
        while here and here not in seen and not (from_line and self._stages[here][0].line - 1 == line):
            seen.add(here)
            start, *body = self._stages[here]
            yield from (each for each in reversed(body) if each.line - 1 < line)
            here = self._names.get(start.words[0].lower(), 0)
        yield from (each for each in reversed(self._stages[0]) if each.line - 1 < line)

    def _assigned(self, instruction: Instruction, name: str) -> Place | None:
        if instruction.keyword not in ("ARG", "ENV"):
            return None
        old_form = rf"|^\s*ENV\s+{name}\s+(?P<rest>\S.*?)\s*$" if instruction.keyword == "ENV" else ""
        pattern = re.compile(
            rf"(?<![\w$.-]){name}=(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)'|(?P<bare>[^\s\"'\\]*)){old_form}",
            re.ASCII | re.IGNORECASE if old_form else re.ASCII,
        )
        for number in range(instruction.line - 1, min(instruction.end_line, len(self.lines))):
            match = pattern.search(self.lines[number])
            if match is not None:
                group = next(key for key, value in match.groupdict().items() if value is not None)
                return Place(number, match.start(group), match.end(group), match.group(group))
        return None

    def value(self, name: str, line: int) -> str | None:
        """The text of the default, if no variable is in it."""
        found = self.place(name, line)
        return found.value if found is not None and "$" not in found.value else None

    def fill(self, template: str, wanted: str, line: int, start: int = 0, depth: int = 0) -> list[Edit] | None:
        """The changes after which `template`, which stands at `line` from `start`, gives `wanted`. None: not so."""
        values = _solved(template, wanted)
        if values is None or depth > _DEPTH:
            return None
        edits: list[Edit] = []
        for match in _REFERENCE.finditer(template):
            found = self._set(match, values[_name(match)], line, start, depth)
            if found is None:
                return None
            edits += found
        return edits

    def _set(self, match: re.Match[str], value: str, line: int, start: int, depth: int) -> list[Edit] | None:
        place = self.place(_name(match), line)
        if place is None:
            if match.group("fallback") is None:
                return None
            signs = len(match.group("fallback")) - len(match.group("fallback").lstrip(":-"))
            begin = start + match.start("fallback") + signs
            return [Edit(line, begin, start + match.end("fallback"), value)]
        if "$" in place.value:
            return self.fill(place.value, value, place.line, place.start, depth + 1)
        return [] if place.value == value else [Edit(place.line, place.start, place.end, value)]


def references(template: str) -> list[str]:
    return [_name(match) for match in _REFERENCE.finditer(template)]


def reference_to(name: str, template: str) -> str:
    """As it is written there."""
    return next(match.group() for match in _REFERENCE.finditer(template) if _name(match) == name)


def _holds(stage: list[Instruction], line: int) -> bool:
    return bool(stage) and stage[0].line - 1 <= line <= stage[-1].end_line - 1


def _name(match: re.Match[str]) -> str:
    return match.group("name") or match.group("braced")


def _solved(template: str, wanted: str) -> dict[str, str] | None:
    """What the variables have to be. The first of several takes as little as it can."""
    if not 0 < len(references(template)) <= _MOST:
        return None
    pattern, position, seen = "", 0, set[str]()
    for match in _REFERENCE.finditer(template):
        name = _name(match)
        pattern += re.escape(template[position : match.start()])
        pattern += f"(?P={name})" if name in seen else f"(?P<{name}>.+?)"
        position = match.end()
        seen.add(name)
    found = re.fullmatch(pattern + re.escape(template[position:]), wanted)
    return found.groupdict() if found is not None else None
