"""The line grammar of a Dockerfile, as BuildKit reads it: directives, comments, continuations, heredocs, instructions.

A reader of our own, because no kept library does this everywhere: the one that wraps BuildKit's parser has no wheel
for Linux on arm64, the others misread heredocs. It follows
https://github.com/moby/buildkit/blob/master/frontend/dockerfile/parser/parser.go and is tested against that parser.
It also refuses what BuildKit's next step refuses (an unknown instruction, RUN before FROM, COPY with one argument),
so that an error is told once, with its line. Nothing is expanded here: see `expansion` and `stages`.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import NamedTuple

from envdoctor.patterns import lazily
from envdoctor.readers.dockerfile_words import (
    BLANKS,
    SPACE,
    HeredocMark,
    WordsError,
    end_of_blanks,
    flags_and_rest,
    heredoc_marks,
    string_array,
)
from envdoctor.readers.instruction_checks import KEYWORDS, refuse_malformed, unknown_keyword

MAX_DOCKERFILE_SIZE = 5 * 1024 * 1024
"""Characters; a real Dockerfile has some tens of thousands at most. Check a file's size before reading it."""

MAX_LINE_BYTES = 64 * 1024 - 1
"""BuildKit's own limit for one line of the file (bufio.MaxScanTokenSize), without its line end."""

MAX_LINES = 100_000
MAX_INSTRUCTIONS = 10_000

_WITH_ARRAY = frozenset("ADD CMD COPY ENTRYPOINT RUN SHELL VOLUME".split())
_WITH_HEREDOC = frozenset("ADD COPY RUN".split())

_DIRECTIVE = lazily(r"([a-zA-Z][a-zA-Z0-9]*)[\t\n\f\r ]*=[\t\n\f\r ]*(.*?)[\t\n\f\r ]*", re.DOTALL)


class DockerfileError(ValueError):
    """The file is not a Dockerfile that can be built. The text starts with its path and line: "Dockerfile:3: …"."""

    def __init__(self, path: str, line: int | None, message: str) -> None:
        super().__init__(f"{path}:{line}: {message}" if line else f"{path}: {message}")
        self.line = line


class Heredoc(NamedTuple):
    """One heredoc: `content` as written, with its line ends; `line` is the file's line where the content starts."""

    name: str
    content: str
    expand: bool
    chomp: bool
    file_descriptor: int
    line: int


class Instruction(NamedTuple):
    """One instruction. `value` is what follows keyword and flags, continuations joined as the shell gets them.

    `array` holds the strings of the JSON form. `joints` are pairs of an offset in `value` and the line of the file
    that the text from there on stands on. `trigger` is the instruction behind ONBUILD; it shares its heredocs.
    """

    keyword: str
    value: str
    flags: tuple[str, ...]
    array: tuple[str, ...] | None
    heredocs: tuple[Heredoc, ...]
    line: int
    end_line: int
    joints: tuple[tuple[int, int], ...]
    trigger: Instruction | None = None

    def line_at(self, offset: int) -> int:
        """The line of the file that the character at `offset` of `value` stands on."""
        index = bisect_right(self.joints, (offset, MAX_DOCKERFILE_SIZE)) - 1
        return self.joints[index][1] if index >= 0 else self.line

    @property
    def words(self) -> tuple[str, ...]:
        """The arguments of FROM, COPY, ADD and the like: the strings of the JSON form, or words between blanks."""
        if self.array is not None:
            return self.array
        return tuple(BLANKS.split(self.value)) if self.value else ()

    def flag(self, name: str) -> str | None:
        """The value of the last `--name=value`; None if it is not given."""
        start = f"--{name}="
        return next((flag[len(start) :] for flag in reversed(self.flags) if flag.startswith(start)), None)


class Dockerfile(NamedTuple):
    """The instructions of one file, in order; the first FROM comes before anything but ARG."""

    path: str
    instructions: tuple[Instruction, ...]
    escape: str
    directives: dict[str, str]


