"""PATH names a prefix of conda, a virtual environment or a CUDA toolkit that the build does not install."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from envdoctor.facts import NOWHERE, Build, FactAbsent, Facts, Origin, Statement
from envdoctor.findings import Evidence, Finding, Kind, Severity
from envdoctor.judging.evidence import of
from envdoctor.judging.shell_words import of_statement, program
from envdoctor.matrix import Matrix
from envdoctor.patterns import lazily
from envdoctor.rules.rule import Rule

_SOURCES = (
    "https://docs.conda.io/projects/conda/en/stable/user-guide/install/linux.html",
    "https://docs.docker.com/reference/dockerfile/#env",
)
_VENV_SOURCES = ("https://docs.python.org/3/library/venv.html", "https://docs.docker.com/reference/dockerfile/#env")
_CUDA_SOURCES = ("https://docs.nvidia.com/cuda/cuda-installation-guide-linux/#post-installation-actions",)
_INSTALLER = lazily(r"(anaconda|miniconda|miniforge|mambaforge|minimamba|conda)(\d?)[^/]{0,100}\.sh", re.IGNORECASE)
_CONDA = lazily(r"(?:ana|mini)conda\d?|mini(?:forge|mamba)\d?|mambaforge\d?|conda\d?", re.IGNORECASE)
_VENV = lazily(r"\.?(?:venv|virtualenv|env)", re.IGNORECASE)
_CUDA = lazily(r"/usr/local/cuda-(\d{1,2}\.\d)(?:/|$)")
_CUDA_FOLDERS = ("CUDA_HOME", "CUDA_PATH", "CUDA_ROOT", "CUDA_TOOLKIT_ROOT_DIR")
_WITHOUT_CONDA = ("nvidia/cuda", "plain")
_MAKES_ENVIRONMENTS = frozenset({"sync", "run", "install"})


class _Conda(NamedTuple):
    prefix: str
    statement: Statement
    place: int


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    build = facts.build.need()
    env = facts.image.env.get() or {}
    entries = [entry for entry in env.get("PATH", "").split(":")[:20] if entry.startswith("/")]
    folders = [entry.rstrip("/")[: -len("/bin")] for entry in entries if entry.rstrip("/").endswith("/bin")]
    cuda = dict(_cuda_folders(facts, build))
    if not folders and not cuda:
        raise FactAbsent("the build puts no folder of its own on PATH")
    yield from _conda(folders, facts, build)
    yield from _environment(folders, build)
    if cuda:
        yield _other_cuda(cuda, facts, build)


# --- conda ---


def _conda(folders: list[str], facts: Facts, build: Build) -> Iterator[Finding]:
    installed = list(_installed_conda(build.statements))
    prefixes = {each.prefix for each in installed}
    if not installed or "" in prefixes or not prefixes.isdisjoint(folders):
        return
    certain = facts.image.family.get() in _WITHOUT_CONDA
    for folder in folders:
        is_conda = _CONDA.fullmatch(folder.rpartition("/")[2]) is not None
        if is_conda and not _is_mentioned(folder, build.statements) and (certain or folder != "/opt/conda"):
            yield _missing_conda(folder, installed[-1], certain, build)
            return


def _installed_conda(statements: tuple[Statement, ...]) -> Iterator[_Conda]:
    """`bash Miniconda3-latest-Linux-x86_64.sh -b -p /opt/conda`; "" is a prefix that cannot be told."""
    for place, statement in enumerate(statements):
        words = statement.words
        script = next((word for word in words[:3] if word and _INSTALLER.fullmatch(word.rpartition("/")[2])), None)
        batch = any(word and re.fullmatch(r"-[bufsm]*b[bufsmp]*", word) for word in words)
        if script is None or not batch or (script != words[0] and program(statement) not in ("bash", "sh")):
            continue
        yield _Conda(_prefix(words, script), statement, place)


def _prefix(words: tuple[str | None, ...], script: str) -> str:
    for word, following in pairwise(words):
        if word and re.fullmatch(r"-[bufsm]*p", word):
            return (following or "").rstrip("/") if (following or "").startswith("/") else ""
    if None in words or any(word and word.startswith("-p") for word in words):
        return ""
    match = _INSTALLER.fullmatch(script.rpartition("/")[2])
    if match is None or match.group(1).lower() == "conda":
        return ""
    return f"/root/{match.group(1).lower()}{match.group(2)}"


def _is_mentioned(folder: str, statements: tuple[Statement, ...]) -> bool:
    """Something is done with the folder: a link, a copy, an environment that is made there."""
    named = re.compile(rf"(?<![\w./-]){re.escape(folder)}/")
    return any(word and named.search(word[:2000] + "/") for each in statements for word in each.words)


def _missing_conda(folder: str, conda: _Conda, certain: bool, build: Build) -> Finding:
    stopped = _first_call(conda, build.statements) if certain else None
    effect = (
        f"{program(stopped)} at {stopped.origin} is not found, and the build stops"
        if stopped is not None
        else "conda, python and pip of that prefix are not found, and what is called pip is another Python's, if there is one"
    )
    return Finding(
        message=f"PATH names {folder}/bin, and the build installs conda into {conda.prefix}: {effect}.",
        severity=Severity.ERROR if stopped is not None else Severity.WARNING,
        remedy=(
            f'write ENV PATH="{conda.prefix}/bin:${{PATH}}"',
            f"or install into the folder that PATH names: -p {folder}",
        ),
        verify="docker run --rm IMAGE sh -c 'command -v conda python pip'",
        at=_where(folder, build),
        evidence=(
            Evidence("image.env.PATH", f"{folder}/bin", str(_where(folder, build))),
            of_statement(conda.statement),
            *((of_statement(stopped),) if stopped is not None else ()),
        ),
        sources=_SOURCES,
    )


def _first_call(conda: _Conda, statements: tuple[Statement, ...]) -> Statement | None:
    """The first command behind the installer that calls conda by its name alone, where nothing makes it known."""
    for place, statement in enumerate(statements):
        name = statement.words[0] if statement.words else None
        links = name in ("ln", "update-alternatives") and any("conda" in (word or "") for word in statement.words)
        if name is None or name in ("source", ".", "eval") or links or "PATH" in statement.settings:
            return None
        if place > conda.place and name in ("conda", "mamba"):
            return None if statement.conditional else statement
    return None


# --- virtual environments ---


def _environment(folders: list[str], build: Build) -> Iterator[Finding]:
    made = [(folder, each) for each in build.statements for folder in _made(each)]
    places = {folder for folder, _ in made}
    if not made or "" in places or not places.isdisjoint(folders):
        return
    if any(
        program(each) in ("uv", "poetry", "pdm", "pipenv") and _MAKES_ENVIRONMENTS & set(each.words[1:2])
        for each in build.statements
    ):
        return
    for folder in folders:
        if _VENV.fullmatch(folder.rpartition("/")[2]) and not _is_mentioned(folder, build.statements):
            yield _missing_environment(folder, *made[-1], build)
            return


def _made(statement: Statement) -> Iterator[str]:
    words = statement.words
    is_made = (
        words[1:3] in (("-m", "venv"), ("-m", "virtualenv"))
        or program(statement) == "virtualenv"
        or words[:2] == ("uv", "venv")
    )
    if is_made:
        last = words[-1] or ""
        yield last.rstrip("/") if last.startswith("/") else ""


def _missing_environment(folder: str, made: str, statement: Statement, build: Build) -> Finding:
    where = _where(folder, build)
    return Finding(
        message=f"PATH names {folder}/bin, and the virtual environment is made in {made}: pip and python are those that were there before, and packages go into the system's Python.",
        severity=Severity.WARNING,
        remedy=(f'write ENV PATH="{made}/bin:$PATH"', f"or make the environment in {folder}"),
        verify="docker run --rm IMAGE sh -c 'command -v python pip'",
        at=where,
        evidence=(Evidence("image.env.PATH", f"{folder}/bin", str(where)), of_statement(statement)),
        sources=_VENV_SOURCES,
    )


# --- CUDA ---


def _cuda_folders(facts: Facts, build: Build) -> Iterator[tuple[str, str]]:
    """The variables that name a toolkit of another release than the image's, which nothing installs."""
    image = facts.image
    own = ".".join((image.cuda.get() or "").split(".")[:2])
    if image.family.get() != "nvidia/cuda" or "." not in own:
        return
    for name in ("PATH", "LD_LIBRARY_PATH", *_CUDA_FOLDERS):
        match = _CUDA.search((image.env.get() or {}).get(name, "")[:4000])
        if (
            match is not None
            and name in build.env_origins
            and match.group(1) != own
            and not _brings(match.group(1), facts, build)
        ):
            yield name, match.group(1)


