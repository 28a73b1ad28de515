"""A compose file's YAML as a tree in which every value knows its line.

Built from ruamel's events with an own stack: nothing here recurses, aliases share what they name, and what they stand
for when written out is counted, so that a "billion laughs" ends at MAX_NODES.
Sources: https://yaml.org/spec/1.2.2/ , https://yaml.org/type/merge.html (`<<`)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from envdoctor.facts import Origin

MAX_NODES = 250_000
"""Values in one file, with what its aliases and merge keys repeat."""

MAX_WRITTEN = 20_000
"""Keys and values that one file writes out: ruamel takes about 25 microseconds for each, and no team writes as many."""

MAX_DEPTH = 64
MAX_PROBLEMS = 100
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})


class ComposeError(ValueError):
    """The file cannot be read at all. The message says what was read and what was expected."""


class Node(NamedTuple):
    """One value. `kind`: map, list, text, null, or open (a text of which a part is known only at run time: `text` has
    `${NAME}` there, for the names that are `missing`). `origin` is the key's line. `folder`: what relative paths in it start from, as
    seen from the folder of the compose file. `size`: values in it, itself included; `depth`: levels of them."""

    kind: str
    origin: Origin
    text: str = ""
    missing: tuple[str, ...] = ()
    items: tuple[Node, ...] = ()
    fields: Mapping[str, Node] = {}
    tag: str = ""
    folder: str = ""
    size: int = 1
    depth: int = 1

    @property
    def is_null(self) -> bool:
        return self.kind == "null"

    @property
    def is_scalar(self) -> bool:
        return self.kind in ("text", "open")

    @property
    def reason(self) -> str:
        """Why an open text is not known."""
        if not self.missing:
            return "its variables cannot be substituted"
        return f"{', '.join(self.missing[:5])} {'is' if len(self.missing) == 1 else 'are'} known only at run time"


class Source(NamedTuple):
    """Where a file's text comes from, as its facts tell it, and the folder its relative paths start from."""

    path: str
    label: str
    folder: str = ""

    def at(self, line: int) -> Origin:
        return Origin(f"{self.label}:{line}", self.path, line)


Substituted = tuple[str, tuple[str, ...]]
"""A text after substitution, and the names of the variables that are left standing in it."""


class Problems:
    """Parts that could not be understood, each "compose.yaml:12: …, expected …"; no more than anybody reads."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def add(self, origin: Origin, message: str) -> None:
        told = f"{origin.label}: {message}"
        if len(self.found) < MAX_PROBLEMS and told not in self.found:
            self.found.append(told)


class _Frame:
    """A map or list that is being read. `key`: what its next value is for, and the key's line."""

    __slots__ = ("anchor", "depth", "fields", "items", "key", "kind", "line", "lines", "merged", "role", "size", "tag")

    def __init__(self, kind: str, line: int, anchor: str | None, tag: str) -> None:
        self.kind, self.line, self.anchor, self.tag = kind, line, anchor, tag
        self.items: list[Node] = []
        self.fields: dict[str, Node] = {}
        self.lines: dict[str, int] = {}
        self.key: tuple[str, int] | None = None
        self.role = "field"  # of that value: field, merge, skipped
        self.merged: list[Node] = []
        self.size = self.depth = 1

    def holds(self, node: Node) -> None:
        self.size += node.size
        self.depth = max(self.depth, node.depth + 1)


def compose(
    text: str, source: Source, substitute: Callable[[str], Substituted], problems: Problems
) -> tuple[Node, ...]:
    """The documents of the text. Raises ComposeError."""
    builder = _Builder(source, substitute, problems)
    for event in _events(text, source):
        builder.take(event)
    return tuple(builder.documents)


