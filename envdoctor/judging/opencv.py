"""The packages of a workload that provide cv2, and what is known of each."""

from __future__ import annotations

from envdoctor.facts import Facts, Package, Packages
from envdoctor.matrix import Matrix
from envdoctor.matrix.rows import OpenCvRow

_SYSTEM = ("apt", "yum", "dnf", "apk")


def providers(facts: Facts, matrix: Matrix) -> tuple[Package, ...]:
    """Every package that is known to put a cv2 there, each distribution once. conda's opencv is a name for libopencv and
    py-opencv, which `conda env export` lists beside it (https://github.com/conda-forge/opencv-feedstock)."""
    packages = facts.packages.get() or Packages()
    found = {item.name: item for item in packages.items if matrix.opencv(item.name)}
    if all(name in found and found[name].manager == "conda" for name in ("opencv", "py-opencv")):
        del found["py-opencv"]
    return tuple(found.values())


def of_system(item: Package) -> bool:
    """The distribution's own: in a folder of its own, beside pip's."""
    return item.manager in _SYSTEM or item.name == "python3-opencv"


def is_wheel(item: Package, matrix: Matrix) -> bool:
    """A wheel of PyPI, and not a build of the same name from elsewhere."""
    pip = any(row.manager == "pip" for row in matrix.opencv(item.name))
    return pip and item.manager in ("pip", "uv", None) and (not item.index or "pypi.org" in item.index)


def releases(item: Package, matrix: Matrix) -> tuple[OpenCvRow, ...]:
    """The rows of every release that a wheel can be."""
    rows = matrix.opencv(item.name, item.version)
    if item.version is not None or not item.specifier:
        return rows
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        wanted = SpecifierSet(item.specifier)
    except InvalidSpecifier:
        return rows
    return tuple(row for row in rows if any(end and wanted.contains(end) for end in (row.first, row.last)))


def needs(item: Package, matrix: Matrix) -> tuple[str, ...]:
    """The system libraries that `import cv2` needs in every release that the wheel can be; of one that is not pinned in
    the newest, which pip takes."""
    rows = [row for row in releases(item, matrix) if row.libraries is not None]
    if not rows:
        return ()
    if item.version is None and not item.specifier and not item.installed:
        rows = rows[-1:]
    first = rows[0].libraries or ()
    return tuple(soname for soname in first if all(soname in (row.libraries or ()) for row in rows))


def is_headless(item: Package, matrix: Matrix) -> bool:
    """No release of it has windows."""
    rows = matrix.opencv(item.name)
    return bool(rows) and all(row.gui == "none" for row in rows)
