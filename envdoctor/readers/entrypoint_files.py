"""Files that the commands of a RUN write: `printf '…' > FILE`, `echo '…' >> FILE`, `cat <<EOF > FILE`, `tee FILE <<EOF`,
and those that they copy or move. Entrypoint scripts come into images this way.

A part of the text that depends on run time stands in it as it is written (`$USER_ID`): whoever looks for a name in a
script finds it, and claims no absence. Escapes of echo are always read, as dash, the /bin/sh of Debian and Ubuntu, does.
Source: https://pubs.opengroup.org/onlinepubs/9799919799/utilities/printf.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from envdoctor.facts import Origin
from envdoctor.patterns import lazily
from envdoctor.readers.shell import Command
from envdoctor.readers.shell.words import literal

MAX_TEXT = 128 * 1024
"""Characters of one written file; a longer one is not kept."""

_COPIES = frozenset({"cp", "mv", "ln", "install"})
_COPY_VALUED = frozenset({"-m", "--mode", "-o", "--owner", "-g", "--group", "-t", "-S", "--suffix"})
_WRITERS = frozenset({"printf", "echo", "cat", "tee"})
_ESCAPES = {"a": "\a", "b": "\b", "e": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_ECHO = lazily(r"\\(?:0[0-7]{0,3}|x[0-9A-Fa-f]{1,2}|.)", re.DOTALL)
_PRINTF = lazily(r"\\(?:[0-7]{1,3}|x[0-9A-Fa-f]{1,2}|.)|%%|%[-+ 0#]{0,9}[0-9]{0,9}(?:\.[0-9]{0,9})?[A-Za-z]", re.DOTALL)
_QUOTED_END = lazily(r"<<-?\s*(?:['\"]|\\\w)")
_IN_HEREDOC = lazily(r"\\([$`\\])")


class Write(NamedTuple):
    """`text` None: what is written is not known, or it is a copy of the file `source`."""

    path: str
    text: str | None
    origin: Origin
    appends: bool = False
    source: str | None = None


def writes(
    command: Command,
    before: Command | None,
    lines: Sequence[str],
    place: Callable[[str], str | None],
    origin_at: Callable[[int], Origin],
) -> list[Write]:
    """What the command writes. `before` is the command before it, `lines` those of the script, `place` gives the
    absolute path of a file that the command names."""
    name = (command.words[0] or "").rpartition("/")[2]
    if name in _COPIES:
        return _copied(command, place, origin_at)
    targets, appends = _targets(command, name)
    if not targets or name not in _WRITERS:
        return []
    text = None if command.conditional else _text(command, name, before, lines)
    if text is not None and len(text) > MAX_TEXT:
        text = None
    paths = [path for path in map(place, targets) if path is not None]
    return [Write(path, text, origin_at(command.lines[0]), appends) for path in paths]


def _copied(command: Command, place: Callable[[str], str | None], origin_at: Callable[[int], Origin]) -> list[Write]:
    """`cp A B`: with a folder for B, or several sources, nothing is known."""
    named: list[str | None] = []
    words = iter(command.words[1:])
    for word in words:
        if word in _COPY_VALUED:
            next(words, None)
        elif word is None or not word.startswith("-"):
            named.append(word)
    if len(named) != 2 or named[0] is None or named[1] is None or named[1].endswith("/"):
        return []
    source, target = place(named[0]), place(named[1])
    if source is None or target is None:
        return []
    return [Write(target, None, origin_at(command.lines[0]), source=None if command.conditional else source)]


def _targets(command: Command, name: str) -> tuple[list[str], bool]:
    """The files that the output goes to, and whether it is put behind what they hold."""
    found = [
        (redirect.target, redirect.operator == ">>")
        for redirect in command.redirects
        if redirect.operator in (">", ">>", ">|", "&>") and redirect.target and not redirect.target.startswith("/dev/")
    ]
    if name == "tee":
        files = [word for word in command.words[1:] if word and not word.startswith("-")]
        return files[:10], not {"-a", "--append"}.isdisjoint(command.words)
    return ([found[-1][0]], found[-1][1]) if found else ([], False)


def _text(command: Command, name: str, before: Command | None, lines: Sequence[str]) -> str | None:
    if name in ("cat", "tee"):
        if command.stdin is not None:
            return _heredoc(command, lines)
        if name == "tee" and before is not None and command.piped and before.words == command.piped:
            program = (before.words[0] or "").rpartition("/")[2]
            return _text(before, program, None, lines) if program in ("printf", "echo") else None
        return None
    words = [_shown(word, text) for word, text in zip(command.words[1:], command.texts[1:], strict=False)]
    return printed(words) if name == "printf" else echoed(words)


def _shown(word: str | None, text: str) -> str:
    if word is not None:
        return word
    return literal(text[1:-1]) if len(text) > 1 and text[0] == text[-1] == '"' else text


def _heredoc(command: Command, lines: Sequence[str]) -> str:
    text = command.stdin or ""
    first = command.lines[0]
    opening = "\n".join(line[:4_000] for line in lines[first : first + 20])
    return text if _QUOTED_END.search(opening) else _IN_HEREDOC.sub(r"\1", text)


def echoed(words: Sequence[str]) -> str:
    """What `echo` prints for the words behind it."""
    start = 0
    while start < len(words) and words[start] in ("-e", "-n", "-E", "-ne", "-en"):
        start += 1
    raw = "-E" in words[:start]
    text = " ".join(words[start:])
    text = text if raw or "\\" not in text else _ECHO.sub(_character, text)
    return text if any("n" in word for word in words[:start]) else text + "\n"


def printed(words: Sequence[str]) -> str | None:
    """What `printf FORMAT ARGUMENT…` prints: the format is used again until no argument is left."""
    words = words[1:] if words[:1] == ["--"] else words
    if not words:
        return None
    rest = iter(words[1:])
    left = len(words) - 1
    pieces: list[str] = []
    length = 0

    def filled(match: re.Match[str]) -> str:
        nonlocal left
        token = match.group()
        if token == "%%":
            return "%"
        if token[0] == "\\":
            return _character(match)
        left -= 1
        argument = next(rest, "")
        return _ECHO.sub(_character, argument) if token[-1] == "b" else argument

    while True:
        before = left
        pieces.append(_PRINTF.sub(filled, words[0]))
        length += len(pieces[-1])
        if left <= 0 or left == before or length > MAX_TEXT:
            return "".join(pieces) if length <= MAX_TEXT else None


def _character(match: re.Match[str]) -> str:
    token = match.group()[1:]
    if token[0] == "x" and len(token) > 1:
        return chr(int(token[1:], 16))
    if token[0] in "01234567":
        return chr(int(token, 8) & 0xFF)
    return _ESCAPES.get(token, token if token in "\\\"'" else "\\" + token)
