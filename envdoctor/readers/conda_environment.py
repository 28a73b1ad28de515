"""environment.yml as a workload: conda's packages, and those of its `pip:` list.

Source: https://docs.conda.io/projects/conda/en/stable/user-guide/tasks/manage-environments.html
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from typing import NamedTuple

from envdoctor.facts import Origin, Package, Packages, absent
from envdoctor.patterns import lazily
from envdoctor.readers.conda_file import CondaEnvironmentError, CondaFile, read_conda_file
from envdoctor.readers.conda_specs import Spec, conda_packages, parse_spec
from envdoctor.readers.declared import Declared
from envdoctor.readers.ignore_comments import ignore_comments
from envdoctor.readers.indexes import Indexes, redacted
from envdoctor.readers.pip_packages import packages_of
from envdoctor.readers.requirements import Entry, parse_requirements

__all__ = ["CondaEnvironmentError", "environment_part", "is_conda_environment", "read_conda_environment"]

ReadFile = Callable[[str], "str | None"]

_NAME = lazily(r"(?:.*[-_.])?(?:conda|environment|env)(?:[-_.].*)?\.ya?ml", re.IGNORECASE)
_DEPENDENCIES = lazily(r"^[\"']?dependencies[\"']?\s*:", re.MULTILINE)
_OTHER_KEYS = lazily(r"^[\"']?(?:channels|name|prefix)[\"']?\s*:", re.MULTILINE)
_CONDA_ITEM = lazily(r"^\s*-\s+(?:[\"']?(?:python|pytorch|cudatoolkit|pip)\b|pip\s*:)", re.MULTILINE)
_NOT_CONDA = lazily(r"^(?:apiVersion|services|jobs|repository|image|stages)\s*:", re.MULTILINE)
_SNIFFED = 65_536


class EnvironmentPart(NamedTuple):
    """What one file asks for. The specs are solved together with others of the command, the pip packages come after."""

    specs: tuple[tuple[Spec, Origin], ...] = ()
    channels: tuple[str, ...] = ()
    pip: tuple[Package, ...] = ()
    gaps: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def is_conda_environment(name: str, text: str) -> bool:
    """A cheap test by the file's name (without its folder) and the keys in its first 64 KB: a chart of Helm has
    `dependencies:` and `name:` too."""
    if not name.lower().endswith((".yml", ".yaml")):
        return False
    head = text[:_SNIFFED].removeprefix("\ufeff")
    if not _DEPENDENCIES.search(head) or _NOT_CONDA.search(head):
        return False
    if _NAME.fullmatch(name[:200]) and (_OTHER_KEYS.search(head) or _CONDA_ITEM.search(head)):
        return True
    return re.search(r"^[\"']?channels[\"']?\s*:", head, re.MULTILINE) is not None


def read_conda_environment(
    text: str, path: str, *, label: str | None = None, read_file: ReadFile = lambda name: None
) -> Declared:
    """`read_file` takes paths relative to the file's folder. Raises CondaEnvironmentError for what is no YAML."""
    label = label or path
    found = read_conda_file(text, label, specs_alone=False)
    part = environment_part(found, path, label, read_file, folder="")
    ignores, ignore_problems = ignore_comments(text, label)
    return Declared(
        label=label,
        image=absent("a conda environment names no image", Origin(label, path)),
        packages=Packages((*conda_packages(part.specs, part.channels), *part.pip), part.gaps),
        ignores=ignores,
        path=path,
        problems=(*part.problems, *ignore_problems),
    )


def environment_part(
    found: CondaFile, path: str, label: str, read_file: ReadFile, *, folder: str | None = None
) -> EnvironmentPart:
    """`label` is how origins name the file; `folder` is where `read_file` finds what its pip list includes, that of
    `path` if it is not given."""
    specs: list[tuple[Spec, Origin]] = []
    gaps = [*found.gaps]
    for item in found.specs:
        origin = Origin(f"{label}:{item.line}", path, item.line)
        spec = parse_spec(item.text)
        if spec is None:
            gaps.append(f"{origin} installs what cannot be read here ({redacted(item.text)[:60]})")
        else:
            specs.append((spec, origin))
    pip = _pip_part(found, path, label, read_file, posixpath.dirname(path) if folder is None else folder)
    channels = tuple(redacted(channel) for channel in found.channels)
    return EnvironmentPart(tuple(specs), channels, pip.pip, (*gaps, *pip.gaps), pip.problems)


def _pip_part(found: CondaFile, path: str, label: str, read_file: ReadFile, folder: str) -> EnvironmentPart:
    """The `- pip:` list, which conda hands to pip as a requirements file."""
    if not found.pip.strip():
        return EnvironmentPart()
    listed = parse_requirements(found.pip, path, read_file, label=label, folder=folder)
    indexes = Indexes.of(listed.index, listed.extra_indexes, listed.find_links, no_index=listed.no_index)
    entries = [_moved(entry, found, path, label) for entry in listed.entries]
    packages = packages_of(entries, listed.constraints, indexes, "pip")
    return EnvironmentPart(pip=tuple(packages), gaps=listed.gaps, problems=listed.problems)


def _moved(entry: Entry, found: CondaFile, path: str, label: str) -> Entry:
    """The line where an item really stands."""
    line = found.moved.get(entry.origin.line or 0) if entry.origin.path == path else None
    return entry if line is None else entry._replace(origin=Origin(f"{label}:{line}", path, line))
