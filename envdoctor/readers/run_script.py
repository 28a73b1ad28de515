"""What the shell gets to read for a RUN, cut into lines again so that each command keeps its line of the Dockerfile.

Docker joins continued lines before the shell sees them. Here they are parted by the shell's own continuation, a
backslash at the line's end, wherever that means the same: not inside quotes or a comment, and next to a blank.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import NamedTuple

from envdoctor.patterns import lazily
from envdoctor.readers.dockerfile import Heredoc, Instruction

# Quoted text, and a comment, which reaches to the end: the joined line is one line for the shell.
_UNBREAKABLE = lazily(r"""\\.|'[^']*'?|"(?:[^"\\]+|\\.)*"?|(?:(?<=[\s;&|()])|^)#.*""", re.DOTALL)
_ONLY_HEREDOC = lazily(r"""[0-9]*<<-?(?:"[^"]*"|'[^']*'|[^<\s'"])+""")
_LEADING_TABS = lazily(r"^\t+", re.MULTILINE)
_SAFE_WORD = lazily(r"[A-Za-z0-9_@%+=:,./-]+")
_SHELL_NAMES = frozenset("sh bash dash ash ksh zsh".split())


class RunScript(NamedTuple):
    """`lines[n]` is the Dockerfile's line that line n (0-based) of `text` stands on; the last holds for the rest."""

    text: str
    lines: tuple[int, ...]

    def line_at(self, number: int) -> int:
        return self.lines[min(max(number, 0), len(self.lines) - 1)]


def run_script(instruction: Instruction) -> RunScript:
    """The script of a RUN in its shell, exec or heredoc form."""
    if instruction.array is not None:
        return RunScript(" ".join(_quoted(word) for word in instruction.array), (instruction.line,))
    if not instruction.heredocs:
        return _with_line_breaks(instruction)
    if _ONLY_HEREDOC.fullmatch(instruction.value):
        return _content(instruction.heredocs[0])
    return _with_heredocs(instruction)


def is_shell(program: str) -> bool:
    """Is it a shell with the Bourne shell's syntax, by its file name ("/bin/bash")?"""
    name = program.rpartition("/")[2].lower()
    return name.removesuffix(".exe") in _SHELL_NAMES or name.endswith(".sh")


def heredoc_text(heredoc: Heredoc) -> str:
    """The content as a file or a script gets it: `<<-` takes the tabs off each line's start."""
    text = heredoc.content.replace("\r\n", "\n")
    return _LEADING_TABS.sub("", text) if heredoc.chomp else text


def _quoted(word: str) -> str:
    """The exec form has no shell that would read a word again."""
    return word if _SAFE_WORD.fullmatch(word) else "'" + word.replace("'", "'\"'\"'") + "'"


def _with_line_breaks(instruction: Instruction) -> RunScript:
    text, joints = instruction.value, instruction.joints
    if len(joints) == 1:
        return RunScript(text, (joints[0][1],))
    starts, ends = _unbreakable(text)
    places = dict(joints)  # of several joints in one place the last has the text
    pieces, lines, position = [], [places.get(0, instruction.line)], 0
    for place, line in places.items():
        inside = bisect_right(starts, place - 1)
        if not 0 < place < len(text) or (inside and place < ends[inside - 1]) or not _beside_blank(text, place):
            continue
        pieces.append(text[position:place])
        lines.append(line)
        position = place
    return RunScript("\\\n".join((*pieces, text[position:])), tuple(lines))


def _unbreakable(text: str) -> tuple[list[int], list[int]]:
    if not any(mark in text for mark in "'\"#\\"):
        return [], []
    spans = [match.span() for match in _UNBREAKABLE.finditer(text)]
    return [start for start, _ in spans], [end for _, end in spans]


def _beside_blank(text: str, place: int) -> bool:
    before, after = text[place - 1], text[place]
    return before != "\\" and (before in " \t" or after in " \t")


def _content(heredoc: Heredoc) -> RunScript:
    """`RUN <<EOF` alone: Docker hands the content to the shell, or to the program that its first line names."""
    text = heredoc_text(heredoc)
    count = text.count("\n")
    lines = tuple(range(heredoc.line, heredoc.line + max(count, 1)))
    program = text[2:].split("\n", 1)[0].split() if text.startswith("#!") else []
    if not program or any(is_shell(word) for word in program[:2]):
        return RunScript(text, lines)
    opening = f"{' '.join(_quoted(word) for word in program)} <<'{_END}'\n"
    return RunScript(f"{opening}{text}{_END}\n", (heredoc.line, *lines, heredoc.line + count))


_END = "END-OF-CONTENT"


def _with_heredocs(instruction: Instruction) -> RunScript:
    """Heredocs of commands (`python3 <<EOF`), put back behind the line that opens them."""
    head = _with_line_breaks(instruction._replace(heredocs=()))
    pieces, lines = [head.text], [*head.lines]
    for heredoc in instruction.heredocs:
        content = heredoc.content.replace("\r\n", "\n")
        pieces.append(f"{content}{heredoc.name}")
        lines += range(heredoc.line, heredoc.line + content.count("\n") + 1)
    return RunScript("\n".join(pieces) + "\n", tuple(lines))
