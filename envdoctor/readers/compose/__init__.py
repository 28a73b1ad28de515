"""Compose files: every service as a container that is started, with what it is built from.

The Compose specification (https://github.com/compose-spec/compose-spec) with the files of versions 2 and 3 before it.
Nothing is executed; other files are read through `read_file` only.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from envdoctor.readers.compose.names import (
    DEFAULT_NAMES,
    OVERRIDE_NAMES,
    is_compose,
    is_compose_name,
    is_override_name,
)
from envdoctor.readers.compose.result import Compose, Service
from envdoctor.readers.compose.tree import ComposeError, Node, Problems, Source
from envdoctor.readers.declared import SourceText
from envdoctor.readers.ignore_comments import ignore_comments

if TYPE_CHECKING:
    from envdoctor.readers.compose.project import Project

__all__ = [
    "Compose",
    "ComposeError",
    "Service",
    "is_compose",
    "is_compose_name",
    "is_override_name",
    "read_compose",
]

MAX_SERVICES = 1_000


def read_compose(
    text: str,
    path: str,
    *,
    label: str | None = None,
    read_file: Callable[[str], str | None],
    environment: Mapping[str, str] | None = None,
    overrides: Sequence[tuple[str, str]] | None = None,
    profiles: Collection[str] | None = None,
) -> Compose:
    """`read_file` takes a path as seen from the compose file's folder and gives None for what may not or cannot be read.
    `environment` is the shell's; it wins over the `.env` beside the file. `overrides` are (text, path) of the files that
    `-f` adds, in their order; None: the one that docker compose adds by itself. `profiles`: those that are switched on;
    None: every service is read. Raises ComposeError for a file that cannot be read at all."""
    from envdoctor.readers.compose.project import Project

    shown = label or path
    problems = Problems()
    project = Project(read_file, environment or {}, path, shown, problems)
    added = _automatic(path, read_file) if overrides is None else overrides
    more = [(each, Source(its_path, its_path)) for each, its_path in added]
    nodes = project.load(text, Source(path, shown), more, asked_for=overrides is not None)
    ignores, mistakes = ignore_comments(text.replace("\r\n", "\n").replace("\r", "\n"), shown)
    for mistake in mistakes:
        problems.found.append(mistake)
    services, notes = _services(nodes, project, problems, profiles)
    return Compose(services, ignores, tuple(problems.found), notes)


def _automatic(path: str, read_file: Callable[[str], str | None]) -> list[tuple[str, str]]:
    folder, name = posixpath.split(path.replace("\\", "/"))
    if name not in DEFAULT_NAMES:
        return []
    for override in OVERRIDE_NAMES:
        text = read_file(override)
        if text is not None:
            return [(text, text.path if isinstance(text, SourceText) else posixpath.join(folder, override))]
    return []


def _services(
    nodes: Mapping[str, Node], project: Project, problems: Problems, profiles: Collection[str] | None
) -> tuple[tuple[Service, ...], tuple[str, ...]]:
    from envdoctor.readers.compose.fields import Fields
    from envdoctor.readers.compose.service import only_changes, read_service

    found: list[Service] = []
    changes: list[tuple[str, Node]] = []
    notes: list[str] = []
    for name, node in nodes.items():
        if len(found) >= MAX_SERVICES:
            problems.add(
                node.origin, f"more than {MAX_SERVICES:,} services were read, expected fewer; the rest is left out"
            )
            break
        if node.kind not in ("map", "null"):
            problems.add(node.origin, f"service {name[:60]} is a {node.kind}, expected a map with image or build")
        elif only_changes(node):
            if name not in project.templates:
                changes.append((name, node))
        else:
            service = read_service(Fields(name, project.merging.unique(node), problems), project)
            if profiles is None or not service.profiles or "*" in profiles or set(service.profiles) & set(profiles):
                found.append(service)
            else:
                notes.append(f"{node.origin.label}: service {name[:60]} is left out: none of its profiles is on")
    if changes:
        first = changes[0][1].origin
        names = ", ".join(name[:60] for name, _ in changes[:10])
        notes.append(
            f"{first.label}: {names} {'has' if len(changes) == 1 else 'have'} neither image nor build and would change another "
            "compose file's services; judge the files together"
        )
    return tuple(found), tuple(notes)
