"""One object inside a JSON document that was checked against its schema, and facts out of its fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from envdoctor.facts import Fact, Origin, absent, known
from envdoctor.versions import leading


class Part(NamedTuple):
    """`where` is the dotted path of the object ("host.driver"), `path` the document's name."""

    path: str
    where: str
    fields: Mapping[str, object]

    def dotted(self, name: str) -> str:
        return f"{self.where}.{name}" if self.where else name

    def origin(self, name: str) -> Origin:
        return Origin(f"{self.path}: {self.dotted(name)}", self.path)

    def missing(self, name: str) -> bool:
        """Null is as unknown as a field that is not there."""
        return self.fields.get(name) is None

    def refused(self, name: str) -> bool:
        """Is a known absence stated?"""
        return self.fields.get(name) is False

    def part(self, name: str) -> Part:
        value = self.fields.get(name)
        return Part(self.path, self.dotted(name), value if isinstance(value, dict) else {})

    def parts(self, name: str) -> list[Part]:
        value = self.fields.get(name)
        items = value if isinstance(value, list) else []
        return [Part(self.path, f"{self.dotted(name)}[{index}]", item) for index, item in enumerate(items)]

    def string(self, name: str) -> str | None:
        """A text without the space around it; a number as text; None if missing or false."""
        value = self.fields.get(name)
        if value is None or isinstance(value, bool):
            return None
        return str(value).strip()

    def integer(self, name: str) -> int | None:
        value = self.fields.get(name)
        return int(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None

    def truth(self, name: str) -> bool | None:
        value = self.fields.get(name)
        return value if isinstance(value, bool) else None

    def texts(self, name: str) -> tuple[str, ...] | None:
        value = self.fields.get(name)
        return tuple(str(item) for item in value) if isinstance(value, list) else None

    def texts_fact(self, name: str, default: Fact[tuple[str, ...]]) -> Fact[tuple[str, ...]]:
        value = self.texts(name)
        return default if value is None else known(value, self.origin(name))

    def text_fact(self, name: str, default: Fact[str], when_false: str = "") -> Fact[str]:
        """known, `default` (unknown) if missing, absent if false."""
        value = self.string(name)
        if value is not None:
            return known(value, self.origin(name))
        return absent(when_false, self.origin(name)) if self.refused(name) else default

    def release_fact(self, name: str, default: Fact[str], when_false: str = "") -> Fact[str]:
        """The dotted number that a version starts with: "9.1.0.70-1" is known as "9.1.0.70"."""
        fact = self.text_fact(name, default, when_false)
        value = fact.get()
        return fact if value is None else known(leading(value) or value, fact.origin)

    def truth_fact(self, name: str, default: Fact[bool]) -> Fact[bool]:
        value = self.truth(name)
        return default if value is None else known(value, self.origin(name))

    def integer_fact(self, name: str, default: Fact[int], when_false: str = "") -> Fact[int]:
        value = self.integer(name)
        if value is not None:
            return known(value, self.origin(name))
        return absent(when_false, self.origin(name)) if self.refused(name) else default

    def mapping_fact(self, name: str, default: Fact[Mapping[str, str]]) -> Fact[Mapping[str, str]]:
        """Texts by name; a name whose value is null is not known and left out."""
        value = self.fields.get(name)
        if not isinstance(value, dict):
            return default
        return known({key: str(text) for key, text in value.items() if text is not None}, self.origin(name))
