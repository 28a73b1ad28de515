"""TOML, and the lines that its values stand on, which no parser of the standard library tells.

The lines come from a look at the text: a table's header, then the key, then the value as it is written. Where that is not
the only place that it can be, the line of the key is told, or of the table, or none. Source: https://toml.io/en/v1.0.0
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from typing import Any

from envdoctor.patterns import lazily

MAX_CHARACTERS = 1_000_000
MAX_LINES = 50_000

_MAX_DOTS = 300  # the parser takes a time that grows with the square of the parts of a key
_QUOTED = lazily(r'"(?:[^"\\\n]|\\.)*"|' + r"'[^'\n]*'")
_HEADER = lazily(r"\s*\[(\[?)\s*([\w.\"' \t-]{1,200})\](\]?)\s*(?:#.*)?")
_KEY = lazily(r"\s*((?:[\w-]+|\"[^\"\n]*\"|'[^'\n]*')(?:\s*\.\s*(?:[\w-]+|\"[^\"\n]*\"|'[^'\n]*'))*)\s*=")
_AT_LINE = lazily(r"\(at line (\d+),")


class TomlError(ValueError):
    """The text is no TOML. `line` is 1-based, None where the parser does not tell."""

    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__(reason)
        self.line = line


def parse_toml(text: str) -> dict[str, Any]:
    """The document. Raises TomlError, also for one that would take the parser too long."""
    import sys

    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    _refuse_costly(text)
    try:
        return tomllib.loads(text.removeprefix("\ufeff"))
    except RecursionError:
        raise TomlError("it is nested too deeply") from None
    except ValueError as error:
        said = str(error)[:200]
        found = _AT_LINE.search(said)
        raise TomlError(said, int(found.group(1)) if found else None) from error


def _refuse_costly(text: str) -> None:
    if len(text) > MAX_CHARACTERS:
        raise TomlError(f"it is longer than {MAX_CHARACTERS:,} characters")
    for number, line in enumerate(text.split("\n"), 1):
        if line.count(".") > _MAX_DOTS and _QUOTED.sub("", line).count(".") > _MAX_DOTS:
            raise TomlError(f"a line has more than {_MAX_DOTS} dots outside of texts", number)


def parts_of(key: str) -> tuple[str, ...]:
    """`tool . "uv".sources` -> ("tool", "uv", "sources")."""
    return tuple(part.strip().strip("\"'") for part in key.split("."))


class TomlLines:
    """Finds lines in a text that is known to be TOML. The text is looked through once, at the first question."""

    def __init__(self, text: str) -> None:
        self._lines = text.removeprefix("\ufeff").splitlines()[:MAX_LINES]
        self._values: dict[int, dict[str, int]] = {}

    def of(self, table: Sequence[str], key: str | None = None, value: str | None = None) -> int | None:
        """The line of `value`, a text in the list or table under `key` of `table`; of the key; of the table; or None."""
        if key is not None:
            start, end = self._keys.get((*table, key), (0, 0))
            if start:
                return (self._value(start, end, value) if value is not None else None) or start
            header = self._tables.get((*table, key))  # [tool.poetry.dependencies.torch]
            if header:
                return header
        return self._tables.get(tuple(table)) or None

    @cached_property
    def _tables(self) -> Mapping[tuple[str, ...], int]:
        """Table -> the line of its header; 0 where several have that name."""
        return self._found[0]

    @cached_property
    def _keys(self) -> Mapping[tuple[str, ...], tuple[int, int]]:
        """Table and key -> the line of the key and that behind its value; (0, 0) where there are several."""
        return self._found[1]

    @cached_property
    def _found(self) -> tuple[Mapping[tuple[str, ...], int], Mapping[tuple[str, ...], tuple[int, int]]]:
        tables: dict[tuple[str, ...], int] = {}
        starts: list[tuple[tuple[str, ...], int]] = []
        here: tuple[str, ...] = ()
        for number, line in enumerate(self._lines, 1):
            header = _HEADER.fullmatch(line[:500]) if "[" in line[:200] else None
            if header is not None and len(header.group(1)) == len(header.group(3)):
                here = parts_of(header.group(2))
                tables[here] = 0 if here in tables else number
                starts.append(((), number))
            elif "=" in line:
                key = _KEY.match(line[:500])
                if key is not None:
                    starts.append(((*here, *parts_of(key.group(1))), number))
        keys: dict[tuple[str, ...], tuple[int, int]] = {}
        starts.append(((), len(self._lines) + 1))
        for (name, number), (_, end) in pairwise(starts):
            keys[name] = (0, 0) if name in keys else (number, end)
        return tables, keys

    def _value(self, start: int, end: int, value: str) -> int | None:
        if start not in self._values:
            self._values[start] = self._texts(start, end)
        return self._values[start].get(value) or None

    def _texts(self, start: int, end: int) -> dict[str, int]:
        """The texts in quotes -> their line; 0 for one that stands there twice."""
        found: dict[str, int] = {}
        for number, line in enumerate(self._lines[start - 1 : end - 1], start):
            if line.lstrip().startswith("#"):
                continue
            for quoted in _QUOTED.findall(line):
                text = quoted[1:-1]
                if quoted[0] == '"' and "\\" in text:
                    text = text.replace('\\"', '"').replace("\\\\", "\\")
                found[text] = number if found.get(text, number) == number else 0
        return found
