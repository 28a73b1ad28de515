"""pyproject.toml as a workload: what an install of the project brings, without and with each of its optional parts.

The base dependencies are one workload. An optional group that brings GPU packages is one more, on its own: extras such as
`cpu` and `cu124` exclude each other. Whose rules hold is told by the file: uv's where it has a [tool.uv] or a uv.lock
beside it, else those of pip. Source: https://docs.astral.sh/uv/concepts/projects/config/#conflicting-dependencies
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from envdoctor.facts import Origin, Package, Packages, absent
from envdoctor.patterns import lazily
from envdoctor.readers.declared import Declared
from envdoctor.readers.gpu_packages import bears_on_gpu, brings_gpu
from envdoctor.readers.ignore_comments import ignore_comments
from envdoctor.readers.indexes import Indexes
from envdoctor.readers.pip_packages import packages_of
from envdoctor.readers.poetry import indexes_of
from envdoctor.readers.project import Project, PyprojectError, ReadFile, table_of
from envdoctor.readers.requirement import Requirement, normalized, parse_requirement
from envdoctor.readers.requirements import Entry
from envdoctor.readers.uv_settings import Source, read_uv_settings

__all__ = [
    "PyprojectError",
    "brings_gpu",
    "project_packages",
    "read_pyproject",
    "read_pyproject_groups",
]

_MAX_TOGETHER = 10_000  # requirements that all optional parts of a file may hold together, with the base in each
_ONE_PYTHON = lazily(
    r"\s*(?:==\s*(3\.\d{1,2})\.\*|~=\s*(3\.\d{1,2})\.\d+|>=\s*(3\.\d{1,2})(?:\.0)?\s*,\s*<\s*3\.(\d{1,2}))\s*"
)


class Found(NamedTuple):
    packages: tuple[Package, ...] = ()
    gaps: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def read_pyproject(
    text: str,
    path: str,
    *,
    label: str | None = None,
    read_file: ReadFile = lambda name: None,
    groups: Collection[str] = (),
    extras: Collection[str] = (),
) -> Declared:
    """The project with its base dependencies, and those of `extras` and of the dependency `groups`. `read_file` takes paths
    relative to the file's folder: uv.lock, and requirements files that the project reads. Raises PyprojectError."""
    project = Project(text, path, label or path, read_file)
    return _declared(project, text, label or path, extras, groups)


