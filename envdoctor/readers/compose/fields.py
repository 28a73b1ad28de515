"""The keys of one compose service as facts: absent where a key is not given, unknown where run time decides."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from envdoctor.facts import Fact, absent, known, unknown
from envdoctor.readers.compose.tree import Node, Problems
from envdoctor.readers.size import size_in_bytes

_TRUE = frozenset({"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON", "y", "Y", "1"})
_FALSE = frozenset({"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF", "n", "N", "0"})
_KINDS = {"map": "a map", "list": "a list", "text": "a text", "open": "a text", "null": "empty"}


class Fields(NamedTuple):
    """`node` is the service's map, `problems` takes what is not of the form that the specification gives it."""

    name: str
    node: Node
    problems: Problems

    def get(self, key: str) -> Node | None:
        """A key without a value is as good as none."""
        value = self.node.fields.get(key)
        return None if value is None or value.is_null else value

    def missing(self, key: str) -> Fact[Any]:
        return absent(f"service {self.name} has no {key}", self.node.origin)

    def wrong(self, value: Node, key: str, expected: str) -> Fact[Any]:
        """The value is told by its kind only: it may be a password."""
        self.problems.add(value.origin, f"{key} of service {self.name} is {_KINDS[value.kind]}, expected {expected}")
        return unknown(f"{key} of service {self.name} could not be understood", value.origin)

    def not_yet_known(self, value: Node, key: str) -> Fact[Any]:
        return unknown(f"{key} of service {self.name} is not known: {value.reason}", value.origin)

    def converted(self, key: str, convert: Callable[[str], Any], expected: str) -> Fact[Any]:
        """`convert` gives None for a text that is no such value."""
        value = self.get(key)
        if value is None:
            return self.missing(key)
        if value.kind == "open":
            return self.not_yet_known(value, key)
        made = convert(value.text.strip()) if value.kind == "text" else None
        return self.wrong(value, key, expected) if made is None else known(made, value.origin)

    def text(self, key: str) -> Fact[str]:
        return self.converted(key, lambda text: text, "a text")

    def truth(self, key: str) -> Fact[bool]:
        return self.converted(key, truth, "true or false")

    def size(self, key: str) -> Fact[int]:
        return self.converted(key, size_in_bytes, "a size such as 8gb or 512m")

    def texts(
        self, key: str, of_map: Callable[[Node], str | None] | None = None, *, single: bool = False
    ) -> Fact[tuple[str, ...]]:
        """The entries of a list, as they are written where a part is not known. `of_map` reads one that is a map;
        `single`: a text alone stands for a list of one."""
        value = self.get(key)
        if value is None:
            return self.missing(key)
        if value.kind != "list" and not (single and value.is_scalar):
            return self.wrong(value, key, "a list")
        found = []
        for item in value.items if value.kind == "list" else (value,):
            text = item.text if item.is_scalar else of_map(item) if item.kind == "map" and of_map else None
            if text:
                found.append(text)
            elif not item.is_null and text is None:
                self.wrong(
                    item, f"an entry of {key}", "a text" if of_map is None else "a text or a map with its target"
                )
        return known(tuple(found), value.origin) if found else self.missing(key)


def truth(text: str) -> bool | None:
    return True if text in _TRUE else False if text in _FALSE else None


def text_of(node: Node, *names: str) -> str | None:
    """The first of these keys that is a text."""
    for name in names:
        value = node.fields.get(name)
        if value is not None and value.is_scalar and value.text:
            return value.text
    return None
