"""The `pip install` and `uv pip install` commands of a Dockerfile, each word with the place where it is written.

The readers of `envdoctor check` say what is installed; a patch has to know besides which characters say so.
"""

from __future__ import annotations

import os
import posixpath
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from envdoctor.facts import Origin, Package
from envdoctor.readers.declared import Declared, SourceText
from envdoctor.readers.dockerfile import Dockerfile, DockerfileError, Instruction, parse
from envdoctor.readers.installs import Installs, run_installs
from envdoctor.readers.pip import UV
from envdoctor.readers.shell import Command, read_shell
from envdoctor.readers.shell.wrappers import program
from envdoctor.readers.stages import read_dockerfile
from envdoctor.suggest.edits import PatchError, Texts, split
from envdoctor.targets.files import BuildContext, is_within, repository_root

_PIP = re.compile(r"pip[0-9.]*|pip[0-9]?-[0-9.]+")
_TOKEN = re.compile(r"""(?:[^\s"'\\;&|()<>]|\\.|"(?:[^"\\]|\\.)*"|'[^']*')+""")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_REFERENCE = re.compile(r"\$(?:\w+|\{[^}]*\})")
_MOST_LOOKS = 500_000  # at words of the file, to find where those of its commands stand
TOO_DEEP = "is nested too deeply to be read; expected a Dockerfile"
ReadFile = Callable[[str], "str | None"]


class Word(NamedTuple):
    """`raw` is what stands in line `line` (0-based) from `start` to `end`, quotes included; empty where it was not
    found. `value` is what the program gets, None where that depends on run time."""

    value: str | None
    text: str
    raw: str
    line: int
    start: int
    end: int


class Option(NamedTuple):
    """One option: its long name, its value, and its words: `--index-url` and the address, or both in one."""

    name: str
    value: str
    words: tuple[Word, ...]


class Call(NamedTuple):
    """One command. `wanted` are the words that name packages."""

    manager: str  # pip, uv
    words: tuple[Word, ...]
    wanted: tuple[Word, ...]
    options: tuple[Option, ...]
    instruction: Instruction
    workdir: str
    read_file: ReadFile

    @property
    def line(self) -> int:
        return self.words[0].line + 1


class Reading(NamedTuple):
    """`packages` are all that some command installs, also what a later one replaces."""

    path: str
    declared: Declared
    dockerfile: Dockerfile
    calls: tuple[Call, ...]
    packages: tuple[Package, ...]


def read(path: str, texts: Texts) -> Reading:
    """Raises PatchError."""
    return _read(path, texts.lines(path), {})


def reread(path: str, changed: Mapping[str, str], texts: Texts) -> Reading:
    """With other texts for it and for the files it installs from, by the path the user knows them by."""
    return _read(path, split(changed[path]) if path in changed else texts.lines(path), changed)


def _read(path: str, lines: list[str], changed: Mapping[str, str]) -> Reading:
    text = "".join(lines)
    context = _context(path)
    packages: list[Package] = []
    calls: list[Call] = []
    try:
        dockerfile = parse(text, path)
        places = _Places(dockerfile, lines)

        def read_file(relative: str) -> str | None:
            found = context.read_file(relative)
            known_as = str(getattr(found, "path", ""))
            return SourceText(changed[known_as], known_as) if known_as in changed else found

        def installs(
            script: str,
            origin_at: Callable[[int], Origin],
            variables: Mapping[str, str | None],
            from_image: ReadFile,
            workdir: str,
        ) -> Installs:
            found = run_installs(script, origin_at, variables, from_image, workdir)
            packages.extend((*found.packages, *found.possible))
            for command in read_shell(script, variables).commands:
                calls.extend(_call(command, places, origin_at, from_image, workdir))
            return found

        declared = read_dockerfile(text, path, build_args={}, target=None, read_file=read_file, installs=installs)
    except DockerfileError as error:
        raise PatchError(str(error)) from error
    except RecursionError as error:
        raise PatchError(f"{path}: {TOO_DEEP}") from error
    return Reading(path, declared, dockerfile, tuple(calls), tuple(packages))


def _context(path: str) -> BuildContext:
    """The same files that `check` sees."""
    directory = os.path.dirname(path) or "."
    boundary = repository_root(directory)
    if boundary is None:
        here = os.path.realpath(".")
        boundary = here if is_within(os.path.realpath(directory), here) else directory
    return BuildContext(directory, boundary)


