"""From what the user typed to the things to read: files, files of a directory, image references, standard input."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from envdoctor.findings import TargetError
from envdoctor.targets.kinds import EXPECTED, Kind, by_name, not_yet
from envdoctor.targets.walk import MAX_FILES, find

STDIN = "-"
STDIN_LABEL = "<stdin>"
LOCAL = "local"  # as for --host; a file of that name is ./local
LISTS = frozenset({Kind.REQUIREMENTS, Kind.CONDA, Kind.PYPROJECT})
LOOKED_FOR = EXPECTED.partition(", a directory")[0]


class Item(NamedTuple):
    """One thing to read. `kind` None: its content decides. `directory` is the directory target it was found in."""

    label: str
    kind: Kind | None
    directory: str | None = None


class Resolved(NamedTuple):
    """`usage`: targets that cannot be understood; `errors`: targets that are not there or hold nothing."""

    items: list[Item]
    usage: list[TargetError]
    errors: list[TargetError]
    notices: list[str]


def resolve(targets: Iterable[str]) -> Resolved:
    """In the user's order, each file and image once."""
    resolved = Resolved([], [], [], [])
    seen: set[str] = set()
    for target in targets:
        for item in _items(target, resolved):
            identity = item.label if item.kind in (Kind.IMAGE, Kind.STDIN, Kind.LOCAL) else os.path.realpath(item.label)
            if identity not in seen:
                seen.add(identity)
                resolved.items.append(item)
    return resolved


def _items(target: str, resolved: Resolved) -> Iterator[Item]:
    if target == STDIN:
        yield Item(STDIN_LABEL, Kind.STDIN)
    elif target == LOCAL:
        yield Item(LOCAL, Kind.LOCAL)
    elif "\0" in target or not target.strip():
        resolved.usage.append(TargetError(repr(target), f"is not a file name; expected {EXPECTED}"))
    elif os.path.isdir(target):
        yield from _in_directory(target, resolved)
    elif os.path.lexists(target):
        yield from _file(target, resolved)
    else:
        yield from _image(target, resolved)


def _file(target: str, resolved: Resolved) -> Iterator[Item]:
    later = not_yet(target)
    if later is not None:
        resolved.usage.append(TargetError(target, f"{later}: not supported yet; expected {EXPECTED}"))
        return
    yield Item(_labelled(target), by_name(target))


def _labelled(path: str) -> str:
    """With slashes on every system: a report's paths are read by scanners, which know no others. Windows opens them too."""
    return os.path.normpath(path).replace(os.sep, "/")


def _image(target: str, resolved: Resolved) -> Iterator[Item]:
    from envdoctor.judging.images import is_published
    from envdoctor.readers.image_reference import ReferenceError_, looks_like_reference, parse_reference

    if looks_like_reference(target) or (":" not in target and is_published(target)):
        yield Item(target, Kind.IMAGE)
        return
    why = "an image is named with its tag or registry, such as ubuntu:22.04"
    if ":" in target or "@" in target:
        try:
            parse_reference(target)
        except ReferenceError_ as error:
            why = str(error)
    resolved.errors.append(TargetError(target, f"no such file or directory; {why}"))


def _in_directory(directory: str, resolved: Resolved) -> Iterator[Item]:
    """Lists of packages last: one that a Dockerfile installs is part of it and no workload of its own."""
    found = find(directory)
    resolved.errors.extend(TargetError(directory, problem) for problem in found.problems)
    if found.cut:
        resolved.notices.append(
            f"{directory}: holds more than {MAX_FILES} files; only the first were looked at, name a narrower directory"
        )
    if not found.files:
        resolved.errors.append(
            TargetError(
                directory,
                f"nothing to check in this directory; looked for {LOOKED_FOR} (the container that this runs in is checked by: envdoctor check local)",
            )
        )
    for path, kind in sorted(found.files, key=lambda item: item[1] in LISTS):
        yield Item(_labelled(path), kind, directory)
