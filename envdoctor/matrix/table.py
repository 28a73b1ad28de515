"""Reads one table of the matrix: JSON, one row per line, the key column first.

A look-up by key finds the line in the file's bytes and parses that line alone, so that asking one tag of
two thousand costs microseconds. The file's first line is its head:

    {"table":"toolkits","sources":{"rn1322":"https://…"},"rows":[

`sources` gives short names to addresses; rows cite either. A column that may be None can be left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Generic, TypeVar

Row = TypeVar("Row", bound=tuple[Any, ...])
Reader = Callable[[str], bytes]  # file name within data/ -> its bytes


class MatrixError(ValueError):
    """The curated data is not as it must be. The text names file, row, column and value."""


class Table(Generic[Row]):
    """One table, read on first use. Rows stand in the file's canonical order."""

    def __init__(self, name: str, row: type[Row], read: Reader) -> None:
        self.name = name
        self._row = row
        self._read = read
        self._columns = _columns(row)
        self._bytes: bytes | None = None
        self._sources: Mapping[str, str] = {}
        self._rows: tuple[Row, ...] | None = None
        self._parsed: dict[bytes, Row] = {}
        self._selected: dict[bytes, tuple[Row, ...]] = {}
        self._places: dict[str, list[int]] | None = None

    @property
    def file(self) -> str:
        return f"{self.name}.json"

    @property
    def content(self) -> bytes:
        """The file's bytes. Raises MatrixError if it cannot be read or its head is not this table's."""
        if self._bytes is None:
            try:
                content = self._read(self.file)
            except OSError as error:
                raise MatrixError(f"{self.file} cannot be read: {error.strerror or error}") from error
            self._sources = self._head(content)
            self._bytes = content
        return self._bytes

    def kind(self, column: str) -> str:
        """What a column holds: "str", "int", "bool" or "tuple[str, ...]"."""
        return next(kind for name, kind, _ in self._columns if name == column)

    def rows(self) -> tuple[Row, ...]:
        """Every row, parsed once."""
        if self._rows is None:
            lines = self.content.split(b"\n")[1:]
            self._rows = tuple(self._parse(line) for line in lines if line.strip() not in (b"", b"]}"))
        return self._rows

    def keys(self) -> tuple[str, ...]:
        """Every value of the first column, in order, without parsing the rows."""
        if self._places is None:
            pattern = rb'\n\{"%s":"((?:[^"\\]|\\.)*)"' % self._columns[0][0].encode()
            self._places = {}
            for match in re.finditer(pattern, self.content):
                text = match.group(1)
                key = json.loads(b'"%s"' % text) if b"\\" in text else text.decode()
                self._places.setdefault(key, []).append(match.start())
        return tuple(self._places)

    def find(self, key: str) -> tuple[Row, ...]:
        """The rows whose first column is exactly `key`."""
        if self._places is not None:
            return tuple(self._parse(self._line(place)) for place in self._places.get(key, ()))
        return tuple(self._matching(self._start(key) + b'"'))

    def starting(self, prefix: str) -> tuple[Row, ...]:
        """The rows whose first column starts with `prefix`."""
        return tuple(self._matching(self._start(prefix)))

    def where(self, column: str, value: str) -> tuple[Row, ...]:
        """The rows with that text in that column; the other lines are not parsed."""
        wanted = f'"{column}":{json.dumps(value)}'.encode()
        if wanted not in self._selected:
            self._selected[wanted] = tuple(
                self._parse(line) for line in self.content.split(b"\n")[1:] if wanted in line
            )
        return self._selected[wanted]

    def last(self) -> Row | None:
        """The row that stands last in canonical order (the newest, where versions are the key)."""
        at = self.content.rfind(b"\n{")
        return None if at < 0 else self._parse(self._line(at))

    def _start(self, key: str) -> bytes:
        return f'\n{{"{self._columns[0][0]}":{json.dumps(key, ensure_ascii=False)[:-1]}'.encode("utf-8", "replace")

    def _matching(self, needle: bytes) -> Iterator[Row]:
        at = self.content.find(needle)
        while at >= 0:
            yield self._parse(self._line(at))
            at = self.content.find(needle, at + 1)

    def _line(self, newline_before: int) -> bytes:
        end = self.content.find(b"\n", newline_before + 1)
        return self.content[newline_before + 1 : end if end >= 0 else None]

    def _parse(self, line: bytes) -> Row:
        """The row on a line, parsed once: one check asks for the same builds many times."""
        row = self._parsed.get(line)
        if row is None:
            row = self._parsed[line] = self._parse_anew(line)
        return row

    def _parse_anew(self, line: bytes) -> Row:
        try:
            found = json.loads(line.rstrip(b",\r"))
        except (ValueError, RecursionError) as error:
            raise MatrixError(f"{self._place(line)}: not a JSON object on a line of its own ({error})") from error
        if not isinstance(found, dict):
            raise MatrixError(f"{self._place(line)}: not a JSON object")
        unknown = found.keys() - {name for name, _, _ in self._columns}
        if unknown:
            raise MatrixError(f"{self._place(line)}, column {_quoted(min(unknown))}: {self.name} has no such column")
        make: Any = self._row  # mypy sees a plain tuple type here
        row: Row = make(*(self._cell(line, found, *column) for column in self._columns))
        return row

    def _cell(self, line: bytes, found: Mapping[str, Any], name: str, kind: str, optional: bool) -> object:
        value: Any = found.get(name)
        if value is None and optional:
            return None
        if not _fits(value, kind):
            raise MatrixError(f"{self._place(line)}, column {name!r}: {_quoted(value)} is not {_NAMES[kind]}")
        if kind != "tuple[str, ...]":
            return value
        return tuple(self._cite(line, each) for each in value) if name == "source" else tuple(value)

    def _cite(self, line: bytes, source: str) -> str:
        if source in self._sources:
            return self._sources[source]
        if ":" not in source:
            raise MatrixError(
                f"{self._place(line)}, column 'source': {_quoted(source)} is no address and not in the head"
            )
        return source

    def _place(self, line: bytes) -> str:
        number = self.content.count(b"\n", 0, max(self.content.find(line), 0)) + 1
        return f"{self.file}, line {number} ({line[:60].decode('utf-8', 'replace')}…)"

    def _head(self, content: bytes) -> Mapping[str, str]:
        first = content.split(b"\n", 1)[0]
        try:
            head = json.loads(first.rstrip() + b"]}")
            named, sources = head["table"], head.get("sources", {})
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise MatrixError(f'{self.file}, line 1: expected {{"table":"{self.name}",…,"rows":[ ({error})') from error
        if named != self.name or not isinstance(sources, dict):
            raise MatrixError(f"{self.file}, line 1, column 'table': {_quoted(named)} is not {self.name!r}")
        return sources


_NAMES = {"str": "a text", "int": "a whole number", "bool": "true or false", "tuple[str, ...]": "a list of texts"}


def _quoted(value: object) -> str:
    """As Python writes it, shortened: a stranger's file may hold anything."""
    try:
        return f"{value!r:.80}"
    except RecursionError:
        return "a value that is nested too deeply"


def _columns(row: type[tuple[Any, ...]]) -> tuple[tuple[str, str, bool], ...]:
    """(name, kind, may be None) of each field, from the NamedTuple's annotations."""
    columns = []
    for name, annotation in row.__annotations__.items():
        kind = annotation.__name__ if annotation in (str, int, bool) else str(annotation)
        columns.append((name, kind.removesuffix(" | None"), kind.endswith(" | None")))
    return tuple(columns)


def _fits(value: object, kind: str) -> bool:
    if kind == "tuple[str, ...]":
        return isinstance(value, list) and all(isinstance(each, str) for each in value)
    if kind == "bool" or isinstance(value, bool):
        return kind == "bool" and isinstance(value, bool)
    return isinstance(value, int if kind == "int" else str)
