"""Where the files in an image come from: `COPY requirements.txt /tmp/` and then `pip install -r /tmp/requirements.txt`.

Whether a source is a file or a folder is not known before it is asked for, so a path is tried in each way that COPY
could have put it there (https://docs.docker.com/reference/dockerfile/#copy).
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from itertools import islice
from typing import NamedTuple

ReadFile = Callable[[str], "str | None"]

UNKNOWN_WORKDIR = "/(workdir)"
"""Stands for the base image's own WORKDIR, which the Dockerfile does not tell."""

_MAX_TRIED = 64  # copies looked through for one path, newest first
_MAX_PATTERN = 256


class Copied(NamedTuple):
    """One COPY or ADD. `read` gives a file of where it copies from; None where that cannot be read (a URL)."""

    sources: tuple[str, ...]
    destination: str
    read: ReadFile | None


def inside(path: str) -> str:
    """A path without leading slash and without a way out of its root: "./a/../../b" -> "b"."""
    return posixpath.normpath("/" + path).lstrip("/")


def absolute(path: str, workdir: str) -> str:
    """As the container sees it; a slash at the end is kept, since it says that the path is a folder."""
    joined = posixpath.normpath(posixpath.join("/", workdir, path))
    joined = "/" + joined.lstrip("/")
    return joined + "/" if path.endswith(("/", "/.")) and joined != "/" else joined


def places(sources: tuple[str, ...], destination: str) -> Iterator[str]:
    """What `COPY SOURCES DESTINATION` may write: a folder's content lies in the destination itself, a file under its name.
    `COPY . /app` brings whatever there is, and is not told of."""
    folder = destination.rstrip("/") or "/"
    if not sources:  # a here-document
        yield folder
    for source in sources:
        name = posixpath.basename(source.rstrip("/"))
        is_file = "." in name[1:] and not source.endswith("/")
        if name in ("", ".", "*") and not source.startswith("/"):
            continue
        if not is_file or not destination.endswith("/"):
            yield folder
        yield posixpath.join(folder, name)


class Search:
    """What looking for files may cost in one Dockerfile: stages that copy from stages could ask for each other
    without end."""

    __slots__ = ("depth", "left")

    def __init__(self, left: int = 20_000, depth: int = 32) -> None:
        self.left = left
        self.depth = depth


class CopiedFiles:
    """The copies of one stage so far, its base stage's included."""

    def __init__(self, search: Search, copies: tuple[Copied, ...] = ()) -> None:
        self._search = search
        self._copies: dict[Copied, None] = dict.fromkeys(copies)

    def copy(self) -> CopiedFiles:
        return CopiedFiles(self._search, tuple(self._copies))

    def add(self, copied: Copied) -> None:
        self._copies.pop(copied, None)
        self._copies[copied] = None

    def read(self, path: str, workdir: str = "/") -> str | None:
        """The text of a file in the image, or None if it was not copied from anywhere that can be read."""
        search = self._search
        if search.depth <= 0:
            return None
        search.depth -= 1
        try:
            return self._found(absolute(path, workdir).rstrip("/"))
        finally:
            search.depth += 1

    def _found(self, wanted: str) -> str | None:
        for copied in self._newest():
            found = _read(copied, wanted)
            if found is not None or copied.destination == wanted:
                return found
        relative = wanted.removeprefix(UNKNOWN_WORKDIR + "/")
        return self._beside_others(relative) if relative != wanted else None

    def _newest(self) -> Iterator[Copied]:
        for copied in islice(reversed(self._copies), _MAX_TRIED):
            self._search.left -= 1
            if self._search.left < 0:
                return
            yield copied

    def _beside_others(self, relative: str) -> str | None:
        """The base image's own WORKDIR is not known: a file that was copied to where it can be it."""
        for copied in self._newest():
            folder = copied.destination if copied.destination.endswith("/") else posixpath.dirname(copied.destination)
            found = _read(copied, absolute(relative, folder))
            if found is not None:
                return found
        return None


def _read(copied: Copied, wanted: str) -> str | None:
    destination = copied.destination.rstrip("/")
    if copied.read is None or not (wanted == destination or wanted.startswith(destination + "/")):
        return None
    for source in copied.sources:
        for candidate in _candidates(source, destination, wanted):
            found = copied.read(candidate)
            if found is not None:
                return found
    return None


def _candidates(source: str, destination: str, wanted: str) -> list[str]:
    """Which files of the source tree `wanted` may be."""
    below = wanted[len(destination) + 1 :]
    folder, name = posixpath.split(source.rstrip("/"))
    if any(mark in name for mark in "*?["):
        first, _, rest = below.partition("/")
        if len(name) > _MAX_PATTERN or not fnmatchcase(first, name):
            return []
        return [inside(posixpath.join(folder, first, rest))]
    if not below:
        return [inside(source)]
    candidates = [inside(posixpath.join(source, below))]
    if below == name:
        candidates.insert(0, inside(source))
    return candidates
