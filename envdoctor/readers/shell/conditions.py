"""Conditions that can be decided before the build: comparisons of known values, and `case` patterns.

Everything about the file system or the outcome of a program is undecided (None). `[ … ]`, `[[ … ]]` and `test` are
read alike from their words; the grammar's own grouping of -a and -o is not the shell's.
Source: https://pubs.opengroup.org/onlinepubs/9699919799/utilities/test.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envdoctor.readers.shell import words
from envdoctor.readers.shell.words import Variables, text_of
from envdoctor.readers.wildcards import MAX_PATTERN, MAX_SUBJECT, without_prefix

if TYPE_CHECKING:
    from tree_sitter import Node

_GROUPS = frozenset({"binary_expression", "unary_expression", "negation_expression", "test_command"})
_BRACKETS = frozenset({"[", "]", "[[", "]]"})
_NUMERIC = {"-eq": (0,), "-ne": (-1, 1), "-lt": (-1,), "-le": (-1, 0), "-gt": (1,), "-ge": (0, 1)}
_MAX_WORDS = 100


def test_command(node: Node, variables: Variables) -> bool | None:
    """Is `[ … ]` or `[[ … ]]` true? None if that is decided only during the build."""
    parts = _parts(node, variables)
    return None if parts is None else decided(parts)


def decided(words: list[str | None]) -> bool | None:
    """The truth of the words of `test`, such as ["cuda", "=", "cpu", "-a", "!", "-z", "x"]."""
    if not words or len(words) > _MAX_WORDS or "(" in words:
        return None
    return _either([_all([_term(term) for term in _cut(part, ("-a", "&&"))]) for part in _cut(words, ("-o", "||"))])


def matches(text: str, pattern: str) -> bool | None:
    """Does the whole of `text` match the shell pattern? None for patterns with [..], which are not read."""
    if "[" in pattern or len(pattern) >= MAX_PATTERN or len(text) >= MAX_SUBJECT:
        return None
    return without_prefix(text + "\0", pattern + "\0", longest=True) == ""


def _parts(node: Node, variables: Variables) -> list[str | None] | None:
    """The words and operators in the order they are written; None for expressions in parentheses or too many."""
    found: list[str | None] = []
    waiting = [node]
    while waiting:
        current = waiting.pop()
        if current.type in _GROUPS:
            waiting.extend(reversed(current.children))
        elif current.type in ("parenthesized_expression", "regex", "ERROR") or len(found) > _MAX_WORDS:
            return None
        elif current.type not in _BRACKETS:
            is_operator = not current.is_named or current.type == "test_operator"
            found.append(text_of(current) if is_operator else words.value(current, variables))
    return found


def _cut(words: list[str | None], separators: tuple[str, ...]) -> list[list[str | None]]:
    parts: list[list[str | None]] = [[]]
    for word in words:
        if word in separators:
            parts.append([])
        else:
            parts[-1].append(word)
    return parts


def _all(answers: list[bool | None]) -> bool | None:
    return False if False in answers else (None if None in answers else True)


def _either(answers: list[bool | None]) -> bool | None:
    return True if True in answers else (None if None in answers else False)


def _term(words: list[str | None]) -> bool | None:
    if words[:1] == ["!"] and len(words) > 1:
        inner = _term(words[1:])
        return None if inner is None else not inner
    if None in words:
        return None
    known = [word for word in words if word is not None]
    if len(known) == 1:
        return known[0] != ""
    if len(known) == 2 and known[0] in ("-z", "-n"):
        return (known[1] == "") == (known[0] == "-z")
    return _compared(*known) if len(known) == 3 else None


def _compared(left: str, operator: str, right: str) -> bool | None:
    if operator in ("=", "==", "!="):
        same = matches(left, right) if {"*", "?", "["}.intersection(right) else left == right
        return None if same is None else same == (operator != "!=")
    wanted = _NUMERIC.get(operator)
    if wanted is None or not (_is_number(left) and _is_number(right)):
        return None
    return (int(left) > int(right)) - (int(left) < int(right)) in wanted


def _is_number(text: str) -> bool:
    return len(text) < 19 and text.strip().lstrip("-").isdecimal()
