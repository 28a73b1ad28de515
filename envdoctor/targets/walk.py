"""The declarations in a directory, found without following links and without reading more than needed."""

from __future__ import annotations

import os
import stat
from typing import NamedTuple

from envdoctor.targets.files import MAX_BYTES, is_within, repository_root
from envdoctor.targets.kinds import (
    SNIFFED_BYTES,
    Kind,
    by_name,
    is_conda,
    is_environment_document,
    is_shell,
    names_an_engine,
)

MAX_FILES = 10_000  # seen, not judged: beyond that a directory is not a project but a disk
CONDA_BYTES = 65_536  # in which the keys at the top level of an environment are looked for
_CONDA_FOLDERS = frozenset({"conda", "env", "envs", "environment", "environments"})  # env/SE3nv.yml
_SKIPPED = frozenset({"node_modules", "__pycache__", "site-packages", "dist-packages"})


class Found(NamedTuple):
    """`files` in a stable order. `problems` are directories that could not be listed; `cut` that there was more."""

    files: tuple[tuple[str, Kind], ...]
    problems: tuple[str, ...]
    cut: bool


def find(directory: str) -> Found:
    files: list[tuple[str, Kind]] = []
    problems: list[str] = []
    inodes: set[tuple[int, int]] = set()
    boundary = repository_root(directory) or os.path.realpath(directory)
    seen = 0
    failed = lambda error: problems.append(f"{error.filename}: cannot be listed: {error.strerror}")  # noqa: E731
    for folder, names, entries in os.walk(directory, onerror=failed):
        names[:] = sorted(name for name in names if _enters(folder, name, inodes))
        for entry in sorted(entries):
            seen += 1
            if seen > MAX_FILES:
                return Found(tuple(files), tuple(problems), True)
            path = os.path.join(folder, entry)
            if _leads_out(path, boundary):
                if by_name(path) is not None:
                    problems.append(f"{path}: is a link to a file outside the repository, which is not read")
                continue
            kind = _kind(path)
            if kind is not None and _is_new_file(path, inodes):
                files.append((path, kind))
    return Found(tuple(files), tuple(problems), False)


def _enters(folder: str, name: str, inodes: set[tuple[int, int]]) -> bool:
    """Not into hidden directories, installed packages and virtual environments, nor into one directory twice (a bind
    mount of a parent would never end)."""
    path = os.path.join(folder, name)
    if name.startswith(".") or name in _SKIPPED or os.path.lexists(os.path.join(path, "pyvenv.cfg")):
        return False
    return not os.path.islink(path) and _is_new(path, inodes)


def _leads_out(path: str, boundary: str) -> bool:
    """A link that whoever wrote the repository made: what it leads to is not theirs to have read and quoted."""
    return os.path.islink(path) and not is_within(os.path.realpath(path), boundary)


def _is_new(path: str, inodes: set[tuple[int, int]]) -> bool:
    try:
        status = os.stat(path)
    except OSError:
        return True  # the walk itself reports it
    identity = (status.st_dev, status.st_ino)
    if identity in inodes:
        return False
    inodes.add(identity)
    return True


def _is_new_file(path: str, inodes: set[tuple[int, int]]) -> bool:
    """A regular file not seen yet under another name; a pipe or a device would block the check. A broken link is new:
    reading it says what is wrong."""
    try:
        regular = stat.S_ISREG(os.stat(path).st_mode)
    except OSError:
        return True
    return regular and _is_new(path, inodes)


def _kind(path: str) -> Kind | None:
    """By name; JSON, YAML and scripts, which are mostly something else, by what is in them too."""
    kind = by_name(path)
    if kind is None and path.endswith(".json"):
        return Kind.ENVIRONMENT if is_environment_document(_head(path, SNIFFED_BYTES)) else None
    if kind is None and path.endswith((".yml", ".yaml")) and os.path.basename(os.path.dirname(path)) in _CONDA_FOLDERS:
        kind = Kind.CONDA
    if kind is Kind.CONDA:
        return kind if is_conda(path, _head(path, CONDA_BYTES).decode("utf-8", "replace")) else None
    if kind is Kind.SCRIPT:
        return kind if names_an_engine(_head(path, MAX_BYTES)) else None
    if kind is None and "." not in os.path.basename(path):
        return Kind.SCRIPT if is_shell(_head(path, 256)) and names_an_engine(_head(path, MAX_BYTES)) else None
    return kind


def _head(path: str, length: int) -> bytes:
    """Nothing of what is no regular file: a pipe would block the check."""
    try:
        if not os.path.isfile(path):
            return b""
        with open(path, "rb") as file:
            return file.read(length)
    except OSError:
        return b""
