"""What a shell word becomes: quotes removed, variables put in, unquoted values split at blanks.

A word that depends on run time (a program's output, a variable nobody set) is None, never a guess. Pathname and brace
expansion are left alone: the files are not there yet, and /bin/sh of Debian and Ubuntu (dash) knows no braces.
Source: https://www.gnu.org/software/bash/manual/html_node/Shell-Expansions.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from envdoctor.patterns import lazily
from envdoctor.readers.shell.grammar import decoded

if TYPE_CHECKING:
    from tree_sitter import Node

Variables = Mapping[str, str | None]

MAX_DEPTH = 20
"""Deepest nesting of `${X:-${Y:-…}}` that is followed; anything deeper is unknown."""

MAX_LENGTH = 65_536
"""Longest value of one word, in characters: `${X}${X}…` could otherwise double without end."""

AS_WRITTEN = "\0as written"
"""A variable of this name asks for unknown parts to be kept: see `as_written`."""

OPENING, CLOSING, _BLANK, _CHOICE = "\ue000", "\ue001", "\ue002", "\ue003"
"""Marks around a part that is not known. A blank in it does not split the word; behind _CHOICE stand words that it may
hold, if it holds nothing else."""

_UNMARKED = str.maketrans({OPENING: None, CLOSING: None, _BLANK: " "})
_OWN_MARKS = str.maketrans(dict.fromkeys((OPENING, CLOSING, _BLANK, _CHOICE), "\ufffd"))
_CHOICES = lazily(f"{_CHOICE}[^{CLOSING}]*")
_MAX_CHOICES = 2_000
_MAX_SHOWN = 300

MAX_PIECES = 1_000
"""Most adjoining pieces ("a"$b'c') of one word; a word with more is unknown."""

_ESCAPED_IN_QUOTES = '$`"\\'
_ANSI_C = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", '"': '"'}
_UNQUOTED_SPLIT = frozenset({"simple_expansion", "expansion", "command_substitution"})
_UNKNOWN = frozenset({"arithmetic_expansion", "process_substitution", "ERROR"})
_WITHOUT_TILDE = frozenset({"string", "translated_string", "raw_string", "ansi_c_string", "simple_expansion"})


def words(node: Node, variables: Variables, depth: int = 0) -> list[str | None]:
    """The words that one argument becomes: usually one, none for an unquoted empty variable, several for `$LIST`."""
    return [_without_marks(word) for word in field_words(node, variables, depth)]


def value(node: Node, variables: Variables, depth: int = 0) -> str | None:
    """The text of `node` as one word, without splitting: what an assignment or a quoted word holds."""
    return _without_marks(kept(node, variables, depth))


def marked(text: str, choices: Sequence[str] = ()) -> str:
    """The source text of a part that is not known, as it is kept inside a value; `choices` are the words that it may hold."""
    shown = _BLANK.join(unmarked_source(text)[:_MAX_SHOWN].split())
    listed = "".join(_CHOICE + _BLANK.join(unmarked_source(choice).split()) for choice in choices)
    return OPENING + shown + (listed if len(listed) <= _MAX_CHOICES else "") + CLOSING


def choices_of(text: str) -> tuple[str, ...]:
    """The words that a value of which nothing is known may hold; none if that is not known either."""
    if _CHOICE not in text or not is_only_marks(text):
        return ()
    return tuple(choice.replace(_BLANK, " ") for choice in text[1:-1].split(_CHOICE)[1:])


def is_marked(text: str) -> bool:
    return OPENING in text


def is_only_marks(text: str) -> bool:
    """Is nothing of it known, so that it may be empty?"""
    return text.startswith(OPENING) and text.find(CLOSING) == len(text) - 1


def readable(text: str) -> str:
    return _CHOICES.sub("", text).translate(_UNMARKED)


def unmarked_source(text: str) -> str:
    """A script without characters that would be taken for marks; nobody writes them by hand."""
    return text.translate(_OWN_MARKS)


def _without_marks(text: str | None) -> str | None:
    return None if text is None or OPENING in text else text


def field_words(node: Node, variables: Variables, depth: int = 0) -> list[str | None]:
    """`words`, with unknown parts between marks if they are asked for."""
    kind = node.type
    if kind in ("word", "number"):
        return [_with_home(unescaped(text_of(node)), node, variables)]
    if kind in _UNQUOTED_SPLIT or (kind == "concatenation" and _has_open_expansion(node)):
        return _split(node, variables, depth)
    return [kept(node, variables, depth)]


def kept(node: Node, variables: Variables, depth: int = 0) -> str | None:
    """`value`, with unknown parts between marks if they are asked for."""
    found = _value(node, variables, depth)
    if AS_WRITTEN not in variables:
        return found
    return marked(text_of(node)) if found is None else _with_home(found, node, variables)


def _with_home(text: str, node: Node, variables: Variables) -> str:
    """A ~ outside quotes is the home of whoever runs the script, kept as $HOME; one in quotes stays a ~."""
    if text[:1] != "~" or text[1:2] not in ("", "/") or AS_WRITTEN not in variables:
        return text
    return text if node.type in _WITHOUT_TILDE or text_of(node).startswith("\\") else marked("$HOME") + text[1:]


def _value(node: Node, variables: Variables, depth: int) -> str | None:
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
        piece = kept(child, variables, depth + 1)
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
        piece = kept(child, variables, depth + 1)
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


def _split(node: Node, variables: Variables, depth: int) -> list[str | None]:
    """Field splitting: `torch==$V` with V="1 --pre" is the two words torch==1 and --pre. Quoted parts do not split."""
    children = node.children if node.type == "concatenation" else [node]
    if len(children) > MAX_PIECES:
        return [None]
    fields: list[str] = []
    unfinished: str | None = None  # the word being put together; None: no character of it yet
    for child in children:
        piece = kept(child, variables, depth + 1)
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
