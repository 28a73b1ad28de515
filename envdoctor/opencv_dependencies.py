"""The packages of OpenCV that pip installs because another package requires them: ultralytics asks for opencv-python,
albumentations for opencv-python-headless, so that both are there and overwrite each other."""

from __future__ import annotations

from collections.abc import Callable

from envdoctor.facts import Package, Packages, Statement
from envdoctor.matrix import Matrix
from envdoctor.matrix.rows import BringsRow
from envdoctor.specifiers import within
from envdoctor.versions import numbers

_NO_DEPENDENCIES = frozenset({"--no-deps", "--no-dependencies"})


def with_opencv(
    packages: Packages,
    statements: tuple[Statement, ...],
    python: str | None,
    matrix: Matrix,
    place: Callable[[Package], int | None],
) -> Packages:
    """`packages` and the distributions of cv2 that they require. `python` is the image's, `place` tells which command
    installs a package."""
    found: dict[str, Package] = {}
    for item in packages.items:
        if item.manager not in ("pip", "uv") or item.marker:
            continue
        for row in matrix.brings(item.name):
            if not row.requires.startswith("opencv-") or row.requires in found or packages.named(row.requires):
                continue
            if _asks(item, row, python) and not _kept_out(statements, place(item), row.requires):
                found[row.requires] = _brought(item, row)
    return packages._replace(items=(*packages.items, *found.values())) if found else packages


def _asks(item: Package, row: BringsRow, python: str | None) -> bool:
    """Does the release that is installed require it? The newest one does, which pip takes unless told otherwise, or the
    image's Python is too old for it."""
    if item.version is not None:
        oldest, ours = numbers(row.since or row.version), numbers(item.version)
        return bool(ours) and oldest <= ours
    if row.python and python and row.since is None and numbers(python)[:2] < numbers(row.python):
        return False
    return within(row.version, item.specifier)


def _kept_out(statements: tuple[Statement, ...], at: int | None, name: str) -> bool:
    """Installed without its dependencies, or uninstalled by a later command."""
    if at is None:
        return True
    words = statements[at].words if 0 <= at < len(statements) else ()
    later = (statement.words for statement in statements[max(at, 0) :])
    return not _NO_DEPENDENCIES.isdisjoint(words) or any("uninstall" in each and name in each for each in later)


def _brought(item: Package, row: BringsRow) -> Package:
    name = f"{item.name} {item.version}" if item.version else item.name
    origin = item.origin._replace(label=f"{item.origin}, required by {name}")
    wanted = row.wanted if item.version in (None, row.version) else ""
    return Package(row.requires, specifier=wanted, manager=item.manager, installed=item.installed, origin=origin)
