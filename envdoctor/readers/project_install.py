"""`pip install .`, `uv sync` and their like, where the pyproject.toml they install can be read: its dependencies.

Sources: https://pip.pypa.io/en/stable/cli/pip_install/ , https://docs.astral.sh/uv/reference/cli/#uv-sync
"""

from __future__ import annotations

import posixpath
from collections.abc import Collection
from typing import NamedTuple

from envdoctor.readers.arguments import Arguments, Option
from envdoctor.readers.collected import Collected
from envdoctor.readers.indexes import Indexes
from envdoctor.readers.project import Project, PyprojectError
from envdoctor.readers.requirement import normalized
from envdoctor.readers.requirements import Entry
from envdoctor.readers.shell import Command

PROJECT_FILE = "pyproject.toml"
_ARCHIVES = (".whl", ".gz", ".zip", ".bz2", ".tgz", ".xz")


class Folder(NamedTuple):
    """A project that is asked for by its folder: `.`, `./api[gpu]`."""

    project: Project
    extras: tuple[str, ...]


def folder_of(word: str, command: Command, into: Collected) -> Folder | None:
    """The project in that folder; None if the word is no folder, or nothing there tells its dependencies (a setup.py).
    A pyproject.toml that is no TOML is a problem."""
    path, bracket, extras = word.partition("[")
    path = path.strip().removeprefix("file:")
    if "://" in word or path.lower().endswith(_ARCHIVES) or any(mark in path for mark in "*?@;"):
        return None
    project = project_in(path, command, into)
    if project is None or not project.describes_a_project:
        return None
    names = extras.removesuffix("]").split(",") if bracket else []
    return Folder(project, tuple(normalized(name.strip()) for name in names if name.strip()))


def project_in(folder: str, command: Command, into: Collected) -> Project | None:
    """The pyproject.toml in a folder that the command names."""
    place = into.place(command, posixpath.join(folder, PROJECT_FILE))
    text = into.read_file(place) if place is not None else None
    if place is None or text is None:
        return None
    here = posixpath.dirname(place)
    shown = posixpath.normpath(posixpath.join(folder, PROJECT_FILE))
    try:
        return Project(text, shown, shown, lambda name: into.read_file(posixpath.normpath(posixpath.join(here, name))))
    except PyprojectError as error:
        into.problems[str(error)] = None
        return None


def entries_of(folder: Folder, into: Collected, groups: Collection[str] = (), *, base: bool = True) -> list[Entry]:
    """What pip installs with the project."""
    found = folder.project.entries(folder.extras, groups, base=base)
    told(folder.project, into)
    return found


def told(project: Project, into: Collected) -> None:
    into.gaps.update(project.gaps)
    into.problems.update(project.problems)


def add_by_uv(folder: Folder, indexes: Indexes, command: Command, into: Collected) -> None:
    """`uv pip install .`: with the indexes and sources of the file, without its lock."""
    from envdoctor.readers.pyproject import project_packages

    found = project_packages(folder.project, "uv", folder.extras, options=indexes, locked=False)
    told(folder.project, into)
    into.add(found.packages, command)


def group_entries(name: str, command: Command, into: Collected) -> list[Entry] | None:
    """`--group dev`, `--group api/pyproject.toml:dev`; None where there is no such group to be read."""
    path, _, group = name.rpartition(":")
    project = project_in(posixpath.dirname(path), command, into)
    if project is None or normalized(group) not in project.groups:
        return None
    return entries_of(Folder(project, ()), into, (group,), base=False)


def read_sync(arguments: Arguments, indexes: Indexes, command: Command, into: Collected) -> None:
    """`uv sync`: exactly what uv.lock holds for the extras and groups that are chosen."""
    from envdoctor.readers.pyproject import project_packages

    line = command.lines[0]
    if arguments.has("--dry-run", "--help", "-h", "--check"):
        return
    folders = arguments.values("--project") + arguments.values("--directory")
    folder = folders[-1].value if folders else ""
    open_names = any(option.value is None for option in _choices(arguments))
    project = project_in(folder, command, into) if folder is not None and not open_names else None
    if project is None or not project.describes_a_project or arguments.has("--package", "--all-packages", "--script"):
        into.unread(line, " ".join(command.texts))
        return
    only = arguments.has("--only-group", "--only-dev")
    extras = [] if only else _extras(arguments, project)
    groups = _groups(arguments, project, command)
    found = project_packages(project, "uv", extras, groups, options=indexes, base=not only)
    told(project, into)
    into.add(found.packages, command)


def _choices(arguments: Arguments) -> list[Option]:
    names = ("--extra", "--no-extra", "--group", "--only-group", "--no-group")
    return [option for option in arguments.options if option.name in names]


def _extras(arguments: Arguments, project: Project) -> list[str]:
    chosen = project.extras if arguments.has("--all-extras") else _given(arguments, "--extra")
    without = _given(arguments, "--no-extra")
    return [name for name in map(normalized, chosen) if name not in without]


def _groups(arguments: Arguments, project: Project, command: Command) -> list[str]:
    if arguments.has("--only-group", "--only-dev"):
        return [*_given(arguments, "--only-group"), *(["dev"] if arguments.has("--only-dev") else [])]
    default = project.uv.get("default-groups", ["dev"])
    if arguments.has("--all-groups") or default == "all":
        chosen = list(project.group_names)
    else:
        listed = [each for each in default if isinstance(each, str)] if isinstance(default, list) else []
        chosen = [] if arguments.has("--no-default-groups") else listed
    without = _given(arguments, "--no-group")
    if arguments.has("--no-dev") or command.variables.get("UV_NO_DEV") not in (None, "", "0", "false"):
        without.append("dev")
    wanted = [*map(normalized, chosen), *_given(arguments, "--group")]
    return [name for name in dict.fromkeys(wanted) if name not in without]


def _given(arguments: Arguments, name: str) -> list[str]:
    return [normalized(option.value) for option in arguments.values(name) if option.value]
