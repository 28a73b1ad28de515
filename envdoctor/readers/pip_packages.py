"""From requirements, constraints and indexes to packages, as one run of pip or uv puts them together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from envdoctor.facts import Package
from envdoctor.readers.indexes import SEVERAL_BUILDS, Indexes
from envdoctor.readers.markers import MarkerError, holds

if TYPE_CHECKING:
    from envdoctor.readers.requirement import Requirement
    from envdoctor.readers.requirements import Entry


def packages_of(
    entries: Iterable[Entry], constraints: Sequence[Entry], indexes: Indexes, manager: str
) -> list[Package]:
    """One package per name and marker: `torch>=2.0` in a file and `torch==2.1` beside it hold together. A requirement
    whose marker is false on Linux is left out."""
    limits: dict[str, list[Requirement]] = {}
    for limit in constraints:
        if not limit.requirement.marker or holds_here(limit.requirement) is True:
            limits.setdefault(limit.requirement.name, []).append(limit.requirement)
    found: dict[tuple[str, str], Package] = {}
    for entry in entries:
        requirement = entry.requirement
        answer = holds_here(requirement)
        if answer is False:
            continue
        if answer is True and requirement.marker:
            requirement = requirement._replace(marker="")
        for limit_ in limits.get(requirement.name, ()):
            requirement = _together(requirement, limit_)
        key = requirement.name, requirement.marker
        package = _package(requirement, entry, indexes, manager)
        found[key] = package if key not in found else _joined(found[key], package)
    return list(found.values())


def holds_here(requirement: Requirement) -> bool | None:
    """Does the marker hold on Linux with CPython? None where it asks for more, and for a marker that cannot be read."""
    if not requirement.marker:
        return True
    try:
        return holds(requirement.marker)
    except MarkerError:
        return None


def _package(requirement: Requirement, entry: Entry, indexes: Indexes, manager: str) -> Package:
    version, specifier = requirement.version, requirement.specifier
    placed = indexes.for_package(requirement.name, pinned=version is not None, first_wins=manager == "uv")
    installed = not requirement.known
    if requirement.from_file:
        placed = placed._replace(default=None, extra_indexes=(), cuda=None)
    elif indexes.open_index and requirement.cuda is None and requirement.name in SEVERAL_BUILDS:
        # The index may hold any build. `installed` says: not what pip would choose today, but any that fits.
        installed, specifier, version = True, f"=={version}" if version else specifier, None
    return Package(
        requirement.name,
        version,
        specifier,
        requirement.cuda or placed.cuda,
        manager,
        placed.default,
        placed.extra_indexes,
        requirement.extras,
        installed,
        entry.origin,
        requirement.marker,
    )


def _together(requirement: Requirement, limit: Requirement) -> Requirement:
    """A requirement under a constraint; an exact version on either side decides."""
    if requirement.version is not None or requirement.from_file:
        return requirement
    if limit.version is not None:
        return requirement._replace(version=limit.version, specifier="", cuda=limit.cuda)
    return requirement._replace(specifier=joined_specifiers(requirement.specifier, limit.specifier))


def _joined(first: Package, second: Package) -> Package:
    """The same name twice in one command. Two different pins are a conflict that pip reports; the first is kept."""
    if first.version is not None or second.version is not None:
        kept = first if first.version is not None else second
        return kept._replace(extras=tuple(dict.fromkeys((*first.extras, *second.extras))))
    return first._replace(
        specifier=joined_specifiers(first.specifier, second.specifier),
        extras=tuple(dict.fromkeys((*first.extras, *second.extras))),
    )


def joined_specifiers(first: str, second: str) -> str:
    clauses = [clause for text in (first, second) for clause in text.split(",") if clause]
    return ",".join(dict.fromkeys(clauses))