def read_pyproject_groups(
    text: str, path: str, *, label: str | None = None, read_file: ReadFile = lambda name: None
) -> list[tuple[str, Declared]]:
    """Each extra and each dependency group that brings GPU packages, with the base: (name, workload). The labels are
    "pyproject.toml [cuda]". Raises PyprojectError."""
    project = Project(text, path, label or path, read_file)
    found: list[tuple[str, Declared]] = []
    named = [(name, True) for name in project.extras] + [(name, False) for name in project.group_names]
    size = len(project.entries((), ())) + len(table_of(project.poetry, "dependencies"))
    for name, is_extra in named[: min(50, max(_MAX_TOGETHER // (size + 1), 1))]:
        chosen: tuple[Collection[str], Collection[str]] = ((name,), ()) if is_extra else ((), (name,))
        own = project.entries(*chosen, base=False)
        if any(bears_on_gpu(entry.requirement.name) for entry in own):
            project.gaps, project.problems = {}, {}
            found.append((name, _declared(project, text, f"{label or path} [{name}]", *chosen)))
    return found


def _declared(project: Project, text: str, label: str, extras: Collection[str], groups: Collection[str]) -> Declared:
    has_uv = bool(project.uv) or project.read_file("uv.lock") is not None
    found = project_packages(project, "uv" if has_uv else "pip", extras, groups)
    ignores, ignore_problems = ignore_comments(text, project.label)
    return Declared(
        label=label,
        image=absent("a pyproject.toml names no image", Origin(project.label, project.path)),
        packages=Packages((*_python(project), *found.packages), found.gaps),
        ignores=ignores,
        path=project.path,
        problems=(*found.problems, *ignore_problems),
    )


def _python(project: Project) -> tuple[Package, ...]:
    """requires-python, where it leaves one release alone; uv then takes that one."""
    match = _ONE_PYTHON.fullmatch(project.requires_python[:100])
    if match is None:
        return ()
    release = match.group(1) or match.group(2) or match.group(3)
    if match.group(4) and int(match.group(4)) != int(release.partition(".")[2]) + 1:
        return ()
    return (
        Package(
            "python", release, manager="uv", installed=True, origin=project.origin(("project",), "requires-python")
        ),
    )


def project_packages(
    project: Project,
    manager: str,
    extras: Collection[str] = (),
    groups: Collection[str] = (),
    *,
    options: Indexes | None = None,
    locked: bool = True,
    base: bool = True,
) -> Found:
    """What installing the project brings. `manager` is "uv" or "pip", which knows nothing of uv's settings. `options` are
    the indexes of the command line, which come before those of the file. `locked`: uv.lock decides, if it is there."""
    extras, groups = [*map(normalized, extras)], [*map(normalized, groups)]
    entries = project.entries(extras, groups, base=base)
    packages: list[Package] | None = None
    if manager == "uv" and locked and base:
        packages = _locked(project, entries, extras, groups)
    if packages is None:
        packages = (
            _by_uv(project, entries, extras, groups, options) if manager == "uv" else _by_pip(project, entries, options)
        )
    return Found(tuple(packages), tuple(project.gaps), tuple(project.problems))


def _locked(project: Project, entries: list[Entry], extras: list[str], groups: list[str]) -> list[Package] | None:
    text = project.read_file("uv.lock")
    if text is None:
        return None
    from envdoctor.readers.uv_lock import locked_packages, read_lock

    if project.lock is None:
        project.lock = read_lock(text)
    folder = project.path.rpartition("/")[0]
    named = {entry.requirement.name: entry.origin for entry in entries}
    path = f"{folder}/uv.lock" if folder else "uv.lock"
    return locked_packages(project.lock, path, project.name, (project.with_included(extras), groups), named)


def _by_pip(project: Project, entries: list[Entry], options: Indexes | None) -> list[Package]:
    """pip, or Poetry where the file is Poetry's: a package with a source of its own comes from there alone."""
    if options is not None:
        return packages_of(entries, (), options, "pip")
    indexes, named = indexes_of(project.poetry.get("source"))
    places = {name: Source(index=named.get(source)) for name, source in project.sources.items()}
    return _placed(entries, [], indexes, "pip", places)


def _by_uv(
    project: Project, entries: list[Entry], extras: list[str], groups: list[str], options: Indexes | None
) -> list[Package]:
    settings = read_uv_settings(project.uv)
    indexes = settings.indexes
    if options is not None:
        indexes = options._replace(
            default=options.default or indexes.default,
            extra=tuple(dict.fromkeys((*options.extra, *indexes.extra))),
            open_index=options.open_index or indexes.open_index,
        )
    entries = _overridden(project, entries)
    constraints = _listed(project, "constraint-dependencies")
    names = dict.fromkeys(entry.requirement.name for entry in entries)
    chosen = project.with_included(extras)
    sources = {name: settings.source(name, chosen, groups) for name in names}
    places = {name: source for name, source in sources.items() if source is not None}
    return _placed(entries, constraints, indexes, "pip" if settings.best_match else "uv", places)


def _listed(project: Project, key: str) -> list[Entry]:
    given = project.uv.get(key)
    found = []
    for text in given[:500] if isinstance(given, list) else ():
        try:
            requirement = parse_requirement(text) if isinstance(text, str) else None
        except ValueError:
            continue
        if requirement is not None:
            found.append(Entry(requirement, project.origin(("tool", "uv"), key, str(text))))
    return found


def _overridden(project: Project, entries: list[Entry]) -> list[Entry]:
    """override-dependencies replace whatever anyone asks for."""
    overrides = {entry.requirement.name: entry for entry in _listed(project, "override-dependencies")}
    return [overrides.get(entry.requirement.name, entry) for entry in entries]


def _placed(
    entries: list[Entry], constraints: list[Entry], indexes: Indexes, manager: str, places: dict[str, Source]
) -> list[Package]:
    """Packages with an index of their own are looked for there and nowhere else."""
    own: dict[Indexes, list[Entry]] = {}
    for entry in entries:
        place = places.get(entry.requirement.name)
        if place is None:
            own.setdefault(indexes, []).append(entry)
        elif place.index is not None:
            own.setdefault(Indexes.of(place.index, (), ()), []).append(entry)
        else:
            own.setdefault(indexes, []).append(entry._replace(requirement=_from(entry, place)))
    return [package for each, listed in own.items() for package in packages_of(listed, constraints, each, manager)]


def _from(entry: Entry, place: Source) -> Requirement:
    """A requirement that a file, a repository or a folder meets."""
    requirement = entry.requirement
    if place.address is not None:
        try:
            found = parse_requirement(f"{requirement.name} @ {place.address}")
        except ValueError:
            found = None
        if found is not None:
            return found._replace(marker=requirement.marker, extras=requirement.extras)
    return requirement._replace(version=None, specifier="", cuda=None, known=False, from_file=True)
