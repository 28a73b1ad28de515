"""`${…}` as the shell reads it: defaults, pattern removal, replacement, substrings and case. What needs arrays or
indirection is unknown (None).

Unlike Docker's own substitution (`expansion`, for the other instructions), the default of `${X:-word}` is shell text,
and a variable that nobody declared is unknown: the base image may set it.
Source: https://www.gnu.org/software/bash/manual/html_node/Shell-Parameter-Expansion.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envdoctor.readers.shell import words
from envdoctor.readers.shell.words import Variables, text_of
from envdoctor.readers.wildcards import MAX_PATTERN, MAX_SUBJECT, replaced, without_prefix, without_suffix

if TYPE_CHECKING:
    from tree_sitter import Node

_DEFAULTS = frozenset({"-", ":-", "=", ":=", "+", ":+", "?", ":?"})
_UNREADABLE = frozenset('$`"[')  # in a pattern or an offset


def expanded(node: Node, variables: Variables, depth: int) -> str | None:
    """The value of an `expansion` node, None if it is not known."""
    children = node.children
    if len(children) < 3 or children[1].type != "variable_name":
        return None
    name = text_of(children[1])
    if len(children) == 3:
        return variables.get(name)
    operator = children[2].type
    if operator in _DEFAULTS:
        return _with_default(name, operator, children[3:-1], node, variables, depth)
    current = variables.get(name)
    if current is None or len(current) > MAX_SUBJECT or words.is_marked(current):
        return None
    rest = text_of(node).lstrip()[len("${") + len(name) :].removesuffix("}")
    if _UNREADABLE.intersection(rest) or len(rest) > MAX_PATTERN:
        return None
    return _with_pattern(current, operator, rest.replace("'", ""))


def _with_default(
    name: str, operator: str, word: list[Node], node: Node, variables: Variables, depth: int
) -> str | None:
    """`:-` and `:=` take the word for an unset or empty variable, `-` and `=` for an unset one; `+` the reverse."""
    current = variables.get(name)
    if name in variables and current is None:
        return None
    if current is not None and operator[0] == ":" and words.is_only_marks(current):
        return None
    if words.AS_WRITTEN in variables and name not in variables and (operator[-1] == "+" or not word):
        # The environment may set it: `${GPU:+--gpus all}`, `${EXTRA_ARGS:-}`.
        inside = words.joined(word, node, variables, depth) or ""
        return words.marked(text_of(node), inside.split())
    is_set = bool(current) if operator[0] == ":" else name in variables
    if operator[-1] == "+":
        return words.joined(word, node, variables, depth) if is_set else ""
    if is_set:
        return current
    return None if operator[-1] == "?" else words.joined(word, node, variables, depth)


def _with_pattern(current: str, operator: str, rest: str) -> str | None:
    """`rest` is everything after the name: "%.*", "//./-", ":0:2", "^^"."""
    if operator in ("#", "##"):
        return without_prefix(current, rest[len(operator) :], operator == "##")
    if operator in ("%", "%%"):
        return without_suffix(current, rest[len(operator) :], operator == "%%")
    if operator in ("/", "//"):
        pattern, _, replacement = rest[len(operator) :].partition("/")
        return replaced(current, pattern, replacement, operator == "//")
    if operator == ":":
        return _substring(current, rest[1:])
    if rest in ("^^", ",,"):
        return current.upper() if rest == "^^" else current.lower()
    return None


def _substring(current: str, rest: str) -> str | None:
    """`0:2` are two characters from the first on; ` -2` the last two."""
    parts = [part.strip() for part in rest.split(":")]
    if len(parts) > 2 or not all(part.lstrip("-").isdecimal() and len(part) < 6 for part in parts):
        return None
    numbers = [int(part) for part in parts]
    tail = current[numbers[0] :]
    return tail if len(numbers) == 1 else tail[: numbers[1]]
