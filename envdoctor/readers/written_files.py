"""The files that a stage's RUNs have written so far, with the lines of the Dockerfile that their lines stand on."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from itertools import pairwise

from envdoctor.facts import Origin, Script
from envdoctor.readers.copied_files import Copied, CopiedFiles
from envdoctor.readers.dockerfile import Instruction
from envdoctor.readers.entrypoint_files import MAX_TEXT, Write

MAX_FILES = 100
"""Written files kept of one stage; a Dockerfile writes a handful."""

_MAX_LINES = 2_000
_WINDOW = 50  # lines of the instruction looked through for the next line of the text


class WrittenFiles:
    """By their absolute paths in the image. A file of which a part is not known is not in it."""

    def __init__(self) -> None:
        self.scripts: dict[str, Script] = {}

    def copy(self) -> WrittenFiles:
        other = WrittenFiles()
        other.scripts = dict(self.scripts)
        return other

    def apply(self, writes: Iterable[Write], instruction: Instruction, copied: CopiedFiles) -> None:
        for write in writes:
            before = self.scripts.pop(write.path, None)
            made = self._moved(write, copied) if write.source is not None else _made(write, before, instruction)
            if made is not None and len(self.scripts) < MAX_FILES:
                self.scripts[write.path] = made

    def add(self, path: str, text: str, origin: Origin) -> None:
        """A file whose text begins at `origin` and goes on line by line."""
        if len(text) <= MAX_TEXT and len(self.scripts) < MAX_FILES and origin.line is not None:
            first = origin.line
            self.scripts[path] = Script(path, text, origin, tuple(range(first, first + text.count("\n") + 1)))

    def forget(self, copied: Copied) -> None:
        """What COPY puts over a file that a RUN wrote."""
        if not self.scripts:
            return
        destination = copied.destination.rstrip("/")
        names = [destination, *(posixpath.join(destination, posixpath.basename(name)) for name in copied.sources)]
        for name in names:
            self.scripts.pop(name, None)

    def _moved(self, write: Write, copied: CopiedFiles) -> Script | None:
        source = write.source or ""
        found = self.scripts.get(source)
        if found is not None:
            return found._replace(path=write.path)
        text = copied.read(source)
        if text is None or len(text) > MAX_TEXT or not text.startswith("#!"):
            return None
        path = getattr(text, "path", None)
        if path is None:
            return Script(write.path, str(text), write.origin)
        return Script(write.path, str(text), Origin(path, path), tuple(range(1, text.count("\n") + 2)))


def _made(write: Write, before: Script | None, instruction: Instruction) -> Script | None:
    """Text put behind a file that is not known makes a file that is not known, unless a first line says it begins."""
    if write.text is None:
        return None
    lines = _line_numbers(write.text, write.origin, instruction)
    if not write.appends or (before is None and write.text.startswith("#!")):
        return Script(write.path, write.text, write.origin, lines)
    if before is None or len(before.text) + len(write.text) > MAX_TEXT:
        return None
    if write.origin.path != before.origin.path or not before.text.endswith("\n"):
        return before._replace(text=before.text + write.text, lines=())
    own = before.lines[: before.text.count("\n")]
    return before._replace(text=before.text + write.text, lines=(*own, *lines) if own and lines else ())


def _line_numbers(text: str, origin: Origin, instruction: Instruction) -> tuple[int, ...]:
    """For each line of the text the line of the instruction, from `origin` on, that holds it."""
    first = origin.line or instruction.line
    pieces = [(line, piece) for line, piece in _physical(instruction) if line >= first]
    lines: list[int] = []
    position, last = 0, first
    for wanted in text.split("\n")[:_MAX_LINES]:
        bare = wanted.strip()
        window = range(position, min(position + _WINDOW, len(pieces))) if bare else ()
        found = next((number for number in window if bare in pieces[number][1]), None)
        if found is not None:
            position, last = found, pieces[found][0]
        lines.append(last)
    return tuple(lines)


def _physical(instruction: Instruction) -> list[tuple[int, str]]:
    """The instruction's lines, with those of its here-documents."""
    joints = [*instruction.joints, (len(instruction.value), 0)]
    found = [(line, instruction.value[start:end]) for (start, line), (end, _) in pairwise(joints)]
    for heredoc in instruction.heredocs:
        found += [(heredoc.line + number, text) for number, text in enumerate(heredoc.content.split("\n"))]
    return found
