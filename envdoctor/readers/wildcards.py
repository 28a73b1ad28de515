"""Patterns in variable substitution: * and ? on short texts, in bounded time and without regular expressions.

As BuildKit reads them (convertShellPatternToRegex in
https://github.com/moby/buildkit/blob/master/frontend/dockerfile/shell/lex.go): [..] is literal, a backslash makes *,
? and itself literal, and is dropped before } and /. A pattern is cut at its stars; between two stars the leftmost
match is always a right one, so there is no going back.
"""

from __future__ import annotations

MAX_PATTERN = 128
MAX_SUBJECT = 8 * 1024

_Piece = tuple[str | None, ...]  # characters that follow each other; None is any one character


def without_prefix(text: str, pattern: str, longest: bool) -> str:
    """`text` without the shortest or longest start that matches; ${X#pattern} and ${X##pattern}."""
    end = _end_of_match(text, 0, _pieces(pattern), longest)
    return text if end is None else text[end:]


def without_suffix(text: str, pattern: str, longest: bool) -> str:
    """`text` without the shortest or longest end that matches; ${X%pattern} and ${X%%pattern}."""
    backwards = [piece[::-1] for piece in reversed(_pieces(pattern))]
    end = _end_of_match(text[::-1], 0, backwards, longest)
    return text if end is None else text[: len(text) - end]


def replaced(text: str, pattern: str, replacement: str, everywhere: bool) -> str:
    """`text` with the first or every match replaced; ${X/pattern/replacement} and ${X//pattern/replacement}."""
    pieces = _pieces(pattern)
    if pieces == [()]:  # matches between any two characters
        return replacement + text if not everywhere else replacement.join(("", *text, ""))
    found: list[str] = []
    position = 0
    while position <= len(text):
        start = _find(text, position, pieces[0])
        end = None if start is None else _end_of_match(text, start, pieces, longest=True)
        if start is None or end is None:
            break
        found += (text[position:start], replacement)
        if end == start:  # nothing is left to match
            break
        position = end
        if not everywhere or position == len(text):
            break
    return "".join(found) + text[position:]


def _pieces(pattern: str) -> list[_Piece]:
    pieces: list[list[str | None]] = [[]]
    characters = iter(pattern)
    for character in characters:
        if character == "*":
            pieces.append([])
        elif character == "?":
            pieces[-1].append(None)
        elif character == "\\":
            pieces[-1].append(next(characters, "\\"))
        else:
            pieces[-1].append(character)
    return [tuple(piece) for piece in pieces]


def _end_of_match(text: str, start: int, pieces: list[_Piece], longest: bool) -> int | None:
    """Where a match that begins at `start` ends, or None. Every piece but the first stands behind a star."""
    if not _stands_at(text, start, pieces[0]):
        return None
    end = start + len(pieces[0])
    for number, piece in enumerate(pieces[1:], 2):
        search = _find_last if longest and number == len(pieces) else _find
        found = search(text, end, piece)
        if found is None:
            return None
        end = found + len(piece)
    return end


def _stands_at(text: str, position: int, piece: _Piece) -> bool:
    if position + len(piece) > len(text):
        return False
    return all(wanted is None or text[position + index] == wanted for index, wanted in enumerate(piece))


def _find(text: str, start: int, piece: _Piece) -> int | None:
    """The leftmost place from `start` on where the piece stands."""
    literal = _literal(piece)
    if literal is not None:
        found = text.find(literal, start)
        return found if found >= 0 else None
    return next((place for place in range(start, len(text) + 1) if _stands_at(text, place, piece)), None)


def _find_last(text: str, start: int, piece: _Piece) -> int | None:
    literal = _literal(piece)
    if literal is not None:
        found = text.rfind(literal, start)
        return found if found >= 0 else None
    return next((place for place in range(len(text), start - 1, -1) if _stands_at(text, place, piece)), None)


def _literal(piece: _Piece) -> str | None:
    characters = [character for character in piece if character is not None]
    return "".join(characters) if len(characters) == len(piece) else None
