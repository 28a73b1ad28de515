"""The builds of torch and onnxruntime-gpu that indexes serve for every CPU architecture asked for, best first."""

from __future__ import annotations

from envdoctor.facts import Package
from envdoctor.matrix import Matrix
from envdoctor.matrix.rows import OrtRow, TorchRow
from envdoctor.specifiers import within
from envdoctor.suggest.problem import ONNXRUNTIME, ORT_FEEDS, PYTORCH_INDEX, TORCH, Problem, Wheel
from envdoctor.suggest.ranking import of_wheel
from envdoctor.versions import major

_PLATFORMS = {"amd64": "linux_x86_64", "arm64": "linux_aarch64"}


def torch_wheels(problem: Problem, matrix: Matrix) -> tuple[Wheel, ...]:
    def of(arch: str) -> set[Wheel]:
        made = (_torch(row) for row in matrix.torch(_PLATFORMS[arch]) if row.cuda is not None)
        return {wheel for wheel in made if wheel is not None}

    return _fitting(set.intersection(*(of(arch) for arch in problem.arches)), problem)


def onnxruntime_wheels(problem: Problem, matrix: Matrix) -> tuple[Wheel, ...]:
    def of(arch: str) -> set[Wheel]:
        made = (_onnxruntime(row) for row in matrix.onnxruntime(_PLATFORMS[arch]))
        return {wheel for wheel in made if wheel is not None}

    return _fitting(set.intersection(*(of(arch) for arch in problem.arches)), problem)


def admits(package: Package | None, version: str) -> bool:
    """Does a requirement ("torch>=2.4", "torch==2.4.0+cu121") take that version? Pre-releases count, as NGC's are."""
    if package is None or not (package.version or package.specifier):
        return True
    return within(version, package.specifier or f"=={(package.version or '').partition('+')[0]}")


def _fitting(wheels: set[Wheel], problem: Problem) -> tuple[Wheel, ...]:
    python = problem.python
    kept = (
        wheel
        for wheel in wheels
        if (not wheel.python or python is None or python in wheel.python)
        and admits_build(problem.wanted.get(wheel.name), wheel.version, wheel.cuda)
    )
    return tuple(sorted((_with_extras(wheel, problem) for wheel in kept), key=of_wheel))


def _with_extras(wheel: Wheel, problem: Problem) -> Wheel:
    """`onnxruntime-gpu[cuda,cudnn]` keeps what stands in the brackets."""
    package = problem.wanted.get(wheel.name)
    return wheel._replace(extras=package.extras) if package is not None else wheel


def admits_build(package: Package | None, version: str, cuda: str | None) -> bool:
    """Does a requirement take that version built for that CUDA? `torch==2.4.0+cu121` names both; an NGC image's own build
    is of no such variant (None)."""
    if package is not None and package.cuda and package.cuda != cuda:
        return False
    return admits(package, version)


def _torch(row: TorchRow) -> Wheel | None:
    """None for a build that only a find-links page, or no index that is known, holds."""
    variant = "cu" + (row.cuda or "").replace(".", "")
    held = row.indexes or ()
    if "pypi" not in held and variant not in held:
        return None
    index = None if "pypi" in held else f"{PYTORCH_INDEX}/{variant}"
    cudnn = str(major(row.cudnn)) if row.cudnn else None
    return Wheel(TORCH, row.version, row.cuda or "", cudnn, row.default, row.python, index, row.numpy2)


def _onnxruntime(row: OrtRow) -> Wheel | None:
    """None for a build that no stable index holds."""
    if row.index != "pypi" and row.index not in ORT_FEEDS:
        return None
    index = ORT_FEEDS.get(row.index)
    return Wheel(ONNXRUNTIME, row.version, row.cuda, str(row.cudnn), index is None, row.python, index, row.numpy2)
