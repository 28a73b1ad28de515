"""The files that a patch changes: their lines, the changes noted for them, and the unified diff of both."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import unified_diff
from typing import NamedTuple

from envdoctor.targets.files import Unreadable, is_within, read_text

_BYTE_ORDER_MARK = "\ufeff"
_CONTINUATION = re.compile(r"[ \t]*[\\`][ \t]*$")
_ONLY_CONTINUATION = re.compile(r"[ \t]*[\\`]?[ \t]*")


class PatchError(ValueError):
    """The file cannot be changed as asked: what was read, what was expected, what to do."""


class Edit(NamedTuple):
    """`text` in place of the characters from `start` to `end` of a line (0-based); a whole line is `end` None."""

    line: int
    start: int
    end: int | None
    text: str


class Texts:
    """Files by the path that the user knows them by. Nothing is written: a change is noted, and made in `changed`."""

    def __init__(self) -> None:
        self._lines: dict[str, list[str]] = {}
        self._edits: dict[str, list[Edit]] = {}

    def lines(self, path: str) -> list[str]:
        """With their line ends. Raises PatchError."""
        if path not in self._lines:
            try:
                self._lines[path] = split(read_text(path))
            except Unreadable as error:
                raise PatchError(f"{path}: {error}") from error
        return self._lines[path]

    def note(self, path: str, edits: Iterable[Edit]) -> None:
        noted = self._edits.setdefault(path, [])
        noted += [edit for edit in edits if edit not in noted]

    def changed(self) -> dict[str, str]:
        """The texts that come out different."""
        made = {path: "".join(_applied(self.lines(path), edits)) for path, edits in self._edits.items()}
        return {path: text for path, text in made.items() if text != "".join(self.lines(path))}


def split(text: str) -> list[str]:
    """At line feeds alone, as Docker and diff do: a form feed inside a line ends none."""
    return [line for line in re.split(r"(?<=\n)", text) if line]


def ending(line: str) -> str:
    return line[len(line.rstrip("\r\n")) :]


def _applied(lines: Sequence[str], edits: Sequence[Edit]) -> list[str]:
    """Of two changes of the same characters the first counts. A line of which nothing is left goes away, and so does
    the continuation in front of it where it was the last one."""
    made: list[str | None] = list(lines)
    for number in sorted({edit.line for edit in edits}):
        line, free = lines[number], len(lines[number])
        ordered = sorted((edit for edit in edits if edit.line == number), key=lambda edit: edit.start, reverse=True)
        for edit in ordered:
            end = len(line) if edit.end is None else edit.end
            if end <= free:
                line = line[: edit.start] + edit.text + line[end:]
                free = edit.start
        body = line.rstrip("\r\n")
        made[number] = line
        if _ONLY_CONTINUATION.fullmatch(body) and lines[number].strip():
            made[number] = None
            if not body.strip():
                _end_before(made, number)
    return [line for line in made if line is not None]


def _end_before(made: list[str | None], number: int) -> None:
    """Takes the continuation off the nearest line above that is no comment."""
    for above in range(number - 1, -1, -1):
        line = made[above]
        if line is not None and not line.lstrip().startswith("#"):
            body = line.rstrip("\r\n")
            made[above] = _CONTINUATION.sub("", body) + ending(line)
            return


def diff(changed: Mapping[str, str]) -> tuple[str, str | None]:
    """The diff for `git apply` and `patch -p1`, and the folder to apply it in unless that is the current one."""
    names, folder = _named(changed)
    return "".join(_of_file(path, names[path], text) for path, text in changed.items()), folder


def _named(paths: Iterable[str]) -> tuple[dict[str, str], str | None]:
    """Relative to the working directory; if a file lies outside it, all are relative to the folder they share."""
    here = os.path.realpath(".")
    real = {path: os.path.realpath(path) for path in paths}
    inside = all(is_within(path, here) for path in real.values())
    folder = here if inside else os.path.commonpath([os.path.dirname(path) for path in real.values()])
    names = {path: os.path.relpath(place, folder).replace(os.sep, "/") for path, place in real.items()}
    return names, None if inside else folder


def _of_file(path: str, name: str, text: str) -> str:
    mark = _mark(path)
    before, after = split(mark + read_text(path)), split(mark + text)
    return "".join(_ended(unified_diff(before, after, _header(f"a/{name}"), _header(f"b/{name}"))))


def _mark(path: str) -> str:
    """Reading takes a byte order mark off; a diff without it would not apply."""
    with open(path, "rb") as file:
        return _BYTE_ORDER_MARK if file.read(3) == b"\xef\xbb\xbf" else ""


def _header(name: str) -> str:
    """As git and patch read it: quoted where it holds what would end it, and with a tab behind a name with blanks."""
    if any(sign in '"\\' or ord(sign) < 32 or ord(sign) == 127 for sign in name):
        quoted = "".join(
            f"\\{sign}" if sign in '"\\' else f"\\{ord(sign):03o}" if ord(sign) < 32 or ord(sign) == 127 else sign
            for sign in name
        )
        return f'"{quoted}"'
    return f"{name}\t" if " " in name else name


def _ended(lines: Iterable[str]) -> Iterator[str]:
    """A last line without a line end is marked as patch wants it."""
    for line in lines:
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
