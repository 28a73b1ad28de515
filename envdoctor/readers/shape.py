"""Checks a JSON value against the part of JSON Schema that our own schema uses; says what is wrong in the user's words.

The schema that ships is what is checked against, so the two cannot drift apart; a keyword that is not listed in
KEYWORDS is not understood here, and a test holds the schema to them. `jsonschema` is not used: importing it takes
longer than a whole check.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from envdoctor.readers.json_document import shown

Schema = Mapping[str, object]

ANNOTATIONS = frozenset({"$schema", "$id", "$defs", "title", "description"})
KEYWORDS = ANNOTATIONS | {
    "$ref", "type", "const", "enum", "not", "pattern", "minLength", "maxLength", "minimum", "maximum",
    "minItems", "maxItems", "items", "properties", "additionalProperties", "anyOf", "required",
}  # fmt: skip


class Problem(NamedTuple):
    """`where` is the dotted path ("host.gpus[0].name"), "" for the document itself."""

    where: str
    value: object
    expected: str

    def __str__(self) -> str:
        return f"{self.where or 'the document'} is {shown(self.value)}, expected {self.expected}"


class Unlisted(NamedTuple):
    """A field that the schema does not list, with the names it does list there."""

    where: str
    name: str
    listed: tuple[str, ...]


def check(value: object, schema: Schema, root: Schema, where: str = "") -> Iterator[Problem | Unlisted]:
    """Every problem and every unlisted field, in document order. Descends only as deep as the schema does."""
    schema = resolved(schema, root)
    if not all(holds(value, schema) for holds in _SIMPLE):
        yield Problem(where, value, str(schema.get("description", "another value")))
    elif isinstance(value, dict):
        yield from _check_object(value, schema, root, where)
    elif isinstance(value, list) and isinstance(schema.get("items"), dict):
        for index, item in enumerate(value):
            yield from check(item, schema["items"], root, f"{where}[{index}]")  # type: ignore[arg-type]


def resolved(schema: Schema, root: Schema) -> Schema:
    """The schema itself, or the definition that its $ref ("#/$defs/name") names."""
    reference = schema.get("$ref")
    if reference is None:
        return schema
    definitions = root["$defs"]
    assert isinstance(definitions, dict)
    definition = definitions[str(reference).removeprefix("#/$defs/")]
    assert isinstance(definition, dict)
    return definition


def _check_object(
    value: Mapping[str, object], schema: Schema, root: Schema, where: str
) -> Iterator[Problem | Unlisted]:
    listed = schema.get("properties")
    others = schema.get("additionalProperties")
    for name, item in value.items():
        path = _dotted(where, name)
        if isinstance(listed, dict) and name in listed:
            yield from check(item, listed[name], root, path)
        elif isinstance(others, dict):
            yield from check(item, others, root, path)
        elif isinstance(listed, dict):
            yield Unlisted(path, name, tuple(listed))


def _dotted(where: str, name: str) -> str:
    plain = name if re.fullmatch(r"[A-Za-z0-9_-]{1,60}", name) else shown(name)
    return f"{where}.{plain}" if where else plain


def _type(value: object, schema: Schema) -> bool:
    allowed = schema.get("type")
    if allowed is None:
        return True
    names = allowed if isinstance(allowed, list) else [allowed]
    return any(_TYPES[str(name)](value) for name in names)


def is_integer(value: object) -> bool:
    """JSON knows one kind of number: 2.0 is the integer 2."""
    return not isinstance(value, bool) and (isinstance(value, int) or (isinstance(value, float) and value.is_integer()))


_TYPES: dict[str, Callable[[object], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "integer": is_integer,
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
}


def _same(value: object, other: object) -> bool:
    """Equal as JSON: true is not 1."""
    return isinstance(value, bool) is isinstance(other, bool) and value == other


def _const(value: object, schema: Schema) -> bool:
    return "const" not in schema or _same(value, schema["const"])


def _enum(value: object, schema: Schema) -> bool:
    choices = schema.get("enum")
    return not isinstance(choices, list) or any(_same(value, choice) for choice in choices)


def _not(value: object, schema: Schema) -> bool:
    refused = schema.get("not")
    return not isinstance(refused, dict) or not _const(value, refused)


def _pattern(value: object, schema: Schema) -> bool:
    pattern = schema.get("pattern")
    return not (isinstance(value, str) and isinstance(pattern, str)) or re.search(pattern, value) is not None


def _size(value: object, schema: Schema) -> bool:
    """Lengths of texts, numbers of items, bounds of numbers."""
    if isinstance(value, str):
        return _between(len(value), schema, "minLength", "maxLength")
    if isinstance(value, list):
        return _between(len(value), schema, "minItems", "maxItems")
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _between(value, schema, "minimum", "maximum")
    return True


def _between(size: float, schema: Schema, least: str, most: str) -> bool:
    low, high = schema.get(least), schema.get(most)
    return not (isinstance(low, (int, float)) and size < low) and not (isinstance(high, (int, float)) and size > high)


def _required(value: object, schema: Schema) -> bool:
    """`anyOf` is understood only as "at least one of these fields is there"."""
    choices = schema.get("anyOf")
    if not isinstance(value, dict) or not isinstance(choices, list):
        return True
    return any(all(name in value for name in choice["required"]) for choice in choices)


_SIMPLE: tuple[Callable[[object, Schema], bool], ...] = (_type, _const, _enum, _not, _size, _pattern, _required)