def _brings(release: str, facts: Facts, build: Build) -> bool:
    packages = facts.packages.get()
    dashed = release.replace(".", "-")
    if packages is None or packages.gaps or any(dashed in item.name for item in packages.items):
        return True
    return any(
        word is None or release in word or dashed in word or word.endswith((".run", ".sh", ".deb"))
        for each in (*build.statements, *build.other_statements)
        for word in each.words
    )


def _other_cuda(cuda: dict[str, str], facts: Facts, build: Build) -> Finding:
    names = list(cuda)
    first = next((name for name in names if name in _CUDA_FOLDERS), names[0])
    matters = first in _CUDA_FOLDERS
    release, origin = cuda[first], build.env_origins[first]
    effect = (
        "what compiles or looks for nvcc, libdevice or headers there (torch's extensions, deepspeed, numba) finds nothing"
        if matters
        else "the folder is not there, and the image's own /usr/local/cuda is used where it is on the path as well"
    )
    return Finding(
        message=f"{' and '.join(names)} {'name' if len(names) > 1 else 'names'} /usr/local/cuda-{release}, which nothing installs: the image has CUDA {facts.image.cuda.get()}; {effect}.",
        severity=Severity.WARNING if matters else Severity.NOTE,
        remedy=(
            "write /usr/local/cuda, which is there in every nvidia/cuda image",
            "or leave it out: nvidia/cuda sets PATH itself",
        ),
        verify="docker run --rm IMAGE sh -c 'ls -d /usr/local/cuda*'",
        at=origin,
        evidence=(
            *(
                Evidence(f"image.env.{name}", f"/usr/local/cuda-{cuda[name]}", str(build.env_origins[name]))
                for name in names
            ),
            of("image.cuda", facts.image.cuda),
        ),
        sources=_CUDA_SOURCES,
    )


def _where(folder: str, build: Build) -> Origin:
    """The ENV that names the folder, else the last one that sets PATH."""
    for each in reversed(build.variables):
        if each.keyword == "ENV" and each.name == "PATH" and f"{folder}/" in (each.value or ""):
            return each.origin
    return build.env_origins.get("PATH", NOWHERE)


RULE = Rule(
    id="path-prefix-not-installed",
    kind=Kind.COMPATIBILITY,
    severity=Severity.ERROR,
    title="PATH names a folder of conda, a virtual environment or CUDA that the build does not make",
    seen=(
        "/bin/sh: 1: conda: not found",
        "/bin/sh: 1: pip: not found",
        "OSError: CUDA_HOME environment variable is not set",
    ),
    why=(
        "A folder on PATH that is not there is skipped without a word. conda is then not found, or pip is the system's: packages go into another Python than the one that the program is started with, and the GPU build of a package"
        " into another environment than the one that is used."
    ),
    remedy=("name the prefix that is installed in ENV PATH", "or install into the prefix that PATH names"),
    sources=(*_SOURCES, *_CUDA_SOURCES),
    check=check,
)
