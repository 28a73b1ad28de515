"""Where a Dockerfile's variables get their values, and which of them to change so that a text comes out as wanted.

`FROM nvidia/cuda:${CUDA_TAG}` keeps its variable, so that --build-arg still decides; its default changes.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from envdoctor.readers.dockerfile import Dockerfile, Instruction
from envdoctor.suggest.edits import Edit

_REFERENCE = re.compile(r"\$(?:(?P<name>\w+)|\{(?P<braced>\w+)(?P<fallback>:?-[^}$]*)?\})", re.ASCII)
_ASSIGNED = re.compile(
    r"""(?<![\w$.-])(?P<name>[A-Za-z_]\w*)=(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>[^\s"'\\]*))""", re.ASCII
)
_OLD_FORM = re.compile(r"\s*ENV\s+(?P<name>[A-Za-z_]\w*)\s+(?P<rest>[^\s=][^=]*?)\s*$", re.ASCII | re.IGNORECASE)
_VALUES = ("double", "single", "bare", "rest")
_STAGES = 50  # built on one another
_DEPTH = 5  # defaults that are made of other variables
_MOST = 3  # variables in one text


class Place(NamedTuple):
    """Where NAME=value stands: the value's characters without its quotes, in line `line` (0-based)."""

    line: int
    start: int
    end: int
    value: str


class Defaults:
    def __init__(self, dockerfile: Dockerfile, lines: Sequence[str]) -> None:
        self._lines = lines
        self._starts = [0]  # of the stages; the first holds the ARGs before the first FROM
        self._below: list[str] = [""]  # what each rests on
        self._names: dict[str, int] = {}
        self._places: list[dict[str, list[Place]]] = [{}]
        for instruction in dockerfile.instructions:
            if instruction.keyword == "FROM":
                self._starts.append(instruction.line - 1)
                self._below.append(instruction.words[0].lower())
                self._places.append({})
                self._names.update((name.lower(), len(self._starts) - 1) for name in instruction.words[2:3])
            elif instruction.keyword in ("ARG", "ENV"):
                self._collect(instruction)

    def _collect(self, instruction: Instruction) -> None:
        for number in range(instruction.line - 1, min(instruction.end_line, len(self._lines))):
            line = self._lines[number]
            old = _OLD_FORM.match(line)
            for match in [old] if old is not None else _ASSIGNED.finditer(line):
                group = next(key for key in _VALUES if match.groupdict().get(key) is not None)
                place = Place(number, match.start(group), match.end(group), match.group(group))
                self._places[-1].setdefault(match.group("name"), []).append(place)

    def place(self, name: str, line: int) -> Place | None:
        """Of the value that the variable has at a line (0-based): the last ARG or ENV with one before it, in the stage
        and in those that it is built on, else before the first FROM."""
        stage = bisect_right(self._starts, line) - 1
        if self._starts[stage] == line:
            stage = 0  # FROM sees the first ones alone
        for _ in range(_STAGES):
            found = [place for place in self._places[stage].get(name, ()) if place.line < line]
            if found or not stage:
                return found[-1] if found else None
            stage = self._names.get(self._below[stage], 0)
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
