"""The torch that torchvision, torchaudio or xformers requires, in the release that pip takes of it."""

from __future__ import annotations

from collections.abc import Iterable

from envdoctor.facts import Package, Packages
from envdoctor.matrix import Matrix
from envdoctor.matrix.rows import CompanionRow
from envdoctor.specifiers import within


def companion_torch(item: Package, packages: Packages, python: str | None, matrix: Matrix) -> str | None:
    """ "==2.4.0", ">=2.14.0", "" for one that requires none; None if that is not known. `packages` are those beside it, for
    the torch that they allow; `python` is the image's, "3.10"."""
    rows = matrix.companions(item.name)
    if item.version is not None:
        public = item.version.partition("+")[0]
        row = next((row for row in rows if row.version == public), None)
    elif item.marker or item.index or item.extra_indexes:
        row = None
    elif item.specifier:
        return _newest(rows, item, packages, python, matrix)
    else:
        row = rows[-1] if rows else None
    return row.torch.partition("+")[0] if row is not None else None


def _newest(
    rows: Iterable[CompanionRow], item: Package, packages: Packages, python: str | None, matrix: Matrix
) -> str | None:
    """Of a range the newest release for which PyPI has a torch, with a wheel for the Python, that what stands beside allows."""
    beside = [each.specifier for each in packages.named("torch") if each.version is None and not each.installed]
    release = ".".join(python.split(".")[:2]) if python else None
    torch = {row.version for row in matrix.torch() if row.default and (release is None or release in row.python)}
    allowed = [version for version in torch if all(within(version, specifier) for specifier in beside)]
    for row in reversed(tuple(rows)):
        wanted = row.torch.partition("+")[0]
        if within(row.version, item.specifier) and any(within(version, wanted) for version in allowed):
            return wanted
    return None