def parse(text: str, path: str) -> Dockerfile:
    """The instructions of a Dockerfile. `path` is how errors name it. Raises DockerfileError."""
    if len(text) > MAX_DOCKERFILE_SIZE:
        raise DockerfileError(
            path, None, f"{len(text):,} characters were read, expected a Dockerfile of at most {MAX_DOCKERFILE_SIZE:,}"
        )
    binary = text.find("\0")
    if binary >= 0:
        line = text.count("\n", 0, binary) + 1
        raise DockerfileError(path, line, "a NUL byte was read, expected a Dockerfile, which is text")
    return _Reader(text.removeprefix("\ufeff"), path).read()


class _Joined(NamedTuple):
    """The lines of one instruction, joined; `joints` as in Instruction, but for `text`."""

    text: str
    joints: tuple[tuple[int, int], ...]
    line: int


class _Reader:
    """Walks over the lines of one file. `index` is the 0-based line that comes next."""

    def __init__(self, text: str, path: str) -> None:
        self.path = path
        self.lines = text.split("\n")
        if not self.lines[-1]:
            self.lines.pop()
        self.index = 0
        self.escape = "\\"
        self.directives: dict[str, str] = {}

    def read(self) -> Dockerfile:
        self._refuse_oversized()
        self._read_directives()
        instructions: list[Instruction] = []
        seen_from = False
        while (joined := self._next_joined()) is not None:
            instruction = self._instruction(joined)
            seen_from = seen_from or instruction.keyword == "FROM"
            if not seen_from and instruction.keyword != "ARG":
                raise self._error(
                    instruction.line, f"{instruction.keyword} was read before the first FROM, expected FROM IMAGE"
                )
            instructions.append(instruction)
            if len(instructions) > MAX_INSTRUCTIONS:
                raise self._error(instruction.line, f"more than {MAX_INSTRUCTIONS:,} instructions were read")
        if not seen_from:
            read = "only ARG was read" if instructions else "no instruction was read"
            raise self._error(None, f"{read}, expected a Dockerfile, which names its base image: FROM IMAGE")
        return Dockerfile(self.path, tuple(instructions), self.escape, self.directives)

    def _error(self, line: int | None, message: str) -> DockerfileError:
        return DockerfileError(self.path, line, message)

    def _refuse_oversized(self) -> None:
        if len(self.lines) > MAX_LINES:
            raise self._error(None, f"{len(self.lines):,} lines were read, expected at most {MAX_LINES:,}")
        for number, line in enumerate(self.lines, 1):
            if len(line) * 4 > MAX_LINE_BYTES and len(line.encode("utf-8", "surrogatepass")) > MAX_LINE_BYTES:
                raise self._error(
                    number, f"a line of {len(line):,} characters was read, expected at most {MAX_LINE_BYTES:,} bytes"
                )

    def _read_directives(self) -> None:
        """`# escape=`, `# syntax=` and `# check=` count only above the first line that is none of them."""
        for number, raw in enumerate(self.lines, 1):
            line = raw.rstrip("\r").lstrip(SPACE)
            match = _DIRECTIVE.fullmatch(line[1:].lstrip(SPACE)) if line.startswith("#") else None
            if match is None or match[1].lower() not in ("escape", "syntax", "check") or not match[2]:
                return
            name, value = match[1].lower(), match[2]
            if name in self.directives:
                raise self._error(number, f"a second `# {name}=` was read, expected one only")
            if name == "escape" and value not in ("\\", "`"):
                raise self._error(number, f"`# escape=` with {value[:20]!r} was read, expected ` or \\")
            self.directives[name] = value
            self.escape = self.directives.get("escape", "\\")

    def _next_joined(self) -> _Joined | None:
        """The next line that is neither blank nor a comment, with all lines that continue it."""
        lines, count = self.lines, len(self.lines)
        while self.index < count:
            line = lines[self.index].rstrip("\r").lstrip(SPACE)
            self.index += 1
            if line and line[0] != "#":
                return self._join(line)
        return None

    def _join(self, first: str) -> _Joined:
        lines, count, start = self.lines, len(self.lines), self.index
        text, goes_on = self._cut(first)
        pieces, joints, length = [text], [(0, start)], len(text)
        while goes_on and self.index < count:
            line = lines[self.index].rstrip("\r")
            self.index += 1
            bare = line.lstrip(SPACE)
            if not bare or bare[0] == "#":  # neither ends a continuation
                continue
            piece, goes_on = self._cut(line)
            joints.append((length, self.index))
            pieces.append(piece)
            length += len(piece)
        return _Joined("".join(pieces), tuple(joints), start)

    def _cut(self, line: str) -> tuple[str, bool]:
        """A line without the escape character that continues it, and whether there is one. Blanks may follow it;
        two of them are an escaped one, which continues nothing."""
        bare = line.rstrip(" \t")
        if bare[-1:] != self.escape or bare[-2:-1] == self.escape:
            return line, False
        return bare[:-1], True

    def _instruction(self, joined: _Joined) -> Instruction:
        try:
            instruction = self._built(joined, 0)
            carrier = instruction.trigger or instruction
            if "<<" in joined.text and carrier.keyword in _WITH_HEREDOC and carrier.array is None:
                instruction = self._with_heredocs(instruction, heredoc_marks(joined.text))
        except WordsError as error:
            raise self._error(joined.line, str(error)) from None
        end_line = self.index
        return instruction._replace(end_line=end_line) if end_line != instruction.end_line else instruction

    def _built(self, joined: _Joined, start: int) -> Instruction:
        """The instruction whose keyword stands at or after `start` of the joined text."""
        text = joined.text
        start = end_of_blanks(text, start)
        gap = BLANKS.search(text, start)
        keyword_end = gap.start() if gap else len(text)
        keyword = text[start:keyword_end].rstrip(SPACE)
        name = keyword.upper()
        if name not in KEYWORDS:
            raise WordsError(unknown_keyword(keyword, self.escape))
        rest = text[gap.end() :] if gap else ""
        flags, position = flags_and_rest(rest)
        value = rest[position:].strip(SPACE)
        offset = end_of_blanks(text, (gap.end() if gap else keyword_end) + position)
        array = string_array(value) if name in _WITH_ARRAY else None
        trigger = self._trigger(joined, offset) if name == "ONBUILD" else None
        joints = _shifted(joined.joints, offset)
        instruction = Instruction(name, value, flags, array, (), joined.line, self.index, joints, trigger)
        refuse_malformed(name, value, instruction.words, array is not None, self.escape)
        return instruction

    def _trigger(self, joined: _Joined, offset: int) -> Instruction:
        """The instruction behind ONBUILD. Its keyword is checked first: triggers of triggers would nest without end."""
        keyword = BLANKS.split(joined.text[offset:].strip(SPACE), maxsplit=1)[0].upper()
        if not keyword or keyword in ("ONBUILD", "FROM", "MAINTAINER"):
            raise WordsError(f"ONBUILD {keyword[:60]!r} was read, expected ONBUILD and one of RUN, COPY, ADD, ENV, …")
        return self._built(joined, offset)

    def _with_heredocs(self, instruction: Instruction, marks: list[HeredocMark]) -> Instruction:
        heredocs = tuple(self._heredoc(mark, instruction.line) for mark in marks)
        trigger = instruction.trigger
        if trigger is not None:
            trigger = trigger._replace(heredocs=heredocs, end_line=self.index)
        return instruction._replace(heredocs=heredocs, trigger=trigger)

    def _heredoc(self, mark: HeredocMark, line: int) -> Heredoc:
        start = self.index
        while self.index < len(self.lines):
            end = self.lines[self.index].rstrip("\r")
            self.index += 1
            if (end.lstrip("\t") if mark.chomp else end) == mark.name:
                content = "".join(f"{text}\n" for text in self.lines[start : self.index - 1])
                return Heredoc(mark.name, content, mark.expand, mark.chomp, mark.file_descriptor, start + 1)
        raise self._error(line, f"a heredoc was read to the file's end, expected a line {mark.name[:60]!r} after it")


def _shifted(joints: tuple[tuple[int, int], ...], offset: int) -> tuple[tuple[int, int], ...]:
    """Joints counted from `offset` on: the one that holds `offset`, and those after it."""
    if len(joints) == 1:
        return ((0, joints[0][1]),)
    first = bisect_right(joints, (offset, MAX_DOCKERFILE_SIZE)) - 1
    return ((0, joints[first][1]), *((place - offset, line) for place, line in joints[first + 1 :]))
