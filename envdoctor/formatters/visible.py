"""Text from outside, made harmless to look at.

A file name, a label or a version may hold escape sequences that recolour or rewrite the reader's terminal,
bidirectional overrides that make text read differently from what it is, or line breaks that fake a line of ours.
Each such character is shown as its escape (`\\x1b`, `\\u202e`). Printable text of any script stays as it is.
"""

from __future__ import annotations

import re

# C0 and C1 controls, bidirectional marks and overrides, zero-width and invisible format characters, line and paragraph
# separators, interlinear annotation, lone surrogates (undecodable file names), tag characters.
_HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)


def visible(text: str) -> str:
    """One line: line breaks and tabs are escaped too."""
    return _HIDDEN.sub(_escaped, text)


def lines(text: str) -> list[str]:
    """The lines of a text of ours that may hold several (a remedy with a file snippet), each made visible."""
    return [visible(line.rstrip("\r")) for line in text.split("\n")]


def _escaped(match: re.Match[str]) -> str:
    number = ord(match.group())
    if number < 0x100:
        return {9: "\\t", 10: "\\n", 13: "\\r"}.get(number, f"\\x{number:02x}")
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
