"""The files that a patch changes: their lines, the changes noted for them, and the unified diff of both."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from envdoctor.targets.files import Unreadable, is_within, read_text

_BYTE_ORDER_MARK = "\ufeff"
_CONTINUATION = re.compile(r"[ \t]*[\\`][ \t]*$")
_ONLY_CONTINUATION = re.compile(r"[ \t]*[\\`]?[ \t]*")
_CONTEXT = 3  # lines around a change


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
        self._edits: dict[str, dict[Edit, None]] = {}

    def lines(self, path: str) -> list[str]:
        """With their line ends. Raises PatchError."""
        if path not in self._lines:
            try:
                self._lines[path] = split(read_text(path))
            except Unreadable as error:
                raise PatchError(f"{path}: {error}") from error
        return self._lines[path]

    def note(self, path: str, edits: Iterable[Edit]) -> None:
        self._edits.setdefault(path, {}).update(dict.fromkeys(edits))

    def changed(self) -> dict[str, str]:
        """The texts that come out different."""
        return {path: "".join(made) for path, made in self._made().items()}

    def diff(self) -> tuple[str, str | None]:
        """For `git apply` and `patch -p1`, and the folder to apply it in unless that is the current one."""
        made = self._made()
        names, folder = _named(made)
        return "".join(_of_file(path, names[path], self.lines(path), new) for path, new in made.items()), folder

    def _made(self) -> dict[str, list[str]]:
        made = {path: _applied(self.lines(path), edits) for path, edits in self._edits.items()}
        return {path: new for path, new in made.items() if new != self.lines(path)}


def split(text: str) -> list[str]:
    """At line feeds alone, as Docker and diff do: a form feed inside a line ends none."""
    return [line for line in re.split(r"(?<=\n)", text) if line]


def ending(line: str) -> str:
    return line[len(line.rstrip("\r\n")) :]


def _applied(lines: Sequence[str], edits: Iterable[Edit]) -> list[str]:
    """What each line becomes: itself, nothing, or several lines. Of two changes of the same characters the first counts. A line of which nothing is left goes away, and so does
    the continuation in front of it where it was the last one."""
    made: list[str | None] = list(lines)
    by_line: dict[int, list[Edit]] = {}
    for edit in edits:
        by_line.setdefault(edit.line, []).append(edit)
    for number, noted in sorted(by_line.items()):
        line, free = lines[number], len(lines[number])
        for edit in sorted(noted, key=lambda edit: edit.start, reverse=True):
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
    return [line or "" for line in made]


def _end_before(made: list[str | None], number: int) -> None:
    """Takes the continuation off the nearest line above that is no comment."""
    for above in range(number - 1, -1, -1):
        line = made[above]
        if line is not None and not line.lstrip().startswith("#"):
            body = line.rstrip("\r\n")
            made[above] = _CONTINUATION.sub("", body) + ending(line)
            return


def _named(paths: Iterable[str]) -> tuple[dict[str, str], str | None]:
    """Relative to the working directory; if a file lies outside it, all are relative to the folder they share."""
    here = os.path.realpath(".")
    real = {path: os.path.realpath(path) for path in paths}
    inside = all(is_within(path, here) for path in real.values())
    folder = here if inside else os.path.commonpath([os.path.dirname(path) for path in real.values()])
    names = {path: os.path.relpath(place, folder).replace(os.sep, "/") for path, place in real.items()}
    return names, None if inside else folder


def _of_file(path: str, name: str, before: list[str], after: list[str]) -> str:
    """Not by `difflib`, which searches for what is known here, and takes minutes over a file made for that."""
    mark = _mark(path)
    old, new = _marked(before, mark), _marked(after, mark)
    pieces = [f"--- {_header(f'a/{name}')}\n+++ {_header(f'b/{name}')}\n"]
    shift = 0  # by which the new file is longer so far
    for first, last in _hunks(old, new):
        told = list(_lines_of_hunk(old[first:last], new[first:last]))
        length = sum(not line.startswith("-") for line in told)
        pieces.append(f"@@ -{_range(first, last - first)} +{_range(first + shift, length)} @@\n")
        pieces += _ended(told)
        shift += length - (last - first)
    return "".join(pieces)


def _marked(lines: list[str], mark: str) -> list[str]:
    first = next((number for number, line in enumerate(lines) if line), 0)
    return [mark + line if number == first else line for number, line in enumerate(lines)]


def _hunks(old: list[str], new: list[str]) -> Iterator[tuple[int, int]]:
    """The lines that change with those around them, first and behind the last."""
    first = last = -1
    for number in (number for number, line in enumerate(old) if new[number] != line):
        if first >= 0 and number - _CONTEXT > last:
            yield first, last
            first = -1
        first = first if first >= 0 else max(number - _CONTEXT, 0)
        last = min(number + _CONTEXT + 1, len(old))
    if first >= 0:
        yield first, last


def _lines_of_hunk(old: list[str], new: list[str]) -> Iterator[str]:
    added: list[str] = []
    for before, after in zip(old, new, strict=True):
        if before == after:
            yield from added
            added.clear()
            yield f" {before}"
        else:
            yield f"-{before}"
            added += [f"+{line}" for line in split(after)]
    yield from added


def _range(first: int, length: int) -> str:
    return f"{first + 1 if length else first},{length}"


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
