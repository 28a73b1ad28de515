"""The commands of a build that install with pip, and which Python's pip that is."""

from __future__ import annotations

import itertools
import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from envdoctor.facts import Build, Fact, Facts, Origin, Package, Statement, known
from envdoctor.patterns import lazily

_PIP = lazily(r"pip(3(?:\.\d{1,2})?)?", re.ASCII)
_PYTHON = lazily(r"python(3(?:\.\d{1,2})?)?", re.ASCII)
_NAME = lazily(r"[A-Za-z0-9][A-Za-z0-9._-]{0,200}")
_LONGEST = 2000  # characters of a word
_SYSTEM_FOLDERS = ("", "/usr/bin", "/bin", "/usr/local/bin")
# With one of these a build may have a Python of its own: its pip has other rules than the distribution's
_OTHER_PYTHONS = frozenset("conda mamba micromamba pyenv virtualenv activate pipx poetry pixi".split())
# What takes pip elsewhere, or holds settings that are not read
_ELSEWHERE = ("VIRTUAL_ENV", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_PYTHON", "PIP_CONFIG_FILE")
# Copies that can bring a Python, or settings of pip
_COPIED = lazily(
    r"/(?:etc|usr|usr/local|(?:usr/)?lib|usr/local/lib|root|root/\.config|(?:root/\.config|root/\.|etc/)pip)?"
    r"|.*/pip\.conf|.*/(?:python|pip)[\d.]*(?:/.*)?|.*/EXTERNALLY-MANAGED",
    re.ASCII,
)
_OF_ITS_OWN = lazily(r"\bPython-3\.|\bpyenv\b|(?:mini|ana)conda3?-|miniforge3?-|mambaforge|micromamba", re.IGNORECASE)
_RELEASE = lazily(r"3\.\d{1,2}", re.ASCII)
_UNMARKS = lazily(r"EXTERNALLY|/python3[\d.*]*/EXT")


class PipInstall(NamedTuple):
    """`tool` is "pip" or "uv", `python` the release that the program's name states ("3.11") or the folder that it is called
    in ("/opt/venv/bin"), `words` what follows install. `place` counts the build's commands."""

    tool: str
    python: str | None
    words: tuple[str | None, ...]
    origin: Origin
    conditional: bool
    settings: Mapping[str, str | None]
    place: int

    def has(self, *options: str) -> bool:
        """Is one of the options given, "--target" as "--target=DIR" too?"""
        return any(word is not None and word.partition("=")[0] in options for word in self.words)

    def names(self) -> set[str]:
        """Of the packages, as PyPI writes them; among them what is no package."""
        found = (_NAME.match(word) for word in self.words if word)
        return {re.sub(r"[-_.]+", "-", name.group()).lower() for name in found if name}


def pip_installs(statements: tuple[Statement, ...]) -> Iterator[PipInstall]:
    """Every `pip install`, `python3 -m pip install` and `uv pip install`, in the order they run."""
    for place, statement in enumerate(statements):
        found = _install(statement.words)
        if found is not None:
            tool, python, words = found
            yield PipInstall(tool, python, words, statement.origin, statement.conditional, statement.settings, place)


def commands_of(package: Package, build: Build | None) -> list[PipInstall]:
    """The commands that install a package: in its file the one that goes on to its line, or those that read its file."""
    found = list(pip_installs(build.statements)) if build else []
    path, line = package.origin.path, package.origin.line or 0
    there = [each for each in found if each.origin.path == path]
    if there:
        start = max((each.origin.line or 0 for each in there if (each.origin.line or 0) <= line), default=-1)
        there = [each for each in there if (each.origin.line or 0) == start]
        return [each for each in there if package.name in each.names()] or there
    name = posixpath.basename(path or "")
    return [each for each in found if name and any((word or "").endswith(name) for word in each.words)]


def _install(words: tuple[str | None, ...]) -> tuple[str, str | None, tuple[str | None, ...]] | None:
    if not words or words[0] is None:
        return None
    folder, _, name = words[0].rpartition("/")
    place = folder if folder not in _SYSTEM_FOLDERS else None
    if words[:3] == ("uv", "pip", "install"):
        return "uv", None, words[3:]
    pip = _PIP.fullmatch(name)
    if pip is not None:
        return _of_pip(words[1:], place or _release(pip.group(1)))
    python = _PYTHON.fullmatch(name)
    if python is not None and words[1:3] == ("-m", "pip"):
        return _of_pip(words[3:], place or _release(python.group(1)))
    return None


def _of_pip(words: tuple[str | None, ...], python: str | None) -> tuple[str, str | None, tuple[str | None, ...]] | None:
    """pip's own options may stand before `install`."""
    start = next((place for place, word in enumerate(words) if word is None or not word.startswith("-")), len(words))
    if start >= len(words) or words[start] != "install":
        return None
    return "pip", python, (*words[:start], *words[start + 1 :])


def _release(text: str | None) -> str | None:
    return text if text and "." in text else None


def system_pip_is_used(facts: Facts, python: str) -> bool:
    """Does everything that is known say that `pip` is that of the distribution's own Python ("3.12")? Another one can come
    from a virtual environment, conda, get-pip.py, a script that is not read, or another Python that is installed."""
    build, packages = facts.build.get(), facts.packages.get()
    if build is None or packages is None:
        return False
    if any(_brings_a_python(item, python) for item in packages.items) or _path_is_changed(facts):
        return False
    if any(_COPIED.fullmatch(path[:_LONGEST]) for path in build.copied):
        return False
    return not any(_makes_a_python(statement) for statement in build.statements)


def another_python(statements: tuple[Statement, ...]) -> Origin | None:
    """The command that gets a Python of whatever release: its sources, pyenv, an installer of conda, uv for a project."""
    for statement in statements:
        words = statement.words
        if words[:1] == ("uv",) and words[1:2] in (("venv",), ("sync",), ("run",), ("python",), ("add",), ("init",)):
            return statement.origin
        if any(word is not None and _OF_ITS_OWN.search(word[:_LONGEST]) for word in words):
            return statement.origin
    return None


def uv_python(statements: tuple[Statement, ...], env: Mapping[str, str]) -> Fact[str] | None:
    """The release that uv is told to take for a project's environment: `uv sync --python 3.12`, ENV UV_PYTHON=3.12."""
    for statement in reversed(statements):
        words = [word or "" for word in statement.words]
        if words[:1] != ["uv"] or words[1:2] not in (["venv"], ["sync"]):
            continue
        named = [after for word, after in itertools.pairwise(words) if word in ("--python", "-p")]
        named += [word.partition("=")[2] for word in words if word.startswith("--python=")]
        release = (*named, env.get("UV_PYTHON", ""))[0]
        return known(release, statement.origin) if _RELEASE.fullmatch(release) else None
    return None


def _brings_a_python(item: Package, own: str) -> bool:
    if item.manager == "conda" or item.name in ("virtualenv", "pyenv", "python"):
        return True
    named = re.match(r"python(3\.\d{1,2})", item.name) if item.manager in ("apt", "yum") else None
    return named is not None and named.group(1) != own


def _path_is_changed(facts: Facts) -> bool:
    """/usr/local/cuda/bin and other folders of tools in front of PATH bring no pip. Other variables change it too."""
    env = facts.image.env.get() or {}
    first = env.get("PATH", "").partition(":")[0]
    tools = (
        "",
        "$PATH",
        "/usr/local/cuda",
        "/usr/bin",
        "/bin",
        "/usr/local/sbin",
        "/usr/local/bin",
        "/usr/sbin",
        "/usr/local/nvidia",
    )
    return any(name in env for name in _ELSEWHERE) or not any(
        first == tool or (tool and first.startswith(tool)) for tool in tools
    )


def _makes_a_python(statement: Statement) -> bool:
    words = statement.words
    if not words or words[1:3] in (("-m", "venv"), ("-m", "virtualenv")):
        return True
    if words[0] in ("bash", "sh", "source", ".", None) or words[0].endswith(".sh"):
        return True
    if words[0] == "make" and "install" in words:
        return True
    for word in words:
        if word is None:
            continue
        last = word.rpartition("/")[2]
        if (
            last in _OTHER_PYTHONS
            or last in ("altinstall", "get-pip.py", "ensurepip")
            or _UNMARKS.search(word[:_LONGEST])
        ):
            return True
        if "break-system-packages" in word and _install(words) is None:
            return True
    return words[0] in ("uv", "rye") and words[1:2] in (("venv",), ("sync",), ("run",), ("python",))
