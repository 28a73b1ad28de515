"""Base images that another Dockerfile of the same tree builds: `FROM capybara_infer_image`, followed to that file.

Which Dockerfile that is, the caller knows (a `docker build -t` line, a compose `build:` with `image:`). Its final stage
is then what the stage is built on, and so on to the image of a registry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from envdoctor.readers.copied_files import ReadFile

if TYPE_CHECKING:
    from envdoctor.facts import Statement, Variable
    from envdoctor.readers.stage import Stage

MAX_DEPTH = 20
"""Dockerfiles that a chain may be long."""

MAX_FILES = 200
"""Dockerfiles read as bases of one."""


class LocalBase(NamedTuple):
    """How an image is built: the Dockerfile's text, its path, how messages name it, and the options of its build
    (an argument without a value is known only at run time).
    `read_file` gives a file of its own build context."""

    text: str
    path: str
    label: str
    build_args: Mapping[str, str | None]
    target: str | None
    read_file: ReadFile


AskLocalBase = Callable[[str], "LocalBase | None"]


class Base(NamedTuple):
    """A base's Dockerfile, read. `chain` are the labels of it and of the bases that its final stage rests on."""

    stage: Stage
    variables: tuple[Variable, ...]
    other_statements: tuple[Statement, ...]
    chain: tuple[str, ...]


class LocalBaseError(ValueError):
    """Why a base that is built here cannot be followed; reads on behind "FROM at Dockerfile:1 "."""


class LocalBases:
    """Those found while one Dockerfile is read, each read once. `open` are the files of the chain that is being read,
    by path and target."""

    def __init__(self, ask: AskLocalBase | None, first: tuple[str, str | None]) -> None:
        self._ask = ask
        self._found: dict[str, Base | LocalBaseError] = {}
        self._open = [first]

    def read(self, reference: str, read: Callable[[LocalBase], Base]) -> Base | None:
        """None: nobody builds it here. Raises LocalBaseError."""
        if self._ask is None:
            return None
        found = self._found.get(reference)
        if found is None:
            asked = self._ask(reference)
            if asked is None:
                return None
            found = self._found[reference] = self._followed(asked, reference, read)
        if isinstance(found, LocalBaseError):
            raise found
        return found

    def _followed(self, asked: LocalBase, reference: str, read: Callable[[LocalBase], Base]) -> Base | LocalBaseError:
        shown = f"rests on {reference[:80]}, built by {asked.label}"
        key = asked.path, asked.target
        if key in self._open:
            return LocalBaseError(f"{shown}, which in the end rests on itself")
        if len(self._open) > MAX_DEPTH or len(self._found) >= MAX_FILES:
            return LocalBaseError(f"{shown}; more than {MAX_DEPTH} Dockerfiles in a chain are not followed")
        self._open.append(key)
        try:
            return read(asked)
        except ValueError as error:  # a DockerfileError of the base's own file
            return LocalBaseError(f"{shown}, which cannot be built: {error}")
        finally:
            self._open.pop()


def bases_of(stage: Stage) -> Iterator[Stage]:
    """The stages that it is built on, through all files, the nearest first."""
    base = stage.base
    while base is not None:
        yield base
        base = base.base
