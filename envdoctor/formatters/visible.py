"""Text from outside, made harmless to look at.

A file name, a label or a version may hold escape sequences that recolour or rewrite the reader's terminal,
bidirectional overrides that make text read differently from what it is, or line breaks that fake a line of ours.
Each such character is shown as its escape (`\\x1b`, `\\u202e`). Printable text of any script stays as it is.
"""

from __future__ import annotations

_SHORT = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}


def visible(text: str) -> str:
    """One line: line breaks and tabs are escaped too. Python's "printable" leaves out what acts: controls, format
    characters (bidirectional, zero-width), lone surrogates, line separators; but also blanks other than the space."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() or _is_blank(letter) else _escaped(letter) for letter in text)


def lines(text: str) -> list[str]:
    """The lines of a text of ours that may hold several (a remedy with a file snippet), each made visible."""
    return [visible(line.rstrip("\r")) for line in text.split("\n")]


def _is_blank(letter: str) -> bool:
    """A no-break or an ideographic space."""
    return letter > "\x9f" and letter.isspace() and letter not in "\u2028\u2029"


def _escaped(letter: str) -> str:
    number = ord(letter)
    if number < 0x100:
        return _SHORT.get(letter, f"\\x{number:02x}")
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