def _events(text: str, source: Source) -> Iterator[Any]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    expected = "expected YAML; correct it, `docker compose config` shows whether it is read"
    parser = YAML(typ="safe", pure=True)
    try:
        yield from parser.parse(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark is not None else 1
        what = " ".join(str(error.problem or error.context or "it is not YAML").split())[:160]
        raise ComposeError(f"{source.label}:{line}: {what}, {expected}") from error
    except (YAMLError, RecursionError, ValueError, AttributeError, IndexError) as error:
        if isinstance(error, ComposeError):
            raise
        what = " ".join(str(error).split())[:160]
        raise ComposeError(f"{source.label}: {what or type(error).__name__}, {expected}") from error


class _Builder:
    def __init__(self, source: Source, substitute: Callable[[str], Substituted], problems: Problems) -> None:
        self.source, self.substitute, self.problems = source, substitute, problems
        self.documents: list[Node] = []
        self.stack: list[_Frame] = []
        self.anchors: dict[str, Node] = {}
        self.nodes = self.written = 0

    def take(self, event: Any) -> None:
        name = type(event).__name__
        line = event.start_mark.line + 1
        if not name.endswith("EndEvent"):
            self._write(line)
        if name == "ScalarEvent":
            self._scalar(event, line)
        elif name in ("MappingStartEvent", "SequenceStartEvent"):
            self._open("map" if name.startswith("M") else "list", event, line)
        elif name in ("MappingEndEvent", "SequenceEndEvent"):
            self._close()
        elif name == "AliasEvent":
            self._alias(event, line)
        elif name == "DocumentStartEvent":
            self.anchors.clear()

    def _count(self, nodes: int, line: int) -> None:
        self.nodes += nodes
        if self.nodes > MAX_NODES:
            raise ComposeError(
                f"{self.source.label}:{line}: its values, with those that aliases repeat, are more than {MAX_NODES:,}, "
                "expected a compose file that fewer make up"
            )

    def _write(self, line: int) -> None:
        self.written += 1
        if self.written > MAX_WRITTEN:
            raise ComposeError(
                f"{self.source.label}:{line}: it holds more than {MAX_WRITTEN:,} keys and values, "
                "expected a compose file of fewer"
            )

    def _deep(self, levels: int, line: int) -> None:
        if len(self.stack) + levels > MAX_DEPTH:
            raise ComposeError(
                f"{self.source.label}:{line}: its values are nested more than {MAX_DEPTH} deep, expected fewer"
            )

    def _open(self, kind: str, event: Any, line: int) -> None:
        self._count(1, line)
        self._deep(1, line)
        self.stack.append(_Frame(kind, line, event.anchor, str(event.tag or "")))

    def _scalar(self, event: Any, line: int) -> None:
        self._count(1, line)
        tag, written = str(event.tag or ""), str(event.value)
        frame = self.stack[-1] if self.stack else None
        if frame is not None and frame.kind == "map" and frame.key is None:
            self._key(frame, written, line, plain=event.style is None)
            if event.anchor:
                self.anchors[event.anchor] = Node("text", self.source.at(line), written, folder=self.source.folder)
            return
        plain = event.style is None and not tag
        self._add(self._leaf(written, line, tag, plain), event.anchor)

    def _leaf(self, written: str, line: int, tag: str, plain: bool) -> Node:
        origin, folder = self.source.at(line), self.source.folder
        if (plain and written in _NULLS) or (tag.startswith("!") and not written):
            return Node("null", origin, tag=tag, folder=folder)
        if "$" not in written:
            return Node("text", origin, written, tag=tag, folder=folder)
        try:
            text, missing = self.substitute(written)
        except ValueError as error:
            self.problems.add(origin, str(error))
            return Node("open", origin, written, tag=tag, folder=folder)
        return Node("open" if missing else "text", origin, text, missing, tag=tag, folder=folder)

    def _key(self, frame: _Frame, key: str, line: int, *, plain: bool) -> None:
        merge = plain and key == "<<"
        first = frame.lines.get(key)
        if first is not None and not merge:
            self.problems.add(
                self.source.at(line),
                f"{key[:60]!r} is given again (first in line {first}), expected each key once; docker compose refuses"
                " the file, the last one is taken here",
            )
        frame.lines[key] = line
        frame.key, frame.role = (key, line), "merge" if merge else "field"

    def _alias(self, event: Any, line: int) -> None:
        node = self.anchors.get(str(event.anchor))
        if node is None:
            raise ComposeError(
                f"{self.source.label}:{line}: *{event.anchor} was read, expected &{event.anchor} before it"
            )
        frame = self.stack[-1] if self.stack else None
        if frame is not None and frame.kind == "map" and frame.key is None:
            self._key(frame, node.text, line, plain=False)
            return
        self._count(node.size, line)
        self._deep(node.depth, line)
        self._add(node, None)

    def _close(self) -> None:
        frame = self.stack.pop()
        origin = self.source.at(frame.line)
        for merged in frame.merged:
            for key, value in merged.fields.items():
                if key not in frame.fields:
                    frame.fields[key] = value
                    frame.holds(value)
        self._add(
            Node(
                frame.kind,
                origin,
                items=tuple(frame.items),
                fields=frame.fields,
                tag=frame.tag,
                folder=self.source.folder,
                size=frame.size,
                depth=frame.depth,
            ),
            frame.anchor,
        )

    def _add(self, node: Node, anchor: str | None) -> None:
        if anchor:
            self.anchors[anchor] = node
        if not self.stack:
            self.documents.append(node)
            return
        frame = self.stack[-1]
        if frame.kind == "list":
            frame.items.append(node)
            frame.holds(node)
        elif frame.key is None:
            self.problems.add(node.origin, "a map or a list is a key, expected a text")
            frame.key, frame.role = ("", node.origin.line or 1), "skipped"
        else:
            (key, line), frame.key = frame.key, None
            self._field(frame, key, node, self.source.at(line))

    def _field(self, frame: _Frame, key: str, node: Node, origin: Origin) -> None:
        if frame.role == "field":
            frame.fields[key] = node._replace(origin=origin)
            frame.holds(node)
        elif frame.role == "merge":
            parts = node.items if node.kind == "list" else (node,)
            if all(part.kind == "map" for part in parts):
                frame.merged += parts
            elif not node.is_null:
                self.problems.add(origin, "what << merges is no map, expected an alias of a map or a list of them")
