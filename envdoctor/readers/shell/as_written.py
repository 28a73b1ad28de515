"""Text of which a part is known only at run time, kept as it is written, and the arrays of bash.

Asked for by `read_shell(…, as_written=True)`: `-v $PWD/x:/code` is then no lost word but one whose readable text says
"$PWD/x:/code". Inside variables such a part stands between two marks, so that nothing takes it for a value; outside,
a word with a mark is None and its text is in `Command.texts`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from envdoctor.patterns import lazily
from envdoctor.readers.shell.words import (
    AS_WRITTEN,
    choices_of,
    field_words,
    is_marked,
    is_only_marks,
    marked,
    readable,
    text_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from envdoctor.readers.shell.words import Variables

POSITIONAL = "@[@]"
"""The name under which the arguments of a script or a function are kept, `"$@"`."""

_MAX_CHOICES = 100
_ONLY_EXPANSION = lazily(r"\$\{[^}]*\}|\$[A-Za-z0-9_@*#?]+|\$\(.*\)|`[^`]*`", re.DOTALL)
_BEFORE_LAST_WORD = lazily(r"\S+\Z")
_ALL = frozenset({"@", "*"})


class Element(NamedTuple):
    """A word with its line. `kept` may hold marks; `text` is what a reader is shown."""

    kept: str | None
    text: str
    line: int

    @property
    def word(self) -> str | None:
        return None if self.kept is None or is_marked(self.kept) else self.kept


class Perhaps(str):
    """The text of a word that holds some of `choices` and nothing else."""

    choices: tuple[str, ...]

    def __new__(cls, text: str, choices: tuple[str, ...]) -> Perhaps:
        made = super().__new__(cls, text)
        made.choices = choices
        return made


class Array(str):
    """An array as the value of a variable; as a text its elements joined, so that two can be compared."""

    elements: tuple[Element, ...]

    def __new__(cls, elements: tuple[Element, ...]) -> Array:
        made = super().__new__(cls, "\0".join(element.kept or "" for element in elements))
        made.elements = elements
        return made


def elements(node: Node, variables: Variables, line: int) -> Iterator[Element]:
    """The words that one argument becomes."""
    keeps = AS_WRITTEN in variables
    found = _array(node) if keeps else None
    if found is not None:
        listed = _listed(found[0], variables)
        if listed is not None:
            rest = listed[found[1] :]
            yield from rest if node.type == "string" else (field for each in rest for field in _fields(each))
            return
    raw: str | None = None
    for kept in field_words(node, variables):
        if kept is not None and not is_marked(kept):
            yield Element(kept, kept, line)
            continue
        raw = raw if raw is not None else text_of(node)
        text = raw if kept is None or _is_only_mark(kept, node) else readable(kept)
        choices = choices_of(kept) if kept is not None else ()
        yield Element(kept, Perhaps(text, choices) if choices else text, line)


def _fields(element: Element) -> Iterator[Element]:
    """Without quotes around it, `${ARGS[@]}` is split once more: ("-v /a:/a") is two words."""
    parts = element.kept.split() if element.kept is not None else []
    if len(parts) == 1 or element.kept is None:
        yield element
        return
    yield from (Element(part, readable(part), element.line) for part in parts)


def array(node: Node, variables: Variables, base: int) -> Array:
    """The value of an `array` node, `(--gpus all "$X")`."""
    found: list[Element] = []
    for child in node.children:
        if child.is_named and child.type != "comment":
            found.extend(elements(child, variables, child.start_point[0] + base))
    return Array(tuple(found))


def appended(name: str, added: Array, variables: Variables) -> Array:
    """`NAME+=(…)`; one that was never assigned is empty before."""
    before = _listed(name, variables)
    if before is None and (name in variables or f"{name}[@]" in variables):
        before = (_whole(name),)
    return Array((*(before or ()), *added.elements))


def agreed_value(values: list[str | None], name: str) -> str | None:
    """A variable after one of several ways was taken that leave different values: what they have in common, and
    something that is not known, with the words it may hold."""
    texts = [value for value in values if value is not None]
    if len(texts) < len(values):
        return None
    arrays = [value for value in texts if isinstance(value, Array)]
    if arrays:
        return _common(arrays, name) if len(arrays) == len(values) else None
    shortest = min(texts, key=len)
    if not all(text.startswith(shortest) for text in texts):
        shortest = ""
    if any(text[len(shortest) : len(shortest) + 1].strip() for text in texts):
        shortest = _BEFORE_LAST_WORD.sub("", shortest)  # "app" and "app-gpu" have no word in common
    rests = [text[len(shortest) :].split() for text in texts]
    rest = marked(f"${name}", _possible([word for words in rests for word in words]))
    return f"{shortest} {rest}" if shortest.strip() else rest


def _possible(kept: list[str]) -> list[str]:
    """Words as choices; if there are options to choose from among them, those instead."""
    found: list[str] = []
    for word in kept:
        inner = choices_of(word)
        found.extend(inner if inner and inner[0].startswith("-") else [readable(word)])
    return found if len(found) <= _MAX_CHOICES else []


def is_positional(name: str) -> bool:
    return name.isdigit() or name == POSITIONAL


def positional(given: tuple[Element, ...]) -> dict[str, str | None]:
    """The variables 1, 2, … and all of them together, of the arguments `given`."""
    found: dict[str, str | None] = {POSITIONAL: Array(given)}
    for number, element in enumerate(given[:9], 1):
        if is_open(element.word, element.text):
            break  # any number of words: which is the next one is not known
        found[str(number)] = element.kept
    return found


def without_positional(variables: Mapping[str, str | None]) -> dict[str, str | None]:
    return {name: text for name, text in variables.items() if not is_positional(name)}


def is_only_expansion(text: str) -> bool:
    """Is nothing of an unquoted word known: `$ARGS`, `$(date)`, but not `$DIR/x`?"""
    return _ONLY_EXPANSION.fullmatch(text) is not None


def is_open(word: str | None, text: str) -> bool:
    """May this unknown word be none, or several? `$ARGS` and `"${ARGS[@]}"` may, `"$ARGS"` and `a$B` are one."""
    if word is not None:
        return False
    if text[:1] == '"':
        return text.startswith(('"$@', '"${@')) or "[@]" in text
    return is_only_expansion(text)


def _common(arrays: list[Array], name: str) -> Array:
    """The words at the beginning and at the end in which all agree, and what is between them."""
    listed = [item.elements for item in arrays]
    before = _agreeing(listed)
    rests = [elements[before:] for elements in listed]
    after = _agreeing([rest[::-1] for rest in rests])
    middles = [rest[: len(rest) - after] for rest in rests]
    choices = _possible([element.kept or "" for middle in middles for element in middle])
    tail = rests[0][len(rests[0]) - after :]
    return Array((*listed[0][:before], _whole(name.removesuffix("[@]"), choices), *tail))


def _agreeing(listed: list[tuple[Element, ...]]) -> int:
    count = 0
    for column in zip(*listed, strict=False):
        if any(element.kept != column[0].kept for element in column):
            break
        count += 1
    return count


def _whole(name: str, choices: Sequence[str] = ()) -> Element:
    text = '"$@"' if name == "@" else f'"${{{name}[@]}}"'
    kept = marked(text, choices)
    return Element(kept, Perhaps(text, choices_of(kept)), 0)


def _listed(name: str, variables: Variables) -> tuple[Element, ...] | None:
    found = variables.get(f"{name}[@]")
    return found.elements if isinstance(found, Array) else None


def _array(node: Node) -> tuple[str, int] | None:
    """The array whose elements the word stands for, and how many are left out: `"${A[@]}"`, `"$@"`, `"${@:2}"`."""
    inner = node
    if node.type == "string":
        named = [child for child in node.children if child.is_named]
        if len(named) != 1 or named[0].type not in ("expansion", "simple_expansion") or len(node.children) != 3:
            return None
        inner = named[0]
    if inner.type not in ("expansion", "simple_expansion"):
        return None
    children = inner.children
    name = _array_name(children[1]) if len(children) > 1 else None
    if name is None or len(children) <= 3:
        return None if name is None else (name, 0)
    operator, count = children[2].type, text_of(children[3])
    if operator == ":" and count.isdecimal() and len(count) < 4 and len(children) == 5:
        return name, max(int(count) - 1, 0) if name == "@" else int(count)
    return (name, 0) if operator in ("+", "-", ":+", ":-") else None


def _array_name(node: Node) -> str | None:
    if node.type == "special_variable_name" and text_of(node) in _ALL:
        return "@"
    if node.type == "subscript" and len(node.children) == 4 and text_of(node.children[2]) in _ALL:
        return text_of(node.children[0])
    return None


def _is_only_mark(kept: str, node: Node) -> bool:
    """Is nothing of the word known, so that it is best shown with the quotes it is written in?"""
    return is_only_marks(kept) and node.type in ("string", "simple_expansion", "expansion", "command_substitution")
