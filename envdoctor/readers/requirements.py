"""requirements.txt, as a target of its own and behind `pip install -r`.

The line grammar is our own, 80 lines in `requirement_lines`: pip-requirements-parser reads the same files without an
error, but importing it takes 76 ms, where the whole of `envdoctor check` has about 100 ms, and a file of seven lines
1.4 ms. A line that pip would refuse is a problem with its number, and the rest is read.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping
from typing import NamedTuple

from envdoctor.facts import Origin, Packages, absent
from envdoctor.readers.declared import Declared, SourceText
from envdoctor.readers.ignore_comments import ignore_comments
from envdoctor.readers.indexes import Indexes, redacted
from envdoctor.readers.requirement import Requirement, RequirementError, parse_open, parse_requirement
from envdoctor.readers.requirement_lines import Line, logical_lines

ReadFile = Callable[[str], "str | None"]

MAX_FILES = 50
"""Files that one requirements file may include, through all of them together."""

_MAX_PROBLEMS = 20
_NOTHING: Mapping[str, str | None] = {}


class Entry(NamedTuple):
    requirement: Requirement
    origin: Origin


class RequirementsFile(NamedTuple):
    """What a file and the ones it includes ask for. `constraints` only limit what something else installs."""

    entries: tuple[Entry, ...] = ()
    constraints: tuple[Entry, ...] = ()
    index: str | None = None  # type: ignore[assignment]  # a field named as the option, not tuple.index
    extra_indexes: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()
    no_index: bool = False
    gaps: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def read_requirements(text: str, path: str, read_file: ReadFile, label: str) -> Declared:
    """A requirements file as a workload without an image. `read_file` takes paths relative to the file's folder."""
    from envdoctor.readers.pip_packages import packages_of

    found = parse_requirements(text, path, read_file, label=label)
    ignores, ignore_problems = ignore_comments(text, label)
    indexes = Indexes.of(found.index, found.extra_indexes, found.find_links, no_index=found.no_index)
    packages = packages_of(found.entries, found.constraints, indexes, "pip")
    return Declared(
        label=label,
        image=absent("a requirements file names no image", Origin(label, path)),
        packages=Packages(tuple(packages), found.gaps),
        ignores=ignores,
        path=path,
        problems=(*found.problems, *ignore_problems),
    )


def parse_requirements(
    text: str,
    path: str,
    read_file: ReadFile,
    *,
    label: str | None = None,
    folder: str = "",
    variables: Mapping[str, str | None] = _NOTHING,
) -> RequirementsFile:
    """`folder` is where `read_file` finds what the file includes with a relative path; `path` goes into the origins,
    `label` is how they name the file. Never raises."""
    reader = _Reader(read_file, variables)
    reader.seen.add(f"False {posixpath.normpath(posixpath.join(folder, posixpath.basename(path)))}")
    reader.file(text, label or path, path, folder, as_constraints=False)
    return reader.found()


def parse_constraints(text: str, path: str, read_file: ReadFile, folder: str) -> RequirementsFile:
    """A file behind `-c`: everything in it is a constraint."""
    reader = _Reader(read_file, _NOTHING)
    reader.file(text, path, path, folder, as_constraints=True)
    return reader.found()


class _Reader:
    def __init__(self, read_file: ReadFile, variables: Mapping[str, str | None]) -> None:
        self.read_file = read_file
        self.variables = variables
        self.entries: list[Entry] = []
        self.constraints: list[Entry] = []
        self.index: str | None = None
        self.extra_indexes: list[str] = []
        self.find_links: list[str] = []
        self.no_index = False
        self.gaps: list[str] = []
        self.problems: list[str] = []
        self.seen: set[str] = set()

    def found(self) -> RequirementsFile:
        return RequirementsFile(
            tuple(self.entries),
            tuple(self.constraints),
            self.index,
            tuple(self.extra_indexes),
            tuple(self.find_links),
            self.no_index,
            tuple(self.gaps),
            tuple(self.problems),
        )

    def file(self, text: str, label: str, path: str, folder: str, *, as_constraints: bool) -> None:
        if isinstance(text, SourceText):
            label = path = text.path
        for line in logical_lines(text, self.variables):
            origin = Origin(f"{label}:{line.number}", path, line.number)
            if line.options:
                self.options(line, origin, label, folder, as_constraints)
            elif line.requirement:
                self.requirement(line.requirement, origin, as_constraints)

    def requirement(self, text: str, origin: Origin, as_constraint: bool) -> None:
        try:
            found = parse_open(text) if "${" in text else parse_requirement(text)
        except RequirementError as error:
            self.problem(f"{origin}: {error}")
            self.gap(origin, text)  # pip refuses the file: what it would have installed is not known
            return
        if found is None:
            self.gap(origin, text)
        else:
            (self.constraints if as_constraint else self.entries).append(Entry(found, origin))

    def editable(self, text: str, origin: Origin, as_constraint: bool) -> None:
        """A folder, even one named like a package, or a repository, which #egg= may name."""
        if "+" in text and "://" in text:
            self.requirement(text, origin, as_constraint)
        else:
            self.gap(origin, f"-e {text}")

    def options(self, line: Line, origin: Origin, label: str, folder: str, as_constraints: bool) -> None:
        for name, given in line.options:
            if name in ("--requirement", "--constraint"):
                self.include(given, origin, label, folder, as_constraints or name == "--constraint")
            elif name == "--editable":
                self.editable(given or ".", origin, as_constraints)
            elif name == "--index-url":
                self.index = redacted(given)
            elif name == "--extra-index-url":
                self.extra_indexes.append(redacted(given))
            elif name == "--find-links":
                self.find_links.append(redacted(given))
            elif name == "--no-index":
                self.no_index = True

    def include(self, name: str, origin: Origin, label: str, folder: str, as_constraints: bool) -> None:
        """Another file, by its path relative to this one. One that was read already adds nothing."""
        address = "://" in name
        place = name if address else posixpath.normpath(posixpath.join(folder, name))
        key = f"{as_constraints} {place}"
        if key in self.seen:
            return
        self.seen.add(key)
        text = None if address or not name or len(self.seen) > MAX_FILES else self.read_file(place)
        if text is None:
            what = "constraints" if as_constraints else "requirements"
            self.gaps.append(f"{origin} includes the {what} file {redacted(name)[:80]}, which cannot be read here")
            return
        shown = posixpath.normpath(posixpath.join(posixpath.dirname(label), name))
        self.file(text, shown, shown, posixpath.dirname(place), as_constraints=as_constraints)

    def gap(self, origin: Origin, text: str) -> None:
        self.gaps.append(f"{origin} installs what cannot be read here ({redacted(text)[:80]})")

    def problem(self, text: str) -> None:
        if len(self.problems) < _MAX_PROBLEMS:
            self.problems.append(text)
