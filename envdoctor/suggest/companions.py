"""The packages that go along with a choice: torchvision and torchaudio of the same release, an OpenCV and a numpy that
fit it, and what that OpenCV needs of the system. Other packages stay as they were stated."""

from __future__ import annotations

from collections.abc import Iterator

from envdoctor.facts import Origin, Package
from envdoctor.matrix import Matrix
from envdoctor.matrix.rows import OpenCvRow
from envdoctor.suggest.problem import Candidate, Problem
from envdoctor.suggest.wheels import admits

PAIRED = ("torchvision", "torchaudio")
# What images with PyTorch hold beside it. NGC's are NVIDIA's builds; its notes name torchvision since 19.01.
_BESIDE_TORCH = {"ngc": ("torchvision",), "pytorch": PAIRED, "cuda": (), "python": ()}
_NUMPY_1 = "1.26.4"  # the last release of numpy 1
_NUMPY_2 = "2.2.6"
_EVERYWHERE = frozenset({"libz.so.1"})  # in every image that has Python
_SLIM = ("debian", "12")  # whose names of packages Debian 13 provides too; python:*-slim rests on one of them


def companions(candidate: Candidate, problem: Problem, matrix: Matrix) -> tuple[Package, ...] | None:
    """What is installed beside the wheels. None where something wanted has no version that goes with them."""
    paired = _paired(candidate, problem, matrix)
    if paired is None:
        return None
    numpy = _numpy(candidate, problem)
    if numpy is None:
        return None
    return (*paired, *numpy, *_opencv(candidate, problem, matrix, bool(numpy)))


def beside(companions: tuple[Package, ...], problem: Problem) -> tuple[Package, ...]:
    """With what is carried along; of one name the companion, which is the more exact."""
    names = {package.name for package in companions}
    return (*companions, *(package for package in problem.carried if package.name not in names))


def _paired(candidate: Candidate, problem: Problem, matrix: Matrix) -> tuple[Package, ...] | None:
    found: list[Package] = []
    for name in PAIRED:
        wanted = problem.wanted.get(name)
        if wanted is None:
            continue
        if candidate.torch is None:
            if wanted.version or wanted.specifier or name not in _BESIDE_TORCH[candidate.base.family]:
                return None  # pip would put another torch over the image's own
            continue
        version = matrix.companion_for(name, candidate.torch.version)
        if version is None or not admits(wanted, version):
            return None
        torch = candidate.torch.package()
        found.append(
            torch._replace(name=name, version=version, specifier=f"=={version}", origin=Origin(f"pip install {name}"))
        )
    return tuple(found)


def _numpy(candidate: Candidate, problem: Problem) -> tuple[Package, ...] | None:
    """numpy<2 where a wheel was built before numpy 2: its metadata mostly does not say so, and pip takes the newest."""
    built = [wheel.numpy2 for wheel in candidate.wheels] + [candidate.base.numpy2]
    if False not in built:
        return ()
    stated = next((package for package in problem.carried if package.name == "numpy"), None)
    if stated is not None and (stated.version or stated.specifier):
        return () if not admits(stated, _NUMPY_2) or admits(stated, _NUMPY_1) else None
    return (Package("numpy", specifier="<2", origin=Origin("pip install numpy")),)


def _opencv(candidate: Candidate, problem: Problem, matrix: Matrix, numpy_1: bool) -> Iterator[Package]:
    """The newest release of each OpenCV that was named without a version, and its libraries."""
    for package in problem.carried:
        if "opencv" not in package.name or package.manager not in ("pip", "uv"):
            continue
        rows = [row for row in matrix.opencv(package.name, package.version) if row.manager == "pip"]
        if not (package.version or package.specifier):
            rows = [row for row in rows if row.last and _takes(row, candidate.base.python, numpy_1)]
            if rows:
                yield package._replace(version=rows[-1].last, specifier=f"=={rows[-1].last}")
        yield from _libraries(rows[-1:], candidate, matrix)


def _takes(row: OpenCvRow, python: str | None, numpy_1: bool) -> bool:
    from envdoctor.versions import at_least

    if python and row.python_oldest and not at_least(python, row.python_oldest):
        return False
    if python and row.python_newest and not row.abi3 and not at_least(row.python_newest, python):
        return False
    return row.numpy2 is not False if not numpy_1 else admits(Package("numpy", specifier=row.numpy or ""), _NUMPY_1)


def _libraries(rows: list[OpenCvRow], candidate: Candidate, matrix: Matrix) -> Iterator[Package]:
    """The packages of the image's system that hold what `import cv2` needs. NGC's and pytorch's images have them or not;
    that is not known, and asking for one that is there does no harm."""
    name, version = _SLIM
    system = candidate.base.os
    if system is not None:
        name = system.rstrip("0123456789.")
        version = system[len(name) :]
    sonames = {soname for row in rows for soname in row.libraries or ()} - _EVERYWHERE
    found = [matrix.system_package(soname, name, version) for soname in sorted(sonames)]
    for held in sorted({row.package for row in found if row is not None}):
        yield Package(held, manager="apt", origin=Origin("libraries of OpenCV"))
