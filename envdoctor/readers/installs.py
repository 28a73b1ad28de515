"""What the commands of a shell script install: one RUN of a Dockerfile, or a script that it runs.

Each program that installs has its own module; this one tells them apart. A program that is not listed installs nothing
as far as this is concerned: `apt-get clean`, `git config`, `chmod` and a thousand others leave nothing open.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

from envdoctor.facts import Address, Origin, Package, Slip
from envdoctor.patterns import lazily
from envdoctor.readers.collected import Collected, ReadFile
from envdoctor.readers.declared import Statement
from envdoctor.readers.entrypoint_files import Write, writes
from envdoctor.readers.pip import read_pip, read_uv
from envdoctor.readers.secret_values import words_without_values
from envdoctor.readers.shell import Command, read_shell
from envdoctor.readers.shell.wrappers import is_shell, program, script_file
from envdoctor.readers.shell_slips import redirections
from envdoctor.readers.stage_variables import Shown

MAX_FILES = 100
MAX_CHARACTERS = 2_000_000
"""Files, and characters in them, that the commands of one RUN may lead to; further ones are gaps."""

_PIP = lazily(r"pip[0-9.]*|pip[0-9]?-[0-9.]+")
_PYTHON = lazily(r"(?:python|pypy)[0-9.]*")
_PYTHON_VALUED = frozenset({"-W", "-X", "--check-hash-based-pycs"})
# Code that installs: by pip from inside, or by a package whose purpose it is (opencv-fixer reinstalls OpenCV).
_CODE_INSTALLS = lazily(r"\bpip\b|\bsubprocess\b|os\.system|install\w*\(|opencv_fixer")
_INSTALLERS = lazily(
    r"\b(?:pip3?|uv|conda|mamba|micromamba|apt-get|apt|yum|dnf|poetry|pdm|setup\.py|easy_install|make install)\b"
)
_SETUP_ACTIONS = frozenset({"install", "develop", "easy_install"})
# program -> the actions that install what only a lock file or a build tells
_PROJECT_TOOLS = {
    "poetry": frozenset({"install", "add", "sync", "update"}),
    "pdm": frozenset({"install", "sync", "add", "update"}),
    "pipenv": frozenset({"install", "sync", "update"}),
    "pixi": frozenset({"install", "add"}),
    "rye": frozenset({"sync", "add"}),
    "conda-lock": frozenset({"install"}),
    "easy_install": frozenset(),
    "make": frozenset({"install"}),
    "ninja": frozenset({"install"}),
    "meson": frozenset({"install"}),
    "cmake": frozenset({"--install", "install"}),
}


class Installs(NamedTuple):
    """`packages` in the order they are installed. `gaps` are the places where more may be, `removed` the names that are
    gone at the end unless `packages` has them. `problems` are mistakes of the file, "Dockerfile:3: …". `possible` are
    packages that a condition decides about during the build; each has a gap too. `writes` are the files written."""

    packages: tuple[Package, ...] = ()
    gaps: tuple[str, ...] = ()
    statements: tuple[Statement, ...] = ()
    removed: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    possible: tuple[Package, ...] = ()
    writes: tuple[Write, ...] = ()
    slips: tuple[Slip, ...] = ()


def run_installs(
    script: str,
    origin_at: Callable[[int], Origin],
    variables: Mapping[str, str | None],
    read_file: ReadFile,
    workdir: str = "/",
) -> Installs:
    """`origin_at` gives the origin of the script's line n (0-based), `variables` its environment (None: not known),
    `read_file` the text of a file by its path in the image. Never raises for bad input."""
    into = Collected(origin_at, _bounded(read_file), workdir)
    _script(script, into, variables if isinstance(variables, Shown) else _without_secrets(variables))
    return Installs(
        tuple(into.packages),
        tuple(into.gaps),
        tuple(into.statements),
        tuple(into.removed),
        tuple(into.problems),
        tuple(into.possible),
        tuple(into.writes),
        tuple(into.slips),
    )


def _bounded(read_file: ReadFile) -> ReadFile:
    """Scripts that run scripts, and commands that install the same long file again and again, could ask without end."""
    left = [MAX_FILES, MAX_CHARACTERS]

    def read(path: str) -> str | None:
        left[0] -= 1
        text = read_file(path) if min(left) >= 0 else None
        left[1] -= len(text or "")
        return text

    return read


def _without_secrets(variables: Mapping[str, str | None]) -> Mapping[str, str | None]:
    """A variable that is called a token or a password is not put in anywhere: no report may quote it."""
    shown = Shown()
    for name, value in variables.items():
        shown.put(name, value)
    return shown


def _script(script: str, into: Collected, variables: Mapping[str, str | None]) -> None:
    found = read_shell(script, variables)
    lines = script.split("\n")
    before: Command | None = None
    names = (*_PIP_SETTINGS, "PATH") if "PATH=" in script else _PIP_SETTINGS
    for command in found.commands:
        origin = into.origin_at(command.lines[0])
        into.statements.append(_statement(command, origin, names))
        for redirect in command.redirects:
            alone = command._replace(redirects=(redirect,))
            into.slips.extend(redirections(alone, into.origin_at(redirect.line)))
        into.write(writes(command, before, lines, partial(into.place, command), into.origin_at))
        _command(command, into)
        before = command
    for problem in found.problems:
        if problem.text is None:
            into.gap(problem.line, f"is not read to its end: {problem.message}")
            continue
        around = lines[problem.line] if problem.line < len(lines) else ""
        installer = _INSTALLERS.search(problem.text) or _INSTALLERS.search(around)
        if installer is not None:  # the text itself may be cut in the middle of an address with a password
            into.gap(problem.line, f"uses {installer.group()} where {problem.message}")


_PIP_SETTINGS = ("PIP_BREAK_SYSTEM_PACKAGES", "PIP_CONSTRAINT", "UV_BREAK_SYSTEM_PACKAGES")


def _statement(command: Command, origin: Origin, names: tuple[str, ...]) -> Statement:
    words = words_without_values(command.words)
    settings = {name: command.variables[name] for name in names if name in command.variables}
    found: tuple[Address, ...] = ()
    if any("://" in (text or "") for text in (*command.texts, *command.words)):
        from envdoctor.readers.addresses import addresses

        found = addresses(command.texts, command.words)
    return Statement(words, origin, command.conditional, settings, found)


def _command(command: Command, into: Collected) -> None:
    name = program(command.words[0] or command.texts[0].strip("\"'"))
    read = _READERS.get(name)
    if read is not None:
        read(command, into)
    elif _PIP.fullmatch(name):
        read_pip(command, 1, into)
    elif _PYTHON.fullmatch(name):
        _python(command, into)
    elif name in _PROJECT_TOOLS:
        _project_tool(command, name, into)
    elif command.words[0] is None:
        _unknown_program(command, into)
    elif is_shell(name) or script_file(command.words) is not None:
        from envdoctor.readers.scripts import read_script

        read_script(command, into, _followed)


def _followed(script: str, into: Collected, command: Command) -> None:
    _script(script, into, command.variables)


def _project_tool(command: Command, name: str, into: Collected) -> None:
    actions = _PROJECT_TOOLS[name]
    if not actions or not actions.isdisjoint(command.words[1:]):
        into.unread(command.lines[0], " ".join(command.texts))


def _unknown_program(command: Command, into: Collected) -> None:
    """`$PYTHON -m pip install …`, `"$(curl …)"`: the program is not known, what it does may be."""
    if command.words[1:3] == ("-m", "pip"):
        read_pip(command, 3, into)
    elif "curl" in command.texts[0] or "wget" in command.texts[0]:
        from envdoctor.readers.scripts import brings_tools_only

        if not brings_tools_only(command.texts[0]):
            into.unread(command.lines[0], " ".join(command.texts))


def _python(command: Command, into: Collected) -> None:
    words = command.words
    index = 1
    while index < len(words):
        word = words[index]
        if word is None or not word.startswith("-") or word == "-":
            break
        if word.startswith("-") and word[1:2] != "-" and "m" in word[1:]:
            attached = word.partition("m")[2]  # -mpip
            return _module(_with_word(command, index, attached), index + 1, into)
        if word.startswith("-") and word[1:2] != "-" and "c" in word[1:]:
            return _code(command, words[index + 1] if index + 1 < len(words) else "", into)
        index += 2 if word in _PYTHON_VALUED else 1
    if index >= len(words) or words[index] == "-":
        return _code(command, command.stdin or "", into)
    return _file(command, program(words[index]), words[index + 1 :], into)


def _with_word(command: Command, index: int, word: str) -> Command:
    """The command with `word`, which was attached to word `index`, as a word of its own."""
    if not word:
        return command
    words, texts, lines = command.words, command.texts, command.lines
    after = index + 1
    return command._replace(
        words=(*words[:after], word, *words[after:]),
        texts=(*texts[:after], word, *texts[after:]),
        lines=(*lines[:after], lines[index], *lines[after:]),
    )


def _module(command: Command, index: int, into: Collected) -> None:
    module = command.words[index] if index < len(command.words) else ""
    if module == "pip":
        read_pip(command, index + 1, into)
    elif module == "uv":
        read_uv(command._replace(words=command.words[index:], texts=command.texts[index:]), into)
    elif module in ("poetry", "pdm", "pipenv", "easy_install"):
        inner = command._replace(words=command.words[index:], texts=command.texts[index:], lines=command.lines[index:])
        _project_tool(inner, module, into)


def _code(command: Command, code: str | None, into: Collected) -> None:
    if command.piped:
        from envdoctor.readers.scripts import read_fetched

        read_fetched(command, into)
    if code is None or _CODE_INSTALLS.search(code):
        into.unread(command.lines[0], " ".join(command.texts) + (f" {code}" if command.stdin else ""))


def _file(command: Command, name: str, rest: tuple[str | None, ...], into: Collected) -> None:
    """`python setup.py install`. Any other program in Python may do anything, and seldom installs."""
    if name == "setup.py" and not _SETUP_ACTIONS.isdisjoint(rest):
        into.unread(command.lines[0], " ".join(command.texts))


def _apt(command: Command, into: Collected) -> None:
    from envdoctor.readers.apt import read_system_packages

    read_system_packages(command, into)


def _conda(command: Command, into: Collected) -> None:
    from envdoctor.readers.conda import read_conda

    read_conda(command, into)


def _download(command: Command, into: Collected) -> None:
    from envdoctor.readers.scripts import note_download

    note_download(command, into)


def _folder(command: Command, into: Collected) -> None:
    into.change_folder(command)


_READERS: dict[str, Callable[[Command, Collected], None]] = {
    **dict.fromkeys(("apk", "apt", "apt-get", "aptitude", "dnf", "dpkg", "microdnf", "rpm", "yum"), _apt),
    **dict.fromkeys(("conda", "mamba", "micromamba"), _conda),
    **dict.fromkeys(("curl", "wget"), _download),
    **dict.fromkeys(("cd", "pushd"), _folder),
    "uv": read_uv,
}
