"""What a launch runs, as far as that tells whether it can do without a GPU: `docker run --rm IMAGE nvcc --version`."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

from envdoctor.facts import Launch
from envdoctor.patterns import lazily

_LONGEST = 10_000  # characters of a `sh -c` text that are looked at
_SHELLS = frozenset({"sh", "bash", "dash", "zsh", "ash"})
# Programs that never touch the GPU, whatever follows them. None that runs another one: env, make, xargs, sleep.
_WITHOUT_GPU = frozenset(
    """[ apt apt-cache apt-get basename black cat cd chmod chown clang cmake cp curl cut date df dirname dpkg du echo exit export
    false file find flake8 g++ gcc genai-perf git grep gzip head hostname id isort ldconfig ldd ln ls md5sum mkdir mv mypy ninja nm nvcc objdump
    perf_analyzer pip pip3 pre-commit printenv printf pwd readlink rm rsync ruff sed set sha256sum sort stat tar tensorboard test touch true type uname unzip uniq wc wget
    whereis which whoami""".split()
)
# Tests, builds and a shell to look around in: as often meant without a GPU as with one.
_EITHER_WAY = frozenset({"pytest", "tox", "nox", "make", "ctest", "coverage", *_SHELLS})
_MODULES_EITHER_WAY = frozenset({"pytest", "unittest", "coverage"})
_MODULES_WITHOUT_GPU = frozenset({"pip", "build", "compileall", "black", "ruff", "mypy", "venv", "flake8"})
_OF_CPU = lazily(r"(?:-{0,2}[\w.-]{1,40}=|--?)?cpu|--(?:no|disable)[_-](?:cuda|gpu)|not (?:gpu|cuda)", re.IGNORECASE)
_ASSIGNMENT = lazily(r"[A-Za-z_][A-Za-z0-9_]*=")


def needs_no_gpu(launch: Launch) -> bool:
    """Is it certain that what is run never touches the GPU? An image's own entrypoint is taken to run the command."""
    entrypoint = launch.entrypoint.get() or ()
    command = launch.command.get() or ()
    return _plain((*entrypoint, *command))


def means_the_cpu(launch: Launch) -> bool:
    """Does the command say so: `--device cpu`, `--no-cuda`, `pytest -m "not gpu"`?"""
    return any(_OF_CPU.fullmatch(word[:100]) is not None for word in launch.command.get() or () if word is not None)


def may_do_without(launch: Launch) -> bool:
    """Is what is run a test, a build or a bare shell, which nobody can tell from outside?"""
    words = (*(launch.entrypoint.get() or ()), *(launch.command.get() or ()))
    program = (words[0] or "").rpartition("/")[2] if words else ""
    if program in _SHELLS:
        return len(words) == 1
    if program.startswith("python"):
        return words[1:2] == ("-m",) and words[2:3] != () and words[2] in _MODULES_EITHER_WAY
    return program in _EITHER_WAY


def _plain(words: Sequence[str | None]) -> bool:
    program = (words[0] or "").rpartition("/")[2] if words else ""
    if program in _WITHOUT_GPU:
        return True
    if program.startswith("python"):
        return words[1:2] in (("-V",), ("--version",)) or (
            words[1:2] == ("-m",) and words[2:3] != () and words[2] in _MODULES_WITHOUT_GPU
        )
    if program in _SHELLS and len(words) > 2 and (words[1] or "").startswith("-") and (words[1] or "").endswith("c"):
        return _plain_text(words[2])
    return False


def _plain_text(text: str | None) -> bool:
    """Is every command of a `sh -c` text one that needs no GPU?"""
    if not text or len(text) > _LONGEST or "`" in text or "$(" in text:
        return False
    lexer = shlex.shlex(text.replace("\n", ";"), posix=True, punctuation_chars=True)
    lexer.commenters = ""
    try:
        tokens = list(lexer)
    except ValueError:  # a quote that is not closed
        return False
    commands = _commands(tokens)
    return bool(commands) and all(_plain(command) for command in commands)


def _commands(tokens: list[str]) -> list[tuple[str, ...]]:
    found: list[list[str]] = [[]]
    to_file = False
    for token in tokens:
        if set(token) <= set("();|&"):
            found.append([])
        elif set(token) <= set("<>&"):
            to_file = True
        elif to_file:
            to_file = False
        elif found[-1] or not _ASSIGNMENT.match(token):
            found[-1].append(token)
    return [tuple(command) for command in found if command]
