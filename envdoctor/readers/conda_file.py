"""environment.yml, as `conda env create -f` takes it: channels, dependencies, and a nested pip list.

`conda env export` and every example of conda's documentation have one item a line, which is read here: a parser for all of
YAML would be the slowest import of the whole program. It is asked where a file is written in another way.
Source: https://docs.conda.io/projects/conda/en/stable/user-guide/tasks/manage-environments.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from envdoctor.patterns import lazily
from envdoctor.readers.conda_yaml import MAX_CHARACTERS, CondaEnvironmentError, Item, read_parts

__all__ = ["CondaEnvironmentError", "CondaFile", "Item", "read_conda_file"]

MAX_LINES = 20_000

_DEPENDENCIES = lazily(r"^[\"']?dependencies[\"']?\s*:", re.MULTILINE)
_KEY = lazily(r"[\"']?([A-Za-z_-]+)[\"']?\s*:(?:\s+(.*))?")
_ITEM = lazily(r"-\s+(.*)|-$")
_COMMENT = lazily(r"(?:^|\s)#.*$")
_PLAIN = lazily(r"(?:[^\s&*!|>%@`\"'{}\[\],#?:-]|-\S)(?:(?!: ).)*(?<!:)")
_QUOTED = lazily(r'"[^"\\]*"|' + r"'[^']*'")


class CondaFile(NamedTuple):
    """`pip` is the pip list as a requirements file, its lines where they stand in the whole file; `moved` names those that
    do not, with the line where they do."""

    specs: tuple[Item, ...]
    channels: tuple[str, ...]
    pip: str
    gaps: tuple[str, ...]
    moved: Mapping[int, int] = {}


def read_conda_file(text: str, label: str, *, specs_alone: bool = True) -> CondaFile:
    """`specs_alone`: it may be a plain list of specs, one a line, as `conda install --file` takes it. Raises
    CondaEnvironmentError for what is no YAML."""
    text = text.removeprefix("\ufeff")
    lines = text.splitlines()[:MAX_LINES]
    if not _DEPENDENCIES.search(text):
        return _specs(lines) if specs_alone else _by_yaml(text[:MAX_CHARACTERS], label)
    reader = _Lines(lines, label)
    if not reader.gaps:
        return reader.found()
    if len(text) > MAX_CHARACTERS:
        return reader.found()
    return _by_yaml(text, label)


class _Lines:
    """Reads a file with one item a line. What is written in another way is a gap."""

    def __init__(self, lines: list[str], label: str) -> None:
        self.label = label
        self.specs: list[Item] = []
        self.channels: list[str] = []
        self.gaps: list[str] = []
        self.pip = [""] * len(lines)
        self.section = ""
        self.indents: dict[str, int] = {}
        for number, raw in enumerate(lines, 1):
            line = _COMMENT.sub("", raw).rstrip()
            if line.strip() and line not in ("---", "..."):
                self._line(number, line)

    def found(self) -> CondaFile:
        return CondaFile(tuple(self.specs), tuple(self.channels), "\n".join(self.pip), tuple(self.gaps))

    def _line(self, number: int, line: str) -> None:
        bare = line.strip()
        indent = len(line) - len(line.lstrip())
        if "\t" in line[:indent]:
            self._gap(number, bare)
        elif indent == 0 and not bare.startswith("-"):
            self._key(number, bare)
        elif self.section in ("dependencies", "channels"):
            self._item(number, bare, indent)

    def _key(self, number: int, bare: str) -> None:
        key = _KEY.fullmatch(bare)
        self.section, self.indents = (key.group(1) if key else ""), {}
        if key is None:
            self._gap(number, bare)
        elif self.section in ("dependencies", "channels") and key.group(2) not in (None, "", "[]"):
            self.gaps.append(
                f"{self.label}:{number} has {self.section} in a form that is not read here, expected one item a line"
            )

    def _item(self, number: int, bare: str, indent: int) -> None:
        item = _ITEM.fullmatch(bare)
        value = _value(item.group(1) or "") if item is not None else None
        is_pip = item is not None and re.fullmatch(r"pip\s*:", item.group(1) or "") is not None
        outer = self.indents.setdefault("list", indent)
        in_pip = "pip" in self.indents and indent > outer
        if indent != (self.indents.setdefault("in pip", indent) if in_pip else outer) or (value is None and not is_pip):
            self._gap(number, bare)
        elif in_pip:
            self.pip[number - 1] = value or ""
        elif is_pip and self.section == "dependencies":
            self.indents["pip"] = indent
        elif self.section == "channels":
            self.channels.append(value or "")
        else:
            self.indents.pop("pip", None)
            self.indents.pop("in pip", None)
            self.specs.append(Item(number, value or ""))

    def _gap(self, number: int, bare: str) -> None:
        self.gaps.append(f"{self.label}:{number}: {bare[:60]!r} cannot be read here, expected `- name=version`")


def _value(text: str) -> str | None:
    """The text of an item; None for what means more to YAML than what it shows."""
    text = text.strip()
    if _QUOTED.fullmatch(text):
        return text[1:-1]
    return text if _PLAIN.fullmatch(text) else None


def _specs(lines: list[str]) -> CondaFile:
    specs = []
    for number, raw in enumerate(lines, 1):
        line = _COMMENT.sub("", raw).strip()
        if line and not line.startswith(("@", "-")):
            specs.append(Item(number, line))
    return CondaFile(tuple(specs), (), "", ())


def _by_yaml(text: str, label: str) -> CondaFile:
    parts = read_parts(text, label)
    placed: dict[int, str] = {}
    moved: dict[int, int] = {}
    for item in parts.pip:
        line = max(item.line, max(placed, default=0) + 1)  # several items of one line stand below each other
        placed[line] = item.text
        if line != item.line:
            moved[line] = item.line
    pip = "\n".join(placed.get(number, "") for number in range(1, max(placed, default=0) + 1))
    gaps = tuple(
        f"{label}:{item.line} has {item.text} among its dependencies, which is not read" for item in parts.strange
    )
    return CondaFile(parts.specs, parts.channels, pip, gaps, moved)
