"""What a shell word becomes: quotes removed, variables put in, unquoted values split at blanks.

A word that depends on run time (a program's output, a variable nobody set) is None, never a guess. Pathname and brace
expansion are left alone: the files are not there yet, and /bin/sh of Debian and Ubuntu (dash) knows no braces.
Source: https://www.gnu.org/software/bash/manual/html_node/Shell-Expansions.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from envdoctor.readers.shell.grammar import decoded

if TYPE_CHECKING:
    from tree_sitter import Node

Variables = Mapping[str, str | None]

MAX_DEPTH = 20
"""Deepest nesting of `${X:-${Y:-…}}` that is followed; anything deeper is unknown."""

MAX_LENGTH = 65_536
"""Longest value of one word, in characters: `${X}${X}…` could otherwise double without end."""

MAX_PIECES = 1_000
"""Most adjoining pieces ("a"$b'c') of one word; a word with more is unknown."""

_ESCAPED_IN_QUOTES = '$`"\\'
_ANSI_C = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", '"': '"'}
_UNQUOTED_SPLIT = frozenset({"simple_expansion", "expansion", "command_substitution"})
_UNKNOWN = frozenset({"arithmetic_expansion", "process_substitution", "ERROR"})


def words(node: Node, variables: Variables) -> list[str | None]:
    """The words that one argument becomes: usually one, none for an unquoted empty variable, several for `$LIST`."""
    kind = node.type
    if kind in ("word", "number"):
        return [unescaped(text_of(node))]
    if kind in _UNQUOTED_SPLIT or (kind == "concatenation" and _has_open_expansion(node)):
        return _split(node, variables)
    return [value(node, variables)]


def value(node: Node, variables: Variables, depth: int = 0) -> str | None:
    """The text of `node` as one word, without splitting: what an assignment or a quoted word holds."""
    kind = node.type
    if kind in _UNKNOWN or depth > MAX_DEPTH:
        return None
    if kind == "raw_string":
        return text_of(node)[1:-1]
    if kind in ("string", "translated_string"):
        return _quoted(node, variables, depth)
    if kind == "ansi_c_string":
        return _ansi_c(text_of(node)[2:-1])
    if kind == "simple_expansion":
        return variables.get(text_of(node).lstrip()[1:])
    if kind == "expansion":
        from envdoctor.readers.shell.expansion import expanded

        return expanded(node, variables, depth)
    if kind == "command_substitution":
        from envdoctor.readers.shell.substitution import substituted

        return substituted(node, variables, depth + 1)
    if kind == "concatenation":
        return joined(node.children, node, variables, depth)
    return unescaped(text_of(node))


def text_of(node: Node) -> str:
    raw = node.text
    return decoded(raw) if raw is not None else ""


def unescaped(text: str) -> str:
    """Unquoted text without its backslashes; a backslash before a line end disappears with it."""
    if "\\" not in text:
        return text
    return _without_backslashes(text, None)


def joined(children: list[Node], parent: Node, variables: Variables, depth: int = 0) -> str | None:
    """The values of adjoining pieces, one after the other. None as soon as one is unknown."""
    if len(children) > MAX_PIECES:
        return None
    pieces: list[str] = []
    for child in children:
        piece = value(child, variables, depth + 1)
        if piece is None:
            return None
        pieces.append(piece)
    whole = "".join(pieces)
    return whole if len(whole) <= MAX_LENGTH else None


def _quoted(node: Node, variables: Variables, depth: int) -> str | None:
    """The inside of double quotes. The grammar leaves some blanks out and counts others to the expansion behind them,
    so that the text between the expansions is cut from the source by position."""
    raw = node.text or b""
    base, position = node.start_byte, raw.find(b'"') + 1
    pieces: list[str] = []
    for child in node.children:
        if child.type in ("string_content", '"', "$", "string"):
            continue
        start = child.end_byte - base - len((child.text or b"").lstrip())
        pieces.append(literal(decoded(raw[position:start])))
        piece = value(child, variables, depth + 1)
        if piece is None:
            return None
        pieces.append(piece)
        position = child.end_byte - base
    pieces.append(literal(decoded(raw[position : raw.rfind(b'"')])))
    whole = "".join(pieces)
    return whole if len(whole) <= MAX_LENGTH else None


def literal(text: str) -> str:
    """The inside of double quotes without the backslashes that the quotes use up."""
    return _without_backslashes(text, _ESCAPED_IN_QUOTES) if "\\" in text else text


def _without_backslashes(text: str, special: str | None) -> str:
    """Backslashes removed before `special` characters (None: before all)."""
    pieces: list[str] = []
    parts = iter(text.split("\\"))
    pieces.append(next(parts))
    for part in parts:
        if part == "":  # two backslashes: the second is the escaped character
            pieces.append("\\" + next(parts, ""))
        elif part[0] == "\n":
            pieces.append(part[1:])
        elif special is None or part[0] in special:
            pieces.append(part)
        else:
            pieces.append("\\" + part)
    return "".join(pieces)


def _ansi_c(text: str) -> str | None:
    """The inside of $'…': the escapes with one letter; numeric ones are rare and left unknown."""
    pieces: list[str] = []
    parts = iter(text.split("\\"))
    pieces.append(next(parts))
    for part in parts:
        if part == "":
            pieces.append("\\" + next(parts, ""))
        elif part[0] in _ANSI_C:
            pieces.append(_ANSI_C[part[0]] + part[1:])
        else:
            return None
    return "".join(pieces)


def _has_open_expansion(node: Node) -> bool:
    return any(child.type in _UNQUOTED_SPLIT for child in node.children)


def _split(node: Node, variables: Variables) -> list[str | None]:
    """Field splitting: `torch==$V` with V="1 --pre" is the two words torch==1 and --pre. Quoted parts do not split."""
    children = node.children if node.type == "concatenation" else [node]
    if len(children) > MAX_PIECES:
        return [None]
    fields: list[str] = []
    unfinished: str | None = None  # the word being put together; None: no character of it yet
    for child in children:
        piece = value(child, variables)
        if piece is None:
            return [None]
        if child.type not in _UNQUOTED_SPLIT:
            unfinished = (unfinished or "") + piece
            continue
        parts = piece.split()
        if unfinished is not None and (not parts or piece[0].isspace()):
            parts.insert(0, "")
        if unfinished is not None:
            parts[0] = unfinished + parts[0]
        unfinished = None
        if parts and not piece[-1:].isspace():
            unfinished = parts.pop()
        fields.extend(parts)
    whole: list[str | None] = [*fields, unfinished] if unfinished is not None else [*fields]
    return whole if sum(len(field or "") for field in whole) <= MAX_LENGTH else [None]
