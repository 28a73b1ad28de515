"""Lines of text at a given width: wrapped at blanks, never inside a word, with the cell width of the script.

Wrapping is our own twenty lines instead of rich's because a report without colour then needs no rich at all,
which is half of the time of a check in CI.
"""

from __future__ import annotations

from typing import NamedTuple

_WIDE = frozenset("WF")
_COMMAND_SIGNS = ("--", "=", "$", "`", "/", "pip ", "docker ", "apt", "FROM ", "RUN ", "envdoctor ")


class Line(NamedTuple):
    """A line to print. `style` is a name of ours ("error", "quiet", …), which only the coloured writer reads."""

    text: str
    style: str = ""


def wrapped(text: str, width: int, first: str, rest: str, style: str = "") -> list[Line]:
    """`text` in lines of at most `width` cells, after the indent `first` and, from the second on, `rest`."""
    if len(text) + len(first) <= width and text.isascii():
        return [Line(first + text, style)]
    rows: list[str] = []
    current, used = first, cells(first)
    empty = True
    for word in text.split(" "):
        needed = cells(word)
        if not empty and used + 1 + needed > width:
            rows.append(current)
            current, used, empty = rest, cells(rest), True
        current += word if empty else f" {word}"
        used += needed if empty else needed + 1
        empty = False
    return [Line(row, style) for row in (*rows, current)]


def cells(text: str) -> int:
    """Columns the text takes on a terminal: Chinese and Japanese characters take two, combining marks none."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(letter) else 2 if east_asian_width(letter) in _WIDE else 1 for letter in text)


def is_prose(text: str) -> bool:
    """May this text be wrapped? Not if it holds what looks like something to type: a copied command must stay whole."""
    return not any(sign in text for sign in _COMMAND_SIGNS)


def plain(lines: list[Line]) -> str:
    """The lines without colour. A line that a CI log would take for a workflow command ("::error …") is defused."""
    return "".join(f"{_defused(line.text.rstrip())}\n" for line in lines)


def _defused(text: str) -> str:
    if "##[" in text:
        text = text.replace("##[", "## [")
    return text.replace("::", ": :", 1) if text.lstrip().startswith("::") else text
