"""chmod -R 777 on installed packages or caches, so that a mapped user may write there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from envdoctor.facts import Build, FactAbsent, Facts, Origin
from envdoctor.findings import Evidence, Finding, Kind, Severity
from envdoctor.matrix import Matrix
from envdoctor.patterns import lazily
from envdoctor.rules.rule import Rule

_SOURCES = (
    "https://www.gnu.org/software/coreutils/manual/html_node/Mode-Structure.html",
    "https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables",
    "https://numba.readthedocs.io/en/stable/reference/envvars.html",
)
_CODE = lazily(
    r"(?:site|dist)-packages|^/opt/(?:conda|venv|miniconda3?|anaconda3?)|^/usr/local(?:/(?:lib|bin)\b.*)?/?$|/\.venv\b|^/usr/lib/python"
)
_CACHE = lazily(r"/\.cache\b|/\.EasyOCR|/\.insightface|/huggingface\b|/torch/hub|^/root(?:/|$)|/\.triton|/\.cupy")
_MODE = lazily(r"0?[0-7]{0,2}[0-7][2367]|[ug]*[ao][ugoa]*[+=][rstX]*w[rwxstX]*", re.ASCII)
_SEPARATORS = lazily(r"&&|\|\||[;|&]|\b(?:then|do|else)\b")
_MAX_LINES = 2_000


class _Opened(NamedTuple):
    mode: str
    path: str
    origin: Origin
    at_start: bool  # by the entrypoint, each time the container starts


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    build = facts.build.get()
    if build is None:
        raise FactAbsent("no Dockerfile is read")
    seen: set[Origin] = set()
    for opened in _opened(build):
        if opened.origin not in seen:
            seen.add(opened.origin)
            yield _finding(opened, facts, matrix)


def _opened(build: Build) -> Iterator[_Opened]:
    for statement in build.statements:
        yield from _of_words([word or "" for word in statement.words], statement.origin, False)
    script = build.entrypoint_script.get()
    lines = script.text.split("\n")[:_MAX_LINES] if script is not None else []
    for number, line in enumerate(lines):
        if script is not None and "chmod" in line and len(line) < 2_000 and not line.lstrip().startswith("#"):
            for command in _SEPARATORS.split(line):
                words = [word.strip("\"'") for word in command.split()]
                yield from _of_words(words, script.origin_at(number), True)


def _of_words(words: Sequence[str], origin: Origin, at_start: bool) -> Iterator[_Opened]:
    words = words[1:] if words[:1] == ["sudo"] else words
    if not words or words[0].rpartition("/")[2] != "chmod":
        return
    options = [word for word in words[1:] if word.startswith("-") and not word.startswith(("-w", "-r", "-x"))]
    rest = [word for word in words[1:] if word not in options]
    recursive = any(word == "--recursive" or (word[:2] != "--" and "R" in word) for word in options)
    if (
        not recursive
        or len(rest) < 2
        or len(rest[0]) > 40
        or not any(_MODE.fullmatch(part) for part in rest[0].split(","))
    ):
        return
    for path in rest[1:]:
        if _CODE.search(path) or _CACHE.search(path):
            yield _Opened(rest[0], path[:120], origin, at_start)


def _finding(opened: _Opened, facts: Facts, matrix: Matrix) -> Finding:
    code = _CODE.search(opened.path) is not None
    effect = (
        "every user and process in the container can change code that others, root too, import"
        if code
        else "every user and process in the container can change what is cached there"
    )
    when = " It runs over every file again at each start, before the program does." if opened.at_start else ""
    packages = facts.packages.get()
    names = dict.fromkeys(item.name for item in packages.items) if packages is not None else {}
    rows = [row for row in map(matrix.cache, names) if row is not None and row.variable]
    variables = list(dict.fromkeys(row.variable for row in rows if row.variable))
    shown = ", ".join(variables[:4] or ["HF_HOME", "TORCH_HOME", "NUMBA_CACHE_DIR", "YOLO_CONFIG_DIR"])
    return Finding(
        message=f"chmod -R {opened.mode} opens {opened.path} to everybody: {effect}.{when}",
        severity=Severity.WARNING,
        remedy=(
            f"give what is written at run time a folder of its own that the user may write, by its variable ({shown}), and leave the packages as they are",
            f"or give a group the right to write: chgrp -R GROUP {opened.path} && chmod -R g+rwX {opened.path}, and start with --group-add GROUP",
            "or install the packages into an environment that the user owns",
        ),
        verify=f"docker run --rm IMAGE sh -c 'find {opened.path} -perm -o+w | head'",
        at=opened.origin,
        evidence=(Evidence("build.statements", f"chmod -R {opened.mode} {opened.path}", str(opened.origin)),),
        sources=_SOURCES,
    )


RULE = Rule(
    id="world-writable-packages",
    kind=Kind.HYGIENE,
    severity=Severity.WARNING,
    title="installed packages or model caches are made writable for everybody",
    seen=("PermissionError: [Errno 13] Permission denied: '/usr/local/lib/python3.10/dist-packages/…'",),
    why=(
        "Some packages write beside their own code or into root's home: models, compiled kernels, fonts. Opening the whole folder lets every process replace the code that the"
        " next one imports, and a recursive chmod costs time at each start, or a copy of every file in a layer of its own."
    ),
    remedy=(
        "point the cache elsewhere by its variable (HF_HOME, TORCH_HOME, NUMBA_CACHE_DIR, MPLCONFIGDIR, YOLO_CONFIG_DIR)",
        "or give a group write access: chmod -R g+rwX",
    ),
    sources=_SOURCES,
    check=check,
)