class _Places:
    """Finds words in the lines of a Dockerfile, one after the other."""

    def __init__(self, dockerfile: Dockerfile, lines: list[str]) -> None:
        self.lines = [line.rstrip("\r\n") for line in lines]
        self.instructions = dockerfile.instructions
        self.starts = [instruction.line for instruction in dockerfile.instructions]
        self.reached: dict[int, int] = {}  # line -> where the last word found there ends
        self.left = _MOST_LOOKS

    def instruction(self, line: int) -> Instruction | None:
        number = bisect_right(self.starts, line + 1) - 1
        return self.instructions[number] if number >= 0 else None

    def word(self, value: str | None, text: str, line: int, in_array: bool) -> Word:
        """A command in a loop is met several times: what is not found from where the last word ended is looked for from
        the start of the line."""
        if not 0 <= line < len(self.lines):
            return Word(value, text, "", line, 0, 0)
        for begin in (self.reached.get(line, 0), 0):
            for token in (_STRING if in_array else _TOKEN).finditer(self.lines[line], begin):
                self.left -= 1
                if self.left < 0:
                    return Word(value, text, "", line, 0, 0)
                if _is_written(token.group(), value, text):
                    self.reached[line] = token.end()
                    return Word(value, text, token.group(), line, token.start(), token.end())
        inside = re.search(rf"(?<![\w./=-]){re.escape(value or text)}(?![\w./-])", self.lines[line])
        if inside is None:
            return Word(value, text, "", line, 0, 0)
        return Word(value, text, inside.group(), line, inside.start(), inside.end())


def _is_written(raw: str, value: str | None, text: str) -> bool:
    bare = re.sub(r"\\(.)|[\"']", r"\1", raw)
    if value is None or "$" not in raw:
        return bare == (value if value is not None else re.sub("[\"']", "", text))
    first, *rest = _REFERENCE.split(bare)
    if not rest or not value.startswith(first) or not value.endswith(rest[-1]):
        return False
    position = len(first)
    for part in rest:
        position = value.find(part, position)
        if position < 0:
            return False
        position += len(part)
    return True


def _call(
    command: Command, places: _Places, origin_at: Callable[[int], Origin], read_file: ReadFile, workdir: str
) -> Iterator[Call]:
    """The command with its words in place, if it is one of these."""
    lines = [(origin_at(line).line or 1) - 1 for line in command.lines]
    instruction = places.instruction(lines[0]) if lines else None
    if instruction is None:
        return
    in_array = instruction.array is not None
    words = tuple(
        places.word(value, text, line, in_array)
        for value, text, line in zip(command.words, command.texts, lines, strict=False)
    )
    start = _install(command)
    if start is not None:
        manager = "uv" if program(command.words[0]) == "uv" or "uv" in command.words[1:3] else "pip"
        wanted, options = _parts(words[start:])
        yield Call(manager, words, wanted, options, instruction, workdir, read_file)


def _install(command: Command) -> int | None:
    """The number of the word behind `pip install`."""
    seen = False
    for number, word in enumerate(command.words):
        if seen and word == "install":
            return number + 1
        seen = seen or bool(_PIP.fullmatch(program(word)))
        if number > _PROGRAM_WORDS or (number == 0 and not seen and program(word) in ("echo", "printf")):
            return None
    return None


_PROGRAM_WORDS = 8  # within which `install` stands


def _parts(words: tuple[Word, ...]) -> tuple[tuple[Word, ...], tuple[Option, ...]]:
    """Cut as `readers.arguments` cuts them; uv's options hold pip's."""
    wanted: list[Word] = []
    options: list[Option] = []
    number = 0
    while number < len(words):
        word = words[number]
        shown = word.value if word.value is not None else word.text.strip("\"'")
        number += 1
        if len(shown) < 2 or shown[0] != "-":
            wanted.append(word)
            continue
        name, equals, given = shown.partition("=")
        if not shown.startswith("--"):
            name, equals, given = UV.short.get(shown[1], shown[:2]), shown[2:3], shown[2:].removeprefix("=")
        name = UV.aliases.get(name, name)
        if equals or name not in UV.valued or number >= len(words):
            options.append(Option(name, given, (word,)))
            continue
        options.append(Option(name, words[number].value or "", (word, words[number])))
        number += 1
    return tuple(wanted), tuple(options)


def file_of(call: Call, option: Option) -> tuple[str, str] | None:
    """The path, as the user knows it, and the text of a file that an option names."""
    found = call.read_file(posixpath.normpath(posixpath.join(call.workdir, option.value))) if option.value else None
    known_as = getattr(found, "path", None)
    return (str(known_as), found) if found is not None and known_as else None
